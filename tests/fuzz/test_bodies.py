"""Bodies of any shape, and anything where an id belongs."""

import json
import os
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from edx_proctoring.testing.factories import COURSE_ID
from tests.defects.conftest import psi  # noqa: F401
from tests.fuzz import world
from tests.views.conftest import V1, E

EXAMPLES = max(int(os.environ.get("FUZZ_EXAMPLES", "15")) // 5, 20)
NOT_CONFIGURED = {"detail": "The proctoring provider of this exam is not configured."}
FORM = "application/x-www-form-urlencoded"
ANSWERS = {200, 204, 207, 302, 400, 403, 404, 405, 412, 422}

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]

budget = hypothesis_settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

WORDS = st.sampled_from(
    [
        "passed",
        "suspicious",
        "Clean",
        "Suspicious",
        "submit",
        "error",
        "1",
        "x",
        "\0",
        "\ud800",
        "²",
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS
KEYS = st.sampled_from(
    [
        "status",
        "comments",
        "comment",
        "start",
        "stop",
        "duration",
        "reviewed_by",
        "payload",
        "videoReviewLink",
        "examMetaData",
        "examCode",
        "ssiRecordLocator",
        "reviewStatus",
        "webCamComments",
        "desktopComments",
        "eventStart",
        "eventStatus",
        "action",
        "user_id",
        "exam_id",
        "course_id",
        "value",
        "key",
    ]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(KEYS, values, max_size=6) | values
REVIEW = st.fixed_dictionaries(
    {"status": st.just("suspicious") | values},
    optional={"comments": values | st.lists(st.dictionaries(KEYS, values)), "payload": values},
)


def send(method: str, path: str, body: Any, kind: str = "") -> Any:
    """`kind`: of the body, which is encoded already; else it becomes JSON."""
    client = APIClient(raise_request_exception=False, headers=world.SIGNED_IN)
    before = world.state()
    data = body if kind else json.dumps(body)
    response = client.generic(method, path, data, kind or "application/json")
    if response.status_code == 500:
        assert response.json() == NOT_CONFIGURED  # the one that is documented
    else:
        assert response.status_code in ANSWERS, (response.status_code, response.content)
    if response.status_code >= 400:
        assert world.state() == before
    world.check()
    return response


routes = pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/edx_proctoring/proctoring_review_callback/"),
        ("POST", f"{E}/attempt/{{external}}/ready"),
        ("POST", f"{E}/attempt/{{external}}/reviewed"),
        ("PUT", f"{E}/attempt/{{attempt}}"),
        ("POST", f"{E}/attempt"),
        ("PUT", f"{E}/allowance"),
        ("DELETE", f"{E}/allowance"),
        ("PUT", f"{E}/bulk_allowance"),
        ("PUT", f"{E}/exam"),
        ("POST", f"{E}/exam"),
        ("PATCH", f"{E}/exam_registration/course_id/{COURSE_ID}"),
        ("PUT", f"{E}/attempt/{{attempt}}/review_status"),
    ],
)


@routes
def test_bodies_of_any_shape(method: str, path: str, everybody: Any) -> None:
    known = everybody.proctoredexamstudentattempt_set.order_by("pk").first()
    url = path.format(external=known.external_id, attempt=known.pk)

    @given(bodies)
    @budget
    def run(body: Any) -> None:
        send(method, url, body)

    run()


@routes
def test_forms_and_files(method: str, path: str, everybody: Any) -> None:
    known = everybody.proctoredexamstudentattempt_set.order_by("pk").first()
    url = path.format(external=known.external_id, attempt=known.pk)
    texts = st.text(st.characters(codec="utf-8"), max_size=20) | st.just("1")
    files = st.builds(SimpleUploadedFile, st.just("file"), st.binary(max_size=9))

    @given(st.dictionaries(KEYS, texts, max_size=5), st.none() | files)
    @budget
    def run(fields: Any, file: Any) -> None:
        data = fields if file is None else {**fields, "payload": file}
        kind = MULTIPART_CONTENT if file is not None or "status" in fields else FORM
        body = encode_multipart(BOUNDARY, data) if kind == MULTIPART_CONTENT else urlencode(fields)
        send(method, url, body, kind)

    run()


@routes
def test_bodies_of_any_depth(method: str, path: str, everybody: Any) -> None:
    known = everybody.proctoredexamstudentattempt_set.order_by("pk").first()
    url = path.format(external=known.external_id, attempt=known.pk)

    @given(KEYS, st.integers(0, 3000), st.sampled_from(["[]", "{}"]))
    @budget
    def run(key: str, depth: int, kind: str) -> None:
        opened = "[" if kind == "[]" else '{"a":'
        deep = opened * depth + "1" + kind[1] * depth
        send(method, url, f'{{"status": "passed", "{key}": {deep}}}', "application/json")

    run()


def test_reviews(everybody: Any) -> None:
    known = everybody.proctoredexamstudentattempt_set.get(status="submitted")

    @given(REVIEW)
    @budget
    def run(body: Any) -> None:
        send("POST", f"{E}/attempt/{known.external_id}/reviewed", body)

    run()


def test_reviews_of_rpnow(everybody: Any, psi: Any) -> None:  # noqa: F811
    known = everybody.proctoredexamstudentattempt_set.get(status="submitted")
    meta = {"examCode": known.attempt_code, "ssiRecordLocator": known.external_id}
    review = st.fixed_dictionaries(
        {"examMetaData": st.just(meta) | values, "reviewStatus": WORDS},
        optional={"webCamComments": values, "desktopComments": values, "videoReviewLink": values},
    )

    @given(review)
    @budget
    def run(body: Any) -> None:
        send("POST", "/api/edx_proctoring/proctoring_review_callback/", body)

    run()


ids = st.integers().map(str) | st.text(min_size=1, max_size=12) | WORDS


@pytest.mark.parametrize(
    "path",
    [
        f"{E}/exam/exam_id/{{}}",
        f"{E}/exam/course_id/{{}}",
        f"{E}/exam/course_id/{COURSE_ID}/content_id/{{}}",
        f"{E}/attempt/{{}}",
        f"{E}/attempt/{{}}/review_status",
        f"{E}/attempt/{{}}/ready",
        f"{E}/attempt/grouped/course_id/{COURSE_ID}/search/{{}}",
        f"{E}/attempt/grouped/course_id/{COURSE_ID}?page={{}}",
        f"{E}/attempt/course_id/{COURSE_ID}?user_id={{}}",
        f"{E}/attempt/course_id/{COURSE_ID}?content_id={{}}",
        f"{E}/active_attempt?user_id={{}}",
        f"{E}/active_exams_for_user?user_id={{}}",
        f"{E}/active_exams_for_user?course_id={{}}",
        f"{E}/settings/exam_id/{{}}/",
        f"{E}/review_policy/exam_id/{{}}/",
        f"{E}/exam_id/{{}}/user_id/1/reset_attempts",
        f"{E}/exam_id/1/user_id/{{}}/reset_attempts",
        f"{V1}/user_onboarding/status?course_id={{}}",
        f"{V1}/user_onboarding/status?course_id={COURSE_ID}&username={{}}",
        f"{V1}/user_onboarding/status/course_id/{COURSE_ID}?statuses={{}}",
        f"{V1}/instructor/{COURSE_ID}/{{}}",
        f"{V1}/instructor/{COURSE_ID}/1?attempt={{}}",
        f"{V1}/retire_user/{{}}/",
        "/api/edx_proctoring/proctoring_launch_callback/start_exam/{}",
    ],
)
def test_anything_for_an_id(path: str, everybody: Any) -> None:
    from urllib.parse import quote

    @given(ids)
    @budget
    def run(value: str) -> None:
        url = path.format(quote(value.encode("utf-8", "surrogatepass")))
        for method in ("GET", "PUT", "POST", "DELETE"):
            send(method, url, {})

    run()
