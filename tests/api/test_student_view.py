"""The learner's screens: rows of kind, status and condition."""

import datetime
from html.parser import HTMLParser

import pytest
import time_machine
from django.db import connection
from django.template import loader
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.backends.backend import current_options
from edx_proctoring.models import OutboxMessage
from edx_proctoring.runtime import set_runtime_service
from edx_proctoring.testing.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]

HOUR = datetime.timedelta(hours=1)
PAST, FUTURE = {"ago": 1}, {"ago": -24}
TIMED = {"is_proctored": False, "backend": None}
PROCTORED = {}
PRACTICE = {"is_practice_exam": True}
ONBOARDING = {"is_practice_exam": True, "onboarding": True}
EXAM = None  # the exam itself is shown
BEGUN = ("started", "ready_to_submit", "submitted", "verified", "timed_out")
HANDED_IN = ("submitted", "second_review_required", "timed_out")
ONBOARDING_ERRORS = (
    "onboarding_missing",
    "onboarding_pending",
    "onboarding_failed",
    "onboarding_expired",
)


def view(exam, learner, role="student", **context):
    context.setdefault("due_date", exam.due_date)
    return api.get_student_view(learner.pk, exam.course_id, exam.content_id, context, role)


class Page(HTMLParser):
    """Return violations of a strict content security policy and of accessibility in a screen."""

    def __init__(self, html):
        super().__init__()
        self.faults, self.titles, self._ids, self._labels = [], [], [], []
        self._button, self._hidden = None, False
        self.feed(html)
        self.close()
        self.faults += [f"no {label}" for label in self._labels if label not in self._ids]
        self.faults += [f"twice {one}" for one in set(self._ids) if self._ids.count(one) > 1]

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.faults += [f"{tag} {name}" for name in values if name.startswith("on")]
        self.faults += [f"{tag} {name}=''" for name in ("href", "src") if values.get(name) == ""]
        if "style" in values or (tag == "script" and values.get("type") != "text/plain"):
            self.faults.append(f"inline {tag}")
        if values.get("target") == "_blank" and "noopener" not in values.get("rel", ""):
            self.faults.append("opener")
        self._ids += [values["id"]] if "id" in values else []
        labels = ("aria-labelledby", "aria-describedby", "for")
        self._labels += [values[name] for name in labels if name in values]
        if tag == "h3" and values.get("id", "").startswith("proctoring-title"):
            self.titles.append(values["id"])
            self.faults += [] if values.get("tabindex") == "-1" else ["no focus"]
        if tag in ("a", "button", "p", "ul", "h3") and self._button is not None:
            self.faults.append(f"{tag} in a button")
        if tag == "button":
            self._button, self._hidden = "", "hidden" in values
            self.faults += [] if values.get("type") == "button" else ["button without type"]

    def handle_data(self, data):
        if self._button is not None:
            self._button += data.strip()

    def handle_endtag(self, tag):
        if tag == "button":
            self.faults += [] if self._button or self._hidden else ["button without text"]
            self._button = None


def screen(html):
    return html.split('data-screen="')[1].split('"')[0] if html else None


INCOMPLETE_UNSTARTED = ("eligible", "download_software_clicked", "ready_to_start")
READ = {**PAST, "read": True}
OPEN_UNTIL = {"grace_period": 2 * HOUR}

TIMED_ENDS = ("declined", "error", "verified", "rejected", "second_review_required")

