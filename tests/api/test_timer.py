"""The timer's data, and the data that pages poll during an exam."""

import datetime

import pytest
import time_machine
from django.utils import timezone, translation

from edx_proctoring import api
from edx_proctoring.backends.backend import current_options
from edx_proctoring.exceptions import (
    ProctoredExamNotFoundException,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import AllowanceFactory
from tests.unknown import NO_SUCH_ID

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)

ALWAYS = {
    "in_timed_exam",
    "taking_as_proctored",
    "exam_type",
    "exam_display_name",
    "exam_url_path",
    "time_remaining_seconds",
    "total_time",
    "low_threshold_sec",
    "critically_low_threshold_sec",
    "course_id",
    "attempt_id",
    "external_id",
    "accessibility_time_string",
    "attempt_status",
    "exam_started_poll_url",
    "attempt_ready_to_resume",
    "use_legacy_attempt_api",
    "desktop_application_js_url",
}
OF_PROVIDER = {"ping_interval", "attempt_code"}


def running(attempt, minutes=90, ago=0, **more):
    started = timezone.now() - ago * MINUTE
    return attempt(status="started", started_at=started, allowed_time_limit_mins=minutes, **more)


def data_of(known, **more):
    return api.get_exam_attempt_data(known.proctored_exam_id, known.pk, **more)


@time_machine.travel(NOON, tick=False)
def test_the_timers_data(attempt, provider):
    provider.ping_interval = 45
    known = running(attempt, minutes=90, ago=30)
    data = data_of(known)
    assert set(data) == ALWAYS | OF_PROVIDER
    assert data["time_remaining_seconds"] == 3600
    assert (data["low_threshold_sec"], data["critically_low_threshold_sec"]) == (1080, 270)
    assert data["total_time"] == "1 hour and 30 minutes"
    assert data["accessibility_time_string"] == "you have 1 hour remaining"
    assert (data["exam_type"], data["attempt_code"]) == ("a proctored exam", known.attempt_code)
    assert (data["attempt_status"], data["ping_interval"]) == ("started", 45)
    assert data["exam_started_poll_url"].endswith(f"/attempt/{known.pk}")
    assert (data["in_timed_exam"], data["use_legacy_attempt_api"]) == (True, True)


def test_the_exams_url(attempt):
    known = running(attempt)
    course_id, content_id = known.proctored_exam.course_id, known.proctored_exam.content_id
    assert data_of(known)["exam_url_path"].endswith(f"jump_to/{content_id}")
    mfe = data_of(known, is_learning_mfe=True)["exam_url_path"]
    assert mfe == f"https://learning.example.com/course/{course_id}/{content_id}"


@pytest.mark.parametrize(
    ("kind", "onboarding", "phrase"),
    [
        ({"is_proctored": False, "backend": None}, False, "a timed exam"),
        ({"is_practice_exam": True}, False, "a practice exam"),
        ({"is_practice_exam": True}, True, "an onboarding exam"),
        ({}, True, "a proctored exam"),
    ],
)
def test_exam_types(attempt, make_exam, provider, kind, onboarding, phrase):
    provider.supports_onboarding = onboarding
    data = data_of(running(attempt, exam=make_exam(**kind)))
    assert data["exam_type"] == phrase
    assert (set(data) >= OF_PROVIDER) == ("backend" not in kind)
    if "backend" in kind:
        assert data["desktop_application_js_url"] == ""


@pytest.mark.parametrize("status", ["created", "download_software_clicked"])
def test_before_the_start(attempt, provider, make_exam, status):
    known = attempt(exam=make_exam(time_limit_mins=10), status=status)
    data = data_of(known)
    assert (data["time_remaining_seconds"], data["total_time"]) == (0, "10 minutes")
    assert (data["low_threshold_sec"], data["critically_low_threshold_sec"]) == (120, 30)
    assert data["software_download_url"] == "https://provider.example.com/software"
    provider.answer("get_attempt", {"download_url": "https://own.example.com"})
    assert data_of(known)["software_download_url"] == "https://own.example.com"
    provider.fail("get_attempt", ConnectionError("down"))
    assert data_of(known)["software_download_url"] is None


def test_an_unresponsive_provider_delays_the_response_by_one_deadline(attempt, provider, exam):
    """Both of its asks together, not each."""
    deadlines = []
    for ask in ("get_attempt", "get_software_download_url"):
        provider.before(ask, lambda *_: deadlines.append(current_options().until))
    data_of(attempt(exam=exam, status="created"))
    assert len(deadlines) == 2
    assert deadlines[0] is not None
    assert deadlines[0] == deadlines[1]


