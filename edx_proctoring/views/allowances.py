"""Allowances."""

from typing import Any

from django.utils.decorators import method_decorator
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api, conf
from edx_proctoring.api.allowances.bulk import Grant
from edx_proctoring.exceptions import AllowanceValueNotAllowedException
from edx_proctoring.types import AllowanceDict
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.permissions import (
    course_of_the_exams,
    require_course_or_global_staff,
    require_staff_of_the_exams,
)
from edx_proctoring.views.requests.allowances import (
    AllowanceListQuery,
    BulkGrantSerializer,
    GrantSerializer,
    RevocationSerializer,
)

TOTAL = "X-Total-Count"  # over all pages
EXAM_PROBLEMS = (api.NO_EXAM, api.OTHER_COURSE, api.NOT_ACTIVE)


class ExamAllowanceView(ProctoredAPIView):
    """Routes 13 and 14: list the allowances of a course; grant and remove one."""

    throttle_scope = "allowances"

    @method_decorator(require_course_or_global_staff)
    def get(self, request: Request, course_id: str) -> Response:
        wanted = AllowanceListQuery.read(request)
        found, total = _page(request, course_id, wanted)
        return Response(found, headers={TOTAL: str(total)})

    @method_decorator(require_course_or_global_staff)
    def put(self, request: Request) -> Response:
        api.grant_allowance(**GrantSerializer.read(request))
        return Response()

    @method_decorator(require_course_or_global_staff)
    def delete(self, request: Request) -> Response:
        data = RevocationSerializer.read(request)
        exam_id, key = data["exam_id"], data["key"]
        if "user_id" in data:
            api.remove_allowance_for_user(exam_id, data["user_id"], key)
        else:
            api.take_allowance_back(exam_id, data["user_info"], key)
        return Response()


class GroupedExamAllowancesByStudent(ProctoredAPIView):
    """Route 17: all allowances of a course, grouped by username."""

    throttle_scope = "allowances"

    @method_decorator(require_course_or_global_staff)
    def get(self, request: Request, course_id: str) -> Response:
        grouped: dict[str, list[AllowanceDict]] = {}
        wanted = AllowanceListQuery.read(request)
        found, total = _page(request, course_id, wanted)
        for allowance in found:
            grouped.setdefault(allowance["user"]["username"], []).append(allowance)
        return Response(grouped, headers={TOTAL: str(total)})


def _guards() -> bool:
    return not conf.proctoring.ALLOWANCES_FOR_ANYONE


def _page(
    request: Request, course_id: str, wanted: dict[str, Any]
) -> tuple[list[AllowanceDict], int]:
    return api.get_allowances_page(
        course_id,
        search_by=wanted["text"],
        exam_id=wanted["exam"],
        ordering=wanted["ordering"],
        page=wanted["page"],
        per_page=wanted["page_size"],
        hides_strangers=not request.user.is_staff and _guards(),
    )


class ExamBulkAllowanceView(ProctoredAPIView):
    """Routes 15 and 16: grant one allowance to many learners in many exams of a course."""

    largest_body = "MAX_DOCUMENT_BYTES"
    throttle_scope = "allowances"

    @method_decorator(require_staff_of_the_exams)
    def put(self, request: Request, course_id: str | None = None) -> Response:
        try:
            data = BulkGrantSerializer.read(request)
            grants = api.grant_allowances(
                data["exam_ids"],
                data["user_ids"],
                data["allowance_type"],
                data["value"],
                course_id=course_of_the_exams({"course_id": course_id}, data, request.user),
                enrolled_only=_guards(),
            )
        except AllowanceValueNotAllowedException:
            return _refused("Enter a valid positive value number", "allowance_value")
        return _outcome(grants)


def _outcome(grants: list[Grant]) -> Response:
    """Return 200 if all were granted, 207 with each pair if only some were."""
    problems = [grant for grant in grants if grant.problem]
    if len(problems) == len(grants):
        return _nothing_granted(grants)
    if not problems:
        return Response()
    return Response([_pair(grant) for grant in grants], status=status.HTTP_207_MULTI_STATUS)


def _refused(detail: str, field: str) -> Response:
    """`field` names the input of the form to highlight."""
    return Response({"detail": detail, "field": field}, status=status.HTTP_400_BAD_REQUEST)


def _nothing_granted(grants: list[Grant]) -> Response:
    wrong_exams = bool(grants) and all(grant.problem in EXAM_PROBLEMS for grant in grants)
    if wrong_exams:
        return _refused("Choose exams of this course that are active.", "exam_ids")
    return _refused("Enter a valid username or email", "user_info")


def _pair(grant: Grant) -> dict[str, str]:
    outcome = {"status": "failed", "detail": grant.problem} if grant.problem else {"status": "ok"}
    return {"exam_id": str(grant.exam_id), "user_id": str(grant.user_id), **outcome}
