"""The address to which proctoring software sends the learner's browser. Callers are anonymous."""

import logging
from collections.abc import Callable
from functools import wraps

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.crypto import constant_time_compare

from edx_proctoring import backends, conf, exam_cookie, launch_tokens, links, transactions
from edx_proctoring.api import (
    get_exam_attempt_by_code,
    mark_ready_if_setting_up,
    unless_paused,
    update_attempt_status,
    was_registered_without_token,
)
from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable
from edx_proctoring.statuses import IN_PROGRESS, ProctoredExamStudentAttemptStatus
from edx_proctoring.types import AttemptDict, ExamDict

log = logging.getLogger(__name__)

PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


def _says_when_busy(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def wrapped(*args: object, **kwargs: object) -> HttpResponse:
        try:
            with transactions.answering_when_unavailable():
                return view(*args, **kwargs)
        except ProctoringTemporarilyUnavailable as error:
            log.warning("start callback returned 503")
            headers = {"Retry-After": str(error.retry_after)}
            return HttpResponse(str(error), status=503, headers=headers)

    return wrapped


@transaction.non_atomic_requests
@_says_when_busy
def start_exam_callback(request: HttpRequest | None, attempt_code: str) -> HttpResponse:
    """Mark the attempt as ready, or submit it if the learner returns; then redirect to the exam.

    This only happens with the URL given to the provider, which contains a token. The attempt code alone, which learners
    and course staff see, only redirects. Only the learner, identified by session or by the cookie of an earlier call,
    can submit. `request` is None if a provider's code calls this function in-process, which is trusted.
    """
    attempt = transactions.reconnecting(lambda: get_exam_attempt_by_code(attempt_code))
    if attempt is None:
        log.warning("start callback for an unknown attempt")
        return HttpResponse("This exam attempt does not exist.", status=404)
    exam = attempt["proctored_exam"]
    url = links.reverse_or_empty("jump_to", args=[exam["course_id"], exam["content_id"]])
    response = HttpResponseRedirect(url)
    if not _is_sent_by_provider(attempt, request) or not _advance(attempt, request):
        return response
    response.set_signed_cookie(
        exam_cookie.EXAM_COOKIE,
        _pass(attempt),
        max_age=exam_cookie.EXAM_COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",  # not Strict: the browser must send it when a page of the provider leads to the exam
        secure=conf.django.HTTPS == "on" or (request is not None and request.is_secure()),
    )
    return response


def _is_sent_by_provider(attempt: AttemptDict, request: HttpRequest | None) -> bool:
    if request is None:
        return True
    # Before the token is read: link scanners and prefetches open the URL with its token.
    if _only_looks(request):
        return False
    if conf.proctoring.START_CALLBACK_WITHOUT_TOKEN:
        return True
    if not attempt["taking_as_proctored"] or not _uses_start_callback(attempt["proctored_exam"]):
        return False
    if launch_tokens.is_launch_token(request.GET.get("token", ""), attempt["attempt_code"]):
        return True
    # Attempts that 6.1.4 registered have a URL without a token.
    return was_registered_without_token(attempt["id"])


def _uses_start_callback(exam: ExamDict) -> bool:
    return bool(getattr(backends.find_provider(exam), "uses_start_callback", False))


def _only_looks(request: HttpRequest) -> bool:
    """Return whether the request must not change anything: it comes from a link scanner or is a prefetch, or its method is
    one such as OPTIONS.
    """
    purposes = [request.headers.get(name, "").lower() for name in PREFETCH_HEADERS]
    return request.method not in ("GET", "POST") or any(
        "prefetch" in text or "preview" in text for text in purposes
    )


def _advance(attempt: AttemptDict, request: HttpRequest | None) -> bool:
    """Make the change that the request asks for; return False if somebody else calls while the learner is in the exam."""
    if attempt["status"] not in IN_PROGRESS:
        mark_ready_if_setting_up(attempt["id"])
        return True
    if conf.proctoring.START_CALLBACK_SUBMITS or _is_learner(attempt, request):
        return unless_paused(
            attempt["id"],
            lambda: update_attempt_status(
                attempt["id"], ProctoredExamStudentAttemptStatus.submitted
            ),
        )
    log.warning("start callback refused, caller is not the learner: attempt_id=%s", attempt["id"])
    return False


def _is_learner(attempt: AttemptDict, request: HttpRequest | None) -> bool:
    if request is None:
        return False
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and user.pk == attempt["user"]["id"]:
        return True
    shown = request.get_signed_cookie(
        exam_cookie.EXAM_COOKIE, default="", max_age=exam_cookie.EXAM_COOKIE_SECONDS
    )
    known = exam_cookie.exam_passes(attempt["attempt_code"], attempt["user"]["id"])
    return any(constant_time_compare(shown or "", one) for one in known)


def _pass(attempt: AttemptDict) -> str:
    return exam_cookie.exam_pass(attempt["attempt_code"], attempt["user"]["id"])