TIMED_ROWS = [
    (None, {}, "timed-entrance"),
    (None, PAST, "timed-expired"),
    (None, FUTURE, "timed-entrance"),
    ("created", {}, "timed-entrance"),
    ("created", PAST, "timed-expired"),
    *((status, {}, "timed-entrance") for status in INCOMPLETE_UNSTARTED),
    *((status, PAST, "timed-expired") for status in INCOMPLETE_UNSTARTED),
    ("started", {}, EXAM),
    ("started", FUTURE, EXAM),
    ("started", {"started_at": None}, "timed-ready-to-submit"),
    ("started", PAST, "timed-expired"),
    ("ready_to_submit", {}, "timed-ready-to-submit"),
    ("ready_to_submit", PAST, "timed-expired"),
    ("submitted", {}, "timed-submitted"),
    ("submitted", FUTURE, "timed-submitted"),
    ("submitted", {**FUTURE, **OPEN_UNTIL}, "timed-submitted"),
    ("submitted", PAST, EXAM),
    ("submitted", {**PAST, "hide_after_due": True}, "timed-submitted"),
    ("submitted", {**PAST, **OPEN_UNTIL}, "timed-submitted"),
    ("submitted", {**PAST, "grace_period": HOUR / 2}, EXAM),
    ("timed_out", {}, "timed-submitted"),
    ("timed_out", PAST, EXAM),
    *((status, {}, "timed-submitted") for status in TIMED_ENDS),
    *((status, PAST, EXAM) for status in TIMED_ENDS),
    *((status, {**PAST, "hide_after_due": True}, "timed-submitted") for status in TIMED_ENDS),
    ("error", {"ready_to_resume": True}, "timed-entrance"),
    ("error", {"ready_to_resume": True, **PAST}, "timed-expired"),
    *((status, {}, "timed-expired") for status in ("expired", *ONBOARDING_ERRORS)),
    *((status, PAST, "timed-expired") for status in ("expired", *ONBOARDING_ERRORS)),
]
PROCTORED_ROWS = [
    (None, {}, "proctored-entrance"),
    (None, FUTURE, "proctored-entrance"),
    (None, PAST, "proctored-expired"),
    ("declined", {}, EXAM),
    ("declined", PAST, EXAM),
    *((status, PAST, "proctored-expired") for status in (*INCOMPLETE_UNSTARTED, *BEGUN[:2])),
    ("created", PAST, "proctored-expired"),
    ("created", {}, "instructions"),
    ("download_software_clicked", {}, "instructions"),
    ("ready_to_start", {}, "ready-to-start"),
    ("started", {}, EXAM),
    ("started", {"blocked": True}, "wrong-browser"),
    ("ready_to_submit", {}, "proctored-ready-to-submit"),
    ("error", {}, "proctored-error"),
    ("error", PAST, "proctored-error"),
    ("error", {"ready_to_resume": True}, "ready-to-resume"),
    ("error", {"ready_to_resume": True, **PAST}, "ready-to-resume"),
    ("error", {"ready_to_resume": True, "resumed": True}, "proctored-error"),
    ("submitted", {"ready_to_resume": True}, "ready-to-resume"),
    *((status, {}, "proctored-submitted") for status in HANDED_IN),
    *((status, PAST, "proctored-submitted") for status in HANDED_IN),
    *((status, {"read": True}, "proctored-submitted") for status in HANDED_IN),
    *((status, READ, EXAM) for status in HANDED_IN),
    *((status, {**READ, "viewable": False}, "proctored-submitted") for status in HANDED_IN),
    ("submitted", {**READ, **OPEN_UNTIL}, EXAM),
    ("verified", {}, "proctored-verified"),
    ("verified", PAST, "proctored-verified"),
    ("verified", READ, EXAM),
    ("verified", {**READ, "viewable": False}, "proctored-verified"),
    ("verified", {**FUTURE, "read": True}, "proctored-verified"),
    ("verified", {**READ, **OPEN_UNTIL}, "proctored-verified"),
    ("verified", {**READ, "grace_period": HOUR / 2}, EXAM),
    ("rejected", {}, "proctored-rejected"),
    ("rejected", READ, EXAM),
    ("rejected", {**READ, "viewable": False}, "proctored-rejected"),
    ("rejected", {**FUTURE, "read": True}, "proctored-rejected"),
    ("rejected", {**READ, **OPEN_UNTIL}, EXAM),
    *((status, {}, "onboarding-error") for status in ONBOARDING_ERRORS),
    *((status, {}, EXAM) for status in ("eligible", "expired", "onboarding_reset")),
]
PRACTICE_ROWS = [
    (None, {}, "practice-entrance"),
    (None, PAST, "practice-entrance"),
    ("created", {}, "instructions"),
    ("created", PAST, "instructions"),
    ("download_software_clicked", {}, "instructions"),
    ("ready_to_start", {}, "ready-to-start"),
    ("started", {}, EXAM),
    ("started", {"blocked": True}, "wrong-browser"),
    ("ready_to_submit", {}, "proctored-ready-to-submit"),
    ("ready_to_submit", PAST, "proctored-ready-to-submit"),
    ("error", {}, "practice-error"),
    ("error", {"ready_to_resume": True}, "ready-to-resume"),
    ("submitted", {}, "practice-submitted"),
    *((status, {}, EXAM) for status in ("verified", "rejected", "second_review_required")),
    *((status, {}, EXAM) for status in ("declined", "timed_out", "onboarding_reset")),
]
ONBOARDING_ROWS = [
    (None, {}, "onboarding-entrance"),
    (None, PAST, "proctored-expired"),
    ("created", {}, "instructions"),
    ("created", PAST, "instructions"),
    ("download_software_clicked", {}, "instructions"),
    ("ready_to_start", {}, "ready-to-start"),
    ("started", {}, EXAM),
    ("started", {"blocked": True}, EXAM),
    ("started", {"ready_to_resume": True}, "ready-to-resume"),
    ("ready_to_submit", {}, "onboarding-ready-to-submit"),
    ("error", {}, "onboarding-session-error"),
    ("error", {"ready_to_resume": True}, "ready-to-resume"),
    ("submitted", {}, "onboarding-submitted"),
    ("second_review_required", {}, "onboarding-submitted"),
    ("verified", {}, "onboarding-verified"),
    ("rejected", {}, "onboarding-rejected"),
    *((status, {}, EXAM) for status in ("eligible", "declined", "timed_out", "expired")),
    *((status, {}, EXAM) for status in ("onboarding_reset", *ONBOARDING_ERRORS)),
]
UNSUPPORTED = {"is_proctored": False, "is_practice_exam": True}
ROWS = [
    *((TIMED, *row) for row in TIMED_ROWS),
    *((PROCTORED, *row) for row in PROCTORED_ROWS),
    *((PRACTICE, *row) for row in PRACTICE_ROWS),
    *((ONBOARDING, *row) for row in ONBOARDING_ROWS),
    (UNSUPPORTED, None, {}, EXAM),
    (UNSUPPORTED, "created", {}, EXAM),
]


