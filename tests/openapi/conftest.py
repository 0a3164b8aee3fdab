"""Fixtures: the users of the REST interface, from `tests/views`."""

from tests.views.conftest import (  # noqa: F401  fixtures
    anonymous,
    as_global_staff,
    as_learner,
    as_reviewer,
    as_staff,
    clients,
    course_staff,
    foreign_reviewer,
    foreign_staff,
    global_staff,
    onboarding,
    onboarding_provider,
    retirement,
    reviewer,
)
