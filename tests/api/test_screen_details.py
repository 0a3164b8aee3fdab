"""The details of our own screens: time, dates, reference, contact, and the exams that are declined together."""

import datetime
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import rules
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import storage
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import timezone, translation

from edx_proctoring import api, emails
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
)
from edx_proctoring.references import reference_of
from edx_proctoring.runtime import set_runtime_service
from edx_proctoring.testing.factories import AttemptFactory

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]

HOUR = datetime.timedelta(hours=1)


CAN_TAKE = "edx_proctoring.can_take_proctored_exam"


def shown(exam, learner, **context):
    """The page and the context that it was rendered with."""
    context.setdefault("due_date", exam.due_date)
    html = api.get_student_view(learner.pk, exam.course_id, exam.content_id, context)
    return html, context


@pytest.mark.parametrize("kind", [{}, {"is_proctored": False, "backend": None}])
def test_extra_time_is_told_apart_from_everybodys(make_exam, learner, staff, kind):
    exam = make_exam(time_limit_mins=60, **kind)
    html, context = shown(exam, learner)
    assert "base_time" not in context
    api.add_allowance_for_user(exam.pk, learner.username, "additional_time_granted", "30")
    html, context = shown(exam, learner)
    assert "1 hour and 30 minutes" in html
    assert "1 hour for everyone, plus 30 minutes that were granted to you" in html


@pytest.mark.parametrize(("hours", "is_cut"), [(24, False), (0.5, True)])
def test_the_due_date_says_when_to_start(make_exam, learner, hours, is_cut):
    due = timezone.now() + hours * HOUR
    exam = make_exam(time_limit_mins=60, due_date=due)
    html, context = shown(exam, learner)
    assert context["is_time_cut"] is is_cut
    latest = datetime.datetime.fromisoformat(context["start_before"].iso)
    assert latest == due - HOUR
    assert bool(re.search(r"Start before <time [^>]+>[^<]+</time> to have", html)) is not is_cut
    assert f'datetime="{context["due"].iso}"' in html


def test_a_limit_of_millennia_has_a_page(make_exam, learner):
    exam = make_exam(time_limit_mins=2_000_000_000, due_date=timezone.now() + HOUR)
    assert shown(exam, learner)[1]["is_time_cut"] is True


def test_dates_are_in_the_learners_zone(make_exam, learner):
    exam = make_exam(due_date=timezone.now() + HOUR)
    asked = SimpleNamespace(
        get_user_preference=lambda user, name: {"time_zone": "Asia/Tokyo"}.get(name)
    )
    set_runtime_service("preferences", asked)
    html, _ = shown(exam, learner)
    assert "Asia/Tokyo, UTC+09:00" in html
    set_runtime_service("preferences", None)


def test_a_receipt_has_time_and_reference(exam, learner, attempt):
    now = timezone.now()
    begun = {"started_at": now - HOUR, "allowed_time_limit_mins": 90}
    one = attempt(exam=exam, status="submitted", completed_at=now, **begun)
    html, context = shown(exam, learner)
    assert reference_of(one.pk) in html
    assert context["submitted_at"].iso == now.isoformat()
    assert context["ended_by_clock"] is False


def test_contact_addresses_are_links(exam, learner, attempt, host):
    host.instructor.escalation_email = "team+1@example.com"
    one = attempt(exam=exam, status="rejected")
    html, _ = shown(exam, learner)
    assert 'href="mailto:team+1@example.com?subject=' in html
    assert reference_of(one.pk) in html


def test_the_link_of_a_telephone_number_has_no_spaces(exam, learner, attempt, provider):
    provider.tech_support_email, provider.tech_support_phone = "help@example.com", "+1 555 0100"
    attempt(exam=exam, status="created")
    html, _ = shown(exam, learner)
    assert '<a href="tel:+15550100">+1 555 0100</a>' in html


