"""The language of the pages, and of e-mails."""

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from demo.host.models import Preference

NAME = "pref-lang"  # the platform's


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Remember the language in the browser and, after signing in, with the learner, for e-mails."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise SuspiciousOperation("There is no such language.")
    if request.user.is_authenticated:
        Preference.objects.update_or_create(
            user_id=request.user.pk, name=NAME, defaults={"value": language}
        )
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = redirect(back)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax")
    return response
