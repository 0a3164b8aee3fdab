"""Reviews of attempts by providers and staff, and their comments."""

from typing import Self

from django.conf import settings
from django.db import connection, models
from model_utils.models import TimeStampedModel

from edx_proctoring import backends, transactions
from edx_proctoring.models.exact import compare_exactly, exactly
from edx_proctoring.models.exams import ProctoredExam
from edx_proctoring.statuses import SoftwareSecureReviewStatus

NOTE = "Note: "  # prefix of entries in Django admin's log that are reviewers' notes on a review


class ProctoredExamSoftwareSecureReview(TimeStampedModel):
    """The review of an attempt, one per attempt code. `review_status` is a value of SoftwareSecureReviewStatus."""

    attempt_code = models.CharField(max_length=255, db_index=True, unique=True)
    # False once the attempt was removed.
    is_attempt_active = models.BooleanField(default=True)
    review_status = models.CharField(max_length=255)
    # The provider's payload as JSON, without data that must not be stored.
    raw_data = models.TextField()
    encrypted_video_url = models.BinaryField(null=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, related_name="+", on_delete=models.SET_NULL
    )
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, related_name="+", on_delete=models.CASCADE
    )
    exam = models.ForeignKey(ProctoredExam, null=True, on_delete=models.CASCADE)

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_proctoredexamsoftwaresecurereview"
        verbose_name = "Proctored exam software secure review"

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: {self.attempt_code} {self.review_status}"

    @property
    def is_passing(self) -> bool:
        """Return whether the exam's provider counts this status as passed."""
        passing: list[str] = []
        if self.exam is not None:
            # If the provider is no longer configured, the default list is used.
            provider = backends.provider_named(self.exam.backend)
            passing = list(getattr(provider, "passing_statuses", None) or [])
        return self.review_status in (passing or SoftwareSecureReviewStatus.passing_statuses)

    @property
    def should_notify(self) -> bool:
        """Return whether course staff should be notified: the review is suspicious and no person has looked at it."""
        return (
            self.review_status == SoftwareSecureReviewStatus.notify_support_for_status
            and not self.reviewed_by_id
        )

    @classmethod
    def get_review_by_attempt_code(cls, attempt_code: str) -> Self | None:
        """Return the review of the attempt code, or None."""
        return cls.objects.filter(exactly(attempt_code=attempt_code)).first()

    @classmethod
    def lock_by_attempt_code(cls, attempt_code: str) -> Self | None:
        """Do the same with a row lock; the caller holds the learner's lock.

        Looks before it locks: on MariaDB, a locking search without a result takes a gap lock that blocks the reviews of
        other learners. In a foreign transaction, a plain read may be outdated, so there it locks at once.
        """
        rows = cls.objects.filter(exactly(attempt_code=attempt_code))
        if not connection.features.has_select_for_update:
            return rows.first()
        if not transactions.is_foreign():
            rows = cls.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))
        return rows.select_for_update().first()


compare_exactly(ProctoredExamSoftwareSecureReview, "attempt_code")


class ProctoredExamSoftwareSecureComment(TimeStampedModel):
    """A comment of the reviewer on a part of the session; times are seconds from its start."""

    review = models.ForeignKey(ProctoredExamSoftwareSecureReview, on_delete=models.CASCADE)
    start_time = models.IntegerField()
    stop_time = models.IntegerField()
    duration = models.IntegerField()
    comment = models.TextField()
    status = models.CharField(max_length=255)

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_proctoredexamstudentattemptcomment"
        verbose_name = "proctored exam software secure comment"

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: {self.status} {self.start_time}-{self.stop_time}"


class ReleasedComment(models.Model):
    """A comment that its learner may see: staff released it. Other comments are for staff only.

    6.1.4 may delete the comment, so that the database keeps no constraint.
    """

    id = models.BigAutoField(primary_key=True)
    comment = models.OneToOneField(
        ProctoredExamSoftwareSecureComment,
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="release",
    )
    released_at = models.DateTimeField()
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="+",
    )

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_released_comment"

    def __str__(self) -> str:
        return f"{self.comment_id} {self.released_at}"
