"""The live board on a page of its own, for course staff and for invigilators."""

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from edx_proctoring.contrib.live.rooms import may_invigilate
from edx_proctoring.extensions import StaffSection
from edx_proctoring.views.pages import OUR_SCRIPT, StaffPage, render_sections

SCRIPT = "proctoring/js/live.js"


def section() -> StaffSection:
    """Return the section of the staff page."""
    return StaffSection("live", _("Live"), "proctoring-live", [OUR_SCRIPT, SCRIPT], is_first=True)


class LivePage(StaffPage):
    """`/api/edx_proctoring/pages/courses/{course_id}/live/`."""

    def _page(self, request: HttpRequest, course_id: str) -> HttpResponseBase:
        user = request.user
        if not user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not may_invigilate(user, course_id):
            raise PermissionDenied
        return render_sections(request, course_id, [section()])
