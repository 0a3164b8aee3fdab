"""Factories for test data (need factory-boy)."""

import uuid

import factory
from django.contrib.auth import get_user_model

from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)

COURSE_ID = "course-v1:edX+Demo+2026"

SET_UP = "test set-up"  # the reason in the history of a factory's attempt


class UserFactory(factory.django.DjangoModelFactory):
    """A learner."""

    class Meta:
        model = get_user_model()

    username = factory.Sequence(lambda number: f"learner{number}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")


class ExamFactory(factory.django.DjangoModelFactory):
    """A proctored exam that its provider, "test", knows."""

    class Meta:
        model = ProctoredExam

    course_id = COURSE_ID
    content_id = factory.Sequence(
        lambda number: f"block-v1:edX+Demo+2026+type@sequential+block@exam{number}"
    )
    external_id = factory.Sequence(lambda number: f"external-{number}")
    exam_name = "Midterm Exam"
    time_limit_mins = 90
    is_proctored = True
    is_active = True
    backend = "test"

    @classmethod
    def _create(
        cls, model_class: type[ProctoredExam], *args: object, **kwargs: object
    ) -> ProctoredExam:
        """Notify the provider only of exams without an id; save those as hosts do."""
        exam = model_class(*args, **kwargs)
        if exam.external_id:
            model_class.objects.bulk_create([exam])  # without the signals of `save()`
        else:
            exam.save(force_insert=True)
        return exam


class AttemptFactory(factory.django.DjangoModelFactory):
    """An attempt taken as proctored."""

    class Meta:
        model = ProctoredExamStudentAttempt

    user = factory.SubFactory(UserFactory)
    proctored_exam = factory.SubFactory(ExamFactory)
    attempt_code = factory.LazyFunction(lambda: str(uuid.uuid4()).upper())
    external_id = factory.Sequence(lambda number: f"remote-{number}")
    status = "created"
    taking_as_proctored = True

    @classmethod
    def _create(
        cls, model_class: type[ProctoredExamStudentAttempt], *args: object, **kwargs: object
    ) -> ProctoredExamStudentAttempt:
        """Store a reason in the history, as this version does and 6.1.4 does not."""
        attempt = model_class(*args, **kwargs)
        attempt._change_reason = SET_UP  # type: ignore[attr-defined]  # the history reads it
        attempt.save(force_insert=True)
        return attempt


class AllowanceFactory(factory.django.DjangoModelFactory):
    """An allowance of ten minutes."""

    class Meta:
        model = ProctoredExamStudentAllowance

    user = factory.SubFactory(UserFactory)
    proctored_exam = factory.SubFactory(ExamFactory)
    key = "additional_time_granted"
    value = "10"


class ReviewPolicyFactory(factory.django.DjangoModelFactory):
    """A review policy."""

    class Meta:
        model = ProctoredExamReviewPolicy

    set_by_user = factory.SubFactory(UserFactory)
    proctored_exam = factory.SubFactory(ExamFactory)
    review_policy = "A calculator is allowed."
