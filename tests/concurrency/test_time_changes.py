"""Grants, pauses and outages at the same time as submissions, time-outs, and one another; one attempt or many."""

import datetime

import pytest
from django.utils import timezone

from edx_proctoring import api, deadlines, lifecycle, operations
from edx_proctoring.api.attempts import bulk_time_changes as bulk
from edx_proctoring.exceptions import ProctoredExamIllegalStatusTransition, TimeChangeNotAllowed
from edx_proctoring.models import BulkTimeChange, ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.testing.factories import AttemptFactory, UserFactory
from tests.concurrency.parallel import together

pytestmark = pytest.mark.django_db(transaction=True)

Attempt = ProctoredExamStudentAttempt
MINUTE = datetime.timedelta(minutes=1)
ATTEMPTS = "proctoring_proctoredexamstudentattempt"
LEDGER = "proctoring_timeadjustment"


@pytest.fixture
def running(exam, learner):
    """Return an attempt that has just started."""
    known = AttemptFactory(proctored_exam=exam, user=learner, status="ready_to_start")
    return lifecycle.transition(known, "started")


def stored(attempt):
    return Attempt.objects.get(pk=attempt.pk)


def kinds():
    return sorted(TimeAdjustment.objects.exclude(kind="allotment").values_list("kind", flat=True))


def test_a_grant_during_a_submission(running):
    """The grant either comes first, or is refused and leaves no row."""
    before = deadlines.read(running).ends_at
    granted, submitted = together(
        lambda: api.extend_attempt(running.pk, 600),
        lambda: api.update_attempt_status(running.pk, "submitted"),
        meet_at=ATTEMPTS,
    )
    assert submitted == running.pk
    assert stored(running).status == "submitted"
    if isinstance(granted, TimeChangeNotAllowed):
        assert kinds() == []
    else:
        assert kinds() == ["grant"]
        assert granted.ends_at == before + 10 * MINUTE


def test_a_pause_during_a_time_out(exam, learner):
    """The first one wins: a paused attempt does not end, and an ended attempt is not paused."""
    limit = exam.time_limit_mins * MINUTE
    known = AttemptFactory(
        proctored_exam=exam,
        user=learner,
        status="started",
        started_at=timezone.now() - limit + datetime.timedelta(milliseconds=150),
        allowed_time_limit_mins=exam.time_limit_mins,
    )
    paused, swept = together(
        lambda: api.pause_attempt(known.pk), operations.submit_expired_attempts
    )
    later = operations.submit_expired_attempts()
    if isinstance(paused, ProctoredExamIllegalStatusTransition):
        assert kinds() == []
        assert (stored(known).status, swept.ended + later.ended) == ("submitted", 1)
    else:
        assert kinds() == ["pause"]
        assert (stored(known).status, swept.ended + later.ended) == ("started", 0)


def test_a_pause_during_the_start_callback(running):
    paused, answered = together(
        lambda: api.pause_attempt(running.pk),
        lambda: api.unless_paused(
            running.pk, lambda: api.update_attempt_status(running.pk, "submitted")
        ),
        meet_at=ATTEMPTS,
    )
    if isinstance(paused, ProctoredExamIllegalStatusTransition):
        assert (answered, stored(running).status, kinds()) == (True, "submitted", [])
    else:
        assert (answered, stored(running).status, kinds()) == (False, "started", ["pause"])


def test_two_grants_with_the_same_key(running):
    before = deadlines.read(running).ends_at
    results = together(
        *[lambda: api.extend_attempt(running.pk, 600, key="alarm") for _ in range(4)],
        meet_at=ATTEMPTS,
    )
    assert sorted(result.changed for result in results) == [False, False, False, True]
    assert kinds() == ["grant"]
    assert deadlines.read(stored(running)).ends_at == before + 10 * MINUTE


def test_two_grants_with_different_keys(running):
    before = deadlines.read(running).ends_at
    together(
        lambda: api.extend_attempt(running.pk, 600, key="one"),
        lambda: api.extend_attempt(running.pk, 300, key="two"),
        meet_at=ATTEMPTS,
    )
    assert deadlines.read(stored(running)).ends_at == before + 15 * MINUTE
    minutes = running.proctored_exam.time_limit_mins + 15
    assert stored(running).allowed_time_limit_mins == minutes


