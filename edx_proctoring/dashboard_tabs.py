"""A tab in Open edX's instructor dashboard, by its filter `org.openedx.learning.instructor.dashboard.tabs.requested.v1`.

The plug-in's settings add the step. It derives from no class of openedx-filters, which calls steps by their signature
only, so that the package works where that one is not installed.
"""

from collections.abc import Iterable, Mapping
from typing import TypedDict

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from edx_proctoring import api, conf, host
from edx_proctoring.links import lms_url
from edx_proctoring.types import AnyUser

TAB_ID = "proctoring_special_exams"


class Tab(TypedDict, total=False):
    """A tab as the dashboard knows it. The smallest `sort_order` comes first."""

    tab_id: str
    title: str
    url: str
    sort_order: int


class SpecialExamsTab:
    """Adds the staff page of the course for its staff, if the course has timed or proctored exams."""

    def __init__(
        self, filter_type: str, running_pipeline: Iterable[object], **extra_config: object
    ) -> None:
        self.filter_type = filter_type

    def run_filter(
        self, tabs: list[Tab] | None, user: AnyUser, course_key: object, **more: object
    ) -> Mapping[str, object]:
        """Return the filter's arguments, with one more tab."""
        found = list(tabs or ())
        if _is_wanted(user, str(course_key)) and all(tab.get("tab_id") != TAB_ID for tab in found):
            found += _tab(found, str(course_key))
        return {**more, "tabs": found, "user": user, "course_key": course_key}


def _is_wanted(user: AnyUser, course_id: str) -> bool:
    if not conf.proctoring.DASHBOARD_TAB:
        return False
    if not (user.is_active and host.is_course_or_global_staff(user, course_id)):
        return False
    return api.find_exams(course_id).exists()


def _tab(tabs: Iterable[Tab], course_id: str) -> list[Tab]:
    """Return the tab; none if the host has not mounted the page."""
    try:
        path = reverse("edx_proctoring:pages.special_exams", args=[course_id])
    except NoReverseMatch:
        return []
    title = _("Special exams")
    if any(tab.get("title") == title for tab in tabs):
        title = _("Special exams and reviews")  # the dashboard has a tab of its own
    last = max((tab.get("sort_order") or 0 for tab in tabs), default=0)
    return [{"tab_id": TAB_ID, "title": title, "url": lms_url(path), "sort_order": last + 10}]
