"""Reviews posted by providers: permission, stored data, refusals."""

import datetime
import json

import pytest
from django.apps import apps
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api, operations
from edx_proctoring.exceptions import ProctoredExamBadReviewStatus
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)
from tests.backends.rpnow import configured, psi_review
from tests.views.conftest import E

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


ANONYMOUS_REVIEW = "/api/edx_proctoring/proctoring_review_callback/"


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


def submitted(attempt, **more):
    return attempt(status="submitted", completed_at=timezone.now(), **more)


@pytest.mark.defect("BACKENDS-A1")
def test_code_and_locator_are_not_enough_if_more_is_configured(
    provider, attempt, make_exam, caplog
):
    configured(review_callback_secret="sesame", review_callback_networks=["10.0.0.0/8"])
    known = submitted(attempt, exam=make_exam(backend="software_secure"))
    foreign = submitted(attempt, exam=make_exam())  # of another provider
    post = APIClient().post
    for url, address, one in (
        (ANONYMOUS_REVIEW, "10.0.0.1", known),
        (f"{ANONYMOUS_REVIEW}?secret=sesame", "192.0.2.1", known),
        (f"{ANONYMOUS_REVIEW}?secret=sesame", "10.0.0.1", foreign),
    ):
        caplog.clear()
        assert post(url, psi_review(one), format="json", REMOTE_ADDR=address).status_code == 400
        assert "anonymous review refused" in caplog.text
        assert status_of(one) == "submitted"
    url = f"{ANONYMOUS_REVIEW}?secret=sesame"
    assert post(url, psi_review(known), format="json", REMOTE_ADDR="10.0.0.1").status_code == 200
    assert status_of(known) == "verified"


Comment = ProctoredExamSoftwareSecureComment


Review = ProctoredExamSoftwareSecureReview


REMARK = {"comment": "a book", "status": "suspicious"}


@pytest.mark.defect("BACKENDS-B7")
def test_reviews_are_stored_whole_and_once(attempt, host, mailoutbox):
    known = submitted(attempt)
    with pytest.raises(ProctoredExamBadReviewStatus):
        api.receive_review(known, {"status": "suspicious", "comments": [REMARK, {"status": 1}]})
    assert (Review.objects.count(), status_of(known)) == (0, "submitted")
    assert not host.calls_of("send_support_notification")
    data = {"status": "suspicious", "comments": [REMARK, REMARK]}
    for _ in range(2):
        api.receive_review(known, data)
    assert Comment.objects.count() == 2
    assert len(host.calls_of("send_support_notification")) == 1
    assert not ProctoredExamSoftwareSecureReviewHistory.objects.exists()
    api.receive_review(known, {"status": "suspicious", "comments": [{**REMARK, "comment": "b"}]})
    assert Comment.objects.get().comment == "b"
    assert ProctoredExamSoftwareSecureReviewHistory.objects.count() == 1


def post_review(client, known, data):
    return client.post(f"{E}/attempt/{known.external_id}/reviewed", data, format="json")


@pytest.mark.defect("BACKENDS-B8")
@pytest.mark.parametrize(
    "data", [{}, [], None, "x", {"status": None}, {"status": "passed", "comments": [{}]}]
)
def test_malformed_reviews(data, attempt, as_reviewer):
    known = submitted(attempt)
    assert post_review(as_reviewer, known, data).status_code == 400
    assert (Review.objects.count(), status_of(known)) == (0, "submitted")


@pytest.mark.defect("BACKENDS-B8")
@pytest.mark.parametrize("external_id", [None, "locator"])
@pytest.mark.parametrize("change", [{"examMetaData": None}, {"examMetaData": []}, {"reviewStatus": None}, {"reviewStatus": {}},
    {"webCamComments": [{}]}, {"webCamComments": 3}])  # fmt: skip
def test_malformed_reviews_of_rpnow(change, external_id, psi, attempt, make_exam):
    exam = make_exam(backend="software_secure")
    known = submitted(attempt, exam=exam, external_id=external_id)
    data = {**psi_review(known), **change}
    assert APIClient().post(ANONYMOUS_REVIEW, data, format="json").status_code == 400
    answer = APIClient().post(ANONYMOUS_REVIEW, "a=b", content_type="application/x-www-form-urlencoded")  # fmt: skip
    assert answer.status_code == 400
    assert status_of(known) == "submitted"


@pytest.mark.defect("BACKENDS-B9", "REST-D12")
def test_reviews_of_removed_attempts_are_kept(psi, attempt, make_exam, staff, as_reviewer):
    known = submitted(attempt)
    api.remove_exam_attempt(known.pk, staff)
    assert post_review(as_reviewer, known, {"status": "passed"}).status_code == 200
    theirs = submitted(attempt, exam=make_exam(backend="software_secure"))
    api.remove_exam_attempt(theirs.pk, staff)
    answer = APIClient().post(ANONYMOUS_REVIEW, psi_review(theirs), format="json")
    assert answer.status_code == 200
    assert list(Review.objects.values_list("is_attempt_active", flat=True)) == [False, False]


@pytest.mark.defect("BACKENDS-B10")
def test_the_same_external_id_at_two_providers(other, attempt, make_exam, as_reviewer):
    old = submitted(attempt, exam=make_exam(), external_id="1")
    new = submitted(attempt, exam=make_exam(), external_id="1")
    foreign = submitted(attempt, exam=make_exam(backend="other"), external_id="1")
    assert post_review(as_reviewer, foreign, {"status": "passed"}).status_code == 200
    assert [status_of(one) for one in (old, new, foreign)] == [
        "submitted", "verified", "submitted",
    ]  # fmt: skip


@pytest.mark.defect("BACKENDS-B11")
def test_rpnow4_reads_its_own_reviews(psi, attempt, make_exam):
    known_backends = apps.get_app_config("edx_proctoring").backends
    known_backends["rpnow4"] = known_backends.pop("software_secure")
    known = submitted(attempt, exam=make_exam(backend="rpnow4"))
    answer = APIClient().post(ANONYMOUS_REVIEW, psi_review(known), format="json")
    assert (answer.status_code, status_of(known)) == (200, "verified")


@pytest.mark.defect("BACKENDS-B15")
def test_the_archive_is_whole_and_retirement_reviews_nothing(
    attempt, staff, host, mailoutbox, tracker
):
    known = submitted(attempt)
    stored = api.receive_review(known, {"status": "suspicious", "comments": [REMARK]})
    api.decide_review(stored.pk, "Suspicious", staff)
    archived = ProctoredExamSoftwareSecureReviewHistory.objects.get()
    for name in ("attempt_code", "review_status", "raw_data", "student_id", "exam_id"):
        assert getattr(archived, name) == getattr(stored, name)
    for told in (mailoutbox, tracker.events, host.calls):
        told.clear()
    operations.retire_user(known.user_id)
    assert status_of(known) == "rejected"
    assert [*mailoutbox, *tracker.events, *host.calls] == []
    archived.refresh_from_db()
    assert (archived.raw_data, Comment.objects.get().comment) == ("", "")


@pytest.mark.defect("BACKENDS-B20")
@pytest.mark.parametrize("with_exam", [True, False])
def test_a_review_without_an_attempt_is_stored(with_exam, exam, caplog):
    stored = Review.objects.create(
        attempt_code="nobody's",
        review_status="Suspicious",
        raw_data=json.dumps({}),
        exam=exam if with_exam else None,
    )
    assert Review.objects.get() == stored
    assert "unknown attempt" in caplog.text
    assert ProctoredExam.objects.get().pk == exam.pk
    assert stored.modified - stored.created < datetime.timedelta(minutes=1)