def test_the_same_key_for_two_learners(running, exam):
    """No lock separates them: one grant is stored, the other one is refused."""
    other = AttemptFactory(proctored_exam=exam, user=UserFactory(), status="ready_to_start")
    other = lifecycle.transition(other, "started")
    results = together(
        lambda: api.extend_attempt(running.pk, 600, key="alarm"),
        lambda: api.extend_attempt(other.pk, 600, key="alarm"),
        meet_at=LEDGER,
    )
    refused = [result for result in results if isinstance(result, TimeChangeNotAllowed)]
    assert (len(refused), kinds()) == (1, ["grant"])


def test_two_pauses_and_two_continuations(running):
    pauses = together(*[lambda: api.pause_attempt(running.pk) for _ in range(3)], meet_at=ATTEMPTS)
    assert sorted(result.changed for result in pauses) == [False, False, True]
    ends = together(*[lambda: api.continue_attempt(running.pk) for _ in range(3)], meet_at=ATTEMPTS)
    assert sorted(result.changed for result in ends) == [False, False, True]
    assert kinds() == ["pause"]


def test_a_grant_during_a_raised_limit_and_an_allowance(running):
    """None of the three is lost, whichever comes first."""
    exam, before = running.proctored_exam, deadlines.read(running).ends_at
    together(
        lambda: api.extend_attempt(running.pk, 600),
        lambda: api.update_exam(exam.pk, time_limit_mins=exam.time_limit_mins + 20),
        lambda: api.add_allowance_for_user(
            exam.pk, running.user_id, "additional_time_granted", "30"
        ),
    )
    assert deadlines.read(stored(running)).ends_at == before + 60 * MINUTE
    assert stored(running).allowed_time_limit_mins == exam.time_limit_mins + 60


def test_an_allowance_during_an_interruption(exam, learner):
    """It counts once, whether it comes before or after the interruption."""
    running = AttemptFactory(proctored_exam=exam, user=learner, status="ready_to_start")
    running = lifecycle.transition(running, "started")
    exam_id, user_id = running.proctored_exam_id, running.user_id
    results = together(
        lambda: api.add_allowance_for_user(exam_id, user_id, "additional_time_granted", "30"),
        lambda: api.update_attempt_status(running.pk, "error"),
        meet_at=ATTEMPTS,
    )
    assert results[1] == running.pk
    kept = deadlines.seconds_kept(stored(running))
    whole = (exam.time_limit_mins + 30) * 60
    assert whole - 60 < kept <= whole


def begun(exam, **ago):
    """Return an attempt that started this long ago, as this version starts it."""
    known = AttemptFactory(proctored_exam=exam, user=UserFactory(), status="ready_to_start")
    lifecycle.transition(known, "started")
    began = timezone.now() - datetime.timedelta(**ago)
    Attempt.objects.filter(pk=known.pk).update(started_at=began)
    return stored(known)


def credit(attempt, key="outage"):
    """Give seven minutes of its third to tenth minute back."""
    began = attempt.started_at + 3 * MINUTE
    lost = [(began, began + 7 * MINUTE)]
    return lambda: api.give_back_time(attempt.pk, lambda *_: lost, reason="down", key=key)


def test_a_credit_for_an_outage_during_a_submission(exam):
    known = begun(exam, minutes=20)
    before = deadlines.read(known).ends_at
    credited, submitted = together(
        credit(known),
        lambda: api.update_attempt_status(known.pk, "submitted"),
        meet_at=ATTEMPTS,
    )
    assert (submitted, stored(known).status) == (known.pk, "submitted")
    if isinstance(credited, TimeChangeNotAllowed):
        assert kinds() == []
    else:
        assert kinds() == ["outage"]
        assert (credited.seconds, credited.ends_at) == (420, before + 7 * MINUTE)


def test_a_credit_for_an_outage_during_the_sweep(exam):
    """It either comes first and the attempt goes on, or is refused because the time is over."""
    known = begun(exam, minutes=exam.time_limit_mins, milliseconds=-150)
    credited, swept = together(credit(known), operations.submit_expired_attempts)
    ended = swept.ended + operations.submit_expired_attempts().ended
    if isinstance(credited, TimeChangeNotAllowed):
        assert (kinds(), ended, stored(known).status) == ([], 1, "submitted")
    else:
        assert (kinds(), ended, stored(known).status) == (["outage"], 0, "started")


