"""The learner's own page *My exams*: attempts, what happened, what is kept, and a download of it."""

import datetime
import json
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.views import View

from edx_proctoring import conf, transactions
from edx_proctoring.api import my_exams
from edx_proctoring.api.attempts import own_attempts
from edx_proctoring.views import permissions

NEWEST = 50  # attempts on the page; the downloads have all


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class MyExams(View):
    """`/api/edx_proctoring/pages/my-exams/`: the signed-in user's own attempts in all courses."""

    http_method_names = ["get", "head", "options"]  # noqa: RUF012  as Django has it

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return transactions.reconnecting(lambda: self._checked(request))

    def _checked(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not permissions.may_call(request, ""):
            raise PermissionDenied
        answer = self.answer(request, permissions.caller(request))
        patch_cache_control(answer, private=True, no_store=True)
        return answer

    def answer(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Return the page."""
        attempts = own_attempts.get_own_attempts(user.pk, NEWEST + 1)
        context = {
            **my_exams.page_context(user, attempts[:NEWEST]),
            "base_template": conf.proctoring.LEARNER_BASE_TEMPLATE,
            "has_more": len(attempts) > NEWEST,
        }
        return render(request, "proctoring/learner/my_exams.html", context)


class MyExamsJson(MyExams):
    """`…/my-exams/data.json`: the same for programs, with allowances and the data of extensions."""

    def answer(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Return the file."""
        data = {
            "username": user.get_username(),
            "exported_at": timezone.now().isoformat(),
            **own_attempts.own_data(user.pk, own_attempts.get_own_attempts(user.pk)),
        }
        answer = JsonResponse(data, json_dumps_params={"indent": 2, "ensure_ascii": False})
        return _as_file(answer, "json")


class MyExamsHtml(MyExams):
    """`…/my-exams/data.html`: the same for reading."""

    def answer(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Return the file."""
        attempts = own_attempts.get_own_attempts(user.pk)
        data = own_attempts.own_data(user.pk, ())
        context = {
            **my_exams.page_context(user, attempts),
            "allowances": [
                {**one, "kind": my_exams.allowance_in_words(str(one["key"]))}
                for one in own_attempts.get_own_allowances(user.pk)
            ],
            "extensions": json.dumps(data["extensions"], indent=2, ensure_ascii=False)
            if data["extensions"]
            else "",
            "username": user.get_username(),
        }
        return _as_file(render(request, "proctoring/learner/my_exams_file.html", context), "html")


def _as_file(answer: HttpResponse, kind: str) -> HttpResponse:
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    answer["Content-Disposition"] = f'attachment; filename="my-exams-{today}.{kind}"'
    return answer
