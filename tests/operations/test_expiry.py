"""Overdue attempts without an open page: the periodic task and the command `submit_expired_attempts`."""

import datetime
import re
import tracemalloc

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api, operations, tasks
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamStudentAttempt,
    ProctoringLearner,
    TimeAdjustment,
)
from edx_proctoring.testing.factories import AttemptFactory, UserFactory

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)
MINUTE = 60 * SECOND


def running(attempt, ago=0, **more):
    """An attempt of ten minutes."""
    columns = {"status": "started", "started_at": timezone.now() - ago * MINUTE}
    return attempt(**{**columns, "allowed_time_limit_mins": 10, **more})


def overdue(attempt, **more):
    return running(attempt, ago=30, **more)


def sweep(*options):
    call_command("submit_expired_attempts", *options)


@pytest.mark.parametrize("status", ["started", "ready_to_submit", "ready_to_start"])
def test_attempts_whose_time_is_over_end_at_that_moment(attempt, provider, status):
    known = overdue(attempt, status=status)
    assert tasks.submit_expired_attempts() == {"looked_at": 1, "ended": 1, "failed": 0}
    known.refresh_from_db()
    assert known.status == "submitted"
    assert known.completed_at == known.started_at + 10 * MINUTE
    assert known.history.latest().history_change_reason == "sweep"
    assert len(provider.calls_of("stop_exam_attempt")) == 1
    assert tasks.submit_expired_attempts() == {"looked_at": 0, "ended": 0, "failed": 0}


def test_stored_time_outs(attempt, settings):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "ALLOW_TIMED_OUT_STATE": True}
    known = overdue(attempt)
    assert tasks.submit_expired_attempts()["ended"] == 1
    known.refresh_from_db()
    assert known.status == "timed_out"


def test_attempts_that_are_not_overdue_are_unchanged(attempt):
    attempt(status="created")
    running(attempt)
    overdue(attempt, status="submitted", completed_at=timezone.now())
    overdue(attempt, status="error")
    assert tasks.submit_expired_attempts() == {"looked_at": 1, "ended": 0, "failed": 0}


def test_an_attempt_without_a_page_is_submitted_within_a_minute(attempt, tracker):
    with time_machine.travel(NOON, tick=False) as clock:
        known = running(attempt)
        while known.status == "started":
            clock.shift(30)  # beat or cron, at most every 30 seconds
            tasks.submit_expired_attempts()
            known.refresh_from_db()
        assert timezone.now() - (known.started_at + 10 * MINUTE) <= MINUTE
        assert known.completed_at == known.started_at + 10 * MINUTE
    assert tracker.names == ["edx.special_exam.proctored.attempt.submitted"]


def test_resumed_attempts_end_to_the_second(attempt):
    with time_machine.travel(NOON, tick=False) as clock:
        known = running(attempt, allowed_time_limit_mins=1, time_remaining_seconds=95)
        clock.shift(95)
        assert tasks.submit_expired_attempts()["ended"] == 0
        clock.shift(1)
        assert tasks.submit_expired_attempts()["ended"] == 1
    known.refresh_from_db()
    assert known.completed_at == known.started_at + 95 * SECOND


def test_old_rows_without_a_limit_use_that_of_their_exam(attempt, make_exam):
    exam = make_exam(time_limit_mins=20)
    late = overdue(attempt, exam=exam, allowed_time_limit_mins=None)
    running(attempt, ago=15, exam=exam, allowed_time_limit_mins=None)
    assert tasks.submit_expired_attempts()["ended"] == 1
    late.refresh_from_db()
    assert late.completed_at == late.started_at + 20 * MINUTE


def test_one_attempt_that_cannot_be_ended_does_not_affect_others(attempt, make_exam, provider):
    overdue(attempt, exam=make_exam(backend="gone"))
    provider.fail("stop_exam_attempt", ConnectionError("down"))
    overdue(attempt)
    assert tasks.submit_expired_attempts()["ended"] == 2
    assert not Attempt.objects.exclude(status="submitted").exists()


def test_the_task_may_be_limited(attempt):
    for _ in range(3):
        overdue(attempt)
    assert tasks.submit_expired_attempts(limit=2)["ended"] == 2
    assert tasks.submit_expired_attempts(limit=2)["ended"] == 1