def test_the_time_with_an_allowance_and_a_due_date(attempt, make_exam, learner):
    exam = make_exam(time_limit_mins=10)
    known = attempt(exam=exam, status="created")
    AllowanceFactory(user=learner, proctored_exam=exam, value="20")
    assert data_of(known)["total_time"] == "30 minutes"
    exam.due_date = timezone.now() + 15 * MINUTE + MINUTE / 2
    exam.save()
    assert data_of(known)["total_time"] == "15 minutes"


def test_an_attempt_that_can_be_resumed_shows_what_is_left(attempt):
    known = attempt(
        status="error",
        started_at=timezone.now(),
        allowed_time_limit_mins=90,
        time_remaining_seconds=1200,
        is_resumable=True,
        ready_to_resume=True,
    )
    data = data_of(known)
    assert (data["attempt_ready_to_resume"], data["total_time"]) == (True, "20 minutes")


def test_the_time_is_over(attempt):
    known = running(attempt, minutes=10, ago=11)
    data = data_of(known)
    assert (data["attempt_status"], data["time_remaining_seconds"]) == ("submitted", 0)
    assert ProctoredExamStudentAttempt.objects.get(pk=known.pk).status == "submitted"


def test_a_provider_that_is_not_configured(attempt, make_exam):
    known = running(attempt, exam=make_exam(backend="gone"))
    data = data_of(known)
    assert (data["ping_interval"], data["desktop_application_js_url"]) == (60, "")
    waiting = attempt(exam=make_exam(backend="gone"), status="created")
    assert data_of(waiting)["software_download_url"] is None


def test_unknown_attempts(attempt, exam, make_exam):
    known = running(attempt, exam=exam)
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.get_exam_attempt_data(make_exam().pk, known.pk)
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.get_exam_attempt_data(exam.pk, NO_SUCH_ID)
    with pytest.raises(ProctoredExamNotFoundException):
        api.get_exam_attempt_data(NO_SUCH_ID, known.pk)


@time_machine.travel(NOON, tick=False)
def test_thresholds_are_settings(attempt, settings):
    more = {"low_threshold_pct": 0.5, "critically_low_threshold_pct": 0.1}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **more}
    data = data_of(running(attempt, minutes=10))
    assert (data["low_threshold_sec"], data["critically_low_threshold_sec"]) == (300, 60)


def test_texts_are_in_the_users_language(attempt):
    known = running(attempt, minutes=60)
    with translation.override("de"):
        data = data_of(known)
    assert data["total_time"] == "1 Stunde"
    assert data["accessibility_time_string"] != "you have 1 hour remaining"


@pytest.mark.parametrize(("kind", "queries"), [({}, 3), ({"is_proctored": False}, 3)])
def test_the_number_of_queries(attempt, make_exam, django_assert_num_queries, kind, queries):
    known = running(attempt, exam=make_exam(**kind))
    with django_assert_num_queries(queries):
        data_of(known)


# Polls


@time_machine.travel(NOON, tick=False)
def test_the_polled_data(attempt, make_exam, learner):
    known = running(attempt, minutes=90)
    polled = api.get_polled_attempt(known.pk)
    assert polled["time_remaining_seconds"] == 5400
    assert polled["accessibility_time_string"] == "you have 1 hour and 30 minutes remaining"
    soon = running(attempt, minutes=1, exam=make_exam(backend="gone"))
    with time_machine.travel(NOON + 30 * MINUTE / 60, tick=False):
        polled = api.get_polled_attempt(soon.pk)
        assert polled["accessibility_time_string"] == "you have less than a minute remaining"
        assert polled["external_id"] is None
        first = api.get_active_attempt_data(learner.pk)
    assert (first["attempt_id"], first["external_id"]) == (soon.pk, None)
    assert api.get_active_attempt_data(NO_SUCH_ID) is None


def test_other_running_exams_are_named(attempt, make_exam, learner):
    first = running(attempt, minutes=30, exam=make_exam(exam_name="Quiz"))
    assert "other_exams" not in api.get_active_attempt_data(learner.pk)
    second = running(attempt, minutes=90, exam=make_exam(exam_name="Final"))
    data = api.get_active_attempt_data(learner.pk)
    assert data["attempt_id"] == first.pk
    [other] = data["other_exams"]
    assert other["exam_display_name"] == "Final"
    assert set(other) == {
        "exam_display_name",
        "exam_url_path",
        "time_remaining_seconds",
        "is_paused",
    }
    assert (other["time_remaining_seconds"], other["is_paused"]) == (
        pytest.approx(5400, abs=60),
        False,
    )
    api.pause_attempt(second.pk)
    [other] = api.get_active_attempt_data(learner.pk)["other_exams"]
    assert other["is_paused"]
