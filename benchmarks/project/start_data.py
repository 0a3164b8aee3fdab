"""Creates the exam, its learners and their sessions; prints where the app is, the exam's id, and one session key per line."""

import datetime
import sys

import django

django.setup()

from django.apps import apps  # noqa: E402  needs the settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # noqa: E402  needs the settings
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402  needs the settings
from django.contrib.sessions.models import Session  # noqa: E402  needs the settings
from django.core.management import call_command  # noqa: E402  needs the settings
from django.utils import timezone  # noqa: E402  needs the settings

from edx_proctoring.models import ProctoredExam  # noqa: E402  needs the settings

call_command("migrate", verbosity=0, interactive=False)
names = [f"learner{number:06}" for number in range(int(sys.argv[1]))]
users = get_user_model().objects
users.bulk_create([users.model(username=name, email=f"{name}@example.com") for name in names], 500)
exam = ProctoredExam(
    course_id="course-v1:edX+Start+2026",
    content_id="block-v1:edX+Start+2026+type@sequential+block@exam",
    exam_name="Exam",
    external_id="exam",
    time_limit_mins=90,
    is_proctored=True,
    is_active=True,
    backend="test",
)
ProctoredExam.objects.bulk_create([exam])  # no provider is running yet
print(apps.get_app_config("edx_proctoring").path)
print(ProctoredExam.objects.get().pk)
until, sessions = timezone.now() + datetime.timedelta(days=1), []
for user in users.all():
    known = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    key, text = f"session{user.pk:08}", SessionStore().encode(known)
    sessions.append(Session(session_key=key, session_data=text, expire_date=until))
    print(key)
Session.objects.bulk_create(sessions, 500)
