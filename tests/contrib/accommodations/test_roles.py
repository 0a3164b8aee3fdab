"""Every route × every kind of user, including another course."""

import re
import uuid

import pytest

from edx_proctoring import extensions
from edx_proctoring.contrib.accommodations.models import ImportJob
from edx_proctoring.contrib.accommodations.urls import ROLES, urlpatterns
from edx_proctoring.testing.factories import COURSE_ID
from tests.views.conftest import OTHER_COURSE

pytestmark = pytest.mark.django_db

CALLERS = (
    "anonymous",
    "inactive",
    "stranger",
    "owner",
    "course_staff",
    "foreign_staff",
    "global_staff",
)
V2 = "v2/courses"
# {profile} belongs to the course, {foreign} to another course, {wide} to the organisation.
ROUTES = """
                                           anon inac stra owne cour fore glob
get   {here}/accommodations/               403  403  403  403  200  403  200
post  {here}/accommodations/               403  403  403  403  200  403  200
post  {here}/accommodations/preview/       403  403  403  403  200  403  200
get   {here}/accommodations/{profile}/     403  403  403  403  200  403  200
patch {here}/accommodations/{profile}/     403  403  403  403  200  403  200
post  {here}/accommodations/{profile}/preview/ 403 403 403 403 200 403 200
get   {here}/accommodations/{profile}/history/ 403 403 403 403 200 403 200
get   {here}/accommodations/{foreign}/history/ 403 403 403 403 404 403 404
get   {here}/accommodations/{wide}/history/ 403 403  403  403  404  403  200
post  {here}/accommodations/{profile}/end/ 403  403  403  403  200  403  200
get   {here}/accommodations/all/           403  403  403  403  200  403  200
get   {there}/accommodations/all/          403  403  403  403  403  200  200
get   {here}/accommodations/export/        403  403  403  403  200  403  200
post  {here}/accommodations/import/        403  403  403  403  200  403  200
post  {here}/accommodations/import/preview/ 403 403  403  403  200  403  200
get   {here}/accommodations/imports/       403  403  403  403  200  403  200
get   {here}/accommodations/imports/{job}/ 403  403  403  403  200  403  200
get   {there}/accommodations/imports/{job}/ 403 403  403  403  403  404  404
post  {there}/accommodations/import/       403  403  403  403  403  200  200
get   {there}/accommodations/export/       403  403  403  403  403  200  200
get   {there}/accommodations/              403  403  403  403  403  200  200
get   {there}/accommodations/{profile}/    403  403  403  403  403  404  404
get   {here}/accommodations/{foreign}/     403  403  403  403  404  403  404
patch {here}/accommodations/{foreign}/     403  403  403  403  404  403  404
post  {here}/accommodations/{foreign}/end/ 403  403  403  403  404  403  404
post  {here}/accommodations/{foreign}/preview/ 403 403 403 403 404 403 404
get   {here}/accommodations/{wide}/        403  403  403  403  404  403  200
patch {here}/accommodations/{wide}/        403  403  403  403  404  403  200
post  {here}/accommodations/{wide}/end/    403  403  403  403  404  403  200
post  {here}/attempts/{attempt}/break/begin/ 403 403 404 200  404  404  404
post  {here}/attempts/{attempt}/break/end/ 403  403  404  200  404  404  404
post  {there}/attempts/{attempt}/break/begin/ 403 403 404 404 404  404  404
"""
ROWS = [line.split() for line in ROUTES.strip().splitlines()[1:]]
BODIES = {"": {"user": "stranger"}, "preview/": {"user": "stranger"}}


@pytest.fixture
def world(profile, hour, start, learner, clients):
    attempt = start(hour)
    rows = {
        "profile": profile(break_count=1, break_minutes=5),
        "foreign": profile("course", OTHER_COURSE, minutes=1),
        "wide": profile("organisation", "edX", minutes=1),
    }
    rows["job"] = ImportJob.objects.create(course_id=COURSE_ID)
    places = {"here": f"{V2}/{COURSE_ID}", "there": f"{V2}/{OTHER_COURSE}", "attempt": attempt.pk}
    return {**places, **{name: row.pk for name, row in rows.items()}}


@pytest.mark.parametrize("row", ROWS, ids=[" ".join(row[:2]) for row in ROWS])
def test_each_role_gets_the_listed_status(row, world, clients):
    method, path, *expected = row
    found = []
    for name in CALLERS:
        url = f"/api/edx_proctoring/{path.format(**world)}"
        headers = {"If-Match": "*", "Idempotency-Key": uuid.uuid4().hex}
        is_new = (
            path.endswith(("accommodations/", "}/accommodations/preview/")) and method == "post"
        )
        body = {"user": name} if is_new else {}
        ask = getattr(clients[name], method)
        if "/import/" in path:
            answer = ask(url, "username\n", content_type="text/csv", headers=headers)
            found.append(answer.status_code)
            continue
        answer = ask(url, body, format="json", headers=headers) if method != "get" else ask(url)
        found.append(answer.status_code)
    assert found == [int(code) for code in expected]


def test_each_route_has_a_row_for_each_role():
    assert {route.name for route in urlpatterns} == set(ROLES)
    assert set(ROLES) <= set(extensions.roles())
    tried = {(row[0], re.sub(r"{\w+}", "{}", row[1].partition("}/")[2])) for row in ROWS}
    assert len(tried) == len({(method, name) for name, rows in ROLES.items() for method in rows})
