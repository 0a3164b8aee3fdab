"""A faster clock for one learner's exam: the server moves its start back, and the page's own clock runs faster."""

import datetime
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment

FACTOR = 20
_KEY = "fast_clock"

Respond = Callable[[HttpRequest], HttpResponse]


def is_fast(request: HttpRequest) -> bool:
    """Return whether the learner has chosen the faster clock."""
    return _KEY in request.session


def speed_up(request: HttpRequest) -> None:
    """Let the clock of the learner's running exam, or of the next one, run faster."""
    request.session[_KEY] = {}


def slow_down(request: HttpRequest) -> None:
    """Let the clock run normally from now on."""
    request.session.pop(_KEY, None)


class FastClockMiddleware:
    """Before each request of such a learner, moves the start of the running attempt to where the faster clock has it.

    The start is computed from fixed points, so that two requests at the same time move it only once. Nothing moves
    during a pause or break.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_fast(request) and request.user.is_authenticated:
            _advance(request, timezone.now())
        return self.get_response(request)


def _advance(request: HttpRequest, now: datetime.datetime) -> None:
    mine = ProctoredExamStudentAttempt.objects.filter(user_id=request.user.pk).active()
    attempt = mine.filter(started_at__isnull=False).order_by("-pk").first()
    if attempt is None or TimeAdjustment.objects.of_attempts([attempt.pk]).open_pauses().exists():
        if request.session[_KEY]:
            request.session[_KEY] = {}
        return
    known = request.session[_KEY]
    if known.get("attempt") != attempt.pk:
        began = attempt.started_at.isoformat() if attempt.started_at else ""
        request.session[_KEY] = {"attempt": attempt.pk, "since": now.isoformat(), "began": began}
        return
    ahead = (now - datetime.datetime.fromisoformat(known["since"])) * (FACTOR - 1)
    began_at = datetime.datetime.fromisoformat(known["began"]) - ahead
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(started_at=began_at)
