"""The onboarding status of learners."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.decorators import method_decorator
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api, constants
from edx_proctoring.types import OnboardingRow
from edx_proctoring.views import base, permissions, switches
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.permissions import caller, refusal, require_course_or_global_staff
from edx_proctoring.views.requests.onboarding import OnboardingListQuery, OnboardingStatusQuery

PUBLISHED = ("username", "enrollment_mode", "status", "modified")  # of a learner in the list


class StudentOnboardingStatusView(ProctoredAPIView):
    """Route 19: one learner's status and the exam to take; course staff may name another learner."""

    def get(self, request: Request) -> Response:
        wanted = OnboardingStatusQuery.read(request)
        course_id, username = wanted["course_id"], wanted["username"]
        user = caller(request)
        if username and username != user.get_username():
            if not permissions.is_user_course_or_global_staff(user, course_id):
                return refusal()
            user = api.get_learner_by_name(username, course_id, of_course=not user.is_staff)
        try:
            return Response(api.get_onboarding_status(course_id, user, wanted["is_learning_mfe"]))
        except api.NoOnboardingProfile as error:
            return Response(str(error), status=status.HTTP_404_NOT_FOUND)


class StudentOnboardingStatusByCourseView(ProctoredAPIView):
    """Route 20: a page of the statuses of all learners of a course who may take proctored exams."""

    throttle_scope = "attempts"

    @method_decorator(require_course_or_global_staff)
    def get(self, request: Request, course_id: str) -> Response:
        asked = OnboardingListQuery.of(request)
        wanted, given = asked.valid(), asked.initial_data
        uses_provider = switches.is_on(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API)
        page = api.get_onboarding_statuses(
            course_id,
            text_search=wanted["text_search"],
            statuses=wanted["statuses"],
            page=wanted["page"],
            per_page=base.ATTEMPTS_PER_PAGE,
            ask_provider=uses_provider,
        )
        has_next, has_previous = page.has_next(), page.has_previous()
        return Response(
            {
                "results": [_published(row) for row in page.object_list],
                "count": page.paginator.count,
                "num_pages": page.paginator.num_pages,
                "previous": _link(given, course_id, page.number - 1) if has_previous else None,
                "next": _link(given, course_id, page.number + 1) if has_next else None,
                "use_onboarding_profile_api": uses_provider,
            }
        )


def _published(row: OnboardingRow) -> dict[str, object]:
    return {name: value for name, value in row.items() if name in PUBLISHED}


def _link(given: Mapping[str, str], course_id: str, page: int) -> str:
    kept = {name: given[name] for name in ("text_search", "statuses") if given.get(name)}
    query = kept | {"page": str(page)}
    path = reverse("edx_proctoring:user_onboarding.status.course", kwargs={"course_id": course_id})
    return f"{path}?{urlencode(query)}"
