"""The legacy instructor dashboard of the LMS, with the page and scripts of such a host."""

from pathlib import Path

import pytest

from edx_proctoring.testing.factories import COURSE_ID

HOST = Path(__file__).parent / "host"
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}


def answer(name):
    """Return a function that responds with a file of the host."""
    text = (HOST / name).read_text("utf-8").replace("{{ course_id }}", COURSE_ID)
    return lambda route: route.fulfill(body=text, content_type=TYPES[name.rsplit(".", 1)[1]])


@pytest.fixture
def dashboard(open_page):
    """Return a function that opens the host's dashboard and records requests to the app."""

    def opened(**options):
        names = ("dashboard.html", "dashboard.css", "dashboard.js")
        routes = [(f"**/host/{name}", answer(name)) for name in names]
        return open_page(path="/host/dashboard.html", routes=routes, **options)

    return opened


def open_panel(page, number):
    page.locator(f"#ui-accordion-proctoring-accordion-header-{number}").press("Enter")
