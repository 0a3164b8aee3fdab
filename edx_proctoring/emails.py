"""Build the e-mails about attempts. Nothing is sent here."""

import hashlib
import html
import logging
import re
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.mail import EmailMultiAlternatives
from django.template import loader
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from edx_proctoring import conf, constants, dates, deadlines, host, links, references, timing
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

log = logging.getLogger(__name__)

ISOLATE = (
    "\u2068{}\u2069"  # for text whose direction may differ from that of the sentence around it
)
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")

TEMPLATES = {
    Status.submitted: "proctoring_attempt_submitted_email.html",
    Status.verified: "proctoring_attempt_satisfactory_email.html",
    Status.rejected: "proctoring_attempt_unsatisfactory_email.html",
}

READY_TO_RESUME = (
    "ready_to_resume"  # no status: the attempt keeps `error` until another one continues it
)
INTERRUPTIONS = {
    Status.error: "proctoring_exam_interrupted_email.html",
    READY_TO_RESUME: "proctoring_ready_to_resume_email.html",
}
TIME_TEMPLATE = "proctoring_time_granted_email.html"
PAUSE_TEMPLATE = "proctoring_pause_too_long_email.html"


class StatusEmail(EmailMultiAlternatives):
    """`body` is HTML for callers; when sent, the message is multipart with plain text first."""

    content_subtype = "html"

    def message(self, *args: Any, **kwargs: Any) -> Any:
        """Return the message to send, including everything that the host has added."""
        wire = EmailMultiAlternatives()
        wire.__dict__.update(self.__dict__)
        wire.body, wire.content_subtype, wire.alternatives = as_text(str(self.body)), "plain", []
        wire.attach_alternative(str(self.body), "text/html")
        wire.alternatives += self.alternatives
        return wire.message(*args, **kwargs)


def as_text(markup: str) -> str:
    """Return the text of an HTML e-mail, with the addresses of links in brackets."""
    text = re.sub(r'<a\s[^>]*href="([^"]*)"[^>]*>(.*?)</a>', r"\2 (\1)", markup, flags=re.DOTALL)
    text = re.sub(r"<(style|title)\b.*?</\1>", "", text, flags=re.DOTALL)
    text = re.sub(r"<li\b[^>]*>", "- ", text)
    text = re.sub(r"<bdi>(.*?)</bdi>", ISOLATE.format(r"\1"), text, flags=re.DOTALL)
    lines = [" ".join(line.split()) for line in strip_tags(text).splitlines()]
    text = html.unescape(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()) + "\n"
    return _with_isolates_if_needed(text)


def _with_isolates_if_needed(text: str) -> str:
    """Return text in one direction without the isolating characters, which hinder search and copying."""
    return text if RIGHT_TO_LEFT.search(text) else re.sub("[\u2068\u2069]", "", text)


def status_email(
    attempt: ProctoredExamStudentAttempt,
    course_name: str | None,
    *,
    status: str | None = None,
    language: str | None = None,
) -> StatusEmail | None:
    """Return the e-mail about a status (default: the attempt's), or None if there is none.

    Written in `language`, by default the learner's. Template: `emails/proctoring/<backend>/<name>`, else
    `emails/<name>`.
    """
    status = status or attempt.status
    if status not in TEMPLATES or not attempt.taking_as_proctored or attempt.is_sample_attempt:
        return None
    if not _is_complete(attempt):
        return None
    user, exam = attempt.user, attempt.proctored_exam
    with translation.override(language or host.language_of(user)):
        context = _context(attempt, course_name, status)
        if status == Status.submitted:
            days = conf.proctoring.RESULT_BUSINESS_DAYS
            day = timing.business_days_after(attempt.completed_at, days)
            zone = host.preference(user, "time_zone") if day and host.has("preferences") else None
            context["result_by"] = dates.in_words(day, dates.zone_named(zone)).day if day else ""
        subject = _subject(status)
        if conf.proctoring.EXAM_IN_EMAIL_SUBJECTS:
            subject = _about(subject, exam.exam_name, course_name)
        return _written(TEMPLATES[status], exam.backend, subject, context, user.email)


def _is_complete(attempt: ProctoredExamStudentAttempt) -> bool:
    """Return whether the learner and the exam still exist; read them."""
    try:
        return bool(attempt.user and attempt.proctored_exam)
    except ObjectDoesNotExist:
        log.warning("e-mail not sent, learner or exam no longer exists: attempt_id=%s", attempt.pk)
        return False


