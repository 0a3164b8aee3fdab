"""A third party's published provider works with the app unchanged."""

import json

import pytest

from tests.plugins import environment
from tests.plugins.environment import FOLDER, python


@pytest.fixture(scope="module")
def seen():
    """The results of a walk through an exam."""
    if why := environment.prepare():
        pytest.skip(why)
    return json.loads(python("tests.plugins.walk", folder=FOLDER))


def test_it_is_discovered_and_configured(seen):
    assert seen["backends"] == ["proctortrack"]
    assert seen["errors"] == {}
    assert seen["backend"] == "proctortrack"


def test_an_exam_from_the_registration_to_the_review(seen):
    assert seen["statuses"] == [
        "created",
        "ready_to_start",
        "started",
        "ready_to_submit",
        "submitted",
        "verified",
    ]
    assert seen["answers"] == [200, 200, 200, 200]
    assert seen["told"] == ["started", "submitted"]
    assert seen["called_back"] == [["ready", 200], ["reviewed", 200]]


def test_its_additions_to_a_registration_arrive(seen):
    assert seen["registered"]["exam_return_url"] == (
        "https://learning.example.com/course/course-v1:edX+Demo+2026/"
        "block-v1:edX+Demo+2026+type@sequential+block@midterm"
    )


def test_staff_are_redirected_to_its_dashboard(seen):
    assert seen["dashboard"] == {
        "status": 302,
        "path": "/launch/edx/instructor/platform/",
        "signed": True,
        "seen": 200,
        "course": True,
    }


def test_it_passes_the_contract():
    if why := environment.prepare():
        pytest.skip(why)
    what = "tests.plugins.contract:Proctortrack"
    table = python("edx_proctoring.testing.check", what, folder=FOLDER, project=False)
    assert "28 holds, 0 FAILS, 2 not checked" in table
    assert table.count("'time changes' is not among the capabilities") == 2
