"""Heartbeats, outages, rooms, announcements and questions."""

import datetime
from collections.abc import Callable, Iterable
from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from edx_proctoring.contrib.live import upsert
from edx_proctoring.models import ProctoredExamStudentAttempt, exactly
from edx_proctoring.models.exact import compare_exactly
from edx_proctoring.timing import Interval
from edx_proctoring.types import User

# Pages poll once a minute: a longer silence means that polls did not arrive.
SILENT_SECONDS = 120
EVERY_SECONDS = 30


Row = TypeVar("Row", bound=models.Model)


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    """Reads heartbeats, and writes them with one statement."""

    def of_attempts(self, ids: Iterable[int]) -> Self:
        """Return the heartbeats of these attempts."""
        return self.filter(attempt_id__in=list(ids))

    def beat(
        self,
        attempt_id: int,
        status: str,
        now: datetime.datetime,
        *,
        shows_messages: bool = False,
    ) -> None:
        """Record a poll of the attempt's page, at most once per EVERY_SECONDS; a silence before it is stored.

        One statement, which waits for no lock longer than `upsert.LOCK_SECONDS`. Raises DatabaseError.
        """
        beat = upsert.Beat(attempt_id, status, now, shows_messages)
        upsert.record(self.model._meta.db_table, beat, EVERY_SECONDS, SILENT_SECONDS)


class Heartbeat(models.Model):
    """The last poll of an attempt's page. The foreign key has no database constraint, because older versions of the app
    delete attempts, too.
    """

    id = models.BigAutoField(primary_key=True)
    attempt = models.OneToOneField(
        ProctoredExamStudentAttempt,
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="+",
    )
    seen_at = models.DateTimeField(db_index=True)
    status = models.CharField(max_length=64)
    # Seconds since the epoch, "begin-end " for each silence longer than SILENT_SECONDS that a poll has ended.
    silences = models.TextField(blank=True, default="")
    # Has the page said that it shows announcements?
    shows_messages = models.BooleanField(default=False)

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        app_label = "proctoring_live"
        db_table = "proctoring_live_heartbeat"

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: attempt={self.attempt_id} {self.seen_at}"

    def gaps(self, now: datetime.datetime) -> list[Interval]:
        """Return the silences, also one that goes on."""
        found: list[Interval] = []
        for text in self.silences.split():
            began, _, ended = text.partition("-")
            found.append((_moment(began), _moment(ended)))
        if (now - self.seen_at).total_seconds() > SILENT_SECONDS:
            found.append((self.seen_at, now))
        return found


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(int(text), datetime.UTC)


