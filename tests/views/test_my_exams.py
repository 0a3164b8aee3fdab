"""The learner's page *My exams*, and the download of her data."""

import datetime
import json
from types import SimpleNamespace

import pytest
import time_machine
from django.test import Client
from django.utils import timezone, translation

from edx_proctoring import api, extensions, lifecycle
from edx_proctoring.api import my_exams
from edx_proctoring.api.attempts import own_attempts
from edx_proctoring.extensions import TimelineEntry
from edx_proctoring.runtime import set_runtime_service
from edx_proctoring.statuses import KNOWN
from edx_proctoring.testing.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]
URL = "/api/edx_proctoring/pages/my-exams/"


@pytest.fixture
def page(client_for, learner):
    """The page, or one of its files, as the learner gets it."""

    def get(name=""):
        answer = client_for(learner).get(URL + name)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        return answer

    return get


@pytest.fixture
def reviewed(learner, staff, exam):
    """A proctored attempt that was started, given time, submitted and sent to a second review."""
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    api.update_attempt_status(attempt_id, "ready_to_start")
    api.start_exam_attempt(exam.pk, learner.pk)
    api.extend_attempt(attempt_id, 600, reason="Asked by Dr. Frost", by=staff)
    for status in ("submitted", "second_review_required"):
        api.update_attempt_status(attempt_id, status)
    return attempt_id


def test_an_attempt_in_words(page, reviewed, exam):
    html = page().content.decode()
    assert exam.exam_name in html
    assert "In review" in html
    assert "Time added: 10 minutes" in html
    assert "Staff of the course" in html
    assert "The exam was submitted." in html


@pytest.mark.parametrize("name", ["", "data.json", "data.html"])
def test_names_and_texts_of_staff_and_doubts_of_reviewers_stay_out(page, reviewed, name):
    text = page(name).content.decode()
    assert "Frost" not in text
    assert "staff@example.com" not in text
    assert "second_review" not in text.lower()
    assert "second review" not in text.lower()
    assert "suspicious" not in text.lower()


def test_a_second_review_is_no_second_submission(reviewed, learner):
    (found,) = own_attempts.get_own_attempts(learner.pk)
    details = [one.detail for one in found.entries if one.kind == own_attempts.STATUS]
    assert details == ["created", "ready_to_start", "started", "submitted"]


def test_only_own_attempts(page, attempt, exam, learner):
    mine = attempt(exam=exam, status="created")
    attempt(exam=exam, user=UserFactory(), status="created")
    data = page("data.json").json()
    assert [one["id"] for one in data["attempts"]] == [mine.pk]
    assert data["username"] == learner.username
    assert page().content.decode().count("<section") == 1


def test_removed_attempts_are_told(page, reviewed, staff):
    api.remove_exam_attempt(reviewed, requesting_user=staff)
    (found,) = page("data.json").json()["attempts"]
    assert found["removed_at"]
    assert [found["timeline"][-1][key] for key in ("kind", "by")] == ["removed", "staff"]
    assert "The attempt was removed." in page().content.decode()


def test_who_did_it(learner, attempt, exam):
    row = attempt(exam=exam, status="created")
    reasons = [
        "learner",
        "staff",
        "provider",
        "time-out",
        "sweep: late",
        "cascade",
        "cascade, learner",
    ]
    for status, reason in zip(["started", "error"] * 4, reasons, strict=False):
        row.status, row._change_reason = status, reason
        row.save()
    (found,) = own_attempts.get_own_attempts(learner.pk)
    told = [one.by for one in found.entries[1:]]
    assert told == ["learner", "staff", "provider", "clock", "clock", "system", "learner"]


def test_an_exam_begins_once_and_continues_after_its_learner_went_back(page, attempt, exam):
    row = attempt(exam=exam, status="created")
    for status in ("started", "ready_to_submit", "started"):
        api.update_attempt_status(row.pk, status)
    html = page().content.decode()
    assert html.index("The exam began.") < html.index("The exam continued.")
    assert html.count("The exam began.") == html.count("The exam continued.") == 1


@pytest.mark.parametrize(
    ("kind", "by", "told"),
    [
        ("pause", "staff", "Staff of the course"),
        ("pause", None, "Automatically"),
        ("break", "learner", "You"),
        ("break", "used up", "Automatically"),
        ("pause", "submitted", None),
    ],
)
def test_who_let_an_exam_continue(page, attempt, timed_exam, learner, staff, kind, by, told):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        row = lifecycle.transition(attempt(exam=timed_exam, status="ready_to_start"), "started")
        longest = 60 if kind == "break" else 0
        lifecycle.pause(row, kind=kind, longest=longest, by=learner if longest else staff)
        clock.shift(60 if by == "used up" else 30)
        if by == "used up":
            api.extend_attempt(row.pk, 60, by=staff)
        elif by == "submitted":
            lifecycle.transition(row, "submitted", user=staff)
        else:
            lifecycle.continue_(row, by={"staff": staff, "learner": learner}.get(by))
        answer = page()
    (card,) = answer.context["cards"]
    found = [event.by for event in card.events if event.text == "The exam continued."]
    assert found == ([told] if told else [])


