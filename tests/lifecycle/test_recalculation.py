"""Changes of allowances, limits and due dates recalculate running attempts, however they are made."""

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import RequestFactory

from edx_proctoring import api, lifecycle, operations, outbox
from edx_proctoring.admin.exams import ProctoredExamAdmin
from edx_proctoring.lifecycle import recalculation
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    ScheduledRun,
)
from edx_proctoring.models.scheduled_runs import COMPARISON
from edx_proctoring.testing.factories import AttemptFactory, UserFactory
from tests.api.test_extra_time import BULK, SINGLE
from tests.lifecycle.noon import MINUTE, NOON, SECOND, end_of, minutes_of

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]

Attempt = ProctoredExamStudentAttempt
Allowance = ProctoredExamStudentAllowance
MINUTES, FACTOR = "additional_time_granted", "time_multiplier"


def raw_save(exam, user, key, value):
    Allowance(proctored_exam=exam, user=user, key=key, value=value).save()


@pytest.mark.parametrize("grant", [*SINGLE, *BULK, raw_save])
@pytest.mark.parametrize(
    ("key", "value", "minutes"), [(MINUTES, "30", 90), (FACTOR, "1.5", 90), (FACTOR, "1.25", 75)]
)
def test_an_allowance_lengthens_the_running_attempt(running, grant, key, value, minutes):
    grant(running.proctored_exam, running.user, key, value)
    assert end_of(running) == NOON + minutes * MINUTE
    assert minutes_of(running) == minutes


def test_an_allowance_lengthens_an_attempt_that_is_ready_to_submit(running):
    lifecycle.transition(running, "ready_to_submit")
    api.add_allowance_for_user(running.proctored_exam_id, running.user_id, MINUTES, "30")
    assert end_of(running) == NOON + 90 * MINUTE


def test_an_allowance_in_a_transaction_of_the_host_takes_effect_after_the_commit(running):
    with transaction.atomic():
        api.add_allowance_for_user(running.proctored_exam_id, running.user_id, MINUTES, "30")
    assert end_of(running) == NOON + 90 * MINUTE


def test_an_allowance_that_is_rolled_back_has_no_effect(running):
    with pytest.raises(RuntimeError), transaction.atomic():
        api.add_allowance_for_user(running.proctored_exam_id, running.user_id, MINUTES, "30")
        raise RuntimeError
    assert end_of(running) == NOON + 60 * MINUTE
    assert not OutboxMessage.objects.filter(kind="recalculation").exists()


@pytest.mark.parametrize("values", [["30", None], ["30", "10"], ["30", None, "30"], ["30", "0"]])
def test_removing_or_lowering_an_allowance_takes_no_time_away(running, values):
    """Hosts replace a grant by removing it and adding a new one."""
    for value in values:
        if value is None:
            api.remove_allowance_for_user(running.proctored_exam_id, running.user_id, MINUTES)
        else:
            api.add_allowance_for_user(running.proctored_exam_id, running.user_id, MINUTES, value)
    assert end_of(running) == NOON + 90 * MINUTE


def update(exam, **values):
    api.update_exam(exam.pk, **values)


def register(exam, **values):
    names = ("content_id", "exam_name", "time_limit_mins", "due_date", "is_proctored")
    flags = ("is_practice_exam", "is_active", "hide_after_due", "external_id", "backend")
    item = {name: getattr(exam, name) for name in (*names, *flags)}
    api.register_exams(exam.course_id, [{**item, **values}])


def change_by_v2(exam, **values):
    api.change_exam(exam.course_id, exam.pk, values, lambda _exam: True)


def save_model(exam, **values):
    for name, value in values.items():
        setattr(exam, name, value)
    exam.save()


def save_in_admin(exam, **values):
    for name, value in values.items():
        setattr(exam, name, value)
    page = ProctoredExamAdmin(ProctoredExam, admin.AdminSite())
    page.save_model(RequestFactory().post("/"), exam, None, change=True)


EXAM_WAYS = [update, register, change_by_v2, save_model, save_in_admin]


@pytest.mark.parametrize("change", EXAM_WAYS)
def test_a_raised_limit_lengthens_running_attempts(running, change):
    change(running.proctored_exam, time_limit_mins=80)
    assert end_of(running) == NOON + 80 * MINUTE
    assert minutes_of(running) == 80


@pytest.mark.parametrize("change", EXAM_WAYS)
def test_a_moved_due_date_changes_running_attempts(clock, attempt, make_exam, change):
    exam = make_exam(time_limit_mins=60, due_date=NOON + 20 * MINUTE)
    running = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    assert minutes_of(running) == 20
    change(exam, due_date=NOON + 45 * MINUTE)
    assert end_of(running) == NOON + 45 * MINUTE
    assert minutes_of(running) == 45


