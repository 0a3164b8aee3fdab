"""A second, naive calculation of one learner's time in one exam. It imports nothing from the package.

It counts the seconds allowed, granted and used, while the package computes the deadline from a ledger.
"""

from decimal import ROUND_HALF_EVEN, Decimal

SHORTEST = 60  # seconds left at least when time is taken away


class Oracle:
    """Times are whole seconds since the start of the history."""

    def __init__(self, limit):
        self.now = 0
        self.limit, self.minutes, self.factor, self.due = limit, 0, Decimal(1), None
        self.state = "waiting"  # running, broken, over
        self.entitled = self.granted = self.used = 0
        self.paused = False
        self.break_ends = None  # when the learner's break uses up its budget
        self.cap = None  # the due date, where it limits the running attempt
        self.early = 0  # granted before the start
        # The seconds in which time ran, the seconds of outages, and how many seconds were given back.
        self.ran, self.down, self.given_back = set(), set(), 0

    def entitlement(self):
        extra = Decimal(self.limit) * (self.factor - 1)
        return 60 * (self.limit + int(extra.quantize(0, ROUND_HALF_EVEN)) + self.minutes)

    @property
    def left_without_due_date(self):
        return self.entitled + self.granted - self.used

    @property
    def end(self):
        """Return the end of the running attempt, as if a pause ended now."""
        end = self.now + max(self.left_without_due_date, 0)
        return end if self.cap is None else min(end, self.cap)

    @property
    def promised(self):
        """Return the end as it was when the pause began."""
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
        """Apply the due date, but never end the attempt earlier than promised."""
        self.cap = None if self.due is None else max(self.due, self.promised)

    def change(self, name, value):
        setattr(self, name, value)
        if self.state == "running":
            self._look_at_due_date()
            self.entitled = max(self.entitled, self.entitlement())

    def start(self):
        """Start the first attempt, or the one that resumes it."""
        self.entitled = max(self.entitled, self.entitlement())
        self.granted += self.early
        self.early, self.cap, self.paused, self.break_ends = 0, self.due, False, None
        self.state = "running" if self.end > self.now else "over"

    def break_off(self):
        self.state, self.paused, self.break_ends = "broken", False, None

    def may_grant(self, seconds):
        """Return whether the change is possible: before the start, only granted seconds can be taken away."""
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
        """Give back each second of an outage in which time ran, once, whatever outages and attempts it belongs to."""
        begin = self.now - ago
        self.down.update(range(begin, min(begin + length, self.now)))
        seconds = max(len(self.down & self.ran) - self.given_back, 0)
        if seconds:
            if self.state == "running":
                self._look_at_due_date()
            self.granted += seconds
            self.given_back += seconds

    def pause(self):
        """Pause the attempt by staff; this ends a break."""
        if self.paused and self.break_ends is None:
            return
        if self.paused:
            self.go_on()
        self.paused, self.paused_at, self.break_ends = True, self.now, None

    def rest(self, longest):
        """Begin a learner's break; during a pause or another break, nothing changes."""
        if not self.paused:
            self.paused, self.paused_at, self.break_ends = True, self.now, self.now + longest

    def go_on(self):
        self._look_at_due_date()
        self.paused, self.break_ends = False, None
        if self.end < self.now:
            self.state = "over"
