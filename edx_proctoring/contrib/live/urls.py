"""Routes below `/api/edx_proctoring/v2/courses/{course_id}/`, and who may call them."""

from collections.abc import Mapping

from django.urls import re_path

from edx_proctoring.contrib.live.views import CreditViewSet, LostTimeViewSet, OutageViewSet
from edx_proctoring.views.permissions import COURSE_STAFF

OUTAGE = r"^outages/(?P<outage_id>\d{1,20})/"

V2 = [
    re_path(
        r"^outages/$",
        OutageViewSet.as_view({"get": "list", "post": "create"}),
        name="proctoring_live.outages",
    ),
    re_path(
        f"{OUTAGE}$",
        OutageViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="proctoring_live.outage",
    ),
    re_path(
        f"{OUTAGE}attempts/$",
        LostTimeViewSet.as_view({"get": "list"}),
        name="proctoring_live.outage.attempts",
    ),
    re_path(
        f"{OUTAGE}credit/$",
        CreditViewSet.as_view({"post": "credit"}),
        name="proctoring_live.outage.credit",
    ),
]

ROLES: Mapping[str, Mapping[str, str]] = {
    "proctoring_live.outages": {"get": COURSE_STAFF, "post": COURSE_STAFF},
    "proctoring_live.outage": {"get": COURSE_STAFF, "patch": COURSE_STAFF},
    "proctoring_live.outage.attempts": {"get": COURSE_STAFF},
    "proctoring_live.outage.credit": {"post": COURSE_STAFF},
}