class Outage(models.Model):
    """A statement by staff that something was down from `began_at` to `ended_at`.

    It concerns attempts of the course, the exam and the provider, as far as these are named. An outage of a course is the
    matter of its staff; one without a course that of operators.
    """

    id = models.BigAutoField(primary_key=True)
    course_id = models.CharField(max_length=255, blank=True, default="", db_index=True)
    exam_id = models.PositiveIntegerField(null=True, blank=True)
    provider = models.CharField(max_length=255, blank=True, default="")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    # Whether to give back the whole overlap, even to attempts whose pages polled meanwhile.
    whole = models.BooleanField(default=False)
    reason = models.TextField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="+",
    )
    created = models.DateTimeField(default=timezone.now)
    revision = models.PositiveIntegerField(default=0)  # counts changes of the bounds
    # Progress of giving the time back: attempts looked at, of how many were counted; equal when it is over. Empty while
    # nobody has asked for it.
    credited_at = models.DateTimeField(null=True, blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "proctoring_live"
        db_table = "proctoring_live_outage"

    def __str__(self) -> str:
        return f"{self.__class__.__name__} {self.pk}: {self.began_at} – {self.ended_at}"

    def lost(self, gaps: Iterable[Interval]) -> list[Interval]:
        """Return the parts of the outage in which an attempt with these silences was cut off."""
        if self.whole:
            return [(self.began_at, self.ended_at)]
        return [(max(begin, self.began_at), min(end, self.ended_at)) for begin, end in gaps]


LONGEST_ROOM, LONGEST_ANNOUNCEMENT, LONGEST_QUESTION = 100, 500, 200  # characters
LATER = datetime.timedelta(hours=12)  # how long learners who begin later get an announcement


class CourseQuerySet(models.QuerySet[Row]):
    """Rows of a course."""

    def in_course(self, course_id: str) -> Self:
        """Return the rows of the course; ids are compared exactly on every database."""
        return self.filter(exactly(course_id=course_id))


def attempt_column(
    on_delete: Callable[..., None] = models.CASCADE,
) -> "models.ForeignKey[ProctoredExamStudentAttempt, ProctoredExamStudentAttempt]":
    """Return a column for an attempt."""
    return models.ForeignKey(
        ProctoredExamStudentAttempt,
        on_delete=on_delete,
        db_constraint=False,
        related_name="+",
    )


def user_column(*, by: bool = False) -> "models.ForeignKey[User, User]":
    """Return a column for a user: the one whom a row is about, or the one who acted, who may be gone."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=by,
        blank=by,
        on_delete=models.SET_NULL if by else models.CASCADE,
        db_constraint=False,
        related_name="+",
    )


class Seat(models.Model):
    """The room in which a learner takes the exams of a course."""

    id = models.BigAutoField(primary_key=True)
    course_id = models.CharField(max_length=255)
    user = user_column()
    room = models.CharField(max_length=LONGEST_ROOM)
    modified = models.DateTimeField(default=timezone.now)

    objects = CourseQuerySet["Seat"].as_manager()

    class Meta:
        app_label = "proctoring_live"
        db_table = "proctoring_live_seat"
        constraints = (
            models.UniqueConstraint(fields=["course_id", "user"], name="proctoring_live_one_seat"),
        )

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: user={self.user_id} {self.room}"


class Invigilator(models.Model):
    """A user who looks after a room of a course: sees it and acts on its attempts."""

    id = models.BigAutoField(primary_key=True)
    course_id = models.CharField(max_length=255)
    user = user_column()
    room = models.CharField(max_length=LONGEST_ROOM)
    created = models.DateTimeField(default=timezone.now)

    objects = CourseQuerySet["Invigilator"].as_manager()

    class Meta:
        app_label = "proctoring_live"
        db_table = "proctoring_live_invigilator"
        constraints = (
            models.UniqueConstraint(
                fields=["course_id", "user", "room"], name="proctoring_live_one_invigilator"
            ),
        )

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: user={self.user_id} {self.room}"


class RoomChange(models.Model):
    """A change of the assignments to a room: by whom, of whom, and when; for the log."""

    SEATED, UNSEATED, APPOINTED, DISMISSED = "seated", "unseated", "appointed", "dismissed"

    id = models.BigAutoField(primary_key=True)
    course_id = models.CharField(max_length=255, db_index=True)
    user = user_column()
    room = models.CharField(max_length=LONGEST_ROOM)
    action = models.CharField(max_length=16)
    by = user_column(by=True)
    at = models.DateTimeField(default=timezone.now)

    objects = CourseQuerySet["RoomChange"].as_manager()

    class Meta:
        app_label = "proctoring_live"
        db_table = "proctoring_live_room_change"

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: {self.action} user={self.user_id} {self.room}"


class AnnouncementQuerySet(CourseQuerySet["Announcement"]):
    """Chainable filters."""

    def waiting(self, attempt: ProctoredExamStudentAttempt, now: datetime.datetime) -> Self:
        """Return what the attempt's page has to show, oldest first: its unseen receipts, and what came before it began.

        `has_receipt` tells them apart. A learner who has seen one in an earlier attempt does not get it again.
        """
        course_id, user_id = attempt.proctored_exam.course_id, attempt.user_id
        receipts = Receipt.objects.filter(announcement_id=OuterRef("pk"))
        mine = receipts.filter(attempt_id=attempt.pk)
        is_known = Q(attempt_id=attempt.pk) | Q(user_id=user_id, seen_at__isnull=False)
        seats = Seat.objects.in_course(course_id).filter(user_id=user_id, room=OuterRef("room"))
        reaches = (
            Q(audience=Announcement.ALL)
            | Q(audience=Announcement.EXAM, exam_id=attempt.proctored_exam_id)
            | Q(Exists(seats), audience=Announcement.ROOM)
        )
        is_late = Q(~Exists(receipts.filter(is_known)), reaches, later_until__gt=now)
        # Older announcements do not concern a page that is still open.
        earliest = min(attempt.created, now) - LATER
        found = self.in_course(course_id).filter(withdrawn_at__isnull=True, at__gt=earliest)
        found = found.annotate(has_receipt=Exists(mine))
        return found.filter(Exists(mine.filter(seen_at__isnull=True)) | is_late).order_by("pk")


class Announcement(models.Model):
    """A text for learners who are in an exam: whom staff addressed it to. A Receipt per learner says who has seen it."""

    ATTEMPTS, EXAM, ROOM, ALL = "attempts", "exam", "room", "all"

    id = models.BigAutoField(primary_key=True)
    course_id = models.CharField(max_length=255, db_index=True)
    text = models.CharField(max_length=LONGEST_ANNOUNCEMENT)
    by = user_column(by=True)
    at = models.DateTimeField(default=timezone.now)
    audience = models.CharField(max_length=16)
    exam_id = models.PositiveIntegerField(null=True, blank=True)
    room = models.CharField(max_length=LONGEST_ROOM, blank=True, default="")
    # The only learner, if it is for one.
    username = models.CharField(max_length=255, blank=True, default="")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = user_column(by=True)
    # Learners of the audience who begin later get it, too, until then; null: only those who were there.
    later_until = models.DateTimeField(null=True, blank=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        app_label = "proctoring_live"
        db_table = "proctoring_live_announcement"

    def __str__(self) -> str:
        return f"{self.__class__.__name__} {self.pk}: {self.text[:40]}"


def keep_seen(
    collector: models.deletion.Collector,
    field: "models.ForeignKey[ProctoredExamStudentAttempt, ProctoredExamStudentAttempt]",
    receipts: "models.QuerySet[Receipt]",
    using: str,
) -> None:
    """Delete the unseen receipts with their attempt. The others stay: a new attempt after a reset does not show again what
    the learner has closed.
    """
    models.CASCADE(collector, field, receipts.filter(seen_at__isnull=True), using)


class Receipt(models.Model):
    """An announcement for one attempt, and when its learner has closed it. A seen one outlives an attempt that staff remove."""

    id = models.BigAutoField(primary_key=True)
    announcement = models.ForeignKey(
        Announcement, on_delete=models.CASCADE, related_name="receipts"
    )
    attempt = attempt_column(keep_seen)
    user = user_column()
    can_show = models.BooleanField(default=True)  # could the page show it when it was sent?
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "proctoring_live"
        db_table = "proctoring_live_receipt"
        constraints = (
            models.UniqueConstraint(
                fields=["announcement", "attempt"], name="proctoring_live_one_receipt"
            ),
        )
        indexes = (models.Index(fields=["attempt", "seen_at"], name="proctoring_live_unseen"),)

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: {self.announcement_id} attempt={self.attempt_id}"


class Question(models.Model):
    """A question that a learner asks during the exam. It is open until staff answer or close it, or the learner does."""

    id = models.BigAutoField(primary_key=True)
    course_id = models.CharField(max_length=255, db_index=True)
    attempt = attempt_column()
    user = user_column()
    text = models.CharField(max_length=LONGEST_QUESTION)
    asked_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    # The user who closed it: a member of staff, or its learner.
    closed_by = user_column(by=True)
    answer = models.ForeignKey(
        Announcement, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = CourseQuerySet["Question"].as_manager()

    class Meta:
        app_label = "proctoring_live"
        db_table = "proctoring_live_question"
        indexes = (models.Index(fields=["attempt", "closed_at"], name="proctoring_live_open"),)

    def __str__(self) -> str:
        return f"{self.__class__.__name__} {self.pk}: attempt={self.attempt_id}"


for model, names in (
    (Seat, ["course_id", "room"]),
    (Invigilator, ["course_id", "room"]),
    (RoomChange, ["course_id"]),
    (Announcement, ["course_id"]),
    (Question, ["course_id"]),
):
    compare_exactly(model, *names)
