"""Random histories of one learner's time: the ledger and a naive calculation give the same result."""

import datetime
import math
import uuid
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from edx_proctoring import api, deadlines, lifecycle
from edx_proctoring.exceptions import TimeChangeNotAllowed
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.testing.factories import ExamFactory, UserFactory
from tests.lifecycle.deadline_oracle import Oracle

pytestmark = [pytest.mark.django_db, pytest.mark.needs("one-run")]

Attempt = ProctoredExamStudentAttempt
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
LIMIT = 60
PAUSE_MINUTES = 15

BREAK, RESUME = [("break off", None), ("wait", 90)], ("resume", None)
EVENTS = st.one_of(
    st.tuples(st.just("wait"), st.integers(0, 1500)),
    st.tuples(st.just("limit"), st.integers(1, 120)),
    st.tuples(st.just("minutes"), st.integers(0, 90)),
    st.tuples(st.just("factor"), st.sampled_from(["1", "1.25", "1.5", "2", "3.33"])),
    st.tuples(st.just("due"), st.none() | st.integers(1, 300)),
    st.tuples(st.just("grant"), st.integers(-2400, 2400).filter(bool)),
    st.tuples(st.just("outage"), st.tuples(st.integers(1, 3000), st.integers(1, 1500))),
    st.tuples(st.just("rest"), st.integers(1, 900)),
    st.tuples(st.sampled_from(["pause", "continue", "break off", "resume"]), st.none()),
)


class History:
    """Applies the same events to the package and to the oracle."""

    def __init__(self, clock):
        self.clock, self.oracle = clock, Oracle(LIMIT)
        self.exam = ExamFactory(time_limit_mins=LIMIT, due_date=None, content_id=uuid.uuid4().hex)
        self.user = UserFactory()
        self.down = []
        self.attempt_id = self._create()

    def _create(self):
        attempt_id = api.create_exam_attempt(self.exam.pk, self.user.pk, True)
        api.update_attempt_status(attempt_id, "ready_to_start")
        return attempt_id

    @property
    def attempt(self):
        return Attempt.objects.get(pk=self.attempt_id)

    def live(self, name, value):
        before = self.oracle.promised if self.oracle.state == "running" else None
        getattr(self, name)(value)
        self.check()
        is_taken = name == "grant" and value < 0
        if before is not None and self.oracle.state == "running" and not is_taken:
            assert self.oracle.promised >= before, "shorter, and nobody took time away"

    def wait(self, seconds):
        self.clock.shift(seconds)
        self.oracle.wait(seconds)
        lifecycle.expire_if_overdue(self.attempt)

    def limit(self, minutes):
        api.update_exam(self.exam.pk, time_limit_mins=minutes)
        self.oracle.change("limit", minutes)

    def minutes(self, minutes):
        if minutes:
            api.add_allowance_for_user(
                self.exam.pk, self.user.pk, "additional_time_granted", minutes
            )
        else:
            api.remove_allowance_for_user(self.exam.pk, self.user.pk, "additional_time_granted")
        if minutes or self.oracle.state != "running":
            self.oracle.change("minutes", minutes)
        else:
            self.oracle.minutes = 0

    def factor(self, factor):
        api.add_allowance_for_user(self.exam.pk, self.user.pk, "time_multiplier", factor)
        self.oracle.change("factor", Decimal(factor))

    def due(self, minutes):
        due = None if minutes is None else NOON + minutes * datetime.timedelta(minutes=1)
        api.update_exam(self.exam.pk, due_date=due)
        self.oracle.change("due", None if minutes is None else minutes * 60)

    def grant(self, seconds):
        if not self.oracle.may_grant(seconds):
            with pytest.raises(TimeChangeNotAllowed):
                api.extend_attempt(self.attempt_id, seconds, reason="x")
            return
        api.extend_attempt(self.attempt_id, seconds, reason="x")
        self.oracle.grant(seconds)

    def outage(self, times):
        """Credit an outage that began `ago` seconds ago and lasted `length`; all outages so far count together."""
        if self.oracle.state not in ("running", "broken"):
            return
        ago, length = times
        now = timezone.now()
        began = now - datetime.timedelta(seconds=ago)
        self.down.append((began, min(began + datetime.timedelta(seconds=length), now)))
        api.give_back_time(self.attempt_id, lambda *_: self.down)
        self.oracle.outage(ago, length)

    def pause(self, _):
        if self.oracle.state == "running":
            api.pause_attempt(self.attempt_id)
            self.oracle.pause()

    def rest(self, longest):
        """Begin a learner's break."""
        if self.oracle.state == "running":
            lifecycle.pause(self.attempt, kind=TimeAdjustment.BREAK, longest=longest)
            self.oracle.rest(longest)

    def start(self, _):
        api.start_exam_attempt(self.exam.pk, self.user.pk)
        self.oracle.start()

    def resume(self, _):
        if self.oracle.state == "broken":
            api.mark_exam_attempt_as_ready_to_resume(self.attempt_id)
            due = self.oracle.due
            if due is not None and due <= self.oracle.now:
                self.oracle.state = "over"  # nobody enters an exam after its due date
                return
            self.attempt_id = self._create()
            self.start(None)

    def check(self):
        attempt, oracle = self.attempt, self.oracle
        assert (attempt.status == "started") == (oracle.state == "running")
        if oracle.state != "running":
            return
        deadline = deadlines.read(attempt).at(timezone.now())
        assert (deadline.paused_since is not None) == oracle.paused
        assert deadline.ends_at == NOON + datetime.timedelta(seconds=oracle.promised)
        self._check_ledger(attempt, deadline)
        left = api.get_polled_attempt(attempt.pk)["time_remaining_seconds"]
        assert left == max(oracle.end - oracle.now, 0)
        self._check_columns(attempt, deadline)

    def _check_ledger(self, attempt, deadline):
        """Check the formula: start + allotment + all adjustments, limited by the due date."""
        rows = list(TimeAdjustment.objects.filter(attempt_id=attempt.pk).order_by("id"))
        allotment = [row for row in rows if row.kind == "allotment"][-1]
        now = timezone.now()
        adjustments = [row for row in rows if row.kind != "allotment" and not row.stops_clock(now)]
        seconds = allotment.seconds + sum(row.seconds for row in adjustments)
        end = attempt.started_at + datetime.timedelta(seconds=max(seconds, 0))
        due = allotment.ended_at
        assert deadline.ends_at == (end if due is None else max(min(end, due), attempt.started_at))

    def _check_columns(self, attempt, deadline):
        """Check the columns read by 6.1.4: never early, at most 59 seconds late, and including the longest pause."""
        minutes = attempt.allowed_time_limit_mins
        if deadline.paused_since is None:
            seconds = (deadline.ends_at - attempt.started_at).total_seconds()
            assert minutes == math.ceil(seconds / 60)
            return
        if deadline.pause_ends is not None:
            longest = deadline.at(deadline.pause_ends).ends_at - attempt.started_at
            assert minutes == math.ceil(longest.total_seconds() / 60)
            return
        covered = attempt.started_at + datetime.timedelta(minutes=minutes)
        assert covered >= deadline.ends_at
        if deadline.paused_since == timezone.now():
            assert covered >= deadline.ends_at + datetime.timedelta(minutes=PAUSE_MINUTES)


