"""Redirects to the provider's dashboard for instructors."""

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api, constants
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.views import switches
from edx_proctoring.views.base import AuthenticatedAPIView, handle_proctored_exception
from edx_proctoring.views.frames import FramedView
from edx_proctoring.views.permissions import caller, require_course_or_global_staff
from edx_proctoring.views.requests.dashboard import DashboardQuery


class InstructorDashboard(FramedView, AuthenticatedAPIView):
    """Routes 21 and 31: redirect to the provider's dashboard for a course or an exam. Instructor dashboards embed it in
    a frame.
    """

    throttle_scope = "dashboard"

    @method_decorator(require_course_or_global_staff)
    def get(
        self, request: Request, course_id: str, exam_id: str | None = None
    ) -> HttpResponse | Response:
        wanted = DashboardQuery.read(request)
        attempt_id, own_id = (wanted["attempt"], wanted["id"]) if exam_id else (None, None)
        try:
            url = api.get_instructor_dashboard_url(
                course_id,
                caller(request),
                exam_id=exam_id,
                attempt_id=attempt_id,
                own_id=own_id,
                show_configuration=wanted["config"],
                with_video=bool(attempt_id or own_id)
                and switches.is_on(constants.REDS_API_REDIRECT),
            )
        except ProctoredBaseException as error:
            return _explained(error)
        headers = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        return HttpResponseRedirect(url, headers=headers)


def _explained(error: ProctoredBaseException) -> Response:
    """Return the published error: plain text instead of an object, and for a 404 a header that lets this site frame it."""
    answer = handle_proctored_exception(error, InstructorDashboard.__name__)
    assert answer is not None  # the view is ours
    headers = {}
    if answer.status_code == status.HTTP_404_NOT_FOUND:
        headers["X-Frame-Options"] = "sameorigin"
    return Response(status=answer.status_code, data=answer.data["detail"], headers=headers)
