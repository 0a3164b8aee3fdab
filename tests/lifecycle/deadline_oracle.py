"""A second, naive account of one learner's time in one exam. Imports nothing of the package.

It counts what was entitled, granted and used, where the package computes ends from a ledger.
"""

from decimal import ROUND_HALF_EVEN, Decimal

SHORTEST = 60  # seconds that taking time away leaves


class Oracle:
    """All moments are whole seconds since the beginning of the history."""

    def __init__(self, limit):
        self.now = 0
        self.limit, self.minutes, self.factor, self.due = limit, 0, Decimal(1), None
        self.state = "waiting"  # running, broken, over
        self.entitled = self.granted = self.used = 0
        self.paused = False
        self.break_ends = None  # of a learner's break: when its budget is used up
        self.cap = None  # the due date, as far as it may cut the running attempt
        self.early = 0  # granted to the attempt that waits
        # The seconds in which time ran, those that were down, and how many have been given back.
        self.ran, self.down, self.given_back = set(), set(), 0

    def entitlement(self):
        extra = Decimal(self.limit) * (self.factor - 1)
        return 60 * (self.limit + int(extra.quantize(0, ROUND_HALF_EVEN)) + self.minutes)

    @property
    def left_without_due_date(self):
        return self.entitled + self.granted - self.used

    @property
    def end(self):
        """Of a running attempt, as if a pause ended now."""
        end = self.now + max(self.left_without_due_date, 0)
        return end if self.cap is None else min(end, self.cap)

    @property
    def promised(self):
        """The end as it was when the pause began."""
        end = self.standing_since + max(self.left_without_due_date, 0)
        return end if self.cap is None else min(end, self.cap)

    @property
    def standing_since(self):
        return self.paused_at if self.paused else self.now

    def wait(self, seconds):
        if self.paused and self.break_ends is not None:
            rest = min(seconds, self.break_ends - self.now)
            self.now, seconds = self.now + rest, seconds - rest
            if self.now < self.break_ends:
                return
            self.paused, self.break_ends = False, None
        self.now += seconds
        if self.state == "running" and not self.paused:
            if self.now > self.end_before(seconds):
                self.state = "over"
            self.used += seconds
            self.ran.update(range(self.now - seconds, self.now))

    def end_before(self, seconds):
        end = self.now - seconds + max(self.left_without_due_date, 0)
        return end if self.cap is None else min(end, self.cap)

    def _look_at_due_date(self):
        """It cuts, but never to before what was promised."""
        self.cap = None if self.due is None else max(self.due, self.promised)

    def change(self, name, value):
        setattr(self, name, value)
        if self.state == "running":
            self._look_at_due_date()
            self.entitled = max(self.entitled, self.entitlement())

    def start(self):
        """The first attempt, or the one that resumes."""
        self.entitled = max(self.entitled, self.entitlement())
        self.granted += self.early
        self.early, self.cap, self.paused, self.break_ends = 0, self.due, False, None
        self.state = "running" if self.end > self.now else "over"

    def break_off(self):
        self.state, self.paused, self.break_ends = "broken", False, None

    def may_grant(self, seconds):
        """Before the start, only what was granted before can be taken away."""
        if self.state == "waiting":
            return self.early + seconds >= 0
        return self.state == "running"

    def grant(self, seconds):
        if self.state != "running":
            self.early += seconds
            return
        before = self.promised
        self._look_at_due_date()
        self.granted += seconds
        if seconds < 0:
            least = min(self.standing_since + SHORTEST, before)
            if self.promised < least:
                self.granted += least - self.standing_since - self.left_without_due_date

    def outage(self, ago, length):
        """Give back each second that was down and ran, whichever outages it was part of, and in whichever attempt."""
        begin = self.now - ago
        self.down.update(range(begin, min(begin + length, self.now)))
        seconds = max(len(self.down & self.ran) - self.given_back, 0)
        if seconds:
            if self.state == "running":
                self._look_at_due_date()
            self.granted += seconds
            self.given_back += seconds

    def pause(self):
        """Of staff. It stops the counting of a break."""
        if self.paused and self.break_ends is None:
            return
        if self.paused:
            self.go_on()
        self.paused, self.paused_at, self.break_ends = True, self.now, None

    def rest(self, longest):
        """The learner's break. It changes nothing during a pause or another break."""
        if not self.paused:
            self.paused, self.paused_at, self.break_ends = True, self.now, self.now + longest

    def go_on(self):
        self._look_at_due_date()
        self.paused, self.break_ends = False, None
        if self.end < self.now:
            self.state = "over"
