"""Previews of all e-mails about exams, as the host would send them."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from demo.host.seed import COURSE_ID
from demo.host.services import COURSE_NAME
from demo.host.studio import staff_only
from edx_proctoring import emails
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

HALF_AN_HOUR = timedelta(minutes=30)
SECONDS = int(HALF_AN_HOUR.total_seconds())
INTERRUPTIONS = {
    Status.error: "The exam is interrupted",
    emails.READY_TO_RESUME: "The exam may be resumed",
}


@staff_only
def mails(request: HttpRequest) -> HttpResponse:
    """Show every e-mail in the language of the page, by the templates of one provider (`?provider=`)."""
    providers = ("simulator", "software_secure")
    chosen = request.GET.get("provider")
    provider = chosen if chosen in providers else providers[0]
    learner = get_user_model()._default_manager.get(username="jo")
    exam = ProctoredExam(
        course_id=COURSE_ID,
        content_id="",
        exam_name="Midterm exam",
        time_limit_mins=60,
        is_proctored=True,
        backend=provider,
    )
    context = {
        "mails": [_shown(name, mail) for name, mail in _all(learner, exam) if mail],
        "provider": provider,
        "providers": providers,
    }
    return render(request, "host/mails.html", context)


def _all(learner: Any, exam: ProctoredExam) -> list[tuple[str, emails.StatusEmail | None]]:
    """Return (topic, e-mail), for an attempt that is not stored."""
    language = get_language() or "en"
    attempt = _attempt(learner, exam, completed_at=timezone.now())
    broken = _attempt(learner, exam, status=Status.error, time_remaining_seconds=SECONDS)
    before = _attempt(learner, exam, started_at=None, status=Status.ready_to_start)
    pause = TimeAdjustment(began_at=timezone.now() - 2 * HALF_AN_HOUR, reason="Fire alarm")
    status = {
        f"The attempt is {one}": emails.status_email(
            attempt, COURSE_NAME, status=one, language=language
        )
        for one in emails.TEMPLATES
    }
    interruption = {
        INTERRUPTIONS.get(one, one): emails.interruption_email(
            broken, COURSE_NAME, status=one, language=language
        )
        for one in emails.INTERRUPTIONS
    }
    time = {
        "Time is granted before the start": emails.time_email(
            before, SECONDS, COURSE_NAME, language
        ),
        "Time is granted later": emails.time_email(attempt, SECONDS, COURSE_NAME, language),
    }
    team = {
        "To the course team, in the site's language: a pause goes on": emails.pause_email(
            pause, attempt, COURSE_NAME
        )
    }
    return [*status.items(), *interruption.items(), *time.items(), *team.items()]


def _attempt(learner: Any, exam: ProctoredExam, **more: Any) -> ProctoredExamStudentAttempt:
    values = {"started_at": timezone.now(), "status": Status.started, **more}
    return ProctoredExamStudentAttempt(
        pk=1, user=learner, proctored_exam=exam, taking_as_proctored=True, **values
    )


def _shown(name: str, mail: emails.StatusEmail) -> dict[str, str]:
    markup = str(mail.body)
    return {
        "name": name,
        "subject": str(mail.subject),
        "to": ", ".join(mail.to),
        "html": markup,
        "text": emails.as_text(markup),
    }