def interruption_email(
    attempt: ProctoredExamStudentAttempt,
    course_name: str | None,
    *,
    status: str,
    language: str | None = None,
) -> StatusEmail | None:
    """Return the e-mail about an interruption (`error`), or that the exam may go on (READY_TO_RESUME); like `status_email`."""
    if not _is_complete(attempt):
        return None
    user, exam = attempt.user, attempt.proctored_exam
    with translation.override(language or host.language_of(user)):
        context = _context(attempt, course_name, status)
        kept = deadlines.seconds_kept(attempt)
        context["time_left"] = timing.humanized(kept / 60) if kept else ""
        texts = {
            Status.error: _("Your exam was interrupted"),
            READY_TO_RESUME: _("You can go on with your exam"),
        }
        subject = _about(texts[status], exam.exam_name, course_name)
        return _written(INTERRUPTIONS[status], exam.backend, subject, context, user.email)


def time_email(
    attempt: ProctoredExamStudentAttempt, seconds: int, course_name: str | None, language: str
) -> StatusEmail:
    """Return the e-mail about time that was granted before the start, or given back after an outage."""
    exam = attempt.proctored_exam
    with translation.override(language):
        context = _context(attempt, course_name, attempt.status)
        # One that broke off starts again with its remaining time.
        context["has_started"] = attempt.started_at is not None and attempt.status != Status.error
        context["granted_time"] = timing.humanized(seconds / 60)
        subject = _about(_("Additional time for your exam"), exam.exam_name, course_name)
        return _written(TIME_TEMPLATE, exam.backend, subject, context, attempt.user.email)


def _written(
    template: str, backend: str | None, subject: str, context: dict[str, object], address: str
) -> StatusEmail:
    """Return the e-mail by the provider's template, else the common one."""
    names = [f"emails/{template}"]
    if backend:
        names.insert(0, f"emails/proctoring/{backend}/{template}")
    body = loader.select_template(names).render(context)
    return StatusEmail(subject, body, constants.FROM_EMAIL, [address])


def _about(subject: str, exam_name: str, course_name: str | None) -> str:
    """Return the subject with exam and course, on one line: authors' names may contain line breaks."""
    course = f" ({ISOLATE.format(course_name)})" if course_name else ""
    text = f"{subject}: {ISOLATE.format(exam_name)}{course}"
    return " ".join(_with_isolates_if_needed(text).split())


def pause_email(
    pause: TimeAdjustment, attempt: ProctoredExamStudentAttempt, course_name: str | None
) -> StatusEmail | None:
    """Return the e-mail to the course team about a pause by staff that goes on for too long, in the site's language.

    None if the host knows no address of the course team.
    """
    exam = attempt.proctored_exam
    address = host.escalation_email(exam.course_id)
    if not address or pause.began_at is None:
        return None
    page = links.reverse_or_empty("edx_proctoring:pages.special_exams", args=[exam.course_id])
    minutes = int(timing.seconds_until(timezone.now(), pause.began_at) // 60)
    with translation.override(conf.django.LANGUAGE_CODE):
        context = {
            "exam_name": exam.exam_name,
            "course_name": course_name or exam.course_id,
            "username": attempt.user.get_username(),
            "paused_time": timing.humanized(minutes),
            "reason": pause.reason,
            "staff_url": links.lms_url(page) if page else "",
            "platform": constants.PLATFORM_NAME,
        }
        body = loader.get_template(f"emails/{PAUSE_TEMPLATE}").render(context)
        return StatusEmail(_("An exam is still paused"), body, constants.FROM_EMAIL, [address])


def _subject(status: str) -> str:
    """Return the published subject, by which hosts may filter."""
    return {
        Status.submitted: _("Proctoring attempt submitted"),
        Status.verified: _("Proctoring attempt verified"),
        Status.rejected: _("Proctoring attempt rejected"),
    }[status]


def _context(
    attempt: ProctoredExamStudentAttempt, course_name: str | None, status: str
) -> dict[str, Any]:
    exam = attempt.proctored_exam
    contact_url, contact_text = _contact(exam.course_id, exam.backend)
    return {
        "course_url": links.course_url_for_mail(exam.course_id, exam.content_id),
        "course_name": course_name or _("your course"),
        "exam_name": exam.exam_name,
        "status": status,
        "learner_name": attempt.user.get_full_name(),
        "reference": references.reference_of(attempt.pk),
        "platform": constants.PLATFORM_NAME,
        "contact_url": contact_url,
        "contact_url_text": contact_text,
    }


def _contact(course_id: str, backend: str | None) -> tuple[str, str]:
    """Return where learners can ask questions: the course team's address, the provider's contact page, or the
    platform's.
    """
    address = host.escalation_email(course_id)
    if address:
        return f"mailto:{address}", address
    options = conf.django.PROCTORING_BACKENDS.get(backend) or {}
    url = (options.get("LINK_URLS") or {}).get("contact")
    url = url or f"{links.site_url()}/support/contact_us"
    return url, url


def message_id(key: str) -> str:
    """Return a message id, which identifies an e-mail that was sent twice."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"<{digest}@{str(constants.SITE_NAME).split(':')[0] or 'localhost'}>"
