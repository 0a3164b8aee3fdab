"""How far learners are with onboarding."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.decorators import method_decorator
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api, constants, views
from edx_proctoring.views import switches
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.inputs import query_flag
from edx_proctoring.views.permissions import refusal, require_course_or_global_staff


class StudentOnboardingStatusView(ProctoredAPIView):
    """Route 19: one learner's status and the exam to go to; course staff may ask for others."""

    def get(self, request: Request) -> Response:
        course_id, username = request.GET.get("course_id"), request.GET.get("username")
        if not course_id:
            detail = "Missing required query parameter course_id"
            return Response({"detail": detail}, status=status.HTTP_400_BAD_REQUEST)
        user = request.user
        if username and username != user.get_username():
            if not views.is_user_course_or_global_staff(user, course_id):
                return refusal()
            user = api.get_learner_by_name(username, course_id, of_course=not user.is_staff)
        is_learning_mfe = query_flag(request, "is_learning_mfe")
        try:
            return Response(api.get_onboarding_status(course_id, user, is_learning_mfe))
        except api.NoOnboardingProfile as error:
            return Response(str(error), status=status.HTTP_404_NOT_FOUND)


class StudentOnboardingStatusByCourseView(ProctoredAPIView):
    """Route 20: a page of the statuses of all learners of a course who may take proctored exams."""

    throttle_scope = "attempts"

    @method_decorator(require_course_or_global_staff)
    def get(self, request: Request, course_id: str) -> Response:
        wanted = request.GET.get("statuses")
        uses_provider = switches.is_on(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API)
        page = api.get_onboarding_statuses(
            course_id,
            text_search=request.GET.get("text_search"),
            statuses=wanted.split(",") if wanted else None,
            page=request.GET.get("page", 1),
            per_page=views.ATTEMPTS_PER_PAGE,
            ask_provider=uses_provider,
        )
        has_next, has_previous = page.has_next(), page.has_previous()
        return Response(
            {
                "results": page.object_list,
                "count": page.paginator.count,
                "num_pages": page.paginator.num_pages,
                "previous": _link(request, course_id, page.number - 1) if has_previous else None,
                "next": _link(request, course_id, page.number + 1) if has_next else None,
                "use_onboarding_profile_api": uses_provider,
            }
        )


def _link(request: Request, course_id: str, page: int) -> str:
    given = {name: request.GET.get(name) for name in ("text_search", "statuses")}
    query = {name: value for name, value in given.items() if value} | {"page": str(page)}
    path = reverse("edx_proctoring:user_onboarding.status.course", kwargs={"course_id": course_id})
    return f"{path}?{urlencode(query)}"
