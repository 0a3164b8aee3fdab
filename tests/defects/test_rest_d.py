"""Defects D1-D27 of the published REST interface: wrong or lost data."""

import datetime

import pytest
from django.utils import timezone
from waffle.testutils import override_switch

from edx_proctoring import api, constants, views
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderSentNoAttemptID,
)
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.runtime import set_runtime_service
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, UserFactory
from edx_proctoring.testing.host import Enrollment
from tests.views.conftest import V1, E, practice
from tests.views.test_onboarding import Outlines

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
Allowance = ProctoredExamStudentAllowance
TIME = "additional_time_granted"
REGISTER = f"{E}/exam_registration/course_id/{COURSE_ID}"
PAGE = f"{E}/attempt/course_id/{COURSE_ID}"
SUBMITTED = {"status": "submitted", "completed_at": timezone.now()}
EXAM = {
    "course_id": COURSE_ID,
    "content_id": "new",
    "external_id": "known",
    "exam_name": "New",
    "time_limit_mins": 30,
    "is_proctored": True,
    "is_practice_exam": False,
    "is_active": True,
    "hide_after_due": False,
}


def started(attempt, **more):
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    return attempt(status="started", **{**begun, **more})


def test_D1_due_date_and_provider_are_stored_and_cleared(as_global_staff, db):
    data = {**EXAM, "due_date": "2030-01-01T00:00:00Z", "backend": "null"}
    assert as_global_staff.post(f"{E}/exam", data, format="json").status_code == 200
    exam = ProctoredExam.objects.get()
    assert (exam.due_date.year, exam.backend) == (2030, "null")
    change = {"exam_id": exam.pk, "due_date": None, "backend": "test"}
    assert as_global_staff.put(f"{E}/exam", change, format="json").status_code == 200
    exam.refresh_from_db()
    assert (exam.due_date, exam.backend) == (None, "test")


@pytest.mark.parametrize("minutes", [0, -1, "-5"])
def test_D2_an_exam_takes_at_least_a_minute(
    minutes, as_global_staff, make_exam, attempt, as_learner
):
    data = {**EXAM, "time_limit_mins": minutes}
    assert as_global_staff.post(f"{E}/exam", data, format="json").status_code == 400
    assert as_global_staff.patch(REGISTER, [data], format="json").status_code == 422
    stored = make_exam(time_limit_mins=minutes)  # of before
    assert as_learner.get(PAGE, {"content_id": stored.content_id}).status_code == 200


def test_D3_registration_says_what_does_not_fit(exam, as_global_staff):
    item = {**EXAM, "content_id": exam.content_id}
    other = {**item, "course_id": "course-v1:o+t+h"}
    assert as_global_staff.patch(REGISTER, [other], format="json").status_code == 422
    null = {**item, "backend": None, "external_id": None}
    assert as_global_staff.patch(REGISTER, [null], format="json").status_code == 200
    before, exam = exam, ProctoredExam.objects.get(pk=exam.pk)
    assert (exam.backend, exam.external_id) == (before.backend, before.external_id)


@pytest.mark.parametrize(
    "content_id",
    ["block-v1:edX+Demo+2026+type@sequential+block@a", "i4x://edX/Demo/sequential/a", "abc[1]_^`"],
)
def test_D4_content_ids_of_real_courses(content_id, make_exam, as_learner):
    exam = make_exam(content_id=content_id)
    url = f"{E}/exam/course_id/{COURSE_ID}/content_id/{content_id}"
    assert as_learner.get(url).json()["id"] == exam.pk


def test_D5_of_two_running_attempts_that_which_ends_first(attempt, make_exam, as_learner):
    first = started(attempt, exam=make_exam(), allowed_time_limit_mins=10)
    started(attempt, exam=make_exam(), allowed_time_limit_mins=90)
    for url in (f"{E}/attempt", f"{E}/active_attempt"):
        assert as_learner.get(url).json()["attempt_id"] == first.pk


