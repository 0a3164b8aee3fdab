"""Routes 11 and 12: callbacks of providers."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
)
from edx_proctoring.serializers import ProctoredExamStudentAttemptSerializer
from edx_proctoring.views import BaseReviewCallback, ProctoredExamReviewCallback
from tests.views.conftest import E

pytestmark = pytest.mark.django_db

REVIEW = {
    "status": "passed",
    "comments": [
        {"comment": "a", "status": "suspicious", "start": 1, "stop": 2, "duration": 1},
        {"comment": "b", "status": "suspicious"},
    ],
}
SUBMITTED = {"status": "submitted", "completed_at": "2026-11-01T12:00:00Z"}


def post_review(client: APIClient, external_id: str, data: Any, **options: Any) -> Any:
    """Return the response."""
    options = options or {"format": "json"}
    return client.post(f"{E}/attempt/{external_id}/reviewed", data, **options)


# Ready


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("created", "ready_to_start"),
        ("download_software_clicked", "ready_to_start"),
        ("ready_to_start", "ready_to_start"),
        ("started", "started"),
        ("ready_to_submit", "ready_to_submit"),
        ("submitted", "submitted"),
        ("verified", "verified"),
    ],
)
def test_ready(before: str, after: str, attempt: Any, as_reviewer: APIClient) -> None:
    one = attempt(status=before)
    response = as_reviewer.post(f"{E}/attempt/{one.external_id}/ready", {"status": "ready"})
    assert (response.status_code, response.json()) == (200, "OK")
    one.refresh_from_db()
    assert one.status == after


@pytest.mark.parametrize("body", ["", "{", "[]"])
def test_the_body_of_ready_is_not_read(body: str, attempt: Any, as_reviewer: APIClient) -> None:
    url = f"{E}/attempt/{attempt().external_id}/ready"
    response = as_reviewer.generic("POST", url, body, content_type="application/json")
    assert response.status_code == 200


def test_ready_for_an_unknown_attempt(as_reviewer: APIClient) -> None:
    response = as_reviewer.post(f"{E}/attempt/unknown/ready")
    assert response.status_code == 404
    assert isinstance(response.json(), str)


def test_ready_for_a_removed_attempt(attempt: Any, as_reviewer: APIClient) -> None:
    one = attempt()
    one.delete()
    assert as_reviewer.post(f"{E}/attempt/{one.external_id}/ready").status_code == 404


# Reviews


def test_a_review_is_stored_and_applied(attempt: Any, as_reviewer: APIClient) -> None:
    one = attempt(**SUBMITTED)
    response = post_review(as_reviewer, one.external_id, REVIEW)
    assert (response.status_code, response.json()) == (200, "OK")
    one.refresh_from_db()
    assert one.status == "verified"
    review = ProctoredExamSoftwareSecureReview.objects.get()
    assert (review.review_status, review.attempt_code) == ("Clean", one.attempt_code)
    assert ProctoredExamSoftwareSecureComment.objects.count() == 2


def test_a_review_may_come_as_a_form(attempt: Any, as_reviewer: APIClient) -> None:
    one = attempt(**SUBMITTED)
    data = {"status": "passed", "videoReviewLink": "https://provider.example.com/video"}
    assert post_review(as_reviewer, one.external_id, data, format="multipart").status_code == 200
    assert "video" not in ProctoredExamSoftwareSecureReview.objects.get().raw_data


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        "passed",
        None,
        {"status": "unknown"},
        {"status": None},
        {"status": ["passed"]},
        {"status": "passed", "comments": {"a": 1}},
        {"status": "passed", "comments": [{"comment": "a"}]},
        {"status": "passed", "comments": ["a"]},
        {"status": "passed", "comments": [{"comment": "a", "status": "b", "start": "c"}]},
        {"status": "passed", "comments": [{"comment": "a", "status": "b", "start": 10**30}]},
    ],
)
def test_reviews_that_cannot_be_parsed(data: Any, attempt: Any, as_reviewer: APIClient) -> None:
    one = attempt(**SUBMITTED)
    response = post_review(as_reviewer, one.external_id, data)
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    one.refresh_from_db()
    assert one.status == "submitted"
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


def test_unknown_attempt(as_reviewer: APIClient) -> None:
    response = post_review(as_reviewer, "unknown", REVIEW)
    assert (response.status_code, list(response.json())) == (400, ["detail"])


def test_the_review_of_a_deleted_row_is_kept(attempt: Any, as_reviewer: APIClient) -> None:
    one = attempt(**SUBMITTED)
    one.delete()
    assert post_review(as_reviewer, one.external_id, REVIEW).status_code == 200
    assert not ProctoredExamSoftwareSecureReview.objects.get().is_attempt_active


def test_an_attempt_whose_exam_was_deleted_is_unknown(
    attempt: Any, as_global_staff: APIClient
) -> None:
    one = attempt(**SUBMITTED)
    one.proctored_exam.delete()
    assert post_review(as_global_staff, one.external_id, REVIEW).status_code == 400
    assert as_global_staff.post(f"{E}/attempt/{one.external_id}/ready").status_code == 404


def test_the_exam_is_no_longer_proctored(
    attempt: Any, make_exam: Any, as_reviewer: APIClient
) -> None:
    one = attempt(exam=make_exam(is_proctored=False), **SUBMITTED)
    response = post_review(as_reviewer, one.external_id, REVIEW)
    assert (response.status_code, response.json()) == (412, "Exam no longer proctored")


def test_updates_may_be_forbidden(attempt: Any, as_reviewer: APIClient, settings: Any) -> None:
    one = attempt(**SUBMITTED)
    post_review(as_reviewer, one.external_id, REVIEW)
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "ALLOW_REVIEW_UPDATES": False}
    response = post_review(as_reviewer, one.external_id, {"status": "suspicious"})
    assert (response.status_code, list(response.json())) == (400, ["detail"])


# From Python


def test_make_review(attempt: Any, exam: ProctoredExam) -> None:
    one = attempt(exam=exam, **SUBMITTED)
    data = ProctoredExamStudentAttemptSerializer(one).data
    payload = {**REVIEW, "videoReviewLink": "https://provider.example.com/video"}
    response = ProctoredExamReviewCallback().make_review(data, payload)
    assert (response.status_code, response.data) == (200, "OK")
    assert payload["videoReviewLink"]
    assert ProctoredExamSoftwareSecureReview.objects.get().exam_id == exam.pk


def test_make_review_of_an_unknown_attempt() -> None:
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        BaseReviewCallback().make_review({"attempt_code": "unknown"}, REVIEW)


@pytest.mark.defect("REST-D11")
@pytest.mark.parametrize("own", ["test", None, ""])  # none: the default provider, which is "test"
@pytest.mark.parametrize("removed", [False, True])
def test_external_ids_belong_to_a_provider(own, removed, attempt, make_exam, staff, as_reviewer):
    mine = attempt(exam=make_exam(backend=own), external_id="same", **SUBMITTED)
    foreign = attempt(exam=make_exam(backend="null"), external_id="same", **SUBMITTED)
    if removed:
        api.remove_exam_attempt(mine.pk, staff)
    url = f"{E}/attempt/same/reviewed"
    assert as_reviewer.post(url, {"status": "passed"}, format="json").status_code == 200
    review = ProctoredExamSoftwareSecureReview.objects.get()
    assert (review.attempt_code, review.is_attempt_active) == (mine.attempt_code, not removed)
    foreign.refresh_from_db()
    assert foreign.status == "submitted"


@pytest.mark.defect("REST-D11")
def test_of_several_attempts_the_latest_counts(attempt, as_reviewer, caplog):
    old, new = (attempt(external_id="same", **SUBMITTED) for _ in range(2))
    url = f"{E}/attempt/same/reviewed"
    assert as_reviewer.post(url, {"status": "passed"}, format="json").status_code == 200
    for one in (old, new):
        one.refresh_from_db()
    assert (old.status, new.status) == ("submitted", "verified")
    assert f"several attempts with the same id, using the newest: {new.pk}" in caplog.text
