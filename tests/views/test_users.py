"""Routes 22 and 23: retirement of learners."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.crypto import obscured_user_id
from edx_proctoring.exceptions import BackendProviderCannotRetireUser
from edx_proctoring.models import (
    BulkAction,
    BulkTimeChange,
    OutboxMessage,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
)
from edx_proctoring.testing.factories import AllowanceFactory, UserFactory
from tests.unknown import NO_SUCH_ID
from tests.views.conftest import V1

pytestmark = pytest.mark.django_db

AT_PROVIDERS = f"{V1}/retire_backend_user"
HERE = f"{V1}/retire_user"
Attempt = ProctoredExamStudentAttempt


@pytest.fixture
def pipeline(retirement: Any, client_for: Any) -> APIClient:
    """The host's retirement pipeline."""
    return client_for(retirement)


@pytest.mark.parametrize("url", [AT_PROVIDERS, HERE])
def test_other_users_are_refused(url: str, as_global_staff: APIClient, as_staff: APIClient) -> None:
    for client in (as_staff, as_global_staff):
        response = client.post(f"{url}/1/")
        assert (response.status_code, response.content) == (403, b"")


# At providers


def test_each_provider_is_called_once(
    pipeline: APIClient, attempt: Any, make_exam: Any, provider: Any, other: Any
) -> None:
    known = attempt()
    attempt(exam=make_exam())
    attempt(exam=make_exam(backend="other"))
    provider.answer("retire_user", True)
    response = pipeline.post(f"{AT_PROVIDERS}/{known.user_id}/")
    assert (response.status_code, response.json()) == (200, {"test": True})  # other: nothing to do
    (call,) = provider.calls_of("retire_user")
    assert call.args == (obscured_user_id(known.user_id, "test"),)
    assert len(other.calls_of("retire_user")) == 1


def test_exams_without_a_provider_have_the_default_one(
    pipeline: APIClient, attempt: Any, make_exam: Any, provider: Any
) -> None:
    known = attempt(exam=make_exam(backend=None))
    attempt(exam=make_exam(backend="test"))
    provider.answer("retire_user", True)
    assert pipeline.post(f"{AT_PROVIDERS}/{known.user_id}/").json() == {"test": True}
    asked = {call.args[0] for call in provider.calls_of("retire_user")}
    assert asked == {obscured_user_id(known.user_id, name) for name in (None, "test")}


@pytest.mark.parametrize(
    "error", [BackendProviderCannotRetireUser("no"), ConnectionError("down"), ValueError("?")]
)
def test_a_failing_provider_does_not_affect_others(
    error: Exception, pipeline: APIClient, attempt: Any, make_exam: Any, provider: Any, other: Any
) -> None:
    known = attempt()
    attempt(exam=make_exam(backend="other"))
    attempt(exam=make_exam(backend="gone"))
    provider.fail("retire_user", error)
    other.answer("retire_user", True)
    response = pipeline.post(f"{AT_PROVIDERS}/{known.user_id}/")
    assert response.status_code == 500
    assert response.json() == {"test": False, "other": True, "gone": False}
    provider.recover()
    provider.answer("retire_user", False)
    assert pipeline.post(f"{AT_PROVIDERS}/{known.user_id}").status_code == 500


@pytest.mark.parametrize("user_id", [str(NO_SUCH_ID), "0", "9" * 30])
def test_unknown_users(user_id: str, pipeline: APIClient) -> None:
    response = pipeline.post(f"{AT_PROVIDERS}/{user_id}/")
    assert (response.status_code, response.json()) == (200, {})
    response = pipeline.post(f"{HERE}/{user_id}/")
    assert (response.status_code, response.content) == (204, b"")


def test_timed_attempts_involve_no_provider(
    pipeline: APIClient, attempt: Any, timed_exam: Any, provider: Any
) -> None:
    known = attempt(exam=timed_exam, taking_as_proctored=False, external_id=None)
    assert pipeline.post(f"{AT_PROVIDERS}/{known.user_id}/").json() == {}
    assert not provider.calls_of("retire_user")


# Here