def test_declining_names_the_exams_that_go_with_it(make_exam, learner):
    exam = make_exam(exam_name="Midterm")
    html, context = shown(exam, learner, allow_proctoring_opt_out=True)
    assert context["decline_exams"] == []
    assert "Take this exam without proctoring?" in html
    make_exam(course_id=exam.course_id, exam_name="Final <b>exam</b>")
    make_exam(course_id=exam.course_id, exam_name="Old", is_active=False)
    make_exam(course_id=exam.course_id, exam_name="Practice", is_practice_exam=True)
    make_exam(course_id="course-v1:Other+Course+1", exam_name="Elsewhere")
    html, context = shown(exam, learner, allow_proctoring_opt_out=True)
    assert context["decline_exams"] == ["Midterm", "Final <b>exam</b>"]
    assert "Final &lt;b&gt;exam" in html
    _, context = shown(exam, learner)
    assert "decline_exams" not in context


def test_texts_of_others_are_written_in_their_own_direction(exam, learner, attempt, provider):
    """A page in Arabic may have rules in English."""
    row = attempt(exam=exam, status="created")
    provider.answer("get_attempt", {"instructions": ["Sit down."], "download_url": "/check"})
    assert 'dir="auto">Sit down.' in shown(exam, learner)[0]
    api.create_exam_review_policy(exam.pk, learner.pk, "Be quiet.")
    api.update_attempt_status(row.pk, "ready_to_start")
    assert 'dir="auto">Be quiet.' in shown(exam, learner)[0]


def test_no_onboarding_exam_is_no_dead_end(exam, learner, attempt):
    attempt(exam=exam, status="onboarding_missing")
    html, context = shown(exam, learner)
    assert not context["onboarding_link"]
    assert "This course has no onboarding exam that is open to you" in html


def test_a_style_sheet_that_is_not_collected_breaks_no_page(exam, learner, monkeypatch):
    html, _ = shown(exam, learner)
    assert '<link rel="stylesheet" href="/static/proctoring/css/learner.css">' in html

    def missing(path):
        raise ValueError(f"Missing staticfiles manifest entry for {path!r}")

    monkeypatch.setattr(storage.staticfiles_storage, "url", missing)
    html, _ = shown(exam, learner)
    assert "data-screen" in html
    assert "stylesheet" not in html


@pytest.mark.parametrize(("status", "word"), [("verified", "Passed"), ("rejected", "Not passed")])
def test_a_verdict_has_its_date(exam, learner, attempt, status, word):
    row = attempt(exam=exam, status="submitted", completed_at=timezone.now())
    for one in (status, "second_review_required", status):
        api.update_attempt_status(row.pk, one)
    api.update_attempt_status(row.pk, status)
    decided = row.history.filter(status=status).order_by("-history_id").first().history_date
    html, context = shown(exam, learner)
    assert context["reviewed_at"].iso == decided.isoformat()
    assert f"{word}</strong><span><time" in html


@pytest.fixture
def rejected(exam, attempt):
    """An attempt whose review has four comments, one of them twice and one of them empty."""
    row = attempt(exam=exam, status="submitted", completed_at=timezone.now())
    review = ProctoredExamSoftwareSecureReview.objects.create(
        attempt_code=row.attempt_code, review_status="Suspicious", raw_data="{}", exam=exam
    )
    times = ((3600, "A phone <b>"), (60, "Another person"), (120, "A phone <b>"), (0, ""))
    for start, text in times:
        ProctoredExamSoftwareSecureComment.objects.create(
            review=review, start_time=start, stop_time=start, duration=0, comment=text, status="x"
        )
    api.update_attempt_status(row.pk, "rejected")
    return row


def test_learners_see_the_comments_that_staff_released(exam, learner, staff, rejected):
    def shown_texts():
        html, context = shown(exam, learner)
        assert ("What the review found" in html) is bool(context["review_reasons"])
        return [reason.text for reason in context["review_reasons"]]

    assert shown_texts() == []
    one = ProctoredExamSoftwareSecureComment.objects.get(comment="Another person")
    assert [api.release_comments([one.pk], staff) for _ in range(2)] == [1, 0]
    assert shown_texts() == ["Another person"]
    assert one.release.released_by == staff
    assert [api.withhold_comments([one.pk]) for _ in range(2)] == [1, 0]
    assert shown_texts() == []


