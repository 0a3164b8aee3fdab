"""The only route that Studio includes as well."""

from django.conf import settings
from django.urls import re_path

from edx_proctoring import views

app_name = "instructor"

urlpatterns = [
    re_path(
        rf"^edx_proctoring/v1/instructor/{settings.COURSE_ID_PATTERN}/(?P<exam_id>\d+)$",
        views.InstructorDashboard.as_view(),
        name="instructor_dashboard_exam",
    ),
]
