"""Callers of the REST interface."""

import pytest

from tests.views.conftest import as_learner, as_reviewer, as_staff, onboarding, onboarding_provider  # noqa: F401

pytestmark = pytest.mark.needs("django-crum")
