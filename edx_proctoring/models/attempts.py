"""Attempts: one learner taking one exam."""

import datetime
import functools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from model_utils.models import TimeStampedModel
from simple_history.models import HistoricalRecords

from edx_proctoring import backends, constants
from edx_proctoring.compiled_queries import CompiledOnce
from edx_proctoring.models.exact import compare_exactly, exactly
from edx_proctoring.models.exams import ProctoredExam
from edx_proctoring.models.saving import HistoryRow, OneHistoryManager
from edx_proctoring.statuses import INCOMPLETE, ProctoredExamStudentAttemptStatus
from edx_proctoring.types import User


class AttemptQuerySet(models.QuerySet["ProctoredExamStudentAttempt"]):
    """Chainable filters. "Newest" is by creation; at equal times, the higher id."""

    def newest_first(self) -> Self:
        """Order by creation, newest first."""
        return self.order_by("-created", "-id")

    def with_parts(self) -> Self:
        """Load learner and exam, too, which the published dictionary needs."""
        return self.select_related("user", "proctored_exam")

    def with_shared_parts(self) -> Self:
        """Do the same for long lists, whose attempts share exams: exams are read by a separate query."""
        return self.select_related(None).select_related("user").prefetch_related("proctored_exam")

    def of_pair(self, exam_id: int | OuterRef, user_id: int | OuterRef | None) -> Self:
        """Return all attempts of the learner in the exam."""
        return self.filter(proctored_exam_id=exam_id, user_id=user_id)

    def in_course(self, course_id: object) -> Self:
        """Return the attempts of all exams of the course."""
        return self.filter(exactly(proctored_exam__course_id=str(course_id)))

    def active(self) -> Self:
        """Return attempts in progress."""
        status = ProctoredExamStudentAttemptStatus
        return self.filter(status__in=(status.started, status.ready_to_submit))

    def begun(self) -> Self:
        """Return attempts that were ever started, whatever their status is now."""
        return self.filter(started_at__isnull=False)

    def running(self) -> Self:
        """Return attempts that are started and not over according to the stored status."""
        return self.filter(status__in=INCOMPLETE, started_at__isnull=False)

    def latest_per_learner(self) -> Self:
        """Return only the newest attempt of each learner and exam, chosen in the database."""
        return self.filter(~_newer())

    def latest_by_index(self) -> Self:
        """Return the same by two conditions, the first of which PostgreSQL answers from an index alone.

        This takes half the time if most rows have a newer one, and a little longer if few have.
        """
        return self.filter(~_created_later(), ~_created_with_higher_id())

    def matching(self, text: str) -> Self:
        """Return attempts whose learner's username or e-mail address contains the text, ignoring case."""
        return self.filter(Q(user__username__icontains=text) | Q(user__email__icontains=text))

    def lockable(self, attempt_ids: Iterable[int], *, waits: bool = True) -> Self:
        """Return a query that locks the rows in the order of their primary keys, without a join.

        Unless `waits`, it skips rows locked elsewhere; a database that cannot (MariaDB before 10.6) waits anyway.
        """
        rows = self.filter(pk__in=list(attempt_ids)).order_by("pk")
        features = connection.features
        if not features.has_select_for_update:
            return rows
        skips = not waits and features.has_select_for_update_skip_locked
        return rows.select_for_update(skip_locked=skips)

    def locked(
        self, attempt_ids: Iterable[int], *, waits: bool = True
    ) -> list["ProctoredExamStudentAttempt"]:
        """Lock the rows and return them; see `lockable`."""
        return list(self.lockable(attempt_ids, waits=waits))


@functools.cache
def _newer() -> Exists:
    """Return a condition: a newer attempt of the same learner and exam exists."""
    return _exists(
        Q(created__gt=OuterRef("created")) | Q(created=OuterRef("created"), id__gt=OuterRef("id"))
    )


@functools.cache
def _created_later() -> Exists:
    return _exists(Q(created__gt=OuterRef("created")))


@functools.cache
def _created_with_higher_id() -> Exists:
    return _exists(Q(created=OuterRef("created"), id__gt=OuterRef("id")))


def _exists(condition: Q) -> Exists:
    """Return a condition: such an attempt of the same learner and exam exists."""
    own = ProctoredExamStudentAttempt._default_manager.filter(
        condition, user_id=OuterRef("user_id"), proctored_exam_id=OuterRef("proctored_exam_id")
    )
    return Exists(own)


_Manager = models.Manager.from_queryset(AttemptQuerySet)