@pytest.mark.parametrize("change", EXAM_WAYS)
@pytest.mark.parametrize(
    "values", [{"time_limit_mins": 30}, {"due_date": NOON + 10 * MINUTE}], ids=["limit", "due"]
)
def test_changes_that_would_shorten_a_running_attempt_have_no_effect(running, change, values):
    change(running.proctored_exam, **values)
    assert end_of(running) == NOON + 60 * MINUTE


def test_a_lowered_allowance_takes_no_time_away_while_the_due_date_limits_it(
    clock, attempt, make_exam
):
    """The larger allotment stays, even while the due date limits both."""
    exam = make_exam(time_limit_mins=60, due_date=NOON + 20 * MINUTE)
    running = lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
    api.update_exam(exam.pk, time_limit_mins=30)
    api.update_exam(exam.pk, due_date=NOON + 300 * MINUTE)
    assert end_of(running) == NOON + 60 * MINUTE


def test_saving_an_unchanged_exam_queries_no_attempts(running, django_assert_num_queries, capture):
    exam = running.proctored_exam
    with capture() as queries:
        exam.exam_name = "Another name"
        exam.save()
    assert not [one for one in queries if "studentexamattempt" in one.lower().replace("_", "")]
    assert not OutboxMessage.objects.filter(kind="recalculation").exists()


@pytest.fixture
def capture():
    """Record the statements executed in the block."""
    from contextlib import contextmanager

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    @contextmanager
    def captured():
        found = []
        with CaptureQueriesContext(connection) as context:
            yield found
        found.extend(query["sql"] for query in context.captured_queries)

    return captured


def start_many(exam, count):
    found = [
        AttemptFactory(proctored_exam=exam, user=UserFactory(), status="ready_to_start")
        for _ in range(count)
    ]
    return [lifecycle.transition(one, "started") for one in found]


def test_many_attempts_are_recalculated_in_batches_and_the_message_stores_the_progress(
    clock, make_exam, monkeypatch
):
    monkeypatch.setattr(recalculation, "FEW", 2)
    monkeypatch.setattr(recalculation, "BATCH", 3)
    exam = make_exam(time_limit_mins=60)
    attempts = start_many(exam, 8)
    api.update_exam(exam.pk, time_limit_mins=90)
    ends = [end_of(one) for one in attempts]
    assert ends == [NOON + 90 * MINUTE] * 2 + [NOON + 60 * MINUTE] * 6
    waiting = OutboxMessage.objects.unfinished().get(kind="recalculation")
    assert (waiting.payload["done"], waiting.payload["total"]) == (2, 8)
    clock.shift(60)
    outbox.deliver()
    assert [end_of(one) for one in attempts] == [NOON + 90 * MINUTE] * 8
    waiting.refresh_from_db()
    assert (waiting.state, waiting.payload["done"]) == ("done", 8)


def test_a_failing_attempt_delays_no_other_one_and_is_retried(clock, make_exam, monkeypatch, host):
    exam = make_exam(time_limit_mins=60)
    attempts = start_many(exam, 3)
    work, broken = recalculation.recalculate, [attempts[1].pk]

    def recalculate(attempt):
        if attempt.pk in broken:
            raise RuntimeError("deadlock")
        return work(attempt)

    monkeypatch.setattr(recalculation, "recalculate", recalculate)
    api.update_exam(exam.pk, time_limit_mins=90)
    assert [end_of(one) for one in attempts] == [NOON + m * MINUTE for m in (90, 60, 90)]
    broken.clear()
    clock.shift(60)
    outbox.deliver()
    assert end_of(attempts[1]) == NOON + 90 * MINUTE


def test_time_granted_while_the_recalculation_waits_is_not_lost(running, clock, monkeypatch):
    """If the worker is late, the attempt is recalculated before it is ended."""
    Allowance.objects.bulk_create(
        [
            Allowance(
                user=running.user,
                proctored_exam=running.proctored_exam,
                key=MINUTES,
                value="30",
            )
        ]
    )
    clock.shift(60 * MINUTE + SECOND)
    assert operations.submit_expired_attempts().ended == 0
    assert end_of(running) == NOON + 90 * MINUTE
    clock.shift(30 * MINUTE)
    assert operations.submit_expired_attempts().ended == 1


def test_a_late_submission_gets_the_time_granted_meanwhile(running, clock):
    Allowance.objects.bulk_create(
        [
            Allowance(
                user=running.user, proctored_exam=running.proctored_exam, key=MINUTES, value="1"
            )
        ]
    )
    clock.shift(60 * MINUTE + 30 * SECOND)
    lifecycle.transition(running, "submitted", reason=lifecycle.LEARNER)
    assert Attempt.objects.get(pk=running.pk).completed_at == NOON + 60 * MINUTE + 30 * SECOND


