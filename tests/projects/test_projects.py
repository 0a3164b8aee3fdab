"""The app in hosts of all kinds: LMS, Studio, and projects in which optional packages are missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects.absent import OPTIONAL

ROOT = Path(__file__).resolve().parents[2]
PROBE = """
import json, django
django.setup()
from django.apps import apps
from django.conf import settings
from django.core.checks import run_checks
from django.db import connection
from django.urls import NoReverseMatch, reverse

def path(name, *args):
    try:
        return reverse(f"edx_proctoring:{name}", args=args)
    except NoReverseMatch:
        return None

config = apps.get_app_config("edx_proctoring")
print(json.dumps({
    "config": type(config).__name__,
    "backends": sorted(config.backends),
    "default": settings.PROCTORING_BACKENDS["DEFAULT"],
    "delivery": settings.PROCTORING_SETTINGS.get("DELIVERY"),
    "pipeline": getattr(settings, "PIPELINE", {}).get("JAVASCRIPT", {}).get("proctoring"),
    "atomic": connection.settings_dict["ATOMIC_REQUESTS"],
    "errors": [str(one) for one in run_checks() if one.is_serious()],
    "dashboard": path("instructor_dashboard_exam", "course-v1:a+b+c", 1),
    "exam": path("proctored_exam.exam"),
}))
"""


def python(project, *arguments, **environment):
    """Return a function that runs a process under the project's settings and returns its JSON output."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            **environment,
            "DATABASE_URL": "sqlite://:memory:",
            "DJANGO_SETTINGS_MODULE": f"tests.projects.{project}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("project", "exam"), [("lms", "/api/edx_proctoring/v1/proctored_exam/exam"), ("studio", None)]
)
def test_the_platform_loads_the_app_by_its_entry_points(project, exam):
    seen = python(project, "-c", PROBE)
    assert seen["config"] == "EdxProctoringConfig"
    assert seen["backends"] == ["mock", "null"]
    assert (seen["default"], seen["delivery"]) == ("test", "inline")  # from the operator's files
    assert seen["pipeline"]["output_filename"] == "js/lms-proctoring.js"
    assert seen["atomic"] is True
    assert seen["errors"] == []
    assert seen["dashboard"] == "/api/edx_proctoring/v1/instructor/course-v1:a+b+c/1"
    assert seen["exam"] == exam


def test_a_plain_project_loads_the_app_without_the_optional_packages():
    seen = python("plain", "-c", PROBE)
    assert seen["errors"] == []
    assert seen["exam"] == "/api/edx_proctoring/v1/proctored_exam/exam"


EVENTS = [
    "created",
    "option-presented",
    "created",
    "ready_to_start",
    "started",
    "ready_to_submit",
    "submitted",
    "verified",
    "review_received",
]


@pytest.mark.parametrize("absent", [*OPTIONAL, "all", "none"])
def test_an_exam_can_be_taken_without_an_optional_package(absent):
    packages = {"all": set(OPTIONAL.values()), "none": set()}.get(absent, {OPTIONAL.get(absent)})
    seen = python("plain", "-m", "tests.projects.walk", ABSENT=",".join(packages))
    jwt = [] if packages & {"edx_rest_framework_extensions", "crum"} else ["JwtAuthentication"]
    assert seen == {
        "answers": [200, 200, 200],
        "asked_inside": [False],
        "screens": [True, True],
        "status": "verified",
        "calls": ["register_exam_attempt", "start_exam_attempt", "stop_exam_attempt"],
        "subjects": ["Proctoring attempt submitted", "Proctoring attempt verified"],
        "events": None if "eventtracking" in packages else EVENTS,
        "authentication": ["SessionAuthentication", *jwt],
        "script": None if "crum" in packages else "",
        "blocks": False,
    }


def test_an_exam_can_be_taken_in_an_lms_with_ATOMIC_REQUESTS():
    seen = python("lms", "-m", "tests.projects.walk")
    assert (seen["answers"], seen["status"]) == ([200, 200, 200], "verified")
    assert seen["asked_inside"] == [False]
    assert seen["events"] == EVENTS