def test_outages_are_credited_once_however_many_declare_them(exam):
    """The same key, and other keys for the same minutes: the learner's lock lets one after the other count."""
    known = begun(exam, minutes=20)
    before = deadlines.read(known).ends_at
    calls = [credit(known, key) for key in ("one", "one", "two", "three")]
    together(*calls, meet_at=ATTEMPTS)
    assert kinds() == ["outage"]
    assert deadlines.read(stored(known)).ends_at == before + 7 * MINUTE


def test_a_credit_for_an_outage_during_a_recalculation(exam):
    """The raised limit and the lost minutes both count, whichever comes first."""
    known = begun(exam, minutes=20)
    before = deadlines.read(known).ends_at
    together(
        credit(known),
        lambda: api.update_exam(exam.pk, time_limit_mins=exam.time_limit_mins + 20),
        lambda: api.recalculate_deadlines(exam.course_id),
        meet_at=ATTEMPTS,
    )
    assert deadlines.read(stored(known)).ends_at == before + 27 * MINUTE
    assert stored(known).allowed_time_limit_mins == exam.time_limit_mins + 27


def test_a_credit_for_an_outage_while_the_attempt_is_resumed(exam):
    """It reaches the remaining time or the attempt that waits for its start, once, whichever comes first."""
    known = begun(exam, minutes=20)
    api.update_attempt_status(known.pk, "error")
    rest = stored(known).time_remaining_seconds
    api.mark_exam_attempt_as_ready_to_resume(known.pk)
    _, new, _ = together(
        credit(known, "one"),
        lambda: api.create_exam_attempt(exam.pk, known.user_id, True),
        credit(known, "two"),
        meet_at=ATTEMPTS,
    )
    assert kinds() == ["outage"]
    for status in ("ready_to_start", "started"):
        api.update_attempt_status(new, status)
    found = Attempt.objects.get(pk=new)
    left = deadlines.read(found).ends_at - found.started_at
    assert left == datetime.timedelta(seconds=rest + 420)


def change(exam, action="extend", seconds=600):
    """Make a change of all running attempts of the exam."""
    return bulk.new_bulk_time_change(
        exam.course_id, action, exam_id=exam.pk, seconds=seconds, reason="alarm"
    )


def test_a_grant_to_a_class_during_a_submission_and_a_grant_to_one(exam):
    """Each is decided under its own learner's lock: nobody loses a grant, nobody who ended gets one."""
    ends, submits, runs = (begun(exam, minutes=5) for _ in range(3))
    before = deadlines.read(ends).ends_at
    all_of_them = change(exam)
    results, *_ = together(
        lambda: bulk.run_bulk_time_change(all_of_them),
        lambda: api.update_attempt_status(submits.pk, "submitted"),
        lambda: api.extend_attempt(ends.pk, 300, key="one"),
        meet_at=LEDGER,
    )
    assert deadlines.read(stored(ends)).ends_at == before + 15 * MINUTE
    assert deadlines.read(stored(runs)).adjusted == 600
    refused = {one.attempt.pk for one in results if one.error}
    assert stored(submits).status == "submitted"
    assert refused <= {submits.pk}
    assert {int(number) for number in all_of_them.failed} == refused
    granted = TimeAdjustment.objects.filter(attempt_id=submits.pk, kind="grant").count()
    is_granted = any(one.change for one in results if one.attempt.pk == submits.pk)
    assert granted == is_granted


def test_two_grants_to_a_class(exam):
    known = [begun(exam, minutes=5) for _ in range(3)]
    changes = [change(exam), change(exam, seconds=300)]
    together(*[lambda one=one: bulk.run_bulk_time_change(one) for one in changes], meet_at=LEDGER)
    assert [deadlines.read(stored(one)).adjusted for one in known] == [900] * 3
    assert [(one.done, one.failed) for one in changes] == [(3, {})] * 2


def test_two_pauses_of_a_class(exam):
    known = [begun(exam, minutes=5) for _ in range(3)]
    changes = [change(exam, "pause", 0) for _ in range(2)]
    found = together(
        *[lambda one=one: bulk.run_bulk_time_change(one) for one in changes], meet_at=LEDGER
    )
    assert kinds() == ["pause"] * 3
    assert sum(one.change.changed for results in found for one in results) == 3
    together(*[lambda one=one: api.continue_attempt(one.pk) for one in known])
    assert TimeAdjustment.objects.open_pauses().count() == 0