def test_a_run_that_takes_long_leaves_the_rest_to_the_next_one(attempt):
    for _ in range(3):
        overdue(attempt)
    with time_machine.travel(timezone.now(), tick=False) as clock:

        def end_slowly(sender, instance, **_):
            if instance.status == "submitted":
                clock.shift(30)

        post_save.connect(end_slowly, sender=Attempt)
        try:
            assert tasks.submit_expired_attempts()["ended"] == 2
            assert tasks.submit_expired_attempts()["ended"] == 1
        finally:
            post_save.disconnect(end_slowly, sender=Attempt)


def test_an_attempt_that_is_removed_during_a_sweep_does_not_affect_others(
    attempt, after_the_first_end
):
    overdue(attempt)
    removed, last = overdue(attempt), overdue(attempt)
    after_the_first_end(lambda: Attempt.objects.filter(pk=removed.pk).delete())
    assert tasks.submit_expired_attempts() == {"looked_at": 3, "ended": 2, "failed": 0}
    last.refresh_from_db()
    assert last.status == "submitted"


@pytest.fixture
def after_the_first_end():
    """Call a function between the ends of two attempts, right after the commit of the first."""
    waiting = []

    def ended(sender, instance, **_):
        if waiting and instance.status == "submitted":
            transaction.on_commit(waiting.pop())

    post_save.connect(ended, sender=Attempt)
    yield waiting.append
    post_save.disconnect(ended, sender=Attempt)
    assert not waiting


def test_actions_of_learners_during_a_sweep_take_effect(attempt, after_the_first_end):
    overdue(attempt)
    second = overdue(attempt)
    after_the_first_end(lambda: api.update_attempt_status(second.pk, "submitted"))
    assert tasks.submit_expired_attempts() == {"looked_at": 2, "ended": 1, "failed": 0}
    assert second.history.count() == 2  # created, submitted


def test_a_host_service_that_hangs_delays_a_sweep_once(attempt, host, call_clock):
    asked = []

    def hang(*_args):
        asked.append("instructor")
        call_clock.advance(5)

    host.instructor.before("complete_student_attempt", hang)
    for _ in range(5):
        overdue(attempt)
    assert tasks.submit_expired_attempts()["ended"] == 5
    assert asked == ["instructor"]
    assert OutboxMessage.objects.unfinished().filter(kind="completion").count() == 4


# The command


def test_the_command_reports_its_results(attempt, capsys):
    overdue(attempt)
    running(attempt)
    sweep()
    assert capsys.readouterr().out == "2 under way, 1 ended, 0 failed\n"
    sweep()
    assert capsys.readouterr().out == "1 under way, 0 ended, 0 failed\n"


def test_a_dry_run_ends_nothing(attempt, provider, capsys):
    known = overdue(attempt)
    running(attempt)
    sweep("--dry_run")
    assert capsys.readouterr().out == "2 under way, 1 to be ended, 0 failed\n"
    known.refresh_from_db()
    assert known.status == "started"
    assert not provider.calls_of("stop_exam_attempt")


def test_progress(attempt, capsys):
    for _ in range(3):
        overdue(attempt)
    sweep("--batch_size", "2", "--verbosity", "2")
    assert capsys.readouterr().out.splitlines() == [
        "2 looked at, 2 ended",
        "3 looked at, 3 ended",
        "3 under way, 3 ended, 0 failed",
    ]


def test_failures_are_logged_and_set_the_exit_code(attempt, host, capsys, caplog):
    failing, good = overdue(attempt), overdue(attempt)
    host.credit.fail("set_credit_requirement_status", OperationalError("database is locked"))
    with pytest.raises(CommandError, match="2 attempts could not be ended") as caught:
        sweep()
    assert caught.value.returncode == 1
    assert capsys.readouterr().out == "2 under way, 0 ended, 2 failed\n"
    assert f"attempt_id={failing.pk}" in caplog.text
    host.credit.recover()
    sweep()
    assert capsys.readouterr().out == "2 under way, 2 ended, 0 failed\n"
    good.refresh_from_db()
    assert good.status == "submitted"


@pytest.mark.parametrize("size", ["0", "-1", "many"])
def test_invalid_batch_sizes(attempt, size):
    known = overdue(attempt)
    with pytest.raises(CommandError, match="batch_size"):
        sweep("--batch_size", size)
    known.refresh_from_db()
    assert known.status == "started"


def test_help_explains_the_interval_and_the_exit_code(capsys):
    with pytest.raises(SystemExit) as caught:
        sweep("--help")
    assert caught.value.code == 0
    text = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert "every 30 seconds" in text
    assert "Exit code 0" in text


