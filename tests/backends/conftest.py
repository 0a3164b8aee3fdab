"""Callers of the REST interface."""

from tests.views.conftest import as_learner, as_reviewer, as_staff, onboarding, onboarding_provider  # noqa: F401
