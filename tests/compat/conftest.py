"""The callers of the REST interface, as `tests/views` has them."""

from tests.views.conftest import (  # noqa: F401  fixtures
    anonymous,
    as_global_staff,
    as_learner,
    as_reviewer,
    as_staff,
    clients,
    foreign_reviewer,
    foreign_staff,
    global_staff,
    onboarding,
    onboarding_provider,
    retirement,
    reviewer,
)
