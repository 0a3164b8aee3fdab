"""Two large courses, one with few exams of many learners, one with many exams of fewer, and a small course.

SQL statements make their attempts from the table of users.
"""

import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Value
from django.utils import timezone

from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    ProctoringLearner,
)
from edx_proctoring.runtime import set_runtime_service

FEW, MANY = "course-v1:edX+FewExams+2026", "course-v1:edX+ManyExams+2026"
SMALL = "course-v1:edX+Small+2026"  # a fortieth of the attempts
STAFF = "staff"
# Texts that all e-mail addresses have, and that one has.
COMMON, RARE = (
    "example.com",
    "learner000123",
)
ALLOWANCES = 10_000
User = get_user_model()
TABLE = ProctoredExamStudentAttempt._meta.db_table
STATUSES = """CASE WHEN u.id % 1000 = 7 THEN 'error' WHEN u.id % 1000 = 8 THEN 'second_review_required'
    WHEN u.id % 20 = 3 THEN 'rejected' WHEN u.id % 5 = 1 THEN 'verified' ELSE 'submitted' END"""
LEARNERS = "u.username LIKE 'learner%'"
HAD_ONE_BEFORE = "u.id % 20 = 3"
AN_HOUR_BEFORE = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', u.date_joined, '-1 hour')",
    "postgresql": "u.date_joined - INTERVAL '1 hour'",
    "mysql": "u.date_joined - INTERVAL 1 HOUR",
}


def fill(learners: int) -> None:
    """Fill the large courses with four attempts for each of so many learners, and a few earlier ones."""
    begin = timezone.now() - datetime.timedelta(days=30)
    users = User.objects
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
    for course, number in ((FEW, 4), (MANY, 40), (SMALL, 4)):
        for place in range(number):
            exam = _exam(course, place, is_practice=place == number - 1)
            chosen = {FEW: "1 = 1", MANY: f"u.id % 10 = {place % 10}", SMALL: "u.id % 40 = 0"}
            _attempts(exam, chosen[course])
    _allowances(learners)
    ProctoringLearner.objects.bulk_create(
        (ProctoringLearner(user=user) for user in users.exclude(username=STAFF)), batch_size=2000
    )
    _analyze()


class Enrollments:
    """The host's service `enrollments`. The learners' locks stand for its rows, which have `user` and `mode`."""

    def get_enrollments_can_take_proctored_exams(
        self, _course: str, _text: str | None = None
    ) -> Any:
        rows = ProctoringLearner.objects.annotate(mode=Value("verified"))
        return rows.select_related("user").order_by("user__username")


def add_onboarding() -> None:
    """Add a provider that supports onboarding, for which the practice exams are then, and let the host list all learners."""
    provider = NullBackendProvider()
    provider.supports_onboarding = True
    apps.get_app_config("edx_proctoring").backends["test"] = provider
    set_runtime_service("enrollments", Enrollments())


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


def _attempts(exam: ProctoredExam, chosen: str) -> None:
    """Create the newest attempts of these learners and the earlier ones of some, in the order of their creation."""
    newest, earlier = _values(exam, STATUSES), _values(exam, "'error'", is_earlier=True)
    named = ", ".join(f"{value} AS {column}" for column, value in newest.items())
    source = f"FROM auth_user u WHERE {LEARNERS} AND {chosen}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} ({', '.join(newest)}) SELECT * FROM (SELECT {named} {source} UNION ALL"
            f" SELECT {', '.join(earlier.values())} {source} AND {HAD_ONE_BEFORE}) attempts ORDER BY created"
        )


def _values(exam: ProctoredExam, status: str, *, is_earlier: bool = False) -> dict[str, str]:
    no, yes = ("0", "1") if connection.vendor != "postgresql" else ("false", "true")
    at = AN_HOUR_BEFORE[connection.vendor] if is_earlier else "u.date_joined"
    code = f"'{exam.pk}-{int(is_earlier)}-', u.id"
    joined = f"CONCAT({code})" if connection.vendor != "sqlite" else code.replace(",", " ||")
    resumable = f"CASE WHEN u.id % 1000 = 7 THEN {yes} ELSE {no} END"
    return {
        "created": at,
        "modified": at,
        "started_at": at,
        "completed_at": "NULL" if is_earlier else at,
        "attempt_code": joined,
        "external_id": joined,
        "allowed_time_limit_mins": f"60 + u.id % 3 * {exam.pk % 2 + 10}",
        "status": status,
        "taking_as_proctored": yes if exam.is_proctored else no,
        "is_sample_attempt": yes if exam.is_practice_exam else no,
        "is_status_acknowledged": no,
        "is_resumable": no if is_earlier else resumable,
        "ready_to_resume": no,
        "resumed": yes if is_earlier else no,
        "user_id": "u.id",
        "proctored_exam_id": str(exam.pk),
    }


def _allowances(learners: int) -> None:
    exams = list(ProctoredExam.objects.filter(course_id=FEW).order_by("pk"))
    users = User.objects.filter(username__startswith="learner").order_by("pk")
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
            tables = (
                model._meta.db_table
                for model in (*apps.get_app_config("edx_proctoring").get_models(), User)
            )
            cursor.execute(f"ANALYZE TABLE {', '.join(tables)}")
            cursor.fetchall()
        else:
            cursor.execute("ANALYZE")
