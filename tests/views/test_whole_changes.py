"""A request makes all of its changes or none."""

import datetime

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.views.conftest import NEW_EXAM, V1, E

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


def put(client, attempt, action, **more):
    return client.put(f"{E}/attempt/{attempt.pk}", {"action": action, **more}, format="json")


@pytest.mark.defect("REST-C1")
def test_a_refusal_writes_nothing(practice_exam, attempt, provider, as_learner):
    old = attempt(exam=practice_exam, status="error", is_sample_attempt=True)
    provider.fail("register_exam_attempt", BackendProviderCannotRegisterAttempt("no", 400))
    history = Attempt.history.count()
    assert put(as_learner, old, "reset_attempt").status_code == 502
    assert (Attempt.objects.count(), Attempt.history.count()) == (1, history)


REGISTER = f"{E}/exam_registration/course_id/{COURSE_ID}"


ITEM = {name: NEW_EXAM[name] for name in NEW_EXAM if name not in ("content_id", "external_id")}


@pytest.mark.defect("REST-C2")
@pytest.mark.parametrize(
    "items",
    [
        [{"content_id": "a"}, {"content_id": "b"}, {"content_id": "a"}],
        [{"content_id": "a"}, {"content_id": "b", "time_limit_mins": 0}],
        [{"content_id": "a"}, {"content_id": "b", "backend": "gone"}],
    ],
)
def test_a_registration_is_stored_completely_or_not_at_all(items, exam, as_global_staff):
    body = [{**ITEM, **item} for item in items]
    assert as_global_staff.patch(REGISTER, body, format="json").status_code == 422
    assert [one.pk for one in ProctoredExam.objects.filter(is_active=True)] == [exam.pk]


@pytest.mark.defect("REST-C2")
def test_a_failing_provider_does_not_stop_a_registration(as_global_staff, provider, db):
    provider.fail("on_exam_saved", ConnectionError("down"))
    body = [{**ITEM, "content_id": name} for name in ("a", "b")]
    assert as_global_staff.patch(REGISTER, body, format="json").status_code == 200
    assert ProctoredExam.objects.count() == 2


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


@pytest.mark.defect("REST-C3")
def test_a_reset_that_is_refused_changes_nothing(make_exam, attempt, as_learner):
    exam = make_exam(is_practice_exam=True, due_date=timezone.now())
    old = attempt(exam=exam, status="rejected", is_sample_attempt=True)
    assert put(as_learner, old, "reset_attempt").status_code == 400
    assert status_of(old) == "rejected"


@pytest.mark.defect("REST-C3")
def test_kept_a_stored_reset_is_past_due(onboarding, attempt, host, learner, as_staff):
    from edx_proctoring.testing.host import Enrollment

    attempt(exam=onboarding, status="onboarding_reset", is_sample_attempt=True)
    host.enrollments.enrollments = [Enrollment(learner)]
    url = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
    (row,) = as_staff.get(url).json()["results"]
    assert row["status"] == "onboarding_reset_past_due"


def running(attempt, **more):
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    return attempt(status="started", **{**begun, **more})


@pytest.mark.defect("REST-C4")
def test_failed_effects_are_retried_and_the_request_succeeds(
    attempt, provider, host, as_learner, mail_through
):
    mail_through("no.such.backend")
    known = running(attempt)
    provider.fail("stop_exam_attempt", ConnectionError("down"))
    host.credit.fail("set_credit_requirement_status", RuntimeError("closed"))
    host.instructor.fail("complete_student_attempt", RuntimeError("closed"))
    assert put(as_learner, known, "submit").status_code == 200
    waiting = set(OutboxMessage.objects.unfinished().values_list("kind", flat=True))
    assert waiting == {"completion", "reconcile_credit", "email", "provider_notice"}


COMMENT = {"comment": "x", "status": "y"}


def submitted(attempt, **more):
    return attempt(status="submitted", completed_at=timezone.now(), **more)


@pytest.mark.defect("REST-C7")
def test_the_same_review_again_has_no_effect(attempt, as_reviewer, mailoutbox):
    known = submitted(attempt)
    body = {"status": "passed", "comments": [COMMENT] * 2}
    for _ in range(2):
        url = f"{E}/attempt/{known.external_id}/reviewed"
        assert as_reviewer.post(url, body, format="json").status_code == 200
    assert ProctoredExamSoftwareSecureComment.objects.count() == 2
    assert not ProctoredExamSoftwareSecureReviewHistory.objects.exists()
    assert len(mailoutbox) == 1


Review = ProctoredExamSoftwareSecureReview


@pytest.mark.defect("REST-C8")
def test_an_invalid_comment_stores_nothing(attempt, as_reviewer):
    known = submitted(attempt)
    body = {"status": "passed", "comments": [COMMENT, {"comment": "x"}]}
    url = f"{E}/attempt/{known.external_id}/reviewed"
    assert as_reviewer.post(url, body, format="json").status_code == 400
    assert status_of(known) == "submitted"
    assert not Review.objects.exists()


