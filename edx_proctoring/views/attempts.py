"""Attempts: the actions of learners on their own attempts, and the lists and removals of staff."""

from typing import TYPE_CHECKING

from django.core.paginator import Page
from django.urls import reverse
from django.utils.decorators import method_decorator
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api, constants, extensions
from edx_proctoring.api.lookup import as_id
from edx_proctoring.exceptions import ProctoredExamPermissionDenied
from edx_proctoring.types import AnyUser, JSONObject, LatestAttempt
from edx_proctoring.views import base, permissions, switches
from edx_proctoring.views.base import LOG, ProctoredAPIView
from edx_proctoring.views.disclosure import without_secret_ids
from edx_proctoring.views.permissions import (
    NOT_STAFF,
    caller,
    caller_id,
    check_may_read_course,
    refusal,
    require_course_or_global_staff,
)
from edx_proctoring.views.requests.attempts import (
    ActionSerializer,
    AttemptListQuery,
    ExamPageQuery,
    LearnerQuery,
    NewAttemptSerializer,
    RemovalQuery,
    RunningExamsQuery,
)

if TYPE_CHECKING:
    from edx_proctoring.models import ProctoredExamStudentAttempt

NOT_IN_EXAM = {"in_timed_exam": False, "is_proctored": False}


class StudentProctoredExamAttempt(ProctoredAPIView):
    """Route 6: one attempt. Learners poll and change their own; staff permit resuming or remove it."""

    def get(self, request: Request, attempt_id: int) -> Response:
        attempt = api.get_polled_attempt(attempt_id)
        _check_owner(attempt["user"]["id"], caller_id(request))
        _polled(request, attempt["id"], attempt["status"])
        return Response(attempt)

    def put(self, request: Request, attempt_id: int) -> Response:
        attempt = api.find_attempt(attempt_id)
        sent = ActionSerializer.of(request)
        if sent.acts_for_another:
            _check_acts_for_another(request.user, attempt, sent)
            done = api.mark_exam_attempt_as_ready_to_resume(attempt_id, by=caller(request))
            return _changed(done)
        _check_owner(attempt.user_id, caller_id(request))
        data = sent.valid()
        if data["action"] == "ping":
            _polled(request, attempt.pk, attempt.status)
        if data["action"] == "error" and _ignores_lost_software(attempt):
            LOG.warning("learner's browser reported an error, ignored: attempt_id=%s", attempt_id)
            return _changed(False)
        done = api.learner_action(attempt, data["action"], caller(request), data["detail"])
        return _changed(done)

    @method_decorator(require_course_or_global_staff)
    def delete(self, request: Request, attempt_id: int) -> Response:
        if RemovalQuery.read(request)["keep_at_provider"]:
            api.remove_exam_attempt_or_keep_at_provider(attempt_id, caller(request))
        else:
            api.remove_exam_attempt(attempt_id, caller(request))
        return Response()


def _polled(request: Request, attempt_id: int, status: str) -> None:
    """Tell extensions of the poll, and whether the page shows announcements."""
    said = request.headers.get("X-Proctoring-Messages"), request.query_params.get("messages")
    shows = "1" in said  # pages on other origins may not send headers of their own
    extensions.polled(attempt_id, status, shows_messages=shows)


def _changed(attempt_id: int | bool) -> Response:
    return Response({"exam_attempt_id": attempt_id})


def _check_owner(owner_id: int, user_id: int | None) -> None:
    if owner_id != user_id:
        raise ProctoredExamPermissionDenied("This attempt is not yours.")


def _check_acts_for_another(
    user: AnyUser, attempt: "ProctoredExamStudentAttempt", sent: ActionSerializer
) -> None:
    """Only staff of the course may act for a learner, and only to permit resuming."""
    course_id = attempt.proctored_exam.course_id
    # Called through the package, because host test suites replace it there.
    if not sent.resumes or not permissions.is_user_course_or_global_staff(user, course_id):
        raise ProctoredExamPermissionDenied(
            "Only course staff may do this, and only to let learners resume."
        )
    _check_owner(attempt.user_id, sent.valid()["user_id"] or user.pk)


def _ignores_lost_software(attempt: "ProctoredExamStudentAttempt") -> bool:
    """Return whether a waffle switch lets learners continue when this provider's software does not answer."""
    backend = attempt.proctored_exam.backend
    return bool(backend) and switches.is_on(
        constants.PING_FAILURE_PASSTHROUGH_TEMPLATE.format(backend)
    )


class StudentProctoredExamAttemptCollection(ProctoredAPIView):
    """Route 9: the caller's running attempt, and the creation of an attempt."""

    def get(self, request: Request) -> Response:
        running = api.get_active_attempt_data(caller_id(request))
        if running:
            _polled(request, running["attempt_id"], running["attempt_status"])
        return Response(running or NOT_IN_EXAM)

    def post(self, request: Request) -> Response:
        data = NewAttemptSerializer.read(request)
        return _changed(api.create_attempt_for_learner(user=caller(request), **data))