def test_two_undo_the_same_grant(exam):
    known = [begun(exam, minutes=5) for _ in range(2)]
    granted = change(exam)
    bulk.run_bulk_time_change(granted)
    undone = together(
        *[
            lambda: bulk.undo_bulk_time_change(BulkTimeChange.objects.get(pk=granted.pk))
            for _ in range(3)
        ],
        meet_at="proctoring_bulk_time_change",
    )
    refused = [one for one in undone if isinstance(one, TimeChangeNotAllowed)]
    assert len(refused) == 2
    assert [deadlines.read(stored(one)).adjusted for one in known] == [0, 0]
    assert kinds() == ["grant"] * 4


def on_break(exam, *, began, **ago):
    """Return an attempt that started this long ago, whose learner began a break of five minutes."""
    known = begun(exam, seconds=0)
    lifecycle.pause(known, kind=TimeAdjustment.BREAK, longest=300, by=known.user, key="break")
    now = timezone.now()
    Attempt.objects.filter(pk=known.pk).update(started_at=now - datetime.timedelta(**ago))
    TimeAdjustment.objects.filter(key="break").update(began_at=now - began)
    return stored(known)


def ends_of_a_break(known):
    """Return the four that end it: the learner, staff, the learner who submits, and the sweep."""
    return (
        lambda: lifecycle.continue_(known, by=known.user, key="break"),
        lambda: api.continue_attempt(known.pk),
        lambda: api.update_attempt_status(known.pk, "submitted", reason=lifecycle.LEARNER),
        operations.submit_expired_attempts,
    )


def test_a_break_ended_by_learner_and_staff_during_a_submission(exam):
    """One of them ends it; the submission is refused before that, and counts after it."""
    known = on_break(exam, began=2 * MINUTE, minutes=15)
    before = deadlines.read(known).ends_at
    *ends, submitted, swept = together(*ends_of_a_break(known), meet_at=ATTEMPTS)
    row, after = TimeAdjustment.objects.get(key="break"), stored(known)
    assert (sum(end.changed for end in ends), swept.ended, kinds()) == (1, 0, ["break"])
    assert (row.ended_at is not None, 120 <= row.seconds < 240) == (True, True)
    if isinstance(submitted, ProctoredExamIllegalStatusTransition):
        assert after.status == "started"
        assert deadlines.read(after).ends_at - before == row.seconds * datetime.timedelta(seconds=1)
    else:
        assert (submitted, after.status) == (known.pk, "submitted")


@pytest.mark.parametrize("milliseconds", [-150, 0, 1000], ids=["soon", "now", "over"])
def test_a_break_that_is_used_up_while_all_end_it(exam, milliseconds):
    """Nobody gets more or less than its longest duration, but for whoever ends it in its last moment."""
    began = 5 * MINUTE + datetime.timedelta(milliseconds=milliseconds)
    known = on_break(exam, began=began, minutes=15)
    *_, submitted, swept = together(*ends_of_a_break(known), meet_at=ATTEMPTS)
    if stored(known).status == "started":
        assert "paused" not in api.get_polled_attempt(known.pk)
        lifecycle.continue_(known)
    row = TimeAdjustment.objects.get(key="break")
    assert (row.seconds, swept.ended) == (300, 0)
    assert datetime.timedelta(0) <= row.began_at + 5 * MINUTE - row.ended_at < MINUTE / 60
    is_refused = isinstance(submitted, ProctoredExamIllegalStatusTransition)
    assert (stored(known).status == "submitted") is not is_refused
    assert not (is_refused and milliseconds > 0), "the break had ended before the submission"


def test_an_attempt_that_is_over_after_its_break_is_swept_once(exam):
    """The time ran out a moment after the break; whoever comes first, it ends at the same second."""
    known = on_break(exam, began=10 * MINUTE, minutes=exam.time_limit_mins + 6)
    learner, staff, submitted, swept = together(*ends_of_a_break(known), meet_at=ATTEMPTS)
    ended = stored(known)
    assert ended.completed_at == known.started_at + (exam.time_limit_mins + 5) * MINUTE
    assert ended.status == "submitted"
    assert (learner.changed, staff.changed) == (False, False)
    assert swept.ended + (submitted == known.pk) >= 1
    row = TimeAdjustment.objects.get(key="break")
    assert (row.seconds, row.ended_at - row.began_at) == (300, 5 * MINUTE)
    assert Attempt.history.filter(id=known.pk, status="submitted").count() == 1