def test_an_overdue_attempt_has_ended(page, attempt, timed_exam):
    begun = timezone.now() - datetime.timedelta(hours=9)
    attempt(exam=timed_exam, status="started", started_at=begun, allowed_time_limit_mins=30)
    assert "Submitted" in page().content.decode()


def test_the_end_of_the_recording_if_the_provider_tells(page, reviewed, provider):
    provider.verbose_name = "Watchers"
    assert "Watchers</bdi> decides" in page().content.decode()
    provider.recording_days = 180
    assert "Watchers</bdi> decides" not in page().content.decode()
    (found,) = page("data.json").json()["attempts"]
    ended = datetime.datetime.fromisoformat(found["completed_at"])
    assert found["recording_kept_until"] == (ended + datetime.timedelta(days=180)).isoformat()


@pytest.mark.parametrize("days", ["180", -1, True, 10**9, 0])
def test_days_that_make_no_date(page, reviewed, provider, days):
    provider.recording_days = days
    assert page("data.json").json()["attempts"][0]["recording_kept_until"] is None


def test_the_downloads_are_files_with_everything(page, reviewed, learner, exam):
    api.add_allowance_for_user(exam.pk, learner.username, "additional_time_granted", "15")
    found = page("data.json")
    assert found["Content-Disposition"].startswith('attachment; filename="my-exams-')
    assert json.loads(found.content)["allowances"][0]["value"] == "15"
    html = page("data.html")
    assert html["Content-Disposition"].endswith('.html"')
    text = html.content.decode()
    assert "Additional time, in minutes" in text
    assert "additional_time_granted" not in text
    assert "<link" not in html.content.decode()


def test_extensions_tell_what_is_for_the_learner(page, reviewed):
    class Notes(extensions.Extension):
        name = "notes"

        def timeline(self, attempt):
            yield TimelineEntry(timezone.now(), "A phone was seen", "proctor", ["sure"])
            yield TimelineEntry(timezone.now(), "You read a message", "proctor", for_learner=True)

        def personal_data(self, user_id):
            yield {"note": "<b>own</b>"}

    extensions.register(Notes())
    try:
        html, file = page().content.decode(), page("data.html").content.decode()
        data = page("data.json").json()
    finally:
        extensions.unregister("notes")
    assert "You read a message" in html
    assert "phone" not in html + file + json.dumps(data)
    assert data["extensions"] == {"notes": [{"note": "<b>own</b>"}]}
    assert "&lt;b&gt;own" in file


@pytest.mark.parametrize("count", [1, 6])
def test_queries_do_not_grow(
    client_for, learner, attempt, make_exam, django_assert_num_queries, count
):
    for _ in range(count):
        attempt(exam=make_exam(), status="verified")
    client = client_for(learner)
    with django_assert_num_queries(6):  # two for the session and its user
        assert client.get(URL).status_code == 200


def test_no_more_than_fifty(page, attempt, exam):
    for _ in range(51):
        attempt(exam=exam, status="verified")
    html = page().content.decode()
    assert html.count("<section") == 50
    assert "Older attempts are in the downloads." in html
    assert len(page("data.json").json()["attempts"]) == 51


def test_visitors_are_sent_to_sign_in(settings):
    answer = Client().get(URL)
    assert answer.status_code == 302
    assert answer["Location"] == f"{settings.LOGIN_URL}?next={URL}"


def test_users_whose_account_is_switched_off_are_refused(settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]
    client = Client()
    client.force_login(UserFactory(is_active=False))
    assert {client.get(URL + name).status_code for name in ("", "data.json", "data.html")} == {403}


def test_nothing_is_changed_by_way_of_the_page(client_for, learner):
    assert client_for(learner).post(URL, {}).status_code == 405


def test_without_attempts(page):
    assert "You have not begun" in page().content.decode()


def test_the_time_zone_of_the_learner(page, reviewed):
    asked = SimpleNamespace(
        get_user_preference=lambda user, name: {"time_zone": "Asia/Tokyo"}.get(name)
    )
    set_runtime_service("preferences", asked)
    assert "Asia/Tokyo" in page().content.decode()
    set_runtime_service("preferences", None)


def test_no_inline_script_and_no_inline_style(page, reviewed):
    for name in ("", "data.html"):
        html = page(name).content.decode()
        assert "<script" not in html
        assert "style=" not in html


def test_each_status_has_words():
    shown = KNOWN - {"eligible", "expired", "second_review_required"}
    assert set(my_exams.STATUSES) == set(my_exams.EVENTS) == shown


def test_in_german(page, reviewed, client_for, learner):
    with translation.override("de"):
        html = client_for(learner).get(URL, headers={"accept-language": "de"}).content.decode()
    assert "Meine Prüfungen" in html
    assert "In review" not in html
