"""The page on security names existing settings, and its table of roles has every route."""

import re
from pathlib import Path

from edx_proctoring import conf
from edx_proctoring.views.permissions import ROUTE_ROLES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "security-model.rst").read_text("utf-8")


def test_the_table_has_every_route_of_the_core(extension):
    by_role = extension("roles").by_role()
    calls = [call for calls in by_role.values() for call in calls]
    assert len(calls) >= sum(len(methods) for methods in ROUTE_ROLES.values())
    assert "PATCH v2/courses/{course_id}/exams/{exam_id}" in calls
    assert not [call for call in calls if re.search(r"[\\^$()]", call)]


def test_the_page_names_every_route_without_authentication(extension):
    (open_to_all,) = [
        calls for role, calls in extension("roles").by_role().items() if "anybody" in role
    ]
    assert sorted(open_to_all) == [
        "GET pages/texts/{language}",
        "GET proctoring_launch_callback/start_exam/{attempt_code}",
        "GET v2/health/ready",
        "POST proctoring_review_callback",
    ]
    assert "four routes answer without a user" in PAGE


def test_settings_on_the_page_exist():
    known = {setting.name for setting in conf.SETTINGS} | {"SECRET_KEY", "SECRET_KEY_FALLBACKS"}
    named = set(re.findall(r"``([A-Z]+(?:_[A-Z0-9]+)+)``", PAGE))
    assert named
    assert named <= known
