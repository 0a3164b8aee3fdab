"""Takes one exam from its creation to its review in a separate process, and prints the results as JSON."""

import json
import logging
import sys
from typing import Any

import django

django.setup()

import rules  # noqa: E402  needs the settings
from django.apps import apps  # noqa: E402  needs the settings
from django.contrib.auth import get_user_model  # noqa: E402  needs the settings
from django.core import mail  # noqa: E402  needs the settings
from django.db import connection  # noqa: E402  needs the settings
from django.test.utils import setup_test_environment  # noqa: E402  needs the settings
from rest_framework.test import APIClient  # noqa: E402  needs the settings

from edx_proctoring import api  # noqa: E402  needs the settings
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider  # noqa: E402  needs the settings
from edx_proctoring.models import ProctoredExamStudentAttempt  # noqa: E402  needs the settings
from edx_proctoring.testing.providers import FakeProvider  # noqa: E402  needs the settings
from edx_proctoring.views import AuthenticatedAPIView  # noqa: E402  needs the settings
from tests import migrated  # noqa: E402  needs the settings

URL = "/api/edx_proctoring/v1/proctored_exam/attempt"
COURSE = "course-v1:edX+Demo+2026"
CONTENT = "block-v1:edX+Demo+2026+type@sequential+block@midterm"


def tracked() -> list[str] | None:
    """Record the names of events from now on; return None without event-tracking."""
    try:
        from eventtracking import tracker
    except ImportError:
        return None
    names: list[str] = []

    class Backend:
        def send(self, event: dict[str, Any]) -> None:
            names.append(event["name"].rpartition(".")[2])

    tracker.register_tracker(tracker.Tracker({"names": Backend()}))
    return names


def providers() -> dict[str, Any]:
    """Call the providers that use optional packages; return the results."""
    options = dict.fromkeys(
        (
            "organization",
            "exam_sponsor",
            "exam_register_endpoint",
            "secret_key_id",
            "secret_key",
            "crypto_key",
            "software_download_url",
        ),
        "x",
    )
    psi = SoftwareSecureBackendProvider(**options)
    return {"script": script(), "blocks": psi.should_block_access_to_exam_material()}


def script() -> str | None:
    """Return a REST provider's script; None if edx-rest-api-client cannot be imported, as it needs django-crum."""
    try:
        from edx_proctoring.backends.rest import BaseRestProctoringProvider
    except ImportError:
        return None
    rest = BaseRestProctoringProvider("id", "secret", base_url="https://provider.example.com")
    rest.npm_module = "some-module"
    return rest.get_javascript()


def walk() -> dict[str, Any]:
    """Register, set up, start, end, submit and review an attempt; return the results."""
    provider = FakeProvider()
    apps.get_app_config("edx_proctoring").backends["test"] = provider
    inside: list[bool] = []  # whether the provider is called in a transaction
    provider.before(
        "register_exam_attempt", lambda *_, **__: inside.append(connection.in_atomic_block)
    )
    rules.add_perm("edx_proctoring.can_take_proctored_exam", rules.is_active)
    events = tracked()
    learner = get_user_model()._default_manager.create(username="ada", email="ada@example.com")
    exam_id = api.create_exam(COURSE, CONTENT, "Midterm", 60, backend="test")
    client = APIClient()
    client.force_login(learner, backend="django.contrib.auth.backends.ModelBackend")
    screens = [view(learner)]
    body = {"exam_id": exam_id, "attempt_proctored": True}
    attempt_id = client.post(URL, body, format="json").json()["exam_attempt_id"]
    screens.append(view(learner))
    api.mark_exam_attempt_as_ready(attempt_id)
    answers = [
        client.put(f"{URL}/{attempt_id}", {"action": action}, format="json").status_code
        for action in ("start", "stop", "submit")
    ]
    attempt = ProctoredExamStudentAttempt.objects.get(pk=attempt_id)
    api.receive_review(attempt, {"status": "passed", "comments": []})
    return {
        "answers": answers,
        "asked_inside": inside,
        "screens": [bool(screen) for screen in screens],
        "status": api.get_exam_attempt_by_id(attempt_id)["status"],
        "calls": [call.method for call in provider.calls if "_exam_attempt" in call.method],
        "subjects": [message.subject for message in mail.outbox],
        "events": events,
        "authentication": [type(one).__name__ for one in authenticators()],
        **providers(),
    }


def authenticators() -> list[Any]:
    """Return the authentication classes of the REST interface."""
    return AuthenticatedAPIView().get_authenticators()


def view(learner: Any) -> str | None:
    """Return the learner's screen."""
    context = {"display_name": "Midterm", "default_time_limit_mins": 60, "is_proctored": True}
    return api.get_student_view(learner.pk, COURSE, CONTENT, context)


if __name__ == "__main__":
    logging.disable(logging.ERROR)
    setup_test_environment()
    migrated.install()
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    json.dump(walk(), sys.stdout)
