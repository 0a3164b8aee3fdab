"""Pages for learners and anonymous users: sign-in, course, exam, progress."""

from typing import Any

from django.contrib.auth import get_user_model, login, logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST

from demo.host import clock
from demo.host.models import Answer, Certificate, CreditRequirement, Grade
from demo.host.seed import COURSE_ID, PEOPLE
from edx_proctoring import api
from edx_proctoring.exceptions import ProctoredExamNotFoundException
from edx_proctoring.openapi import document
from edx_proctoring.runtime import get_runtime_service

QUESTIONS = ("What is the capital of Latvia?", "How many legs has a spider?")
BACKEND = "django.contrib.auth.backends.ModelBackend"


@ensure_csrf_cookie
def sign_in(request: HttpRequest) -> HttpResponse:
    """Log in as a seeded user with one click."""
    if request.method == "POST":
        users = get_user_model()._default_manager.filter(username=request.POST.get("username"))
        user = users.filter(username__in=[person[0] for person in PEOPLE]).first()
        if user is None:
            return render(
                request, "host/sign_in.html", {"people": PEOPLE, "unknown": True}, status=400
            )
        login(request, user, backend=BACKEND)
        wanted = request.GET.get("next", "")
        if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
            return redirect(wanted)
        return redirect("outline", COURSE_ID)
    return render(request, "host/sign_in.html", {"people": PEOPLE})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Log out and redirect to the sign-in page."""
    logout(request)
    return redirect("sign_in")


def help_page(request: HttpRequest) -> HttpResponse:
    """Rules, questions, support."""
    return render(request, "host/help.html")


@login_required
def outline(request: HttpRequest, course_id: str) -> HttpResponse:
    """Show the course's exams with the learner's badges."""
    exams = [
        {
            **exam,
            "summary": api.get_attempt_status_summary(
                request.user.pk, course_id, exam["content_id"]
            ),
        }
        for exam in api.get_all_exams_for_course(course_id, active_only=True)
    ]
    return render(request, "host/outline.html", {"exams": exams, "course_id": course_id})


def home(request: HttpRequest, course_id: str) -> HttpResponse:
    """Redirect links to a course."""
    return redirect("outline", course_id)


def jump_to(request: HttpRequest, course_id: str, location: str) -> HttpResponse:
    """Redirect links to an exam."""
    return redirect("exam", course_id, location)


@login_required
@ensure_csrf_cookie
def exam(request: HttpRequest, course_id: str, location: str) -> HttpResponse:
    """Show a sequence as an LMS does: the app's screen, or the questions if there is none."""
    found = _exam_or_404(course_id, location)
    screen = _screen(request, found)
    known = dict(
        Answer.objects.filter(user_id=request.user.pk, content_id=location).values_list(
            "question", "text"
        )
    )
    questions = [
        {"number": number, "text": text, "answer": known.get(number, "")}
        for number, text in enumerate(QUESTIONS)
    ]
    return render(
        request,
        "host/exam.html",
        {
            "exam": found,
            "screen": screen,
            "questions": questions,
            "course_id": course_id,
            "factor": clock.FACTOR if clock.is_fast(request) else None,
        },
    )


def _exam_or_404(course_id: str, location: str) -> dict[str, Any]:
    try:
        return api.get_exam_by_content_id(course_id, location)
    except ProctoredExamNotFoundException as error:
        raise Http404("There is no such exam.") from error


def _screen(request: HttpRequest, exam: dict[str, Any]) -> str | None:
    """Return the app's screen; None if the learner may see the questions."""
    credit_service = get_runtime_service("credit")
    user_id, course_id = request.user.pk, exam["course_id"]
    context = {
        "display_name": exam["exam_name"],
        "default_time_limit_mins": exam["time_limit_mins"],
        "is_proctored": exam["is_proctored"],
        "is_practice_exam": exam["is_practice_exam"],
        "due_date": exam["due_date"],
        "allow_proctoring_opt_out": True,
        "credit_state": credit_service.get_credit_state(
            user_id, course_id, return_course_info=True
        ),
    }
    return api.get_student_view(user_id, course_id, exam["content_id"], context)


@login_required
@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Store an answer, but only while the questions are shown."""
    content_id, number = request.POST.get("content_id", ""), request.POST.get("question", "")
    if not number.isdecimal() or int(number) >= len(QUESTIONS):
        raise SuspiciousOperation("There is no such question.")
    if _screen(request, _exam_or_404(COURSE_ID, content_id)) is not None:
        raise PermissionDenied("The exam is not running, so no answers are taken.")
    Answer.objects.update_or_create(
        user_id=request.user.pk,
        content_id=content_id,
        question=int(number),
        defaults={"text": request.POST.get("text", "")[:255]},
    )
    return redirect("exam", COURSE_ID, content_id)


@login_required
def progress(request: HttpRequest, course_id: str) -> HttpResponse:
    """Show the learner's grades, credit and certificate."""
    mine = {"user_id": request.user.pk, "course_id": course_id}
    return render(
        request,
        "host/progress.html",
        {
            "course_id": course_id,
            "grades": Grade.objects.filter(**mine),
            "requirements": CreditRequirement.objects.filter(**mine),
            "certificate": Certificate.objects.filter(**mine).first(),
        },
    )


def api_schema(request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document of the REST interface."""
    return JsonResponse(document())
