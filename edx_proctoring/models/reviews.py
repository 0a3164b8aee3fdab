"""Reviews of attempts, as providers and staff give them, and their comments."""

from typing import Self

from django.conf import settings
from django.db import connection, models
from model_utils.models import TimeStampedModel

from edx_proctoring import backends, transactions
from edx_proctoring.models.exact import compare_exactly, exactly
from edx_proctoring.models.exams import ProctoredExam
from edx_proctoring.statuses import SoftwareSecureReviewStatus

NOTE = "Note: "  # begins those entries of Django admin's log that are reviewers' notes on a review


class ProctoredExamSoftwareSecureReview(TimeStampedModel):
    """The review of an attempt, one per attempt code. `review_status` is a word of SoftwareSecureReviewStatus."""

    attempt_code = models.CharField(max_length=255, db_index=True, unique=True)
    # False once the attempt was removed.
    is_attempt_active = models.BooleanField(default=True)
    review_status = models.CharField(max_length=255)
    # The provider's payload as JSON, without what must not be kept.
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
        """Does the exam's provider count this status as passed?"""
        passing: list[str] = []
        if self.exam is not None:
            # Without its provider the default list decides.
            provider = backends.provider_named(self.exam.backend)
            passing = list(getattr(provider, "passing_statuses", None) or [])
        return self.review_status in (passing or SoftwareSecureReviewStatus.passing_statuses)

    @property
    def should_notify(self) -> bool:
        """Should course staff hear of it? Suspicious, and no human has looked at it."""
        return (
            self.review_status == SoftwareSecureReviewStatus.notify_support_for_status
            and not self.reviewed_by_id
        )

    @classmethod
    def get_review_by_attempt_code(cls, attempt_code: str) -> Self | None:
        """The review of the attempt code, or None."""
        return cls.objects.filter(exactly(attempt_code=attempt_code)).first()

    @classmethod
    def lock_by_attempt_code(cls, attempt_code: str) -> Self | None:
        """The same, its row locked, for whoever holds the learner's lock.

        Looks before it locks: a locking search that finds nothing locks the gap on MariaDB, where reviews of other
        learners want to go. In a foreign transaction what it sees may be older than the lock, so it must not look first.
        """
        rows = cls.objects.filter(exactly(attempt_code=attempt_code))
        if not connection.features.has_select_for_update:
            return rows.first()
        if not transactions.is_foreign():
            rows = cls.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))
        return rows.select_for_update().first()


compare_exactly(ProctoredExamSoftwareSecureReview, "attempt_code")


class ProctoredExamSoftwareSecureComment(TimeStampedModel):
    """A remark of the reviewer on a part of the session; times are seconds from its start."""

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
