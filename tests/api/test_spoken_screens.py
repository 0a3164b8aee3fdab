"""The screens that the tests of the scripts read out (`frontend/tests/spoken.test.ts`) are those of the templates.

After a change of a template or text: `WRITE_SCREENS=1 pytest tests/api/test_spoken_screens.py`, then
`npx vitest run --root frontend tests/spoken.test.ts -u`, and read what has changed in the transcripts.
"""

import datetime
import os
import re
from pathlib import Path

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.testing.factories import AttemptFactory, ExamFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.needs("one-run")]

FOLDER = Path(__file__).resolve().parents[2] / "frontend" / "tests" / "screens"
SCREENS = {
    "instructions": "created",
    "ready-to-start": "ready_to_start",
    "ready-to-submit": "ready_to_submit",
    "submitted": "submitted",
}
DAY = datetime.datetime(2030, 1, 15, 9, tzinfo=datetime.UTC)
NOW = re.compile(r'<time datetime="(?!2030)[^>]*>[^<]*</time>')
CODE = "6E3A9F1C-58B0-4C1D-9A77-2F0C6A1B4D55"


def rendered(status, host, provider):
    host.instructor.escalation_email = "team@example.com"
    steps = ["Close all other programs.", "Have your photo ID at hand."]
    provider.answer("get_attempt", {"instructions": steps, "download_url": "https://check.test/"})
    exam = ExamFactory(id=7001, exam_name="Midterm: probability", time_limit_mins=90)
    times = {}
    if status == "ready_to_submit":
        times = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    if status == "submitted":
        times = {"started_at": DAY, "completed_at": DAY + datetime.timedelta(minutes=75)}
    user = UserFactory()
    names = {"attempt_code": CODE, "external_id": "remote"}
    AttemptFactory(id=7, proctored_exam=exam, user=user, status=status, **names, **times)
    context = {"allow_proctoring_opt_out": True}
    return api.get_student_view(user.pk, exam.course_id, exam.content_id, context)


@pytest.mark.parametrize("name", SCREENS)
def test_the_screen_is_as_the_scripts_tests_have_it(name, host, provider):
    html = rendered(SCREENS[name], host, provider)
    html = NOW.sub(f'<time datetime="{DAY.isoformat()}" data-moment="0">today</time>', html)
    text = "\n".join(line.rstrip() for line in html.splitlines() if line.strip()) + "\n"
    path = FOLDER / f"{name}.html"
    if os.environ.get("WRITE_SCREENS"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
