"""Who asks at random."""

import pytest
import rules

from tests.fuzz import world


@pytest.fixture
def everybody(transactional_db, settings):
    """A user who may do everything, in a course in which every request may find something."""
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "AUTHENTICATION_CLASSES": ["tests.fuzz.world.ByHeader"],
        "REVIEW_CALLBACK_ANY_BACKEND": True,
    }
    yield world.create()
    rules.remove_perm("accounts.can_retire_user")