class ProctoredExamStudentAttemptManager(_Manager["ProctoredExamStudentAttempt"]):
    """The published look-ups: an instance or None for a single attempt, querysets for several."""

    def get_current_exam_attempt(
        self, exam_id: int, user_id: int | None
    ) -> "ProctoredExamStudentAttempt | None":
        """Return the learner's newest attempt in the exam."""
        return _NEWEST.first(exam_id, user_id)

    def get_exam_attempt_by_id(self, attempt_id: int) -> "ProctoredExamStudentAttempt | None":
        """Return the attempt by primary key."""
        return _BY_ID.first(attempt_id)

    def get_exam_attempt_by_code(
        self, attempt_code: str | None
    ) -> "ProctoredExamStudentAttempt | None":
        """Return the attempt by its code."""
        return self.with_parts().filter(exactly(attempt_code=attempt_code)).newest_first().first()

    def get_exam_attempt_by_external_id(
        self, external_id: str
    ) -> "ProctoredExamStudentAttempt | None":
        """Return the newest attempt with this provider id; two providers may use the same id."""
        return self.with_parts().filter(exactly(external_id=external_id)).newest_first().first()

    def get_all_exam_attempts(self, course_id: object) -> AttemptQuerySet:
        """Return all attempts of the course, newest first."""
        return self.with_parts().in_course(course_id).newest_first()

    def get_all_exam_attempts_by_exam_id(self, exam_id: int) -> AttemptQuerySet:
        """Return all attempts of the exam."""
        return self.with_parts().filter(proctored_exam_id=exam_id)

    def get_proctored_practice_attempts_by_course_id(
        self, course_id: object, users: Sequence[User | int] | None = None
    ) -> AttemptQuerySet:
        """Return proctored attempts in the course's active practice exams, last changed first; `users` limits the
        learners.
        """
        rows = self.with_parts().in_course(course_id)
        rows = rows.filter(
            proctored_exam__is_practice_exam=True,
            proctored_exam__is_active=True,
            taking_as_proctored=True,
        ).order_by("-modified", "-id")
        return rows if users is None else rows.filter(user__in=users)

    def get_last_verified_proctored_onboarding_attempts(
        self, users: Sequence[User | int], proctoring_backend: str
    ) -> AttemptQuerySet:
        """Return practice attempts verified for the provider within the last 365 days, last changed first.

        Exams without a provider name use the default one.
        """
        earliest = timezone.now() - datetime.timedelta(days=constants.VERIFICATION_DAYS_VALID)
        return (
            self.with_parts()
            .filter(
                backends.attempts_at({backends.full_name(proctoring_backend)}),
                user__in=users,
                taking_as_proctored=True,
                proctored_exam__is_practice_exam=True,
                modified__gt=earliest,
                status=ProctoredExamStudentAttemptStatus.verified,
            )
            .order_by("-modified", "-id")
        )

    def get_filtered_exam_attempts(self, course_id: object, search_by: str) -> AttemptQuerySet:
        """Return attempts of the course whose learner's name or address contains the text, newest first."""
        return self.get_all_exam_attempts(course_id).matching(search_by)

    def get_proctored_exam_attempts(self, course_id: object, username: str) -> AttemptQuerySet:
        """Return the learner's proctored attempts that are not for practice, last completed first."""
        return (
            self.with_parts()
            .in_course(course_id)
            .filter(user__username=username, taking_as_proctored=True, is_sample_attempt=False)
            .order_by("-completed_at", "-id")
        )

    def get_active_student_attempts(
        self, user_id: int, course_id: object = None
    ) -> AttemptQuerySet:
        """Return the learner's attempts in progress, newest first."""
        rows = self.with_parts().filter(user_id=user_id).active().newest_first()
        return rows.in_course(course_id) if course_id else rows

    def clear_onboarding_errors(self, user_id: int) -> None:
        """Delete the learner's attempts with an onboarding error status.

        Low-level: call the function of `lifecycle` instead, which also tells the provider.
        """
        errors = ProctoredExamStudentAttemptStatus.onboarding_errors
        for attempt in self.filter(user_id=user_id, status__in=errors):
            attempt.delete_exam_attempt()

    def get_user_attempts_by_exam_id(self, user_id: int, exam_id: int) -> AttemptQuerySet:
        """Return all attempts of the learner in the exam, newest first."""
        return self.with_parts().of_pair(exam_id, user_id).newest_first()


