"""The reference agrees with the code."""

import datetime
import inspect
import re
from pathlib import Path

import pytest
from django.utils import timezone

from edx_proctoring import api, protocols
from edx_proctoring.signals import exam_attempt_status_signal

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def generated(extension):
    """Return the Sphinx extension that generates the tables."""
    return extension("generated")


def rows(directive):
    return directive.rows(object.__new__(directive))


def test_every_public_function_is_documented(generated):
    text = "\n".join(rows(generated.PythonApi))
    own = [
        name
        for name in api.__all__
        if inspect.isfunction(getattr(api, name))
        and getattr(api, name).__module__.startswith("edx_proctoring.api")
    ]
    assert len(own) >= 55
    assert [name for name in own if f"edx_proctoring.api.{name}(" not in text] == []
    assert "api.create_exam_attempt(exam_id, user_id, taking_as_proctored=False)\n" in text
    assert "due_date=…" in text


def test_every_call_to_the_host_is_documented(generated):
    text = "\n".join(rows(generated.Services))
    for protocol in protocols.SERVICES.values():
        methods = [name for name in vars(protocol) if not name.startswith("_")]
        assert methods
        assert [name for name in methods if f"* ``{name}(" not in text] == []
    assert "``invalidate_certificate(*, user_id, course_key_or_id)`` → ``object``" in text
    assert "_proto" not in text


def documented_events():
    text = (DOCS / "reference" / "events.rst").read_text(encoding="utf-8")
    (listed,) = re.findall(r"``edx\.special_exam\.<…>\.attempt\.<event>``: (.*?)\.\n", text, re.S)
    return set(re.findall(r"``([\w.-]+)``", listed))


def test_the_documented_events_are_those_emitted(
    tracker, learner, staff, make_exam, provider, time_machine
):
    exam_id = api.create_exam("course-v1:a+b+c", "x", "Exam", 90, backend="test")
    api.update_exam(exam_id, exam_name="Final")
    for value in ("1", "2"):
        api.add_allowance_for_user(exam_id, learner.pk, "additional_time_granted", value)
    api.remove_allowance_for_user(exam_id, learner.pk, "additional_time_granted")
    context = {"display_name": "Exam", "default_time_limit_mins": 90, "is_proctored": True}
    api.get_student_view(learner.pk, "course-v1:a+b+c", "x", context)
    attempt_id = api.create_exam_attempt(exam_id, learner.pk, True)
    for status in ("started", "submitted"):
        api.update_attempt_status(attempt_id, status)
    from edx_proctoring.models import ProctoredExamStudentAttempt

    attempt = ProctoredExamStudentAttempt.objects.get(pk=attempt_id)
    api.receive_review(attempt, {"status": "passed", "comments": []})
    api.remove_exam_attempt(attempt_id, requesting_user=staff)
    practice = make_exam(is_practice_exam=True)
    again = api.create_exam_attempt(practice.pk, learner.pk, True)
    api.update_attempt_status(again, "error")
    time_machine.move_to(timezone.now() + datetime.timedelta(seconds=1))
    api.reset_practice_exam(practice.pk, learner.pk, staff)
    pattern = r"edx\.special_exam\.(?:timed|practice|proctored)\.(attempt\.)?(.+)"
    found = [re.fullmatch(pattern, name).groups() for name in tracker.names]
    of_attempts = {name for part, name in found if part}
    statuses = {"created", "started", "submitted", "verified", "error"}
    assert statuses <= of_attempts
    emitted = {name for part, name in found if not part} | (of_attempts - statuses)
    assert emitted == documented_events()


def test_the_documented_arguments_of_signals_are_those_sent(exam, learner):
    heard = []

    def receiver(sender, signal, **kwargs):
        heard.append((sender, set(kwargs)))

    exam_attempt_status_signal.connect(receiver)
    try:
        attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
        api.update_attempt_status(attempt_id, "started")
    finally:
        exam_attempt_status_signal.disconnect(receiver)
    text = (DOCS / "reference" / "events.rst").read_text(encoding="utf-8").split("Analytics")[0]
    documented = set(re.findall(r"``([a-z_]+)``", text))
    assert heard == [("edx_proctoring", documented)] * 2