class StudentProctoredGroupedExamAttemptsByCourse(ProctoredAPIView):
    """Routes 7 and 8: a page of the newest attempts per learner and exam, each with the earlier ones."""

    throttle_scope = "attempts"

    @method_decorator(require_course_or_global_staff)
    def get(self, request: Request, course_id: str, search_by: str | None = None) -> Response:
        name, kwargs = "course", {"course_id": course_id}
        if search_by is not None:
            name, kwargs = "search", {**kwargs, "search_by": search_by}
        wanted = AttemptListQuery.read(request)
        page = api.get_grouped_attempts(
            course_id,
            search_by=search_by or wanted["text"],
            page=wanted["page"],
            per_page=wanted["page_size"] or base.ATTEMPTS_PER_PAGE,
            statuses=wanted["status"],
            exam_id=wanted["exam"],
            ordering=wanted["ordering"],
        )
        url = reverse(f"edx_proctoring:proctored_exam.attempts.grouped.{name}", kwargs=kwargs)
        return Response(
            {
                "proctored_exam_attempts": without_secret_ids(request.user, page.object_list),
                "pagination_info": _pagination(page),
                "attempt_url": url,
            }
        )


def _pagination(page: "Page[LatestAttempt]") -> JSONObject:
    return {
        "has_previous": page.has_previous(),
        "has_next": page.has_next(),
        "current_page": page.number,
        "total_pages": page.paginator.num_pages,
    }


class ProctoredExamActiveAttemptView(ProctoredAPIView):
    """Route 25: a learner's running attempt, for the MFE; global staff may name another learner."""

    def get(self, request: Request) -> Response:
        user_id = _asked_id(request, LearnerQuery.of(request))
        return Response(api.get_active_attempt_data(user_id, is_learning_mfe=True) or {})


class ProctoredExamAttemptView(ProctoredAPIView):
    """Route 24: an exam and a learner's attempt in it, for the MFE; global staff may name another learner."""

    def get(self, request: Request, course_id: str, content_id: str | None = None) -> Response:
        query = ExamPageQuery.of(request)
        user_id = _asked_id(request, query)
        user = request.user if user_id == request.user.pk else api.get_user(user_id)
        check_may_read_course(request.user, course_id)
        wanted = query.valid()
        is_mfe = wanted["is_learning_mfe"]
        if wanted["content_id"] is not None:
            content_id = wanted["content_id"]
        exam = {}
        if content_id:
            exam = api.get_exam_for_learner(course_id, content_id, user, is_learning_mfe=is_mfe)
        active = api.get_active_attempt_data(user.pk, is_learning_mfe=is_mfe)
        return Response({"exam": exam, "active_attempt": active or {}})


def _asked_id(request: Request, query: LearnerQuery) -> int:
    """Return the learner named by the query, for global staff; otherwise the caller."""
    if query.names_learner and not request.user.is_staff:
        raise PermissionDenied(NOT_STAFF)
    return int(query.valid()["user_id"] or caller_id(request))


class ActiveExamsForUserView(ProctoredAPIView):
    """Route 18: the exams that a learner is taking, with allowances. Staff may name another learner."""

    throttle_scope = "attempts"

    def get(self, request: Request) -> Response:
        wanted = RunningExamsQuery.read(request)
        course_id, user_id = wanted["course_id"], wanted["user_id"] or caller_id(request)
        if user_id != caller_id(request) and not _may_see_others(request.user, course_id):
            return refusal()
        found = api.get_active_exams_for_user(user_id, course_id)
        return Response(without_secret_ids(request.user, found))


def _may_see_others(user: AnyUser, course_id: str | None) -> bool:
    """Course staff may only see learners in their own course."""
    return bool(user.is_staff) or (
        course_id is not None and permissions.is_user_course_or_global_staff(user, course_id)
    )


class StudentProctoredExamResetAttempts(ProctoredAPIView):
    """Route 30: staff remove all attempts of a learner in an exam."""

    @method_decorator(require_course_or_global_staff)
    def delete(self, request: Request, exam_id: str, user_id: str) -> Response:
        exam, user = as_id(exam_id), as_id(user_id)
        keep = RemovalQuery.read(request)["keep_at_provider"]
        if (
            exam
            and user
            and api.remove_exam_attempts(exam, user, caller(request), keep_at_provider=keep)
        ):
            return Response()
        return Response(status=status.HTTP_404_NOT_FOUND, data="There are no attempts to remove.")


class ProctoredExamAttemptReviewStatus(ProctoredAPIView):
    """Route 10: the learner acknowledges the result."""

    def put(self, request: Request, attempt_id: int) -> Response:
        if not constants.CONTENT_VIEWABLE_PAST_DUE_DATE:
            return Response(
                status=status.HTTP_404_NOT_FOUND,
                data={"detail": "Results cannot be acknowledged here."},
            )
        attempt = api.find_attempt(attempt_id)
        _check_owner(attempt.user_id, caller_id(request))
        api.update_exam_attempt(attempt_id, is_status_acknowledged=True)
        return Response()
