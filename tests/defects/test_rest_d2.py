"""Defects D14-D27 of the published REST interface: wrong or lost data."""

import datetime

import pytest
import time_machine
from django.utils import timezone
from waffle.testutils import override_switch

from edx_proctoring import api, constants, views
from edx_proctoring.crypto import obscured_user_id
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderSentNoAttemptID,
)
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.runtime import set_runtime_service
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, UserFactory
from edx_proctoring.testing.host import Enrollment
from tests.views.conftest import V1, E, practice, started
from tests.views.test_onboarding import Outlines

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
Allowance = ProctoredExamStudentAllowance
PAGE = f"{E}/attempt/course_id/{COURSE_ID}"
SUBMITTED = {"status": "submitted", "completed_at": timezone.now()}
BEGUN = {"started_at": timezone.now(), "completed_at": timezone.now()}


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("second_review_required", "submitted"),
        ("timed_out", "submitted"),
        ("declined", "not_started"),
        ("onboarding_missing", "error"),
        ("onboarding_pending", "error"),
        ("onboarding_failed", "error"),
        ("onboarding_expired", "error"),
    ],
)
def test_D14_every_status_is_visible(status, word, onboarding, attempt, host, learner, as_staff):
    practice(attempt, onboarding, status)
    host.enrollments.enrollments = [Enrollment(learner)]
    url = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
    (row,) = as_staff.get(url).json()["results"]
    assert row["status"] == word
    assert as_staff.get(url, {"statuses": word}).json()["count"] == 1
    assert as_staff.get(url, {"statuses": f"not_{word}"}).json()["count"] == 0


def test_D14_filters_hold_for_what_the_provider_says(onboarding, host, learner, provider, as_staff):
    host.enrollments.enrollments = [Enrollment(learner)]
    user_id = obscured_user_id(learner.pk, "test")
    provider.answer(
        "get_onboarding_profile_info", {"results": [{"user_id": user_id, "status": "pending"}]}
    )
    url = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
    with override_switch(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API, active=True):
        for word, count in [("verified", 0), ("not_started_yet", 0), ("submitted", 1)]:
            assert as_staff.get(url, {"statuses": word}).json()["count"] == count


def test_D15_the_link_is_the_learners(exam, onboarding, attempt, learner, as_global_staff):
    class OnlyTheLearners(Outlines):
        def get_user_course_outline_details(self, course_key, user, at_time):
            self.open = {onboarding.content_id} if user.pk == learner.pk else set()
            return super().get_user_course_outline_details(course_key, user, at_time)

    set_runtime_service("learning_sequences", OnlyTheLearners())
    try:
        attempt(exam=exam, status="onboarding_missing")
        query = {"content_id": exam.content_id, "user_id": learner.pk}
        link = as_global_staff.get(PAGE, query).json()["exam"]["onboarding_link"]
    finally:
        set_runtime_service("learning_sequences", None)
    assert link.endswith(onboarding.content_id)


def test_D16_practice_is_practice(make_exam, as_learner):
    exam = make_exam(is_proctored=False, is_practice_exam=True)
    assert (
        as_learner.get(PAGE, {"content_id": exam.content_id}).json()["exam"]["type"] == "practice"
    )


