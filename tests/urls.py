"""The routes of a host, and the app's routes under /api/ as the platform mounts them."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path

from tests.settings import COURSE_ID_PATTERN


def page(_request: HttpRequest, **_kwargs: str) -> HttpResponse:
    """A page of the host."""
    return HttpResponse("a page of the host")


urlpatterns = [
    path("admin/", admin.site.urls),
    re_path(rf"^courses/{COURSE_ID_PATTERN}/jump_to/(?P<location>.*)$", page, name="jump_to"),
    re_path(rf"^courses/{COURSE_ID_PATTERN}/progress$", page, name="progress"),
    path("password_assistance", page, name="password_assistance"),
    path("api/", include("edx_proctoring.urls", namespace="edx_proctoring")),
]
