"""The clock in the database: what learners get is what the arithmetic says, to the second."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import AllowanceFactory

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)
MINUTE = 60 * SECOND
NEVER = "9999-12-31T23:59:59-05:00"  # how some hosts write "no due date"


def start(exam, user):
    attempt_id = api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)
    api.start_exam_attempt(exam.pk, user.pk)
    return Attempt.objects.get(pk=attempt_id)


def resume(broken, exam, user):
    api.mark_exam_attempt_as_ready_to_resume(broken.pk)
    return start(exam, user)


def seconds_left(known):
    return api.get_polled_attempt(known.pk)["time_remaining_seconds"]


def test_a_break_costs_no_second(exam, learner):
    with time_machine.travel(NOON, tick=False) as clock:
        first = start(exam, learner)
        clock.shift(754)
        api.update_attempt_status(first.pk, "error")
        clock.shift(86_400)
        second = resume(first, exam, learner)
        whole = exam.time_limit_mins * 60
        assert seconds_left(second) == whole - 754
        clock.shift(61)
        api.update_attempt_status(second.pk, "error")
        third = resume(second, exam, learner)
        assert seconds_left(third) == whole - 754 - 61


def test_a_resumed_attempt_ends_with_its_due_date(exam, learner, attempt):
    with time_machine.travel(NOON, tick=False) as clock:
        exam.due_date = NOON + 70 * SECOND
        exam.save()
        broken = attempt(exam=exam, status="error", is_resumable=True, time_remaining_seconds=95)
        resumed = resume(broken, exam, learner)
        assert resumed.allowed_time_limit_mins == 2  # rounded up, for readers of the column alone
        assert seconds_left(resumed) == 70
        clock.shift(71)
        assert api.get_exam_attempt_by_id(resumed.pk)["status"] == "submitted"
        resumed.refresh_from_db()
        assert resumed.completed_at == exam.due_date


@pytest.mark.parametrize(("left", "status"), [(0, "submitted"), (1, "started"), (59, "started")])
def test_less_than_a_minute_is_what_it_is(exam, learner, attempt, left, status):
    with time_machine.travel(NOON, tick=False):
        broken = attempt(exam=exam, status="error", is_resumable=True, time_remaining_seconds=left)
        resumed = resume(broken, exam, learner)
        assert (resumed.status, seconds_left(resumed)) == (status, left)


GRANTS = {
    # before the start, during it, after the break → minutes more than were left
    "none": ([], [], [], 0),
    "in its time already": (["30"], [], [], 0),
    "afterwards": ([], [], ["10"], 10),
    "while it ran": ([], ["10"], [], 10),
    "more": (["30"], [], ["45"], 15),
    "more and more": (["30"], ["40"], ["45"], 15),
    "granted and changed": ([], [], ["5", "10"], 10),
    "less": (["30"], [], ["10"], 0),
    "taken back and granted": (["30"], [], [None, "40"], 10),
    "taken back": (["30"], [], [None], 0),
}


def grant(exam, user, values):
    for value in values:
        if value is None:
            api.remove_allowance_for_user(exam.pk, user.pk, "additional_time_granted")
        else:
            api.add_allowance_for_user(exam.pk, user.pk, "additional_time_granted", value)


@pytest.mark.parametrize("case", GRANTS)
def test_what_was_granted_since_the_start_is_added_to_what_is_left(exam, learner, case):
    """Once, however often the learner breaks off and goes on."""
    before, during, after, more = GRANTS[case]
    with time_machine.travel(NOON, tick=False) as clock:
        grant(exam, learner, before)
        clock.shift(60)
        first = start(exam, learner)
        clock.shift(60)
        grant(exam, learner, during)
        clock.shift(60)
        left = first.allowed_time_limit_mins * 60 - 120 + more * 60
        at_once = seconds_left(first)
        api.update_attempt_status(first.pk, "error")
        clock.shift(60)
        grant(exam, learner, after)
        second = resume(first, exam, learner)
        assert seconds_left(second) == left
        if not after:
            assert at_once == left  # what is granted to a running attempt counts while it runs
        clock.shift(60)
        assert seconds_left(second) == left - 60
        api.update_attempt_status(second.pk, "error")
        third = resume(second, exam, learner)
        assert seconds_left(third) == left - 60


def test_the_provider_hears_of_the_time_that_was_granted_since(exam, learner, provider):
    with time_machine.travel(NOON, tick=False) as clock:
        first = start(exam, learner)
        clock.shift(60)
        api.update_attempt_status(first.pk, "error")
        grant(exam, learner, ["10"])
        resume(first, exam, learner)
    registered = provider.calls_of("register_exam_attempt")[-1]
    assert registered.kwargs["context"]["time_limit_mins"] == exam.time_limit_mins - 1 + 10


def test_allowances_and_due_dates(exam, learner):
    AllowanceFactory(proctored_exam=exam, user=learner, key="additional_time_granted", value="30")
    with time_machine.travel(NOON, tick=False):
        api.update_exam(exam.pk, time_limit_mins=21, due_date=NOON + 40 * MINUTE)
        assert start(exam, learner).allowed_time_limit_mins == 40


def test_an_exam_over_a_change_of_the_clock(exam, learner):
    """02:00 becomes 03:00: the wall clock moves by three hours, the exam takes two."""
    night = datetime.datetime(2026, 3, 29, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    with time_machine.travel(night, tick=False) as clock, timezone.override("Europe/Berlin"):
        api.update_exam(exam.pk, time_limit_mins=120)
        known = start(exam, learner)
        clock.move_to(night.replace(hour=3))
        assert seconds_left(known) == 3600
        clock.move_to(night.replace(hour=4))
        assert seconds_left(known) == 0
        clock.shift(1)
        assert api.get_exam_attempt_by_id(known.pk)["status"] == "submitted"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_due_dates_at_the_end_of_all_days(exam, learner, zone):
    with timezone.override(zone):
        api.update_exam(exam.pk, due_date=NEVER)
        known = start(exam, learner)
        assert known.allowed_time_limit_mins == exam.time_limit_mins
        assert api.get_exam_by_id(exam.pk)["due_date"].year == 9999
        assert api.get_active_exams_for_user(learner.pk)[0]["attempt"]["status"] == "started"


def test_no_limit_is_too_long_for_its_columns(make_exam, learner):
    exam = make_exam(time_limit_mins=2**31 - 1)
    AllowanceFactory(proctored_exam=exam, user=learner, key="additional_time_granted", value="600")
    with time_machine.travel(NOON, tick=False):
        known = start(exam, learner)
        assert known.status == "started"
        assert seconds_left(known) > 60 * 365 * 86_400
        api.update_attempt_status(known.pk, "error")
        assert seconds_left(resume(known, exam, learner)) > 60 * 365 * 86_400