@pytest.mark.parametrize("backend", ["test", None])  # None: the default provider, by its name
@pytest.mark.parametrize("end", ["removed", "declined"])
def test_D17_removed_and_declined_attempts_are_retired_too(
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


def test_D17_reviews_of_removed_attempts_are_blanked(attempt, staff, retirement, client_for):
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


def test_D18_no_seconds_left_are_none(attempt, exam, as_learner, as_staff, learner):
    now = timezone.now()
    begun = now - datetime.timedelta(minutes=90, seconds=-0.5)
    known = started(attempt, exam=exam, started_at=begun)
    with time_machine.travel(now, tick=False):
        as_learner.put(f"{E}/attempt/{known.pk}", {"action": "error"})
    known.refresh_from_db()
    assert (known.status, known.time_remaining_seconds) == ("error", 0)
    resume = {"action": "mark_ready_to_resume", "user_id": learner.pk}
    assert as_staff.put(f"{E}/attempt/{known.pk}", resume).status_code == 200
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    new = Attempt.objects.get(pk=as_learner.post(f"{E}/attempt", data).json()["exam_attempt_id"])
    assert new.time_remaining_seconds == 0
    api.update_attempt_status(new.pk, "started")
    new.refresh_from_db()
    assert (new.status, new.allowed_time_limit_mins) == ("submitted", 0)


@pytest.mark.parametrize(
    "error",
    [
        BackendProviderSentNoAttemptID({"secret": "answer"}, 200),
        BackendProviderCannotRegisterAttempt("secret", 401),
        BackendProviderCannotRegisterAttempt("secret", 404),
    ],
)
def test_D19_what_the_provider_answered_is_not_our_answer(
    error, exam, provider, as_learner, caplog
):
    provider.fail("register_exam_attempt", error)
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    response = as_learner.post(f"{E}/attempt", data)
    assert response.status_code == 502
    assert "secret" not in response.json()["detail"]
    assert not Attempt.objects.exists()


def test_D20_without_a_configuration_it_is_empty(exam, provider, as_learner):
    provider.answer("get_proctoring_config", None)
    answer = as_learner.get(f"{E}/settings/exam_id/{exam.pk}/").json()
    assert answer["exam_proctoring_backend"] == {}


def test_D21_an_unknown_exam_has_no_policy(exam, as_learner):
    assert as_learner.get(f"{E}/review_policy/exam_id/4711/").status_code == 400
    known = as_learner.get(f"{E}/review_policy/exam_id/{exam.pk}/")
    assert known.json() == {"review_policy": None}


def test_D22_kept_results_are_acknowledged_in_any_status(attempt, as_learner, settings):
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    known = started(attempt)
    assert as_learner.put(f"{E}/attempt/{known.pk}/review_status").status_code == 200
    assert Attempt.objects.get().is_status_acknowledged


def test_D23_dates_are_utc(attempt, onboarding, learner, as_learner, as_staff, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    known = practice(attempt, onboarding, "verified", **BEGUN)
    started(attempt, exam=onboarding)
    AllowanceFactory(proctored_exam=onboarding, user=learner)
    page = as_staff.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}").json()
    (found,) = page["proctored_exam_attempts"]
    (granted,) = as_staff.get(f"{E}/{COURSE_ID}/allowance").json()
    polled = as_learner.get(f"{E}/attempt/{known.pk}").json()
    status = as_learner.get(f"{V1}/user_onboarding/status", {"course_id": COURSE_ID}).json()
    dates = [found[name] for name in ("created", "modified", "started_at")]
    dates += [granted[name] for name in ("created", "modified")]
    dates += [polled[name] for name in ("created", "modified", "started_at", "completed_at")]
    assert all(date.endswith("Z") for date in [*dates, status["expiration_date"]])


def test_D24_search_does_not_mind_the_case(attempt, as_staff):
    attempt(user=UserFactory(username="MixedCase", email="One@Example.com"))
    for text in ("mixedcase", "MIXED", "one@example"):
        url = f"{E}/attempt/grouped/course_id/{COURSE_ID}/search/{text}"
        assert len(as_staff.get(url).json()["proctored_exam_attempts"]) == 1


def test_D25_the_path_is_exact(as_learner, db):
    for path in (f"/anything{E}/active_attempt", f"{E}/active_attemptXYZ"):
        assert as_learner.get(path).status_code == 404


def test_D26_of_the_same_moment_the_later_id_comes_first(
    make_exam, attempt, as_staff, monkeypatch, disorder
):
    monkeypatch.setattr(views, "ATTEMPTS_PER_PAGE", 1)
    ids = [attempt(exam=make_exam(exam_name=str(9 - number))).pk for number in range(3)]
    disorder(Attempt.objects.all())
    Attempt.objects.update(created=timezone.now())
    for path in ("", "/search/learner"):
        url = f"{E}/attempt/grouped/course_id/{COURSE_ID}{path}"
        pages = [as_staff.get(url, {"page": page}).json() for page in (1, 2, 3)]
        assert [page["proctored_exam_attempts"][0]["id"] for page in pages] == ids[::-1]


def test_D26_attempts_of_one_learner_too(exam, attempt, as_staff, disorder):
    ids = [attempt(exam=exam, status="error").pk for _ in range(3)]
    disorder(Attempt.objects.all())
    Attempt.objects.update(created=timezone.now())
    page = as_staff.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}").json()
    (row,) = page["proctored_exam_attempts"]
    assert [one["id"] for one in row["all_attempts"]] == ids[::-1]
    assert row["id"] == ids[-1]


@pytest.mark.parametrize("ties", [False, True])
def test_D26_exams_and_allowances_come_as_they_were_made(make_exam, as_staff, disorder, ties):
    """Neither names nor later changes have a say."""
    exams = [
        make_exam(content_id=f"content{9 - number}", exam_name=str(9 - number))
        for number in range(3)
    ]
    users = [UserFactory(username=f"user{9 - number}") for number in range(3)]
    granted = [
        AllowanceFactory(proctored_exam=exam, user=user)
        for exam, user in zip(exams, reversed(users), strict=True)
    ]
    disorder([*exams, *granted])
    if ties:
        for model in (ProctoredExam, Allowance):
            model.objects.update(created=timezone.now())
    listed = as_staff.get(f"{E}/exam/course_id/{COURSE_ID}").json()
    assert [one["id"] for one in listed] == [exam.pk for exam in exams]
    found = as_staff.get(f"{E}/{COURSE_ID}/allowance").json()
    assert [one["id"] for one in found] == [one.pk for one in granted]
    grouped = as_staff.get(f"{E}/{COURSE_ID}/grouped/allowance").json()
    assert list(grouped) == [user.username for user in reversed(users)]


@pytest.mark.parametrize("page", ["0", "-1", "99", "x"])
def test_D27_kept_pages_out_of_range_are_the_last_or_the_first(page, attempt, as_staff):
    attempt()
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}"
    answer = as_staff.get(url, {"page": page}).json()
    assert answer["pagination_info"]["current_page"] == 1
    assert len(answer["proctored_exam_attempts"]) == 1
