"""Creates an exam with running attempts and staff; prints the course, the staff's sessions, and one "id session" a line."""

import datetime
import sys
import uuid

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # noqa: E402  needs the settings
from django.contrib.sessions.backends.cache import SessionStore  # noqa: E402  needs the settings
from django.core.management import call_command  # noqa: E402  needs the settings
from django.utils import timezone  # noqa: E402  needs the settings

from edx_proctoring.models import (  # noqa: E402  needs the settings
    ProctoredExam,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
)

COURSE = "course-v1:edX+Live+2026"
call_command("migrate", verbosity=0, interactive=False)
count, boards, now = int(sys.argv[1]), int(sys.argv[2]), timezone.now()
users = get_user_model().objects
learners = users.bulk_create([users.model(username=f"learner{n:06}", email=f"learner{n:06}@example.com") for n in range(count)], 500)  # fmt: skip
staff = users.bulk_create([users.model(username=f"staff{n:03}", is_staff=True) for n in range(boards)])  # fmt: skip
exams = [
    ProctoredExam(
        course_id=COURSE,
        content_id=f"block-v1:edX+Live+2026+type@sequential+block@{n}",
        exam_name=f"Exam {n}",
        time_limit_mins=180,
        is_active=True,
    )
    for n in range(4)
]
exams = ProctoredExam.objects.bulk_create(exams)
attempts = ProctoredExamStudentAttempt.objects.bulk_create(
    [
        ProctoredExamStudentAttempt(
            user=user,
            proctored_exam=exams[n % len(exams)],
            started_at=now,
            allowed_time_limit_mins=180,
            attempt_code=str(uuid.uuid4()).upper(),
            status="started",
        )
        for n, user in enumerate(learners)
    ],
    500,
)
TimeAdjustment.objects.bulk_create(
    [
        TimeAdjustment.of(one, TimeAdjustment.ALLOTMENT, f"start:{one.pk}", now, seconds=180 * 60)
        for one in attempts
    ],
    500,
)


def session_of(user):
    """Return the key of a new session."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.set_expiry(datetime.timedelta(hours=2))
    session.create()
    return session.session_key


print(COURSE)
print(" ".join(session_of(user) for user in staff))
for one, user in zip(attempts, learners, strict=True):
    print(one.pk, session_of(user))