class ProctoredExamStudentAttempt(TimeStampedModel):
    """One attempt. `status` is a value of ProctoredExamStudentAttemptStatus and written only by `lifecycle`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    proctored_exam = models.ForeignKey(ProctoredExam, on_delete=models.CASCADE)

    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    # Our code: an upper-case UUID4, known to the provider and to its desktop application.
    attempt_code = models.CharField(max_length=255, null=True, db_index=True)  # noqa: DJ001  published column
    # The provider's id.
    external_id = models.CharField(max_length=255, null=True, db_index=True)  # noqa: DJ001  published column

    # Empty until the start.
    allowed_time_limit_mins = models.IntegerField(null=True)
    status = models.CharField(max_length=64)

    taking_as_proctored = models.BooleanField(default=False, verbose_name="Taking as Proctored")
    is_sample_attempt = models.BooleanField(default=False, verbose_name="Is Sample Attempt")
    # An integer instead of a foreign key, because the policy may have been archived.
    review_policy_id = models.IntegerField(null=True)
    is_status_acknowledged = models.BooleanField(default=False)

    # The time left when the attempt was interrupted; copied to the attempt that resumes it.
    time_remaining_seconds = models.IntegerField(null=True)
    is_resumable = models.BooleanField(default=False, verbose_name="Is Resumable")
    ready_to_resume = models.BooleanField(default=False, verbose_name="Ready to Resume")
    resumed = models.BooleanField(default=False, verbose_name="Resumed")

    objects = ProctoredExamStudentAttemptManager()
    history = HistoricalRecords(
        table_name="proctoring_proctoredexamstudentattempt_history",
        history_manager=OneHistoryManager,
        bases=[HistoryRow],
    )

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_proctoredexamstudentattempt"
        verbose_name = "proctored exam attempt"
        indexes = (
            models.Index(
                fields=["user", "proctored_exam", "created"], name="proctoring_attempt_pair"
            ),
            models.Index(
                fields=["proctored_exam", "user", "created"], name="proctoring_attempt_learners"
            ),
            models.Index(
                fields=["proctored_exam", "created", "user"], name="proctoring_attempt_newest"
            ),
            # With all that tells which interrupted attempts wait for a decision, so that no other row is read.
            models.Index(
                fields=[
                    "proctored_exam",
                    "status",
                    "created",
                    "user",
                    "ready_to_resume",
                    "resumed",
                    "id",
                ],
                name="proctoring_attempt_status",
            ),
            models.Index(
                fields=["proctored_exam", "is_resumable", "created", "user"],
                name="proctoring_attempt_resumable",
            ),
            models.Index(fields=["status", "started_at"], name="proctoring_attempt_running"),
            # The orders of the staff's list. Where earlier attempts come first, learner and creation tell them from the
            # newest ones without reading the rows.
            models.Index(fields=["proctored_exam", "id"], name="proctoring_attempt_by_id"),
            models.Index(
                fields=["proctored_exam", "started_at", "id"], name="proctoring_attempt_by_start"
            ),
            models.Index(
                fields=["proctored_exam", "completed_at", "id", "user", "created"],
                name="proctoring_attempt_by_end",
            ),
            models.Index(
                fields=["proctored_exam", "allowed_time_limit_mins", "id"],
                name="proctoring_attempt_by_limit",
            ),
            models.Index(
                fields=["proctored_exam", "status", "id", "user", "created"],
                name="proctoring_attempt_by_status",
            ),
        )

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: {self.attempt_code} {self.status}"

    @classmethod
    def create_exam_attempt(
        cls,
        exam_id: int,
        user_id: int,
        attempt_code: str,
        taking_as_proctored: bool,
        is_sample_attempt: bool,
        external_id: str | None,
        review_policy_id: int | None = None,
        status: str | None = None,
        time_remaining_seconds: int | None = None,
    ) -> "ProctoredExamStudentAttempt":
        """Store a new attempt. Low-level: call the function of `lifecycle`, which registers it and triggers the
        effects.
        """
        return cls.objects.create(
            proctored_exam_id=exam_id,
            user_id=user_id,
            attempt_code=attempt_code,
            taking_as_proctored=taking_as_proctored,
            is_sample_attempt=is_sample_attempt,
            external_id=external_id,
            review_policy_id=review_policy_id,
            status=status or ProctoredExamStudentAttemptStatus.created,
            time_remaining_seconds=time_remaining_seconds,
        )

    @classmethod
    def get_historic_attempt_by_code(cls, attempt_code: str) -> Self | None:
        """Return the attempt as its newest history row shows it (unsaved), or None; also for existing attempts."""
        rows = cls.history.filter(exactly(attempt_code=attempt_code))
        record = rows.order_by("-modified", "-history_id").first()
        return record.instance if record else None

    def delete_exam_attempt(self) -> None:
        """Delete the row but keep its history. Low-level: call the function of `lifecycle`."""
        self.delete()


_attempts = ProctoredExamStudentAttempt.objects.with_parts
_BY_ID = CompiledOnce(lambda key: _attempts().filter(id=key).order_by("id")[:1], int)
_NEWEST = CompiledOnce(
    lambda exam_id, user_id: _attempts().of_pair(exam_id, user_id).newest_first()[:1],
    *(int, int),
)
compare_exactly(ProctoredExamStudentAttempt, "attempt_code", "external_id")


if TYPE_CHECKING:

    class PastAttempt(ProctoredExamStudentAttempt):
        """A row of the history of attempts."""

        history_date: datetime.datetime
        history_type: str
        history_change_reason: str | None
        history_user: User | None
