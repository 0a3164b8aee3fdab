"""Two large courses: one with few exams of many learners, one with many exams of fewer. The database copies the rows."""

import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)

FEW, MANY = "course-v1:edX+FewExams+2026", "course-v1:edX+ManyExams+2026"
STAFF = "staff"
COMMON, RARE = (
    "example.com",
    "learner000123",
)  # texts that all e-mail addresses have, and that one has
ALLOWANCES = 10_000
TABLE = ProctoredExamStudentAttempt._meta.db_table
# One in twenty of the learners has had an attempt before.
STATUSES = """CASE WHEN u.id % 1000 = 7 THEN 'error' WHEN u.id % 1000 = 8 THEN 'second_review_required'
    WHEN u.id % 20 = 3 THEN 'rejected' WHEN u.id % 5 = 1 THEN 'verified' ELSE 'submitted' END"""
LEARNERS = "u.username LIKE 'learner%'"


def fill(learners: int) -> None:
    """Fill both courses with four attempts for each of so many learners, and a few earlier ones."""
    begin = timezone.now() - datetime.timedelta(days=30)
    users = get_user_model().objects
    users.create(username=STAFF, email="staff@example.com", is_staff=True)
    users.bulk_create(
        (
            users.model(
                username=f"learner{number:06}",
                email=f"learner{number:06}@example.com",
                password="!",
                # The attempts take their time from here.
                date_joined=begin + datetime.timedelta(seconds=number * 7919 % 2_000_000),
            )
            for number in range(learners)
        ),
        batch_size=2000,
    )
    for name, course, number in (("few", FEW, 4), ("many", MANY, 40)):
        for place in range(number):
            exam = _exam(course, place, is_practice=place == number - 1)
            chosen = "1 = 1" if name == "few" else f"u.id % 10 = {place % 10}"
            _attempts(exam, f"{chosen} AND u.id % 20 = 3", "error", resumed=True)
            _attempts(exam, chosen, STATUSES)
    _allowances(learners)
    _analyze()


def _exam(course: str, number: int, *, is_practice: bool) -> ProctoredExam:
    return ProctoredExam.objects.create(
        course_id=course,
        content_id=f"block-v1:{course.partition(':')[2]}+type@sequential+block@exam{number}",
        external_id=f"{course}-{number}",
        exam_name=f"Exam {number * 7 % 10}-{number}",
        time_limit_mins=60 + 10 * (number % 5),
        backend="test",
        is_active=True,
        is_proctored=number % 4 != 1,
        is_practice_exam=is_practice,
    )


def _attempts(exam: ProctoredExam, chosen: str, status: str, *, resumed: bool = False) -> None:
    quoted = status if status.startswith("CASE") else f"'{status}'"
    no, yes = ("0", "1") if connection.vendor != "postgresql" else ("false", "true")
    at = "u.date_joined"
    code = f"'{exam.pk}-{int(resumed)}-', u.id"
    joined = f"CONCAT({code})" if connection.vendor != "sqlite" else code.replace(",", " ||")
    resumable = f"CASE WHEN u.id % 1000 = 7 THEN {yes} ELSE {no} END" if not resumed else no
    values: dict[str, Any] = {
        "created": at,
        "modified": at,
        "started_at": at,
        "completed_at": at if status.startswith("CASE") else "NULL",
        "attempt_code": joined,
        "external_id": joined,
        "allowed_time_limit_mins": f"60 + u.id % 3 * {exam.pk % 2 + 10}",
        "status": quoted,
        "taking_as_proctored": yes if exam.is_proctored else no,
        "is_sample_attempt": yes if exam.is_practice_exam else no,
        "is_status_acknowledged": no,
        "is_resumable": resumable,
        "ready_to_resume": no,
        "resumed": yes if resumed else no,
        "user_id": "u.id",
        "proctored_exam_id": str(exam.pk),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} ({', '.join(values)}) SELECT {', '.join(values.values())}"
            f" FROM auth_user u WHERE {LEARNERS} AND {chosen} ORDER BY u.date_joined",
        )


def _allowances(learners: int) -> None:
    exams = list(ProctoredExam.objects.filter(course_id=FEW).order_by("pk"))
    users = get_user_model().objects.filter(username__startswith="learner").order_by("pk")
    each = ALLOWANCES // len(exams)
    ProctoredExamStudentAllowance.objects.bulk_create(
        (
            ProctoredExamStudentAllowance(
                user=user, proctored_exam=exam, key="additional_time_granted", value="10"
            )
            for exam in exams
            for user in users[: min(each, learners)]
        ),
        batch_size=1000,
    )


def _analyze() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
        elif connection.vendor == "mysql":
            cursor.execute(f"ANALYZE TABLE {TABLE}, auth_user, proctoring_proctoredexam")
        else:
            cursor.execute("ANALYZE")
