"""Markers for a separate lane, and fixtures shared by the tests of a page."""

import pytest

from tests.browser.learner_host import learner_host  # noqa: F401  a fixture
from tests.browser.lms_dashboard import dashboard  # noqa: F401  a fixture
from tests.browser.staff_pages import browser, course, open_page  # noqa: F401  fixtures

pytestmark = pytest.mark.needs("own-lane")
