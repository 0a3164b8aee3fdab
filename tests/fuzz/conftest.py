"""Fixtures for random requests."""

import pytest

from tests.fuzz.world import World

pytestmark = pytest.mark.needs("own-lane")


@pytest.fixture
def world(transactional_db, settings, host, provider):
    """A course with learners, staff, reviewers and others, in which every request may find something."""
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "AUTHENTICATION_CLASSES": ["tests.fuzz.world.ByHeader"],
        "REVIEW_CALLBACK_ANY_BACKEND": True,
    }
    return World(host, provider)
