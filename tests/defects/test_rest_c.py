"""Defects C1-C18 of the published REST interface: all of a change or nothing of it, once."""

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
Review = ProctoredExamSoftwareSecureReview
COMMENT = {"comment": "x", "status": "y"}
REGISTER = f"{E}/exam_registration/course_id/{COURSE_ID}"
ITEM = {name: NEW_EXAM[name] for name in NEW_EXAM if name not in ("content_id", "external_id")}


def put(client, attempt, action, **more):
    return client.put(f"{E}/attempt/{attempt.pk}", {"action": action, **more}, format="json")


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


def running(attempt, **more):
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    return attempt(status="started", **{**begun, **more})


def submitted(attempt, **more):
    return attempt(status="submitted", completed_at=timezone.now(), **more)


def test_C1_a_refusal_leaves_nothing_half_written(practice_exam, attempt, provider, as_learner):
    old = attempt(exam=practice_exam, status="error", is_sample_attempt=True)
    provider.fail("register_exam_attempt", BackendProviderCannotRegisterAttempt("no", 400))
    history = Attempt.history.count()
    assert put(as_learner, old, "reset_attempt").status_code == 502
    assert (Attempt.objects.count(), Attempt.history.count()) == (1, history)


@pytest.mark.parametrize(
    "items",
    [
        [{"content_id": "a"}, {"content_id": "b"}, {"content_id": "a"}],
        [{"content_id": "a"}, {"content_id": "b", "time_limit_mins": 0}],
        [{"content_id": "a"}, {"content_id": "b", "backend": "gone"}],
    ],
)
def test_C2_a_course_is_registered_whole_or_not(items, exam, as_global_staff):
    body = [{**ITEM, **item} for item in items]
    assert as_global_staff.patch(REGISTER, body, format="json").status_code == 422
    assert [one.pk for one in ProctoredExam.objects.filter(is_active=True)] == [exam.pk]


def test_C2_a_provider_that_fails_stops_no_registration(as_global_staff, provider, db):
    provider.fail("on_exam_saved", ConnectionError("down"))
    body = [{**ITEM, "content_id": name} for name in ("a", "b")]
    assert as_global_staff.patch(REGISTER, body, format="json").status_code == 200
    assert ProctoredExam.objects.count() == 2


def test_C3_a_reset_that_is_refused_changes_nothing(make_exam, attempt, as_learner):
    exam = make_exam(is_practice_exam=True, due_date=timezone.now())
    old = attempt(exam=exam, status="rejected", is_sample_attempt=True)
    assert put(as_learner, old, "reset_attempt").status_code == 400
    assert status_of(old) == "rejected"


def test_C3_kept_a_stored_reset_is_past_due(onboarding, attempt, host, learner, as_staff):
    from edx_proctoring.testing.host import Enrollment

    attempt(exam=onboarding, status="onboarding_reset", is_sample_attempt=True)
    host.enrollments.enrollments = [Enrollment(learner)]
    url = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
    (row,) = as_staff.get(url).json()["results"]
    assert row["status"] == "onboarding_reset_past_due"


