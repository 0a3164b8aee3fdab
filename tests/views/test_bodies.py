"""Bodies that are too large or nested too deeply are refused before they are parsed."""

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExam, ProctoredExamSoftwareSecureReview
from edx_proctoring.testing.factories import COURSE_ID
from edx_proctoring.views.bodies import BodyTooLarge, LimitedParser
from tests.views.conftest import E
from tests.views.test_roles import ROUTES, rows, url_of, world

pytestmark = pytest.mark.django_db

__all__ = ["world"]
JSON = "application/json"
CSRF = "c" * 32
CHANGES = [(method, path) for method, path, *_ in rows(ROUTES) if method != "get"]
CALLERS = ("anonymous", "owner", "global_staff", "reviewer")
DEEP = ["[" * 5000 + "]" * 5000, '{"a":' * 5000 + "1" + "}" * 5000]


def signed_in(client: APIClient) -> APIClient:
    """A client with CSRF checks, for which some code reads the body."""
    client.handler.enforce_csrf_checks = True
    client.cookies["csrftoken"] = CSRF
    client.credentials(HTTP_X_CSRFTOKEN=CSRF)
    return client


@pytest.mark.parametrize("body", DEEP)
def test_deeply_nested_bodies(
    body: str, world: dict[str, Any], clients: dict[str, APIClient]
) -> None:
    """One test for all routes, as they change nothing and the world takes longer than the requests."""
    asked = [(signed_in(clients[caller]), caller) for caller in CALLERS]
    broken = [
        (method, path, caller)
        for method, path in CHANGES
        for client, caller in asked
        if client.generic(method.upper(), url_of(path, world), body, JSON).status_code >= 500
    ]
    assert broken == []
    url = url_of("E/attempt", world)
    response = signed_in(clients["owner"]).generic("POST", url, body, JSON)
    assert response.status_code == 400
    assert response.json() == {"detail": "The body is nested too deeply."}


def test_large_bodies(
    world: dict[str, Any], clients: dict[str, APIClient], monkeypatch: Any
) -> None:
    """Including those of callers without permission."""
    monkeypatch.setattr(JSONParser, "parse", lambda *_args: pytest.fail("the body is parsed"))
    body = json.dumps({"a": "b" * 524_288})
    asked = [(signed_in(clients[caller]), caller) for caller in CALLERS]
    taken = []
    for method, path in CHANGES:
        for client, caller in asked:
            response = client.generic(method.upper(), url_of(path, world), body, JSON)
            if response.status_code != 413 or "bytes" not in response.json()["detail"]:
                taken.append((method, path, caller, response.status_code))
    assert CHANGES
    assert taken == []


def test_reviews_may_be_larger_than_other_bodies(
    as_reviewer: APIClient, as_learner: APIClient, attempt: Any, settings: Any
) -> None:
    known = attempt(status="submitted")
    review = {"status": "passed", "comments": [], "more": "x" * 100_000}
    url = f"{E}/attempt/{known.external_id}/reviewed"
    assert as_reviewer.post(url, review, format="json").status_code == 200
    assert ProctoredExamSoftwareSecureReview.objects.count() == 1
    large = {"exam_id": known.proctored_exam_id, "more": "x" * 100_000}
    assert as_learner.post(f"{E}/attempt", large, format="json").status_code == 413
    assert as_learner.post(f"{E}/attempt", large, format="multipart").status_code == 413
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "MAX_REQUEST_BYTES": 200_000}
    assert as_learner.post(f"{E}/attempt", large, format="json").status_code == 400


@pytest.mark.parametrize("length", ["", "0", "12", "-1", "x"])
def test_the_length_header_is_not_trusted(length: str, as_learner: APIClient, exam: Any) -> None:
    """No server passes on more than it declares; a chunked body without a length counts as empty."""
    body = json.dumps({"exam_id": exam.pk, "more": "x" * 1_000_000})
    chunked = {"CONTENT_LENGTH": length, "HTTP_TRANSFER_ENCODING": "chunked"}
    response = as_learner.generic("POST", f"{E}/attempt", body, JSON, **chunked)
    assert response.status_code == 400


def test_an_endless_stream_is_read_up_to_the_limit() -> None:
    parser = LimitedParser(JSONParser(), "MAX_REQUEST_BYTES")
    stream = io.BytesIO(b"[" * 1_000_000)
    with pytest.raises(BodyTooLarge):
        parser.parse(stream)
    assert stream.tell() == 65_537
    with pytest.raises(ParseError, match="too deeply"):
        parser.parse(io.BytesIO(b"[" * 65_536))


def test_the_browsable_api_shows_the_refusal(as_learner: APIClient) -> None:
    """DRF's browsable API reads the body once more."""
    response = as_learner.generic(
        "POST", "/api/edx_proctoring/v1/proctored_exam/attempt", "[" * 70_000, JSON, HTTP_ACCEPT="text/html"
    )  # fmt: skip
    assert response.status_code in (406, 413)


@pytest.mark.defect("REST-B")
@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("a=b", "application/x-www-form-urlencoded"),
        ("", "application/x-www-form-urlencoded"),
        ("--x--\r\n", "multipart/form-data; boundary=x"),
        ("{}", "application/json"),
        ("null", "application/json"),
    ],
)
def test_a_registration_that_is_not_a_list_deactivates_nothing(exam, as_global_staff, data, kind):
    url = f"{E}/exam_registration/course_id/{COURSE_ID}"
    answer = as_global_staff.generic("PATCH", url, data, kind)
    assert answer.status_code == 422
    assert ProctoredExam.objects.get(pk=exam.pk).is_active


def nested(depth):
    return '{"a":' * depth + "1" + "}" * depth


@pytest.mark.defect("REST-B")
@pytest.mark.parametrize("depth", [150, 700, 990, 5000])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", f"{E}/exam"),
        ("put", f"{E}/exam"),
        ("patch", f"{E}/exam_registration/course_id/{COURSE_ID}"),
        ("put", f"{E}/allowance"),
        ("post", f"{E}/attempt/known/reviewed"),
        ("post", "/api/edx_proctoring/proctoring_review_callback/"),
    ],
)
def test_bodies_that_are_nested_too_deeply(attempt, as_global_staff, method, path, depth):
    attempt(status="submitted", external_id="known")
    answer = as_global_staff.generic(method.upper(), path, nested(depth), "application/json")
    assert answer.status_code == 400
    assert "detail" in answer.json()


@pytest.mark.defect("REST-B")
def test_a_review_with_a_deep_part(attempt, as_global_staff):
    attempt(status="submitted", external_id="known")
    review = f'{{"status": "passed", "comments": [], "more": {nested(600)}}}'
    answer = as_global_staff.generic(
        "POST", f"{E}/attempt/known/reviewed", review, "application/json"
    )
    assert answer.status_code == 400
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


@pytest.mark.defect("REST-B")
def test_a_review_with_a_file(attempt, as_global_staff):
    attempt(status="submitted", external_id="known")
    data = {"status": "passed", "video": SimpleUploadedFile("video", b"x")}
    answer = as_global_staff.post(f"{E}/attempt/known/reviewed", data, format="multipart")
    assert (answer.status_code, answer.json()) == (400, {"detail": "Files are not accepted."})
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


@pytest.mark.defect("REST-B")
def test_a_search_text_that_is_too_long(exam, as_staff):
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}"
    assert as_staff.get(url, {"text": "x" * 256}).status_code == 400
    assert as_staff.get(url, {"text": "x" * 255}).status_code == 200