def test_D6_thresholds_before_the_start(attempt, exam, as_learner):
    attempt(exam=exam, status="ready_to_start")
    data = as_learner.get(PAGE, {"content_id": exam.content_id}).json()["exam"]["attempt"]
    assert data["total_time"] == "1 hour and 30 minutes"
    expected = (int(0.2 * 5400), int(0.05 * 5400))
    assert (data["low_threshold_sec"], data["critically_low_threshold_sec"]) == expected


def test_D7_running_exams_by_query(attempt, learner, as_global_staff, as_learner):
    started(attempt)
    url = f"{E}/active_exams_for_user"
    assert len(as_global_staff.get(url, {"user_id": learner.pk}).json()) == 1
    assert len(as_learner.get(url).json()) == 1
    other = {"user_id": learner.pk, "course_id": "course-v1:o+t+h"}
    assert as_global_staff.get(url, other).json() == []


@pytest.mark.parametrize("value", ["²", "٣", "99999999999", "1.5"])
def test_D8_minutes_are_plain_numbers(value, exam, learner, as_staff):
    data = {"exam_id": exam.pk, "user_info": learner.username, "key": TIME, "value": value}
    assert as_staff.put(f"{E}/allowance", data).status_code == 400
    bulk = {"course_id": COURSE_ID, "exam_ids": exam.pk, "user_ids": learner.username}
    more = {"allowance_type": TIME, "value": value}
    assert as_staff.put(f"{E}/bulk_allowance", {**bulk, **more}).status_code == 400
    free = {**data, "key": "a_key"}  # kept
    assert as_staff.put(f"{E}/allowance", free).status_code == 200


def test_D9_who_failed_is_said(exam, as_staff):
    UserFactory(username="one")
    body = {"course_id": COURSE_ID, "exam_ids": f"{exam.pk},4711", "user_ids": "two,one"}
    more = {"allowance_type": TIME, "value": "5"}
    rows = as_staff.put(f"{E}/bulk_allowance", {**body, **more}).json()
    pairs = [(row["exam_id"], row["user_id"], row["status"]) for row in rows]
    known = str(exam.pk)
    assert pairs == [
        (known, "two", "failed"),
        (known, "one", "ok"),
        ("4711", "two", "failed"),
        ("4711", "one", "failed"),
    ]
    wrong = {**body, **more, "exam_ids": "4711"}
    assert as_staff.put(f"{E}/bulk_allowance", wrong).json()["field"] == "exam_ids"


def test_D10_an_inactive_exam_is_said(make_exam, learner, as_staff):
    data = {"exam_id": make_exam(is_active=False).pk, "user_info": learner.pk}
    grant = {**data, "key": TIME, "value": "5"}
    response = as_staff.put(f"{E}/allowance", grant, format="json")
    assert response.status_code == 400
    assert "not active" in response.json()["detail"]


@pytest.mark.parametrize("own", ["test", None])  # None: the default provider, which is "test"
@pytest.mark.parametrize("removed", [False, True])
def test_D11_external_ids_belong_to_a_provider(
    own, removed, attempt, make_exam, staff, as_reviewer
):
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


def test_D11_of_several_attempts_the_latest_counts(attempt, as_reviewer, caplog):
    old, new = (attempt(external_id="same", **SUBMITTED) for _ in range(2))
    url = f"{E}/attempt/same/reviewed"
    assert as_reviewer.post(url, {"status": "passed"}, format="json").status_code == 200
    for one in (old, new):
        one.refresh_from_db()
    assert (old.status, new.status) == ("submitted", "verified")
    assert f"several attempts with the same id, the newest counts: {new.pk}" in caplog.text


def test_D12_reviews_of_removed_attempts_are_kept(attempt, staff, as_reviewer):
    known = attempt(status="submitted", completed_at=timezone.now(), external_id="gone")
    api.remove_exam_attempt(known.pk, staff)
    url = f"{E}/attempt/gone/reviewed"
    assert as_reviewer.post(url, {"status": "passed"}, format="json").status_code == 200
    assert ProctoredExamSoftwareSecureReview.objects.get().is_attempt_active is False


