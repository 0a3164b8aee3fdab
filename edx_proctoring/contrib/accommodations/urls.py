"""The app's routes below `/api/edx_proctoring/v2/courses/{course_id}/`, and who may call them."""

from django.urls import re_path

from edx_proctoring.contrib.accommodations.breaks import BEGIN, END
from edx_proctoring.contrib.accommodations.csv_views import (
    ImportJobViewSet,
    ProfileExport,
    ProfileImport,
)
from edx_proctoring.contrib.accommodations.views import (
    AccommodationViewSet,
    BreakViewSet,
    ProfileHistoryViewSet,
    ProfileViewSet,
)
from edx_proctoring.views.permissions import ANY_USER, COURSE_STAFF

PROFILE = r"^accommodations/(?P<profile_id>\d{1,20})/"
ATTEMPT = r"^attempts/(?P<attempt_id>\d{1,20})/break/"
NAME = "proctoring_accommodations"

urlpatterns = [
    re_path(
        r"^accommodations/$",
        ProfileViewSet.as_view({"get": "list", "post": "create"}),
        name=f"{NAME}.profiles",
    ),
    re_path(
        r"^accommodations/all/$",
        AccommodationViewSet.as_view({"get": "list"}),
        name=f"{NAME}.all",
    ),
    re_path(
        r"^accommodations/preview/$",
        ProfileViewSet.as_view({"post": "preview"}),
        name=f"{NAME}.preview",
    ),
    re_path(
        r"^accommodations/export/$",
        ProfileExport.as_view({"get": "export"}),
        name=f"{NAME}.export",
    ),
    re_path(
        r"^accommodations/import/$",
        ProfileImport.as_view({"post": "store"}),
        name=f"{NAME}.import",
    ),
    re_path(
        r"^accommodations/import/preview/$",
        ProfileImport.as_view({"post": "preview_file"}),
        name=f"{NAME}.import_preview",
    ),
    re_path(
        r"^accommodations/imports/$",
        ImportJobViewSet.as_view({"get": "list"}),
        name=f"{NAME}.imports",
    ),
    re_path(
        r"^accommodations/imports/(?P<import_id>\d{1,20})/$",
        ImportJobViewSet.as_view({"get": "retrieve"}),
        name=f"{NAME}.import_job",
    ),
    re_path(
        PROFILE + "$",
        ProfileViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name=f"{NAME}.profile",
    ),
    re_path(
        PROFILE + "preview/$",
        ProfileViewSet.as_view({"post": "preview_change"}),
        name=f"{NAME}.preview_change",
    ),
    re_path(
        PROFILE + "history/$",
        ProfileHistoryViewSet.as_view({"get": "list"}),
        name=f"{NAME}.history",
    ),
    re_path(PROFILE + "end/$", ProfileViewSet.as_view({"post": "end"}), name=f"{NAME}.end"),
    re_path(ATTEMPT + "begin/$", BreakViewSet.as_view({"post": "begin"}), name=BEGIN),
    re_path(ATTEMPT + "end/$", BreakViewSet.as_view({"post": "end"}), name=END),
]

# Course staff see and change the profiles of their course; the view leaves those of organisation and site to global staff.
# Breaks are for the learner whose attempt it is, which the view checks.
ROLES = {
    f"{NAME}.profiles": {"get": COURSE_STAFF, "post": COURSE_STAFF},
    f"{NAME}.all": {"get": COURSE_STAFF},
    f"{NAME}.preview": {"post": COURSE_STAFF},
    f"{NAME}.export": {"get": COURSE_STAFF},
    f"{NAME}.import": {"post": COURSE_STAFF},
    f"{NAME}.import_preview": {"post": COURSE_STAFF},
    f"{NAME}.imports": {"get": COURSE_STAFF},
    f"{NAME}.import_job": {"get": COURSE_STAFF},
    f"{NAME}.profile": {"get": COURSE_STAFF, "patch": COURSE_STAFF},
    f"{NAME}.preview_change": {"post": COURSE_STAFF},
    f"{NAME}.history": {"get": COURSE_STAFF},
    f"{NAME}.end": {"post": COURSE_STAFF},
    BEGIN: {"post": ANY_USER},
    END: {"post": ANY_USER},
}