def test_a_new_delivery_of_a_review_releases_nothing(exam, learner, staff, provider, attempt):
    row = attempt(exam=exam, status="submitted", completed_at=timezone.now())
    data = {"status": "suspicious", "comments": [
        {"start": 1, "stop": 2, "duration": 1, "comment": "A phone", "status": "Suspicious"}
    ]}  # fmt: skip
    api.receive_review(row, data)
    comments = ProctoredExamSoftwareSecureComment.objects
    api.release_comments(comments.values_list("pk", flat=True), staff)
    data["comments"][0]["comment"] = "A watch"
    api.receive_review(row, data)
    assert list(comments.values_list("comment", "release")) == [("A watch", None)]


def test_the_host_can_release_all_comments(exam, learner, rejected, settings):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "SHOW_REVIEW_COMMENTS": True}
    html, _ = shown(exam, learner)
    assert html.count("A phone &lt;b&gt;") == 1
    assert "1 minute after the start of the recording" in html
    assert html.index("<bdi>Another person</bdi>") < html.index("A phone")


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "within 5 business days"), (1, "Monday, Jan. 7, 2030"), (7, "Tuesday, Jan. 15, 2030")],
)
def test_a_receipt_promises_a_day_only_if_the_host_does(
    exam, learner, attempt, settings, days, words
):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "RESULT_BUSINESS_DAYS": days}
    saturday = datetime.datetime(2030, 1, 5, 12, tzinfo=datetime.UTC)
    friday = saturday - datetime.timedelta(days=1)
    row = attempt(exam=exam, status="submitted", completed_at=friday if days == 1 else saturday)
    assert words in shown(exam, learner)[0]
    assert words in emails.status_email(row, "Course", language="en").body


@pytest.mark.parametrize(
    ("status", "days_ago", "words"),
    [
        ("submitted", 2, "People check the recording"),
        ("second_review_required", 2, "A second person looks at the recording"),
        ("submitted", 20, "Your exam is still in review"),
    ],
)
def test_a_receipt_says_how_far_the_review_is(
    exam, learner, attempt, settings, status, days_ago, words
):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "RESULT_BUSINESS_DAYS": 5}
    ended = timezone.now() - datetime.timedelta(days=days_ago)
    attempt(exam=exam, status=status, completed_at=ended)
    html, context = shown(exam, learner)
    assert words in html
    assert context["is_result_late"] is (days_ago == 20)
    assert ("It takes longer than we told you" in html) is (days_ago == 20)


def test_an_inactive_account_is_told_which_address_has_the_link(exam, learner):
    learner.is_active, learner.email = False, "jo@example.com"
    learner.save()
    rules.set_perm(CAN_TAKE, rules.always_true)
    try:
        html, _ = shown(exam, learner)
    finally:
        rules.set_perm(CAN_TAKE, rules.is_active)
    assert "We sent an e-mail with a link to <bdi>jo@example.com</bdi>." in html


@pytest.mark.parametrize(
    "kind",
    [{}, {"is_practice_exam": True}, {"is_proctored": False, "backend": None}],
    ids=["proctored", "practice", "timed"],
)
def test_a_failure_at_an_entrance_is_shown_above_its_button(make_exam, learner, kind):
    html, _ = shown(make_exam(**kind), learner)
    assert 0 < html.index("proctoring-message") < html.index("start-timed-exam")


def test_a_screen_whose_buttons_need_scripts_says_so_without_them(exam, learner):
    notice = re.compile(
        r"<noscript>.*JavaScript is switched off in your browser\..*</noscript>", re.DOTALL
    )
    assert notice.search(shown(exam, learner)[0])
    package = Path(api.__file__).resolve().parents[1]
    silent = [
        path.relative_to(package).as_posix()
        for path in [
            *package.glob("templates/*_exam/*.html"),
            *package.glob("contrib/*/templates/*/break.html"),
        ]
        if re.search(r"<button(?![^>]*data-print)", (text := path.read_text()))
        and "learner/noscript.html" not in text
    ]
    # Parts of screens that have the notice, and a dialog that only scripts open.
    assert sorted(name.removeprefix("templates/proctored_exam/") for name in silent) == [
        "confirm-decline.html",
        "error_modal.html",
        "proctoring_opt_out_button.html",
    ]


def test_the_dialog_of_errors_has_one_button_under_both_published_names():
    html = render_to_string("proctored_exam/error_modal.html")
    [button] = re.findall(r"<button[^>]*>", html[html.index("<dialog") :])
    assert {"ok-button", "close-modal"} <= set(re.search('class="([^"]*)"', button)[1].split())