def test_D13_the_courses_provider(make_exam, timed_exam, as_staff, provider):
    make_exam(backend=None)
    make_exam(backend="test")
    make_exam(is_proctored=False, backend="null")
    assert as_staff.get(f"{V1}/instructor/{COURSE_ID}").status_code == 302
    make_exam(backend="mock")
    response = as_staff.get(f"{V1}/instructor/{COURSE_ID}")
    assert response.status_code == 400
    assert "Multiple backends for course" in response.json()


@pytest.mark.parametrize("status", ["second_review_required", "timed_out", "declined"])
def test_D14_every_status_is_visible(status, onboarding, attempt, host, learner, as_staff):
    practice(attempt, onboarding, status)
    host.enrollments.enrollments = [Enrollment(learner)]
    url = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
    (row,) = as_staff.get(url).json()["results"]
    assert row["status"] is not None
    assert as_staff.get(url, {"statuses": row["status"]}).json()["count"] == 1


def test_D14_filters_hold_for_what_the_provider_says(onboarding, host, learner, provider, as_staff):
    host.enrollments.enrollments = [Enrollment(learner)]
    from edx_proctoring.crypto import obscured_user_id

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


def test_D17_removed_attempts_are_retired_too(attempt, staff, provider, retirement, client_for):
    known = attempt()
    api.remove_exam_attempt(known.pk, staff)
    provider.answer("retire_user", True)
    response = client_for(retirement).post(f"{V1}/retire_backend_user/{known.user_id}/")
    assert response.json() == {"test": True}


def test_D18_no_seconds_left_are_none(attempt, exam, as_learner, as_staff, learner):
    begun = timezone.now() - datetime.timedelta(minutes=90, seconds=-0.5)
    known = started(attempt, exam=exam, started_at=begun)
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


def test_D23_dates_are_utc(attempt, exam, as_learner, as_staff):
    started(attempt, exam=exam)
    with timezone.override("Asia/Tokyo"):
        row = as_staff.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}").json()
        (found,) = row["proctored_exam_attempts"]
    for name in ("created", "modified", "started_at"):
        assert found[name].endswith("Z")


def test_D24_search_does_not_mind_the_case(attempt, as_staff):
    attempt(user=UserFactory(username="MixedCase", email="One@Example.com"))
    for text in ("mixedcase", "MIXED", "one@example"):
        url = f"{E}/attempt/grouped/course_id/{COURSE_ID}/search/{text}"
        assert len(as_staff.get(url).json()["proctored_exam_attempts"]) == 1


def test_D25_the_path_is_exact(as_learner, db):
    for path in (f"/anything{E}/active_attempt", f"{E}/active_attemptXYZ"):
        assert as_learner.get(path).status_code == 404


def test_D26_of_the_same_moment_the_later_id_comes_first(make_exam, attempt, as_staff, monkeypatch):
    monkeypatch.setattr(views, "ATTEMPTS_PER_PAGE", 1)
    exams = [make_exam() for _ in range(3)]
    ids = [attempt(exam=exam).pk for exam in exams]
    Attempt.objects.update(created=timezone.now())
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}"
    pages = [as_staff.get(url, {"page": page}).json() for page in (1, 2, 3)]
    assert [page["proctored_exam_attempts"][0]["id"] for page in pages] == ids[::-1]
    listed = as_staff.get(f"{E}/exam/course_id/{COURSE_ID}").json()
    assert [one["id"] for one in listed] == [exam.pk for exam in exams]
    user = UserFactory()
    granted = [AllowanceFactory(proctored_exam=exam, user=user).pk for exam in exams]
    found = as_staff.get(f"{E}/{COURSE_ID}/allowance").json()
    assert [one["id"] for one in found] == granted


@pytest.mark.parametrize("page", ["0", "-1", "99", "x"])
def test_D27_kept_pages_out_of_range_are_the_last_or_the_first(page, attempt, as_staff):
    attempt()
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}"
    answer = as_staff.get(url, {"page": page}).json()
    assert answer["pagination_info"]["current_page"] == 1
    assert len(answer["proctored_exam_attempts"]) == 1
