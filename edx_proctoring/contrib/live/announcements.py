"""Announcements to learners who are in an exam: sent, shown until closed, withdrawn. No function checks permissions."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from edx_proctoring.contrib.live import questions
from edx_proctoring.contrib.live.models import (
    LATER,
    LONGEST_ANNOUNCEMENT,
    Announcement,
    Heartbeat,
    Receipt,
)
from edx_proctoring.contrib.live.rooms import Scope, id_of, seated_in
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.models.attempts import AttemptQuerySet
from edx_proctoring.statuses import INCOMPLETE
from edx_proctoring.types import User

Attempt = ProctoredExamStudentAttempt
MOST_AT_ONCE = 20  # in one poll
UNSEEN_NAMED = 20
BATCH = 500
WHOLE_COURSE = Scope()


class AnnouncementNotAllowed(ProctoredBaseException):
    """The announcement cannot be sent like this."""

    http_status = 400


@dataclass(frozen=True)
class Audience:
    """The audience of an announcement: the learners of these attempts, or those in an exam, in a room, or in any exam."""

    attempt_ids: Collection[int] = ()
    exam_id: int | None = None
    room: str = ""

    @property
    def kind(self) -> str:
        """Return the column's value."""
        if self.attempt_ids:
            return Announcement.ATTEMPTS
        if self.exam_id is not None:
            return Announcement.EXAM
        return Announcement.ROOM if self.room else Announcement.ALL


@dataclass(frozen=True)
class Sent:
    """An announcement with its numbers of learners; one in two exams has seen it when both pages have closed it.

    `unseen` names the first learners who have not.
    """

    announcement: Announcement
    total: int
    seen: int
    cannot_show: int
    unseen: Sequence[str] = ()


def announce(
    course_id: str,
    text: str,
    audience: Audience,
    *,
    by: User | None = None,
    scope: Scope = WHOLE_COURSE,
    question_id: int | None = None,
) -> Sent:
    """Send plain text to those of the audience who are in an exam, or set up, now and within the scope.

    For a room, an exam or all, those who begin within LATER get it, too; not so if the scope cuts the audience.
    `question_id`: the text answers this question of the only attempt, which closes it. Raises AnnouncementNotAllowed.
    """
    plain = text.strip()
    if not 0 < len(plain) <= LONGEST_ANNOUNCEMENT:
        raise AnnouncementNotAllowed(f"An announcement has 1 to {LONGEST_ANNOUNCEMENT} characters.")
    _check(course_id, audience, scope)
    attempts = list(_addressed(course_id, audience, scope))
    if not attempts:
        raise AnnouncementNotAllowed("None of these learners is in an exam now.")
    now = timezone.now()
    one = attempts[0].user.get_username() if len(attempts) == 1 else ""
    new = Announcement(
        course_id=course_id,
        text=plain,
        by=by,
        at=now,
        audience=audience.kind,
        exam_id=audience.exam_id,
        room=audience.room,
        username=one if audience.attempt_ids else "",
        later_until=now + LATER if _reaches_later(audience, scope) else None,
    )
    with transaction.atomic():
        new.save()
        receipts = _receipts(new, attempts)
        Receipt.objects.bulk_create(receipts, BATCH)
        if question_id is not None:
            if len(attempts) != 1:
                raise AnnouncementNotAllowed("The answer to a question is for its learner alone.")
            questions.close_answered(question_id, attempts[0].pk, new, by)
    learners = {one.user_id for one in receipts}
    return Sent(new, len(learners), 0, len({one.user_id for one in receipts if not one.can_show}))


def _reaches_later(audience: Audience, scope: Scope) -> bool:
    if audience.kind == Announcement.ATTEMPTS:
        return False
    return scope.is_whole_course or audience.kind == Announcement.ROOM


def _check(course_id: str, audience: Audience, scope: Scope) -> None:
    if audience.exam_id is not None:
        exams = ProctoredExam.objects.in_course(course_id)
        if not exams.filter(pk=audience.exam_id).exists():
            raise AnnouncementNotAllowed("There is no such exam in this course.")
    if audience.room and not scope.has(audience.room):
        raise AnnouncementNotAllowed("This is not one of your rooms.")


def _addressed(course_id: str, audience: Audience, scope: Scope) -> AttemptQuerySet:
    found: AttemptQuerySet = Attempt.objects.in_course(course_id).filter(status__in=INCOMPLETE)
    found = found.filter(scope.attempts(course_id)).select_related("user").order_by("pk")
    if audience.attempt_ids:
        return found.filter(pk__in=audience.attempt_ids)
    if audience.exam_id is not None:
        return found.filter(proctored_exam_id=audience.exam_id)
    if audience.room:
        return found.filter(user_id__in=seated_in(course_id, [audience.room]))
    return found