def delivered(known: Any, *texts: str) -> None:
    comments = [{"comment": text, "status": "seen"} for text in texts]
    api.receive_review(known, {"status": "suspicious", "comments": comments, "name": "Secret"})


@pytest.fixture
def life(attempt: Any, make_exam: Any, learner: Any, staff: Any) -> Any:
    """Two reviewed attempts, one of them removed, reviews with versions, allowances with history."""
    now = timezone.now()
    kept = attempt(status="submitted", completed_at=now)
    gone = attempt(exam=make_exam(), status="submitted", completed_at=now)
    for known in (kept, gone):
        delivered(known, "a secret")
        delivered(known, "another secret")
    api.remove_exam_attempt(gone.pk, staff)
    for value in ("10", "20"):
        api.add_allowance_for_user(
            kept.proctored_exam_id, learner.username, "review_policy_exception", value
        )
    return kept


def test_all_personal_data_is_blanked(life: Any, pipeline: APIClient, attempt: Any) -> None:
    stranger = attempt(user=UserFactory(), status="submitted", completed_at=timezone.now())
    delivered(stranger, "a secret")
    AllowanceFactory(user=stranger.user, proctored_exam=stranger.proctored_exam)
    for _ in range(2):
        response = pipeline.post(f"{HERE}/{life.user_id}/")
        assert (response.status_code, response.content) == (204, b"")
        of_learner = {"user": life.user}
        for model in (ProctoredExamStudentAllowance, ProctoredExamStudentAllowanceHistory):
            assert set(model.objects.filter(**of_learner).values_list("value", flat=True)) == {""}
        for model in (
            ProctoredExamSoftwareSecureReview,
            ProctoredExamSoftwareSecureReviewHistory,
        ):
            rows = model.objects.filter(student=life.user)
            assert len(rows) == 2
            assert {(row.raw_data, bytes(row.encrypted_video_url)) for row in rows} == {("", b"")}
        remarks = ProctoredExamSoftwareSecureComment.objects.values_list("comment", "status")
        assert sorted(remarks) == [("", ""), ("", ""), ("a secret", "seen")]
    assert ProctoredExamStudentAllowance.objects.get(user=stranger.user).value == "10"


def test_retirement_has_no_effects(
    life: Any, pipeline: APIClient, host: Any, tracker: Any, provider: Any, mailoutbox: Any
) -> None:
    archived = ProctoredExamSoftwareSecureReviewHistory.objects.count()
    history = Attempt.history.count()
    for told in (host.calls, tracker.events, provider.calls, mailoutbox):
        told.clear()
    pipeline.post(f"{HERE}/{life.user_id}/")
    life.refresh_from_db()
    assert life.status == "second_review_required"
    assert not host.calls
    assert not tracker.events
    assert not provider.calls
    assert not mailoutbox
    assert ProctoredExamSoftwareSecureReviewHistory.objects.count() == archived
    assert Attempt.history.count() == history


def test_messages_are_blanked_and_e_mails_not_sent(
    attempt: Any, pipeline: APIClient, mail_through: Any
) -> None:
    mail_through("no.such.backend")
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)
    api.update_attempt_status(known.pk, "submitted")
    waiting = OutboxMessage.objects.unfinished()
    assert [message.kind for message in waiting] == ["email"]
    assert pipeline.post(f"{HERE}/{known.user_id}/").status_code == 204
    assert not waiting.all().exists()
    of_learner = OutboxMessage.objects.exclude(kind="exam_saved").exclude(kind="provider_notice")
    assert not of_learner.exists()


def test_a_blanked_allowance_gives_no_extra_time(
    pipeline: APIClient, attempt: Any, exam: Any, learner: Any
) -> None:
    AllowanceFactory(user=learner, proctored_exam=exam)
    pipeline.post(f"{HERE}/{learner.pk}/")
    known = attempt(exam=exam, status="ready_to_start")
    api.update_attempt_status(known.pk, "started")
    known.refresh_from_db()
    assert known.allowed_time_limit_mins == exam.time_limit_mins