@pytest.mark.parametrize(("kind", "status", "more", "expected"), ROWS)
def test_rows(make_exam, attempt, learner, provider, settings, kind, status, more, expected):
    more, kind = dict(more), dict(kind)
    provider.supports_onboarding = kind.pop("onboarding", False)
    provider.answer_blocked(more.pop("blocked", False))
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = more.pop("viewable", True)
    ago = more.pop("ago", None)
    due = None if ago is None else timezone.now() - ago * HOUR
    context = {name: more.pop(name) for name in ("grace_period",) if name in more}
    exam = make_exam(due_date=due, hide_after_due=more.pop("hide_after_due", False), **kind)
    if status:
        make(attempt, exam, status, is_status_acknowledged=more.pop("read", False), **more)
    html = view(exam, learner, **context)
    assert screen(html) == expected
    if html:
        assert f'data-exam-id="{exam.pk}"' in html
        page = Page(html)
        assert page.faults == []
        assert page.titles == ["proctoring-title"]


def make(attempt, exam, status, **more):
    started = timezone.now() - datetime.timedelta(minutes=5)
    times = {"started_at": started, "allowed_time_limit_mins": 90} if status in BEGUN else {}
    return attempt(exam=exam, status=status, **{**times, **more})


def test_an_unresponsive_provider_delays_a_page_by_one_deadline(exam, learner, attempt, provider):
    """Both of its asks together, not each."""
    attempt(exam=exam, status="created")
    deadlines = []
    for ask in ("get_attempt", "get_software_download_url"):
        provider.before(ask, lambda *_: deadlines.append(current_options().until))
    assert "data-screen" in view(exam, learner)
    assert len(deadlines) == 2
    assert deadlines[0] is not None
    assert deadlines[0] == deadlines[1]