# However many are under way


def many(count, exam, learner):
    rows = AttemptFactory.build_batch(
        count, user=learner, proctored_exam=exam, status="started", allowed_time_limit_mins=10
    )
    for row in rows:
        row.started_at = timezone.now()
    Attempt.objects.bulk_create(rows)


def test_a_query_per_batch(exam, learner, django_assert_num_queries):
    many(10, exam, learner)
    list(operations.sweep_expired_attempts())  # the first run has its row inserted
    # pauses, three batches with their exams, one that is empty, the last comparison of due dates, and the note of the run
    with django_assert_num_queries(10):
        assert [counts.looked_at for counts in operations.sweep_expired_attempts(batch_size=4)] == [
            4,
            8,
            10,
        ]


def overdue_ones(count, exam):
    """Overdue attempts that this version has started, with the rows of lock and ledger."""
    began = {"started_at": timezone.now() - 120 * MINUTE, "allowed_time_limit_mins": 90}
    found = [
        AttemptFactory(proctored_exam=exam, user=UserFactory(), status="started", **began)
        for _ in range(count)
    ]
    ProctoringLearner.objects.bulk_create(ProctoringLearner(user=one.user) for one in found)
    TimeAdjustment.objects.bulk_create(
        TimeAdjustment.of(one, "allotment", f"{one.pk}", one.started_at, seconds=5400)
        for one in found
    )
    return found


@pytest.mark.databases("sqlite")
@pytest.mark.needs("edx-when")
def test_statements_per_attempt(timed_exam):
    def statements(count):
        overdue_ones(count, timed_exam)
        with CaptureQueriesContext(connection) as queries:
            assert tasks.submit_expired_attempts()["ended"] == count
        return len(queries)

    statements(1)  # queries that are compiled once, and rows that the first run inserts
    # Begin, lock, attempt, ledger, allowances, other attempts, update, history, messages, commit. Due dates, missing
    # locks and deliveries are read and written together.
    assert statements(11) - statements(1) == 10 * 10


def test_messages_of_several_attempts_are_delivered_together(timed_exam, host):
    overdue_ones(3, timed_exam)
    done_before = []
    finished = OutboxMessage.objects.filter(state="done")
    host.instructor.before(
        "complete_student_attempt", lambda *_args: done_before.append(finished.count())
    )
    assert tasks.submit_expired_attempts()["ended"] == 3
    assert done_before == [0, 0, 0]  # not marked one by one
    assert not OutboxMessage.objects.unfinished().exists()


def test_memory_does_not_grow_with_the_number(exam, learner):
    def peak():
        return min(highest_of() for _ in range(3))  # now and then something else is kept meanwhile

    def highest_of():
        tracemalloc.start()
        list(operations.sweep_expired_attempts(batch_size=50))
        _now, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    many(100, exam, learner)
    peak()  # what is cached for good
    few = peak()
    many(900, exam, learner)
    assert peak() < 1.5 * few


def test_concurrent_sweeps_end_each_attempt_once(exam, provider, after_the_first_end):
    """Two sweeps in one process, the second in the middle of the first."""
    for _ in range(4):
        overdue(AttemptFactory, proctored_exam=exam, user=UserFactory())
    second = []
    after_the_first_end(lambda: second.append(tasks.submit_expired_attempts()["ended"]))
    first = tasks.submit_expired_attempts()["ended"]
    assert (first, second) == (1, [3])
    assert len(provider.calls_of("stop_exam_attempt")) == 4
    assert Attempt.history.filter(status="submitted").count() == 4


@pytest.mark.parametrize("how", ["removed", "ended by 6.1.4"])
def test_the_sweep_closes_pauses_that_nobody_can_end(how, timed_exam, learner, staff):
    attempt_id = api.create_exam_attempt(timed_exam.pk, learner.pk)
    api.start_exam_attempt(timed_exam.pk, learner.pk)
    api.pause_attempt(attempt_id)
    row = TimeAdjustment.objects.get(kind="pause")
    if how == "removed":
        api.remove_exam_attempt(attempt_id, staff)
    else:
        row_of = ProctoredExamStudentAttempt.objects.filter(pk=attempt_id)
        row_of.update(status="submitted", completed_at=row.began_at)
    operations.submit_expired_attempts()
    row.refresh_from_db()
    assert row.ended_at is not None
    assert row.ended_at >= row.began_at
    assert row.seconds == 0 or how == "removed"