def _receipts(new: Announcement, attempts: Sequence[Attempt]) -> list[Receipt]:
    beats = Heartbeat.objects.of_attempts(one.pk for one in attempts).filter(shows_messages=False)
    cannot = set(beats.values_list("attempt_id", flat=True))
    return [
        Receipt(
            announcement=new,
            attempt_id=one.pk,
            user_id=one.user_id,
            can_show=one.pk not in cannot,
        )
        for one in attempts
    ]


def announcements_of_course(course_id: str, scope: Scope = WHOLE_COURSE) -> QuerySet[Announcement]:
    """Return the announcements, newest first: within a scope, those that its learners have got."""
    found = Announcement.objects.in_course(course_id)
    if scope.rooms is not None:
        learners = seated_in(course_id, scope.rooms)
        got = Receipt.objects.filter(user_id__in=learners).values("announcement_id")
        found = found.filter(pk__in=got)
    return found.select_related("by").order_by("-pk")


def with_counts(
    course_id: str, rows: Iterable[Announcement], scope: Scope = WHOLE_COURSE
) -> list[Sent]:
    """Count, within the scope, who has got each announcement and who has seen it; two queries."""
    found = list(rows)
    receipts = Receipt.objects.filter(announcement__in=found)
    if scope.rooms is not None:
        receipts = receipts.filter(user_id__in=seated_in(course_id, scope.rooms))
    counts = receipts.order_by().values("announcement_id")
    counts = counts.annotate(
        total=Count("user_id", distinct=True),
        waiting=Count("user_id", filter=Q(seen_at__isnull=True), distinct=True),
        cannot=Count("user_id", filter=Q(can_show=False), distinct=True),
    )
    known = {
        pk: (total, total - waiting, cannot)
        for pk, total, waiting, cannot in counts.values_list(
            "announcement_id", "total", "waiting", "cannot"
        )
    }
    names = _unseen(receipts)
    return [Sent(one, *known.get(one.pk, (0, 0, 0)), names.get(one.pk, ())) for one in found]


def _unseen(receipts: QuerySet[Receipt]) -> dict[int, list[str]]:
    """Return the first names of those who have not seen each announcement."""
    place = Window(RowNumber(), partition_by="announcement_id", order_by="pk")
    unseen = receipts.filter(seen_at__isnull=True).annotate(place=place)
    # A learner in two exams has two places, and one name.
    first = unseen.filter(place__lte=UNSEEN_NAMED)
    names: dict[int, list[str]] = defaultdict(list)
    for pk, name in first.order_by("pk").values_list("announcement_id", "user__username"):
        if name not in names[pk]:
            names[pk].append(name)
    return names


def withdraw(announcement: Announcement, *, by: User | None = None) -> None:
    """Take the announcement back: pages that poll no longer get it. Repeating this changes nothing."""
    if announcement.withdrawn_at is None:
        announcement.withdrawn_at, announcement.withdrawn_by_id = timezone.now(), id_of(by)
        announcement.save(update_fields=["withdrawn_at", "withdrawn_by"])


def waiting_for(attempt: Attempt, now: datetime.datetime) -> list[Announcement]:
    """Return what the attempt's page has to show, oldest first. One query, and two more when it gets what was sent
    before it began: from then on, it is counted among the recipients.
    """
    waiting = list(Announcement.objects.waiting(attempt, now)[:MOST_AT_ONCE])
    late = [one for one in waiting if not one.has_receipt]  # type: ignore[attr-defined]  # annotated
    if late:
        new = [receipt for one in late for receipt in _receipts(one, [attempt])]
        Receipt.objects.bulk_create(new, ignore_conflicts=True)  # another tab polls, too
    return waiting


def received_by(attempt: Attempt) -> list[Announcement]:
    """Return what was sent to the attempt and waits there, oldest first. One query."""
    mine = Announcement.objects.filter(receipts__attempt=attempt, receipts__seen_at__isnull=True)
    return list(mine.filter(withdrawn_at__isnull=True).order_by("pk")[:MOST_AT_ONCE])


def note_seen(attempt_id: int, user_id: int, announcement_id: int) -> bool:
    """Note that the learner has closed the announcement; return False if the attempt never got it."""
    mine = Receipt.objects.filter(
        attempt_id=attempt_id, user_id=user_id, announcement_id=announcement_id
    )
    changed = mine.filter(seen_at__isnull=True).update(seen_at=timezone.now())
    return bool(changed) or mine.exists()