# Prerequisites: what the host puts into the context, else its credit service


def requirement(status, name="earlier"):
    return {"namespace": "proctored_exam", "name": name, "status": status, "order": 1}


def credit_state(*requirements):
    return {"credit_requirement_status": list(requirements)}


def screens(monkeypatch):
    """The names of the screens that are shown."""
    shown = []
    get = loader.get_template
    monkeypatch.setattr(loader, "get_template", lambda name: (shown.append(name), get(name))[1])
    return shown


@pytest.mark.parametrize("service", ["absent", "silent", "satisfied"])
@pytest.mark.parametrize(
    ("status", "screen"),
    [
        ("failed", "proctored_exam/failed-prerequisites.html"),
        ("pending", "proctored_exam/pending-prerequisites.html"),
        ("satisfied", "proctored_exam/entrance.html"),
    ],
)
def test_prerequisites_in_the_context_are_used(
    status, screen, service, exam, learner, host, monkeypatch
):
    host.credit.requirements = [requirement("satisfied")]
    if service == "absent":
        set_runtime_service("credit", None)
    elif service == "silent":
        host.credit.fail("get_credit_state", RuntimeError("closed"))
    shown = screens(monkeypatch)
    assert view(exam, learner, credit_state=credit_state(requirement(status)))
    assert shown == [screen]


def test_a_declined_prerequisite_in_the_context_declines_the_exam(exam, learner, host):
    set_runtime_service("credit", None)
    context = credit_state(requirement("declined"))
    assert view(exam, learner, credit_state=context) is None
    assert api.get_current_exam_attempt(exam.pk, learner.pk)["status"] == "declined"


@pytest.mark.parametrize("known", [None, {}, credit_state(), {"credit_requirement_status": None}])
def test_the_service_is_called_if_the_context_has_no_prerequisites(
    known, exam, learner, host, monkeypatch
):
    host.credit.requirements = [requirement("failed")]
    shown = screens(monkeypatch)
    assert view(exam, learner, credit_state=known)
    assert shown == ["proctored_exam/failed-prerequisites.html"]


def test_option_presented_is_emitted_once_a_day(learner, exam):
    """Reloading the entrance page stores nothing, and costs no more than the first look."""

    def look(user=learner):
        assert screen(view(exam, user))

    def presented():
        return OutboxMessage.objects.filter(key__startswith="event:option:").count()

    noon = timezone.now().replace(hour=12)
    with time_machine.travel(noon):
        look()
        with CaptureQueriesContext(connection) as first:
            look(UserFactory())
        with CaptureQueriesContext(connection) as again:
            look()
        assert presented() == 2
        assert len(again) < len(first)
    with time_machine.travel(noon + datetime.timedelta(days=1)):
        look()
        look()
    assert presented() == 3


CONTEXT = {"display_name": "Midterm", "default_time_limit_mins": 90, "is_proctored": True}


@pytest.mark.defect("PYTHON-97")
def test_attempts_that_ended_before_they_started(attempt, timed_exam, learner):
    one = attempt(exam=timed_exam, taking_as_proctored=False, status="ready_to_submit")
    context = {**CONTEXT, "is_proctored": False}
    ask = lambda: api.get_student_view(  # noqa: E731  a local shorthand
        learner.pk, timed_exam.course_id, timed_exam.content_id, dict(context)
    )
    assert ask()
    api.update_attempt_status(one.pk, "submitted")
    assert ask()
