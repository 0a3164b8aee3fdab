"""Pages for staff: Studio, and the calls that the host received."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify

from demo.host.forms import ExamForm, form_of
from demo.host.mails import mails
from demo.host.models import Certificate, CreditRequirement, Grade, Told
from demo.host.seed import COURSE_ID, EXAMS, content_id
from edx_proctoring import api
from edx_proctoring.exceptions import (
    ProctoredBaseException,
    ProctoredExamNotFoundException,
    ProctoredExamReviewPolicyNotFoundException,
)
from edx_proctoring.models import OutboxMessage

SHOWN = 200

View = Callable[..., HttpResponse]


def staff_only(view: View) -> View:
    """Redirect anonymous users to the login page, and refuse other users."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return login_required(checked)


@staff_only
def studio(request: HttpRequest) -> HttpResponse:
    """Show the course's exams, each in a form, and a form for a new one."""
    return _studio(request)


@staff_only
def register(request: HttpRequest) -> HttpResponse:
    """Create the course's exams that do not exist yet."""
    known = {exam["content_id"] for exam in api.get_all_exams_for_course(COURSE_ID)}
    if request.method == "POST":
        for planned in EXAMS:
            if planned["content_id"] not in known:
                flags = {"is_proctored": False, "is_practice_exam": False}
                api.create_exam(course_id=COURSE_ID, **{**flags, **planned})
    return redirect("studio")


@staff_only
def new_exam(request: HttpRequest) -> HttpResponse:
    """Create an exam."""
    form = form_of(None, data=request.POST or None)
    if not form.is_valid():
        return _studio(request, refused=form, status=400)
    place = content_id(slugify(form.cleaned_data["exam_name"]) or "exam")
    try:
        exam_id = api.create_exam(course_id=COURSE_ID, content_id=place, **form.values())
        _set_policy(request, exam_id, form)
    except ProctoredBaseException as error:
        form.add_error(None, str(error))
        return _studio(request, refused=form, status=error.http_status)
    messages.success(request, f"{form.cleaned_data['exam_name']} is registered.")
    return redirect("studio")


@staff_only
def save_exam(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Change an exam and its review policy."""
    try:
        exam = api.get_exam_by_id(exam_id)
    except ProctoredExamNotFoundException as error:
        raise Http404("There is no such exam.") from error
    form = form_of(exam, data=request.POST or None)
    if not form.is_valid():
        return _studio(request, refused=form, refused_id=exam_id, status=400)
    api.update_exam(exam_id, **form.values())
    _set_policy(request, exam_id, form)
    messages.success(request, f"{form.cleaned_data['exam_name']} is saved.")
    return redirect("studio")


def _studio(
    request: HttpRequest,
    refused: ExamForm | None = None,
    refused_id: int | None = None,
    status: int = 200,
) -> HttpResponse:
    exams = api.get_all_exams_for_course(COURSE_ID)
    rows = [
        {
            "exam": exam,
            "form": refused if exam["id"] == refused_id else form_of(exam, _policy(exam["id"])),
            "dashboard": api.get_exam_configuration_dashboard_url(COURSE_ID, exam["content_id"]),
        }
        for exam in exams
    ]
    known = {exam["content_id"] for exam in exams}
    context = {
        "rows": rows,
        "new": refused if refused is not None and refused_id is None else form_of(None),
        "missing": [exam for exam in EXAMS if exam["content_id"] not in known],
        "course_id": COURSE_ID,
    }
    return render(request, "host/studio.html", context, status=status)


def _policy(exam_id: int) -> str:
    try:
        return str(api.get_review_policy_by_exam_id(exam_id)["review_policy"])
    except ProctoredExamReviewPolicyNotFoundException:
        return ""


def _set_policy(request: HttpRequest, exam_id: int, form: ExamForm) -> None:
    before, text = _policy(exam_id), form.cleaned_data["policy"]
    if before and before != text:
        api.update_review_policy(exam_id, request.user.pk, text)
    elif text and not before:
        api.create_exam_review_policy(exam_id, request.user.pk, text)


@staff_only
def told(request: HttpRequest) -> HttpResponse:
    """Show the calls of the host's services, the e-mails, and the pending messages."""
    users = get_user_model()._default_manager
    context = {
        "names": dict(users.values_list("pk", "username")),
        "services": Told.objects.filter(kind="service").order_by("-id")[:SHOWN],
        "events": Told.objects.exclude(kind="service").order_by("-id")[:SHOWN],
        "outbox": OutboxMessage.objects.order_by("-id")[:SHOWN],
        "mails": list(reversed(mails(settings.MAILS)))[:SHOWN],
        "grades": Grade.objects.order_by("user_id"),
        "certificates": Certificate.objects.order_by("user_id"),
        "requirements": CreditRequirement.objects.order_by("user_id"),
    }
    return render(request, "host/told.html", context)