@pytest.mark.defect("REST-D17")
@pytest.mark.parametrize("backend", ["test", None])  # None: the default provider, by its name
@pytest.mark.parametrize("end", ["removed", "declined"])
def test_removed_and_declined_attempts_are_retired_too(
    backend, end, make_exam, attempt, staff, provider, retirement, client_for
):
    known = attempt(exam=make_exam(backend=backend))
    if end == "removed":
        api.remove_exam_attempt(known.pk, staff)
    else:
        api.update_attempt_status(known.pk, "declined")
    provider.answer("retire_user", True)
    response = client_for(retirement).post(f"{V1}/retire_backend_user/{known.user_id}/")
    assert response.json() == {"test": True}
    (call,) = provider.calls_of("retire_user")
    assert call.args == (obscured_user_id(known.user_id, backend),)


SUBMITTED = {"status": "submitted", "completed_at": timezone.now()}


@pytest.mark.defect("REST-D17")
def test_reviews_of_removed_attempts_are_blanked(attempt, staff, retirement, client_for):
    known = attempt(**SUBMITTED)
    comment = {"comment": "a face", "status": "Suspicious"}
    for payload in ("one", "two"):
        data = {"status": "suspicious", "comments": [comment], "more": f"secret {payload}"}
        stored = api.receive_review(known, data)
    api.remove_exam_attempt(known.pk, staff)
    answer = client_for(retirement).post(f"{V1}/retire_user/{known.user_id}/")
    assert answer.status_code == 204
    stored.refresh_from_db()
    assert (stored.raw_data, bytes(stored.encrypted_video_url)) == ("", b"")
    archived = ProctoredExamSoftwareSecureReviewHistory.objects.values_list("raw_data", flat=True)
    assert set(archived) == {""}
    (left,) = stored.proctoredexamsoftwaresecurecomment_set.all()
    assert (left.comment, left.status) == ("", "")


def test_reasons_that_staff_wrote_are_blanked(
    attempt: Any, make_exam: Any, staff: Any, pipeline: APIClient
) -> None:
    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)
    stranger = attempt(
        exam=known.proctored_exam,
        user=UserFactory(),
        status="started",
        started_at=timezone.now(),
        allowed_time_limit_mins=90,
    )
    for one in (known, stranger):
        api.extend_attempt(one.pk, 60, reason="was ill", by=staff)
        api.update_attempt_status(one.pk, "submitted", reason="staff, ended: was ill")
    bulk = {
        "course_id": known.proctored_exam.course_id,
        "action": BulkTimeChange.EXTEND,
        "reason": "was ill",
    }
    named = BulkTimeChange.objects.create(**bulk, attempt_ids=[stranger.pk, known.pk])
    BulkTimeChange.objects.create(**bulk, undoes=named)
    BulkTimeChange.objects.create(**bulk, attempt_ids=[stranger.pk])
    BulkTimeChange.objects.create(**bulk, exam_id=known.proctored_exam_id)
    actions = [
        BulkAction.objects.create(
            course_id=known.proctored_exam.course_id,
            resource=BulkAction.ATTEMPTS,
            action="end",
            row_ids=[one.pk],
            options={"reason": "was ill"},
        )
        for one in (known, stranger)
    ]
    for _ in range(2):
        assert pipeline.post(f"{HERE}/{known.user_id}/").status_code == 204
    for action in actions:
        action.refresh_from_db()
    assert [action.options["reason"] for action in actions] == ["", "was ill"]
    reasons = {
        one.pk: {
            *TimeAdjustment.objects.filter(attempt_id=one.pk).values_list("reason", flat=True),
            *Attempt.history.filter(id=one.pk).values_list("history_change_reason", flat=True),
        }
        for one in (known, stranger)
    }
    assert not any("ill" in (reason or "") for reason in reasons[known.pk])
    assert "staff, ended" in reasons[known.pk]
    assert {"was ill", "staff, ended: was ill"} <= reasons[stranger.pk]
    bulk_reasons = BulkTimeChange.objects.order_by("pk").values_list("reason", flat=True)
    assert list(bulk_reasons) == ["", "", "was ill", "was ill"]
