"""A learner whose browser retries until it gets a response, and checks of the notifications."""

import contextlib
import datetime
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_string

import requests
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from demo.clients import Visitor
from demo.host.mails import BETWEEN
from demo.host.models import CreditRequirement, Enrollment, Told
from demo.host.seed import COURSE_ID
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
)
from tests.sessions import signed_in
from tests.torture.audit import Damage, changes_of

Attempt = ProctoredExamStudentAttempt
PATIENCE = 70.0
CREDIT = {"verified": "satisfied", "declined": "declined"}


class Stuck(AssertionError):
    """A wait took too long."""


def wait(what: str, look: Callable[[], object], again: Callable[[], object] = bool) -> None:
    """Wait until `look` returns something; `again` is called meanwhile, like an impatient user's clicks."""
    until = time.monotonic() + PATIENCE
    while not look():
        if time.monotonic() > until:
            raise Stuck(f"waited {PATIENCE:.0f} s for {what}")
        with contextlib.suppress(requests.RequestException, AssertionError):
            again()
        time.sleep(0.15)


class Learner(Visitor):
    """An enrolled, authenticated learner."""

    def __init__(self, host: str, simulator: str, username: str) -> None:
        user = get_user_model()._default_manager.create_user(
            username, f"{username}@demo.example.com", "demo", first_name="Ann", last_name="Onymous"
        )
        Enrollment.objects.create(user=user, course_id=COURSE_ID, mode="verified")
        self.base, self.username, self.user, self.simulator = host, username, user, simulator
        self.session = signed_in(user)
        self.session.get(f"{host}/", timeout=20)

    # The way through an exam: (is it done?, what the learner does for it)

    def newest(self, exam: ProctoredExam) -> Attempt | None:
        return Attempt.objects.of_pair(exam.pk, self.user.pk).newest_first().first()

    def status(self, exam: ProctoredExam) -> str:
        attempt = self.newest(exam)
        return attempt.status if attempt else ""

    def go(self, exam: ProctoredExam, to: str) -> None:
        """Perform the action that leads to this status, once."""
        attempt = self.newest(exam)
        if to == "created":
            self.enter(exam.pk)
        elif to == "ended":
            long_ago = timezone.now() - datetime.timedelta(days=1)
            Attempt.objects.filter(pk=attempt.pk, status="started").update(started_at=long_ago)
        elif to == "ready_to_start":
            self.act(attempt.pk, "click_download_software")
            page = {"attempt": attempt.external_id, "exam": exam.external_id}
            requests.get(f"{self.simulator}/download", params=page, timeout=10)
        else:
            verbs = {"started": "start", "submitted": "submit", "declined": "decline"}
            if to in verbs:
                self.act(attempt.pk, verbs[to])

    def reach(self, exam: ProctoredExam, to: str) -> None:
        """Repeat the action as often as necessary."""
        after = ("submitted", "verified") if to in ("submitted", "ended") else (to,)
        wait(to, lambda: self.status(exam) in after, lambda: self.go(exam, to))

    # What everybody should have heard

    def settle(self) -> int:
        """Wait until no message is left to deliver; return the number of messages that are stuck."""
        connection.close()
        with contextlib.suppress(Stuck):
            wait("the end of deliveries", lambda: not OutboxMessage.objects.unfinished().exists())
        reserved = ProctoringReservation.objects.filter(user=self.user).count()
        return OutboxMessage.objects.unfinished().count() + reserved

    def damage(self, mails: str, remote: list[dict]) -> Damage:
        """Compare everything the recipients received with the history."""
        changes = changes_of(self.user.pk)
        found = Damage()
        for kind in ("signal", "event"):
            found += self._messages(kind, changes)
        found += self._mails(mails, changes)
        found += self._credit()
        for attempt in Attempt.objects.filter(user=self.user):
            found += _told(attempt, remote, changes)
        completed = Told.objects.filter(name="instructor.complete_student_attempt")
        heard = completed.filter(data__username=self.username).exists()
        if any(status == "submitted" for _, status in changes) and not heard:
            found += Damage(lost=1)
        return found

    def _messages(self, kind: str, changes: list[tuple[int, str]]) -> Damage:
        """Check that everything received has a message, and that every change has one message; otherwise a repetition
        could not be recognised.
        """
        ids = {attempt_id for attempt_id, _ in changes}
        heard: Counter = Counter()
        for row in Told.objects.filter(kind=kind):
            if int(row.data.get("attempt_id", 0)) in ids:
                status = row.data["status"] if kind == "signal" else row.name.rsplit(".", 1)[-1]
                heard[int(row.data["attempt_id"]), status] += 1
        put: Counter = Counter()
        for row in OutboxMessage.objects.filter(kind=kind, lane__startswith="publish:attempt:"):
            attempt_id = int(row.lane.rsplit(":", 1)[-1])
            payload = row.payload
            status = payload["status"] if kind == "signal" else payload["name"].rsplit(".", 1)[-1]
            put[attempt_id, status] += 1
        wanted = Counter(changes)
        return Damage(
            lost=sum((wanted - heard).values()),
            doubled=sum(max(0, put[one] - count) for one, count in wanted.items())
            + sum(1 for one in heard if one not in put),
        )

    def _mails(self, text: str, changes: list[tuple[int, str]]) -> Damage:
        wanted = sum(1 for _, status in changes if status in ("submitted", "verified"))
        ids = {
            mail["Message-ID"]
            for mail in map(message_from_string, BETWEEN.split(text))
            if self.username in (mail["To"] or "")
        }
        return Damage(lost=max(0, wanted - len(ids)), doubled=max(0, len(ids) - wanted))

    def _credit(self) -> Damage:
        found = Damage()
        for attempt in Attempt.objects.filter(user=self.user, status__in=CREDIT):
            if attempt.proctored_exam.is_practice_exam:
                continue
            name = attempt.proctored_exam.content_id
            row = CreditRequirement.objects.filter(user_id=self.user.pk, name=name).first()
            if row is None or row.status != CREDIT[attempt.status]:
                found += Damage(lost=1)
        return found


def _told(attempt: Attempt, remote: list[dict], changes: list[tuple[int, str]]) -> Damage:
    """Return the notices to the provider in order, with repetitions marked."""
    words = [
        status
        for attempt_id, status in changes
        if attempt_id == attempt.pk and status in ("started", "submitted")
    ]
    rows = [row for row in remote if row["id"] == attempt.external_id]
    told = list(dict.fromkeys(rows[0]["told"])) if rows else []
    return Damage(lost=0 if told == words else 1)


def orphans(remote: list[dict]) -> int:
    """Return attempts that exist only at the provider."""
    known = set(Attempt.objects.values_list("external_id", flat=True))
    return sum(1 for row in remote if not row.get("deleted") and row["id"] not in known)