def test_C4_what_follows_is_told_later_and_the_answer_is_yes(
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


def test_C5_conflicts_are_refusals(exam, as_learner, as_global_staff):
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    assert as_learner.post(f"{E}/attempt", data).status_code == 200
    assert as_learner.post(f"{E}/attempt", data).status_code == 400
    new = {**ITEM, "content_id": exam.content_id, "external_id": "x"}
    assert as_global_staff.post(f"{E}/exam", new, format="json").status_code == 400
    assert (Attempt.objects.count(), ProctoredExam.objects.count()) == (1, 1)


def test_C6_submitting_again_is_nothing(attempt, as_learner, provider, mailoutbox):
    known = running(attempt)
    for _ in range(2):
        response = put(as_learner, known, "submit")
        assert response.json() == {"exam_attempt_id": known.pk}
        known.refresh_from_db()
        completed = known.completed_at
    assert Attempt.objects.get().completed_at == completed
    assert len(provider.calls_of("stop_exam_attempt")) == len(mailoutbox) == 1


def test_C7_the_same_review_again_is_nothing(attempt, as_reviewer, mailoutbox):
    known = submitted(attempt)
    body = {"status": "passed", "comments": [COMMENT] * 2}
    for _ in range(2):
        url = f"{E}/attempt/{known.external_id}/reviewed"
        assert as_reviewer.post(url, body, format="json").status_code == 200
    assert ProctoredExamSoftwareSecureComment.objects.count() == 2
    assert not ProctoredExamSoftwareSecureReviewHistory.objects.exists()
    assert len(mailoutbox) == 1


def test_C8_a_bad_comment_stores_nothing(attempt, as_reviewer):
    known = submitted(attempt)
    body = {"status": "passed", "comments": [COMMENT, {"comment": "x"}]}
    url = f"{E}/attempt/{known.external_id}/reviewed"
    assert as_reviewer.post(url, body, format="json").status_code == 400
    assert status_of(known) == "submitted"
    assert not Review.objects.exists()


def test_C9_a_bad_id_hinders_no_other(exam, as_staff):
    UserFactory(username="one")
    body = {"course_id": COURSE_ID, "exam_ids": f"bad,{exam.pk},0", "user_ids": "one"}
    more = {"allowance_type": "additional_time_granted", "value": "5"}
    assert as_staff.put(f"{E}/bulk_allowance", {**body, **more}).status_code == 207
    assert ProctoredExamStudentAllowance.objects.count() == 1


def test_C10_a_removal_that_stops_half_way_can_be_repeated(attempt, exam, provider, as_staff):
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


def test_C11_kept_every_call_reaches_the_provider(attempt, provider, retirement, client_for):
    known = attempt()
    url = f"{V1}/retire_backend_user/{known.user_id}/"
    provider.answer("retire_user", True)
    assert client_for(retirement).post(url).status_code == 200
    provider.answer("retire_user", False)
    response = client_for(retirement).post(url)
    assert (response.status_code, response.json()) == (500, {"test": False})


def test_C12_retirement_reviews_nothing(attempt, staff, retirement, client_for, mailoutbox):
    known = submitted(attempt)
    stored = api.receive_review(known, {"status": "suspicious", "comments": []})
    api.decide_review(stored.pk, "Suspicious", staff)
    mailoutbox.clear()
    client_for(retirement).post(f"{V1}/retire_user/{known.user_id}/")
    assert status_of(known) == "rejected"
    assert not mailoutbox


def test_C13_a_removal_reviews_nothing(attempt, as_staff, tracker):
    known = submitted(attempt)
    api.receive_review(known, {"status": "passed", "comments": []})
    tracker.events.clear()
    assert as_staff.delete(f"{E}/attempt/{known.pk}").status_code == 200
    assert Review.objects.get().is_attempt_active is False
    assert not ProctoredExamSoftwareSecureReviewHistory.objects.exists()
    assert [name.rsplit(".", 1)[1] for name in tracker.names] == ["deleted"]


def test_C14_reading_creates_no_attempt(exam, host, as_learner):
    earlier = {"namespace": "proctored_exam", "name": "a", "status": "declined", "order": 1}
    host.credit.requirements = [earlier]
    url = f"{E}/attempt/course_id/{COURSE_ID}"
    answer = as_learner.get(url, {"content_id": exam.content_id}).json()
    assert answer["exam"]["prerequisite_status"]["declined_prerequisites"]
    assert not Attempt.objects.exists()


def test_C14_a_read_that_ends_an_attempt_waits_for_nobody(attempt, provider, as_learner):
    begun = timezone.now() - datetime.timedelta(minutes=91)
    known = running(attempt, started_at=begun)
    provider.fail("stop_exam_attempt", ConnectionError("down"))
    response = as_learner.get(f"{E}/attempt/{known.pk}")
    assert (response.status_code, response.json()["status"]) == (200, "submitted")


@pytest.mark.parametrize("action", ["start", "reset_attempt"])
def test_C15_only_the_current_attempt(action, attempt, practice_exam, as_learner):
    columns = {"exam": practice_exam, "is_sample_attempt": True}
    old = attempt(status="ready_to_start" if action == "start" else "error", **columns)
    attempt(status="ready_to_start" if action == "start" else "error", **columns)
    assert put(as_learner, old, action).status_code == 400
    assert Attempt.objects.count() == 2


def test_C16_downloading_during_the_exam_is_refused(attempt, as_learner):
    known = running(attempt)
    assert put(as_learner, known, "click_download_software").status_code == 400
    assert status_of(known) == "started"


def test_C17_kept_without_a_choice_the_exam_is_declined(exam, as_learner):
    assert as_learner.post(f"{E}/attempt", {"exam_id": exam.pk}).status_code == 200
    assert Attempt.objects.get().status == "declined"


def test_C18_declining_a_timed_exam_declines_no_other(exam, timed_exam, attempt, as_learner):
    known = attempt(exam=timed_exam, taking_as_proctored=False, external_id=None)
    assert put(as_learner, known, "decline").status_code == 200
    assert Attempt.objects.count() == 1
