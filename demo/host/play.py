"""Scenarios that a learner can play: problems in an exam, on request."""

from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from demo.host import clock
from demo.host.models import Answer
from demo.host.seed import COURSE_ID, content_id
from demo.host.services import user as person
from edx_proctoring import api
from edx_proctoring.models import ProctoredExamStudentAttempt

MIDTERM = content_id("midterm")
SCRIPT = f"http://127.0.0.1:{settings.SIMULATOR_PORT}/console/script"
PATIENCE = 5

REJECTION = {
    "review": {
        "outcome": "violation",
        "delay": 3,
        "mode": "once",
        "reviewed_by": "robin@demo.example.com",  # without a reviewer's name, staff would have to confirm the rejection
        "comments": [{"comment": "A phone was used", "status": "suspicious", "start": 12}],
    }
}


@dataclass(frozen=True)
class Scenario:
    """A scenario: its texts, and what it changes for the learner at the provider."""

    name: str
    title: str
    text: str
    button: str
    change: dict[str, Any] | None = None


SCENARIOS = (
    Scenario(
        "reject",
        gettext_noop("Reject me"),
        gettext_noop(
            "The provider finds a violation in your next exam. Take the midterm and submit it: a few seconds later"
            " you see the rejection, and get the e-mail."
        ),
        gettext_noop("Reject my next exam"),
        REJECTION,
    ),
    Scenario(
        "ping",
        gettext_noop("Cut my ping"),
        gettext_noop(
            "The application of the provider stops answering the exam's page. Start the midterm first: within"
            " 20 seconds the page notices it, and your exam is interrupted."
        ),
        gettext_noop("Cut the ping"),
        {"ping": "lost"},
    ),
    Scenario(
        "clock",
        gettext_noop("Clock ×20"),
        gettext_noop(
            "A minute of your exam takes three seconds while its page is open: see the warnings, and the end of the"
            " time. Pauses and breaks keep their length."
        ),
        gettext_noop("Speed the clock up"),
    ),
)


@login_required
def play(request: HttpRequest) -> HttpResponse:
    """Show the scenarios, and those now active for the learner."""
    try:
        script = requests.get(SCRIPT, timeout=PATIENCE).json()["learners"]
    except (requests.RequestException, ValueError, KeyError):
        script = None
    context = {
        "scenarios": [
            {"name": one.name, "title": _(one.title), "text": _(one.text), "button": _(one.button)}
            for one in SCENARIOS
        ],
        "active": _active(request, script),
        "is_silent": script is None,
        "exam_is_known": _exam_is_known(),
        "course_id": COURSE_ID,
        "midterm": MIDTERM,
    }
    return render(request, "host/play.html", context)


def _active(request: HttpRequest, script: dict[str, Any] | None) -> set[str]:
    """Return the names of the scenarios that are being played."""
    mine = (script or {}).get(request.user.email, {})  # type: ignore[union-attr]  # signed in
    names = {
        one.name
        for one in SCENARIOS
        if one.change and all(mine.get(key) == value for key, value in one.change.items())
    }
    return names | ({"clock"} if clock.is_fast(request) else set())


def _exam_is_known() -> bool:
    exams = api.get_all_exams_for_course(COURSE_ID, active_only=True)
    return any(exam["content_id"] == MIDTERM for exam in exams)


@login_required
@require_POST
def begin(request: HttpRequest, name: str) -> HttpResponse:
    """Begin a scenario."""
    scenario = next((one for one in SCENARIOS if one.name == name), None)
    if scenario is None:
        raise Http404("There is no such scenario.")
    if scenario.change is None:
        clock.speed_up(request)
    elif not _changed(request, scenario.change):
        return redirect("play")
    messages.success(request, _("This is on now: {title}").format(title=_(scenario.title)))
    return redirect("play")


@login_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End all scenarios, and forget the learner's midterm, so that it can be taken again."""
    clock.slow_down(request)
    if not _changed(request, None):
        return redirect("play")
    mine = ProctoredExamStudentAttempt.objects.filter(
        user_id=request.user.pk, proctored_exam__content_id=MIDTERM
    )
    for attempt_id in mine.values_list("pk", flat=True):
        api.remove_exam_attempt(attempt_id, requesting_user=person("avery"))
    Answer.objects.filter(user_id=request.user.pk, content_id=MIDTERM).delete()
    messages.success(
        request, _("Everything is as usual again, and you have not taken the midterm.")
    )
    return redirect("play")


def _changed(request: HttpRequest, change: dict[str, Any] | None) -> bool:
    """Change the simulator's script for this learner; None removes the changes. Return whether it worked."""
    email = request.user.email  # type: ignore[union-attr]  # signed in
    try:
        requests.post(
            SCRIPT, json={"learners": {email: change}}, timeout=PATIENCE
        ).raise_for_status()
    except requests.RequestException:
        messages.error(
            request, _("The provider's simulator does not respond. Nothing was changed.")
        )
        return False
    return True
