"""Exams and their review policies."""

from typing import Self

from django.conf import settings
from django.db import models
from model_utils.models import TimeStampedModel
from simple_history.models import HistoricalRecords

from edx_proctoring.compiled_queries import CompiledOnce
from edx_proctoring.models.exact import compare_exactly, exactly
from edx_proctoring.models.saving import OneHistoryManager


class ExamQuerySet(models.QuerySet["ProctoredExam"]):
    """Chainable filters."""

    def in_course(self, course_id: object) -> Self:
        """Return the exams of the course in order of creation."""
        return self.filter(exactly(course_id=str(course_id))).order_by("id")

    def active(self) -> Self:
        """Return the active exams, which learners can see."""
        return self.filter(is_active=True)

    def graded_proctored(self) -> Self:
        """Return proctored exams that are not for practice."""
        return self.filter(is_proctored=True, is_practice_exam=False)

    def practice_proctored(self) -> Self:
        """Return practice and onboarding exams."""
        return self.filter(is_proctored=True, is_practice_exam=True)


class ProctoredExam(TimeStampedModel):
    """An exam: timed, practice, onboarding or proctored. Unique per course and content id."""

    course_id = models.CharField(max_length=255, db_index=True)
    content_id = models.CharField(max_length=255, db_index=True)
    # The provider's id of the exam.
    external_id = models.CharField(max_length=255, null=True, db_index=True)  # noqa: DJ001  published column
    exam_name = models.TextField()
    time_limit_mins = models.IntegerField()
    due_date = models.DateTimeField(null=True)
    is_proctored = models.BooleanField(default=False)
    is_practice_exam = models.BooleanField(default=False)
    is_active = models.BooleanField(default=False)
    hide_after_due = models.BooleanField(default=False)
    backend = models.CharField(max_length=255, null=True, default=None)  # noqa: DJ001  published column

    objects = models.Manager.from_queryset(ExamQuerySet)()
    history = HistoricalRecords(
        table_name="proctoring_proctoredexamhistory", history_manager=OneHistoryManager
    )

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_proctoredexam"
        unique_together = (("course_id", "content_id"),)

    def __str__(self) -> str:
        return f"{self.course_id}: {self.exam_name} ({'active' if self.is_active else 'inactive'})"

    @classmethod
    def get_exam_by_content_id(
        cls, course_id: object, content_id: object
    ) -> "ProctoredExam | None":
        """Return the exam of a subsection, or None."""
        return _BY_CONTENT.first(str(course_id), str(content_id))

    @classmethod
    def get_exam_by_id(cls, exam_id: int) -> "ProctoredExam | None":
        """Return the exam, or None."""
        return _BY_ID.first(exam_id)

    @classmethod
    def get_all_exams_for_course(
        cls, course_id: object, active_only: bool = False, proctored_exams_only: bool = False
    ) -> ExamQuerySet:
        """Return the exams of the course; `proctored_exams_only` leaves out timed and practice exams."""
        exams = cls.objects.in_course(course_id)
        if active_only:
            exams = exams.active()
        if proctored_exams_only:
            exams = exams.graded_proctored()
        return exams

    @classmethod
    def get_practice_proctored_exams_for_course(cls, course_id: object) -> ExamQuerySet:
        """Return the active practice and onboarding exams of the course."""
        return cls.objects.in_course(course_id).active().practice_proctored()


_BY_ID = CompiledOnce(lambda key: ProctoredExam.objects.filter(id=key).order_by("id")[:1], int)
_BY_CONTENT = CompiledOnce(
    lambda course_id, content_id: ProctoredExam.objects.filter(
        exactly(course_id=course_id, content_id=content_id)
    ).order_by("id")[:1],
    *(str, str),
)
compare_exactly(ProctoredExam, "course_id", "content_id", "external_id", "backend")


class ProctoredExamReviewPolicy(TimeStampedModel):
    """Instructions for the reviewers of an exam, for example that a calculator is allowed."""

    set_by_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    proctored_exam = models.ForeignKey(ProctoredExam, db_index=True, on_delete=models.CASCADE)
    review_policy = models.TextField(default="")

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_proctoredexamreviewpolicy"
        verbose_name = "Proctored exam review policy"
        verbose_name_plural = "Proctored exam review policies"

    def __str__(self) -> str:
        return f"ProctoredExamReviewPolicy: {self.set_by_user} ({self.proctored_exam})"

    @classmethod
    def get_review_policy_for_exam(cls, exam_id: int) -> "ProctoredExamReviewPolicy | None":
        """Return the exam's policy, or None; the newest if there are several, which no constraint prevents."""
        return _POLICY.first(exam_id)


_POLICY = CompiledOnce(
    lambda exam_id: ProctoredExamReviewPolicy.objects.filter(proctored_exam_id=exam_id).order_by(
        "-id"
    )[:1],
    int,
)