setattr(History, "continue", lambda self, _: go_on(self))
setattr(History, "break off", lambda self, _: break_off(self))


def go_on(history):
    if history.oracle.paused:
        api.continue_attempt(history.attempt_id)
        history.oracle.go_on()
        lifecycle.expire_if_overdue(history.attempt)


def break_off(history):
    if history.oracle.state == "running":
        api.update_attempt_status(history.attempt_id, "error")
        history.oracle.break_off()


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=st.lists(EVENTS, max_size=4), after=st.lists(EVENTS, min_size=1, max_size=14))
@example(
    before=[],
    after=[
        *[("wait", 600), ("pause", None), ("wait", 300), ("continue", None), ("wait", 100)],
        *[("outage", (700, 600)), ("outage", (450, 400)), ("wait", 10), ("outage", (700, 650))],
    ],
)
@example(before=[("due", 20)], after=[("wait", 600), *BREAK, ("due", None), RESUME])
@example(
    before=[("due", 70)],
    after=[("wait", 1200), ("pause", None), ("wait", 3600), *BREAK, ("due", None), RESUME],
)
@example(
    before=[], after=[("break off", None), RESUME, ("minutes", 1), ("break off", None), RESUME]
)
@example(
    before=[("due", 62)],
    after=[
        *[("wait", 600), ("rest", 300), ("wait", 120), ("continue", None), ("rest", 300)],
        *[("wait", 60), ("pause", None), ("rest", 60), ("wait", 90), ("continue", None)],
        *[("rest", 30), ("wait", 3000), ("outage", (3000, 1500)), ("rest", 60), ("wait", 900)],
    ],
)
@example(
    before=[("due", 50)],
    after=[
        *[("wait", 1200), *BREAK, ("outage", (900, 600)), ("due", 90), RESUME, ("wait", 300)],
        *[("outage", (1500, 1500)), *BREAK, ("outage", (1590, 1500)), RESUME],
    ],
)
@example(before=[], after=[("minutes", 30), *BREAK, ("minutes", 10), RESUME, ("minutes", 30)])
@example(before=[("grant", 600), ("grant", -240), ("grant", -600)], after=[("wait", 60)])
def test_the_deadline_equals_the_naive_calculation(transactional_db, before, after):
    with time_machine.travel(NOON, tick=False) as clock:
        history = History(clock)
        for name, value in before:
            if name not in ("pause", "rest", "continue", "break off", "resume", "outage"):
                history.live(name, value)
        history.live("start", None)
        for name, value in after:
            history.live(name, value)
