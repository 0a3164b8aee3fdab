"""Routes of the LMS and of its plug-ins."""

from django.contrib import admin
from django.urls import path, re_path
from edx_django_utils.plugins import get_plugin_url_patterns

from tests.settings import COURSE_ID_PATTERN
from tests.urls import page

urlpatterns = [
    path("admin/", admin.site.urls),
    re_path(rf"^courses/{COURSE_ID_PATTERN}/jump_to/(?P<location>.*)$", page, name="jump_to"),
    re_path(rf"^courses/{COURSE_ID_PATTERN}/progress$", page, name="progress"),
    path("password_assistance", page, name="password_assistance"),
    *get_plugin_url_patterns("lms.djangoapp"),
]
