"""The demo's routes, and two more."""

import re

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, re_path

from demo.host import urls
from edx_proctoring import api


def health(_request: HttpRequest) -> HttpResponse:
    """Respond if a thread is free."""
    return HttpResponse("well")


@login_required
def strict(request: HttpRequest, course_id: str, location: str) -> HttpResponse:
    """Show the exam page of a host that does not allow opting out of proctoring."""
    exam = api.get_exam_by_content_id(course_id, location)
    context = {
        "display_name": exam["exam_name"],
        "default_time_limit_mins": exam["time_limit_mins"],
        "is_proctored": exam["is_proctored"],
        "allow_proctoring_opt_out": False,
        "due_date": exam["due_date"],
    }
    html = api.get_student_view(request.user.pk, course_id, location, context)
    found = re.search(r'data-screen="([^"]+)"', html or "")
    return JsonResponse({"screen": "questions" if html is None else found and found.group(1)})


urlpatterns = [
    path("health", health),
    re_path(rf"^strict/{settings.COURSE_ID_PATTERN}/(?P<location>.*)$", strict),
    *urls.urlpatterns,
]