def test_each_screen_names_its_attempt(exam, learner):
    assert "data-attempt-id" not in shown(exam, learner)[0]
    attempt = AttemptFactory(proctored_exam=exam, user=learner, status="submitted")
    assert f'data-attempt-id="{attempt.pk}" data-screen=' in shown(exam, learner)[0]
    package = Path(api.__file__).resolve().parents[1]
    for path in [*package.glob("templates/**/*.html"), *package.glob("contrib/*/templates/**/*")]:
        text = path.read_text() if path.is_file() else ""
        screens = re.findall("<div [^>]*sequence [^>]*data-exam-id[^>]*data-screen=[^>]*>", text)
        assert all("{% if attempt_id %} data-attempt-id=" in one for one in screens), path


def test_a_printed_receipt_has_no_buttons_and_no_timer_bar():
    sheet = Path(api.__file__).resolve().parents[1] / "static/proctoring/css/learner.css"
    [rules] = re.findall(r"@media print\{((?:[^{}]+\{[^{}]*\})+)\}", sheet.read_text())
    hidden = {
        name
        for names, style in re.findall(r"([^{}]+)\{([^{}]*)\}", rules)
        if "display:none" in style
        for name in names.split(",")
    }
    assert {".px-actions", ".px-bar"} <= hidden


NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)


def exam_end(user):
    request = SimpleNamespace(user=user) if user else None
    tag = Template("{% load proctoring %}{% exam_end %}")
    return tag.render(Context({"request": request} if request else {})).strip()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "</bdi> ends at"), ("de", "</bdi> endet am")]
)
def test_pages_without_scripts_say_when_the_running_exam_ends(make_exam, learner, language, words):
    exam = make_exam(is_proctored=False, backend=None, time_limit_mins=60, exam_name="<b>Quiz</b>")
    with time_machine.travel(NOON, tick=False), translation.override(language):
        attempt_id = api.create_exam_attempt(exam.pk, learner.pk)
        assert exam_end(learner) == ""
        api.start_exam_attempt(exam.pk, learner.pk)
        html = exam_end(learner)
        assert html.startswith("<noscript>")
        assert f'{words} <time datetime="2026-05-04T13:00:00+00:00"' in html
        assert "(UTC)" in html
        assert "<bdi>&lt;b&gt;Quiz&lt;/b&gt;</bdi>" in html
        api.pause_attempt(attempt_id)
        assert exam_end(learner) == ""  # the end moves with the pause
        api.continue_attempt(attempt_id)
    with time_machine.travel(NOON + 2 * HOUR, tick=False):
        assert exam_end(learner) == ""


@pytest.mark.parametrize("user", [None, AnonymousUser()])
def test_pages_without_scripts_say_nothing_to_strangers(user):
    assert exam_end(user) == ""


@pytest.mark.parametrize(
    ("days", "until"),
    [(None, "decides; your course team can tell you"), (1, "1 day after"), (180, "180 days after")],
)
def test_the_entrance_says_who_sees_the_recording_and_until_when(
    exam, learner, provider, days, until
):
    provider.verbose_name, provider.recording_days = "Watchers", days
    html, _ = shown(exam, learner)
    told = html.partition("Who sees the recording")[2].partition("</details>")[0]
    assert "Watchers</bdi>, and the staff of the course" in told
    assert until in told
    assert 'href="/api/edx_proctoring/pages/my-exams/"' in told


def test_the_first_thing_to_do_is_the_main_way(exam, learner):
    row = {"namespace": "proctored_exam", "status": None}
    names = [("quiz", "Quiz 1"), ("essay", "Essay")]
    rows = [
        {**row, "name": name, "display_name": shown_as, "order": order}
        for order, (name, shown_as) in enumerate(names, 1)
    ]
    html, _ = shown(exam, learner, credit_state={"credit_requirement_status": rows})
    main = re.findall(r'<a class="px-button" href="([^"]+)">Go to <bdi>([^<]+)', html)
    assert [name for _, name in main] == ["Quiz 1"]
    assert main[0][0].endswith("/quiz")