def test_the_host_can_report_moved_due_dates(running, make_exam, monkeypatch):
    exam = running.proctored_exam
    ProctoredExam.objects.filter(pk=exam.pk).update(time_limit_mins=75)  # without a signal
    assert api.recalculate_deadlines(exam.course_id, "other") == 0
    assert api.recalculate_deadlines(exam.course_id, exam.content_id, 10**6) == 0
    assert end_of(running) == NOON + 60 * MINUTE
    assert api.recalculate_deadlines(exam.course_id, exam.content_id, running.user_id) == 1
    assert end_of(running) == NOON + 75 * MINUTE
    assert api.recalculate_deadlines(exam.course_id) == 1


@pytest.mark.needs("edx-when")
def test_the_sweep_checks_due_dates_every_five_minutes(clock, attempt, make_exam, monkeypatch):
    from edx_when import api as when_api

    due = [NOON + 20 * MINUTE]
    monkeypatch.setattr(when_api, "get_date_for_block", lambda *_a, **_k: due[0])
    known = attempt(exam=make_exam(time_limit_mins=60), status="ready_to_start")
    running = lifecycle.transition(known, "started")
    operations.submit_expired_attempts()
    due[0] = NOON + 40 * MINUTE
    clock.shift(MINUTE)
    operations.submit_expired_attempts()
    assert end_of(running) == NOON + 20 * MINUTE
    clock.shift(4 * MINUTE)
    operations.submit_expired_attempts()
    assert end_of(running) == NOON + 40 * MINUTE
    assert minutes_of(running) == 40


def test_a_clock_that_was_ahead_does_not_stop_the_check(running, clock):
    clock.shift(600 * MINUTE)
    ScheduledRun.objects.note(COMPARISON)
    clock.shift(-599 * MINUTE)
    exams = ProctoredExam.objects.filter(pk=running.proctored_exam_id)
    exams.update(time_limit_mins=75)  # without a signal
    operations.submit_expired_attempts()
    assert end_of(running) == NOON + 75 * MINUTE


def test_the_check_takes_the_same_queries_for_many_attempts(clock, make_exam, capture):
    def queries(count):
        start_many(make_exam(time_limit_mins=60), count)
        with capture() as found:
            lifecycle.outdated(list(Attempt.objects.running().with_parts()))
        return len(found)

    assert queries(1) == queries(8)


def test_a_poll_reports_the_change(running):
    api.add_allowance_for_user(running.proctored_exam_id, running.user_id, MINUTES, "30")
    told = api.get_polled_attempt(running.pk)["adjustments"]
    assert [(one["kind"], one["seconds"]) for one in told] == [("allotment", 1800)]


def test_bulk_allowances_lengthen_running_attempts(clock, make_exam, capture):
    exams = [make_exam(time_limit_mins=60), make_exam(time_limit_mins=60)]
    attempts = [one for exam in exams for one in start_many(exam, 2)]
    users = [one.user_id for one in attempts]
    api.add_bulk_allowances([exam.pk for exam in exams], users, MINUTES, "15")
    assert [end_of(one) for one in attempts] == [NOON + 75 * MINUTE] * 4


@pytest.fixture
def started_by_older(clock, make_exam):
    """Grant ten minutes; then 6.1.4, which has no ledger, starts the attempt for an hour."""

    def begin(due_in=None, **columns):
        due = due_in and NOON + due_in * MINUTE
        exam = make_exam(time_limit_mins=60, due_date=due)
        known = AttemptFactory(proctored_exam=exam, user=UserFactory(), status="ready_to_start")
        lifecycle.extend(known, 600)
        values = {"status": "started", "started_at": NOON, "allowed_time_limit_mins": 60}
        Attempt.objects.filter(pk=known.pk).update(**{**values, **columns})
        return Attempt.objects.get(pk=known.pk)

    return begin


@pytest.mark.parametrize(
    ("due_in", "columns", "end"),
    [
        (None, {}, 70),
        (65, {}, 65),
        (40, {"allowed_time_limit_mins": 40}, 40),
        (None, {"time_remaining_seconds": 1800, "allowed_time_limit_mins": 30}, 40),
    ],
    ids=["whole", "cut", "cut before", "resumed"],
)
def test_the_sweep_adds_time_granted_before_an_older_version_started_the_attempt(
    started_by_older, clock, due_in, columns, end
):
    known = started_by_older(due_in, **columns)
    for _ in range(2):
        operations.submit_expired_attempts()
        assert end_of(known) == NOON + end * MINUTE
        assert minutes_of(known) == end
        clock.shift(301)


def test_an_attempt_started_by_an_older_version_gets_its_grant_before_it_is_ended(
    started_by_older, clock
):
    known, beside = started_by_older(), started_by_older()
    clock.shift(61 * MINUTE)
    assert lifecycle.expire_if_overdue(known).status == "started"
    assert end_of(known) == NOON + 70 * MINUTE
    change = lifecycle.extend(beside, 300)  # a later grant also applies the earlier one
    assert (change.gained, change.ends_at) == (300, NOON + 75 * MINUTE)
    assert end_of(beside) == NOON + 75 * MINUTE
