"""Published paths, names and methods."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client, override_settings
from django.urls import NoReverseMatch, include, path, resolve, reverse

from edx_proctoring.urls import urlpatterns as lms_patterns
from edx_proctoring.views.permissions import ROUTE_ROLES, THE_WORLD

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]

PUBLISHED = json.loads((Path(__file__).parent / "urls.json").read_text())
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def as_anybody(learner: Any, client_for: Any) -> Any:
    """An authenticated client."""
    return client_for(learner)


class cms:  # a URL module
    urlpatterns = (
        path(
            "api/",
            include("edx_proctoring.instructor_dashboard_exam_urls", namespace="edx_proctoring"),
        ),
    )


def cases(site: str) -> list[Any]:
    return [pytest.param(url, id=url["path"]) for url in PUBLISHED[site]]


@pytest.mark.parametrize("url", cases("lms"))
def test_lms_paths(url: dict[str, Any]) -> None:
    name = f"edx_proctoring:{url['name']}"
    assert reverse(name, kwargs=url["kwargs"]) == url["path"]
    assert reverse(name, args=list(url["kwargs"].values())) == url["path"]
    assert resolve(unquote(url["path"])).view_name == name


@pytest.mark.parametrize("url", cases("cms"))
def test_cms_paths(url: dict[str, Any]) -> None:
    with override_settings(ROOT_URLCONF=cms):
        name = f"edx_proctoring:{url['name']}"
        assert reverse(name, kwargs=url["kwargs"]) == url["path"]
        assert resolve(unquote(url["path"])).view_name == name


@pytest.mark.parametrize("url", cases("lms"))
def test_only_the_published_methods(url: dict[str, Any], as_anybody: Any) -> None:
    if url["methods"] == ["*"]:
        return
    refused = {
        method
        for method in METHODS
        if as_anybody.generic(method, url["path"], "{}", "application/json").status_code == 405
    }
    assert refused == set(METHODS) - set(url["methods"])


@pytest.mark.parametrize("name", sorted({pattern.name for pattern in lms_patterns}))
@pytest.mark.parametrize("args", [[], [0], ["0/0/0"], ["0/0/0", 0], ["000", 0]])
def test_anonymous_users_are_refused_before_any_other_check(name: str, args: list[Any]) -> None:
    if name.startswith("anonymous.") or ROUTE_ROLES.get(name) == {"get": THE_WORLD}:
        return
    try:
        url = reverse(f"edx_proctoring:{name}", args=args)
    except NoReverseMatch:
        return
    response = Client().get(url)
    if name.endswith(".parts"):  # scripts of other pages fetch them
        assert response.status_code == 403
        return
    if name.startswith("pages."):  # people see them, so they are sent to log in
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")
        return
    assert response.status_code == 403
    fields = ["type", "title", "status", "detail", "code"] if name.startswith("v2.") else ["detail"]
    assert list(response.json()) == fields


def test_every_name_can_be_reversed_with_positional_arguments() -> None:
    for pattern in lms_patterns:
        if pattern.name.startswith("anonymous."):
            continue
        assert any(
            _reverses(pattern.name, args) for args in ([], [0], ["0/0/0"], ["0/0/0", 0], ["000", 0])
        )


def _reverses(name: str, args: list[Any]) -> bool:
    try:
        return bool(reverse(f"edx_proctoring:{name}", args=args))
    except NoReverseMatch:
        return False


@pytest.mark.parametrize(
    "content_id",
    [
        "content1",
        "block-v1:edX+DemoX+2026+type@sequential+block@midterm",
        "i4x://edX/DemoX/sequential/midterm",
    ],
)
def test_exams_are_found_by_whole_usage_keys(content_id: str) -> None:
    kwargs = {"course_id": "course-v1:edX+DemoX+2026", "content_id": content_id}
    url = reverse("edx_proctoring:proctored_exam.exam_by_content_id", kwargs=kwargs)
    assert resolve(unquote(url)).kwargs == kwargs


@pytest.mark.parametrize(
    "suffix",
    ["active_attemptX", "active_attempt/", "x/edx_proctoring/v1/proctored_exam/active_attempt"],
)
def test_the_path_of_the_active_attempt_is_exact(suffix: str, as_anybody: Any) -> None:
    assert as_anybody.get(f"/api/edx_proctoring/v1/proctored_exam/{suffix}").status_code == 404


def test_there_is_no_login_page_below_the_api(client: Client) -> None:
    assert client.get("/api/login/").status_code == 404