@pytest.mark.defect("REST-C9")
def test_an_invalid_id_does_not_affect_others(exam, as_staff):
    UserFactory(username="one")
    body = {"course_id": COURSE_ID, "exam_ids": f"bad,{exam.pk},0", "user_ids": "one"}
    more = {"allowance_type": "additional_time_granted", "value": "5"}
    assert as_staff.put(f"{E}/bulk_allowance", {**body, **more}).status_code == 207
    assert ProctoredExamStudentAllowance.objects.count() == 1


@pytest.mark.defect("REST-C10")
def test_an_interrupted_removal_can_be_repeated(attempt, exam, provider, as_staff):
    old = attempt(exam=exam, status="error", resumed=True, external_id="old")
    attempt(exam=exam, external_id="new")
    url = f"{E}/exam_id/{exam.pk}/user_id/{old.user_id}/reset_attempts"

    def refuse(_exam, external_id):
        if external_id == "old":
            raise ConnectionError("down")

    provider.before("remove_exam_attempt", refuse)
    response = as_staff.delete(url)
    assert (response.status_code, list(response.json())) == (502, ["detail"])
    assert [one.external_id for one in Attempt.objects.all()] == ["old"]
    provider.recover()
    assert as_staff.delete(url).status_code == 200
    assert as_staff.delete(url).status_code == 404


@pytest.mark.defect("REST-C11")
def test_kept_every_call_reaches_the_provider(attempt, provider, retirement, client_for):
    known = attempt()
    url = f"{V1}/retire_backend_user/{known.user_id}/"
    provider.answer("retire_user", True)
    assert client_for(retirement).post(url).status_code == 200
    provider.answer("retire_user", False)
    response = client_for(retirement).post(url)
    assert (response.status_code, response.json()) == (500, {"test": False})


@pytest.mark.defect("REST-C12")
def test_retirement_applies_no_reviews(attempt, staff, retirement, client_for, mailoutbox):
    known = submitted(attempt)
    stored = api.receive_review(known, {"status": "suspicious", "comments": []})
    api.decide_review(stored.pk, "Suspicious", staff)
    mailoutbox.clear()
    client_for(retirement).post(f"{V1}/retire_user/{known.user_id}/")
    assert status_of(known) == "rejected"
    assert not mailoutbox


@pytest.mark.defect("REST-C13")
def test_a_removal_archives_no_review(attempt, as_staff, tracker):
    known = submitted(attempt)
    api.receive_review(known, {"status": "passed", "comments": []})
    tracker.events.clear()
    assert as_staff.delete(f"{E}/attempt/{known.pk}").status_code == 200
    assert Review.objects.get().is_attempt_active is False
    assert not ProctoredExamSoftwareSecureReviewHistory.objects.exists()
    assert [name.rsplit(".", 1)[1] for name in tracker.names] == ["deleted"]


@pytest.mark.defect("REST-C14")
def test_reading_creates_no_attempt(exam, host, as_learner):
    earlier = {"namespace": "proctored_exam", "name": "a", "status": "declined", "order": 1}
    host.credit.requirements = [earlier]
    url = f"{E}/attempt/course_id/{COURSE_ID}"
    answer = as_learner.get(url, {"content_id": exam.content_id}).json()
    assert answer["exam"]["prerequisite_status"]["declined_prerequisites"]
    assert not Attempt.objects.exists()


@pytest.mark.defect("REST-C14")
def test_a_read_that_ends_an_attempt_does_not_wait(attempt, provider, as_learner):
    begun = timezone.now() - datetime.timedelta(minutes=91)
    known = running(attempt, started_at=begun)
    provider.fail("stop_exam_attempt", ConnectionError("down"))
    response = as_learner.get(f"{E}/attempt/{known.pk}")
    assert (response.status_code, response.json()["status"]) == (200, "submitted")


@pytest.mark.defect("REST-E5")
def test_no_provider_is_called_inside_a_transaction(exam, provider, as_learner, settings):
    from django.db import connection

    settings.DATABASES["default"]["ATOMIC_REQUESTS"] = True
    inside = []
    for verb in ("register_exam_attempt", "get_proctoring_config", "get_attempt"):
        provider.before(verb, lambda *_a, **_k: inside.append(connection.in_atomic_block))
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    assert as_learner.post(f"{E}/attempt", data).status_code == 200
    as_learner.get(f"{E}/settings/exam_id/{exam.pk}/")
    as_learner.get(f"{E}/attempt/course_id/{COURSE_ID}", {"content_id": exam.content_id})
    settings.DATABASES["default"]["ATOMIC_REQUESTS"] = False
    assert inside
    assert not any(inside)


@pytest.mark.defect("REST-E5")
def test_providers_are_notified_after_the_change(exam, attempt, provider, as_learner):
    known = attempt(exam=exam, status="ready_to_start")
    stored = []

    def look(*_args):
        stored.append(ProctoredExamStudentAttempt.objects.get(pk=known.pk).status)

    provider.before("start_exam_attempt", look)
    as_learner.put(f"{E}/attempt/{known.pk}", {"action": "start"})
    assert stored == ["started"]
