"""The same course for both packages: exams, learners, attempts, reviews, allowances; uses public models only."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import models, transaction

from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)

COURSE = "course-v1:edX+Bench+2026"
EXAMS = ("midterm", "final", "oral")
ENDED = ("submitted", "verified", "rejected", "second_review_required", "error")
BATCH = 500


def block(name: str) -> str:
    return f"block-v1:edX+Bench+2026+type@sequential+block@{name}"


def code(*parts: Any) -> str:
    """Return the code of an attempt, which is the same on both sides."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(map(str, parts)))).upper()


def store(model: type[models.Model], rows: Iterable[Any]) -> list[Any]:
    with transaction.atomic():
        return list(model._default_manager.bulk_create(rows, batch_size=BATCH))


def exams() -> dict[str, ProctoredExam]:
    """Create three proctored exams, an onboarding exam and a timed exam."""
    kinds = {name: {"is_proctored": True} for name in EXAMS}
    kinds["onboarding"] = {"is_proctored": True, "is_practice_exam": True}
    kinds["timed"] = {"is_proctored": False}
    return {
        name: ProctoredExam.objects.create(
            course_id=COURSE,
            content_id=block(name),
            external_id=f"exam-{name}",
            exam_name=f"Exam {name}",
            time_limit_mins=90,
            backend="test",
            is_active=True,
            **kind,
        )
        for name, kind in kinds.items()
    }


def fill(learners: int, now: datetime.datetime) -> None:
    """Fill a course with this many learners, whose attempts began a day before `now`."""
    now -= datetime.timedelta(days=1)
    users = store(
        get_user_model(),
        (
            get_user_model()(
                username=f"learner{number:06}",
                email=f"learner{number:06}@example.com",
                password="!",
                date_joined=now,
            )
            for number in range(learners)
        ),
    )
    for name in ("staff", "reviewer"):
        user = get_user_model().objects.create(
            username=name, email=f"{name}@example.com", is_staff=True
        )
        user.groups.add(Group.objects.get_or_create(name="test_review")[0])
    known = exams()
    for name in (*EXAMS, "onboarding"):
        _attempts(known[name], users, now)
    _reviews(known[EXAMS[0]])
    allowed = users[:: max(1, len(users) // max(1, len(users) // 10))]
    store(
        ProctoredExamStudentAllowance,
        (
            ProctoredExamStudentAllowance(
                user=user, proctored_exam=known["final"], key="additional_time_granted", value="10"
            )
            for user in allowed
        ),
    )


def _attempts(exam: ProctoredExam, users: list[Any], now: datetime.datetime) -> None:
    store(
        ProctoredExamStudentAttempt,
        (
            ProctoredExamStudentAttempt(
                user=user,
                proctored_exam=exam,
                started_at=now,
                completed_at=now + datetime.timedelta(hours=1),
                attempt_code=code(exam.content_id, user.username),
                external_id=code(exam.content_id, user.username, "external").lower(),
                allowed_time_limit_mins=90,
                status=ENDED[number % len(ENDED)],
                taking_as_proctored=True,
                is_sample_attempt=exam.is_practice_exam,
                review_policy_id=None,
            )
            for number, user in enumerate(users)
        ),
    )


def overdue(count: int) -> None:
    """Create running attempts in a timed exam that have been overdue since yesterday, with lock and ledger."""
    from edx_proctoring.models import ProctoringLearner, TimeAdjustment  # not in 6.1.4

    exam = exams()["timed"]
    now = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    User = get_user_model()
    for first in range(0, count, 10_000):
        names = [f"late{number:06}" for number in range(first, min(first + 10_000, count))]
        store(User, (User(username=name, email=f"{name}@example.com") for name in names))
        users = User.objects.filter(username__gte=names[0], username__lte=names[-1])
        ids = list(users.values_list("pk", flat=True))
        store(ProctoringLearner, (ProctoringLearner(user_id=user_id) for user_id in ids))
        store(
            ProctoredExamStudentAttempt,
            (
                ProctoredExamStudentAttempt(
                    user_id=user_id,
                    proctored_exam=exam,
                    started_at=now,
                    attempt_code=code("late", user_id),
                    allowed_time_limit_mins=exam.time_limit_mins,
                    status="started",
                )
                for user_id in ids
            ),
        )
        attempts = ProctoredExamStudentAttempt.objects.filter(user_id__in=users.values("pk"))
        store(
            TimeAdjustment,
            (
                TimeAdjustment.of(
                    attempt,
                    TimeAdjustment.ALLOTMENT,
                    f"allotment:{attempt.pk}",
                    now,
                    seconds=60 * exam.time_limit_mins,
                    began_at=now,
                )
                for attempt in attempts
            ),
        )


def _reviews(exam: ProctoredExam) -> None:
    """Create a review with a comment for every second attempt."""
    attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam=exam).order_by("id")[::2]
    store(
        ProctoredExamSoftwareSecureReview,
        (
            ProctoredExamSoftwareSecureReview(
                attempt_code=attempt.attempt_code,
                exam=exam,
                student_id=attempt.user_id,
                review_status="Suspicious",
                raw_data="{}",
            )
            for attempt in attempts
        ),
    )
    store(
        ProctoredExamSoftwareSecureComment,
        (
            ProctoredExamSoftwareSecureComment(
                review=review,
                start_time=1,
                stop_time=2,
                duration=1,
                comment="looked away",
                status="Suspicious",
            )
            for review in ProctoredExamSoftwareSecureReview.objects.order_by("id")
        ),
    )
