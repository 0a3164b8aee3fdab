"""Pages for course staff: one page whose sections are custom elements that use the second version of the REST interface."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, get_supported_language_variant
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import DjangoTranslation
from django.views import View
from django.views.i18n import JavaScriptCatalog

from edx_proctoring import conf, extensions, host, transactions
from edx_proctoring.extensions import StaffSection
from edx_proctoring.views import permissions
from edx_proctoring.views.bodies import UNSTORABLE

log = logging.getLogger(__name__)

LOCALE = Path(__file__).resolve().parents[1] / "locale"
TEXTS_SECONDS = 3600  # that browsers keep the texts of scripts
OUR_SCRIPT = "proctoring/js/staff.js"
OUR_STYLES = "proctoring/css/staff.css"


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class StaffPage(View):
    """`/api/edx_proctoring/pages/courses/{course_id}/special-exams/`."""

    http_method_names = ["get", "head", "options"]  # noqa: RUF012  as Django has it

    def get(self, request: HttpRequest, course_id: str) -> HttpResponseBase:
        if UNSTORABLE.search(course_id):
            raise Http404
        return transactions.reconnecting(lambda: self._page(request, course_id))

    def _page(self, request: HttpRequest, course_id: str) -> HttpResponseBase:
        user: Any = request.user
        if not user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not permissions.may_call(request, course_id):
            raise PermissionDenied
        return render_sections(request, course_id, _sections(course_id, user))


def render_sections(
    request: HttpRequest, course_id: str, sections: Sequence[StaffSection]
) -> HttpResponse:
    """Return a page with these sections. Extensions use it for pages of their own."""
    get_token(request)  # sections send it with their changes
    context = _context(course_id, sections)
    context["config"]["courseName"] = _course_name(request.user, course_id)
    page = render(request, "proctoring/staff/page.html", context)
    patch_cache_control(page, private=True, no_cache=True)
    return page


def _course_name(user: Any, course_id: str) -> str:
    """Return the course's name, or '': hosts name a course only to users who are enrolled in it."""
    state = host.credit_state(user.pk, course_id, with_course=True) or {}
    return state.get("course_name") or ""


class StaffPageParts(StaffPage):
    """`…/special-exams/parts/`: the same for pages that embed sections, such as the LMS's own dashboard.

    JSON: `courseId`, `apiBase`, `sections`, `texts` as on the page, and the addresses `page`, `styles` and `scripts`.
    """

    def _page(self, request: HttpRequest, course_id: str) -> HttpResponseBase:
        user: Any = request.user
        if not (user.is_authenticated and permissions.may_call(request, course_id)):
            detail = permissions.NOT_STAFF if user.is_authenticated else permissions.SIGNED_OUT
            answer = JsonResponse({"detail": detail}, status=403)
        else:
            get_token(request)
            context = _context(course_id, _sections(course_id, user))
            parts = {
                "page": reverse("edx_proctoring:pages.special_exams", args=[course_id]),
                "styles": static(OUR_STYLES),
                "scripts": context["scripts"],
            }
            answer = JsonResponse({**context["config"], **parts})
        patch_cache_control(answer, private=True, no_cache=True)
        return answer


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class ScriptTexts(View):
    """`/api/edx_proctoring/pages/texts/{language}`: the texts of learners' scripts, for everybody; {} for English."""

    http_method_names = ["get", "head", "options"]  # noqa: RUF012  as Django has it

    def get(self, request: HttpRequest, language: str) -> HttpResponseBase:
        try:
            known = get_supported_language_variant(language)
        except LookupError:
            known = "en"
        response = JsonResponse(_texts(known))
        patch_cache_control(response, public=True, max_age=TEXTS_SECONDS)
        return response


def _context(course_id: str, sections: Sequence[StaffSection]) -> dict[str, Any]:
    scripts = [static(script) for section in sections for script in section.scripts]
    attempts = reverse("edx_proctoring:v2.attempts", kwargs={"course_id": course_id})
    return {
        "base_template": conf.proctoring.STAFF_BASE_TEMPLATE,
        "scripts": list(dict.fromkeys(scripts)),  # without repetitions, in order
        "config": {
            "courseId": course_id,
            "apiBase": attempts.removesuffix("attempts/"),
            "sections": [
                {"name": one.name, "title": str(one.title), "element": one.element}
                for one in sections
            ],
            "texts": _texts(get_language() or conf.django.LANGUAGE_CODE),
        },
    }


def _titles() -> dict[str, str]:
    return {
        "attempts": _("Attempts"),
        "accommodations": _("Accommodations"),
        "onboarding": _("Onboarding"),
        "reviews": _("Reviews"),
    }


def _sections(course_id: str, user: Any) -> list[StaffSection]:
    """Return our section, and those of extensions that the page can show."""
    found = {
        name: StaffSection(name, title, f"proctoring-{name}", [OUR_SCRIPT])
        for name, title in _titles().items()
    }
    for section in extensions.staff_sections(course_id, user):
        replaced = found.get(section.replaces)
        is_ours = replaced is not None and replaced.scripts == [OUR_SCRIPT]
        if not is_ours and (section.replaces or section.name in found):
            log.error("section left out, its name is taken: section=%s", section.name)
        elif not _are_collected(section.scripts):
            log.error("section left out, a script is missing: section=%s", section.name)
        elif is_ours:
            found[section.replaces] = replace(section, name=section.replaces)
        else:
            found[section.name] = section
    return sorted(found.values(), key=lambda one: not one.is_first)


def _are_collected(scripts: Sequence[str]) -> bool:
    """Return whether the manifest of the host's storage, if there is one, has all of these static files."""
    try:
        return all(static(script) for script in scripts)
    except ValueError:
        return False


@cache
def _texts(language: str) -> dict[str, str | list[str]]:
    """Return the translations of our scripts' texts, because the host's catalogs may not contain them. A text that
    depends on a number has a list of its plural forms. The scripts have the English texts themselves.
    """
    if language.partition("-")[0] == "en":
        return {}
    catalog = JavaScriptCatalog()
    catalog.translation = DjangoTranslation(language, domain="djangojs", localedirs=[str(LOCALE)])
    found: dict[str, str | list[str]] = catalog.get_catalog()
    return found
