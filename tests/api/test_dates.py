"""Due dates, the end of a course, and times in texts and payloads are aware and in UTC."""

import datetime
import time
from types import SimpleNamespace

import pytest
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import api, backends, constants, utils
from edx_proctoring.backends import psi_formats

pytestmark = pytest.mark.django_db


@pytest.mark.defect("PYTHON-98")
def test_settings_are_read_when_they_are_used(settings, monkeypatch):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "ALLOW_REVIEW_UPDATES": False}
    assert constants.ALLOW_REVIEW_UPDATES is False
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS": 7,
    }
    assert backends.get_backend_provider(name="null").ping_interval == 7
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", True)
    assert constants.ALLOW_REVIEW_UPDATES is True


@pytest.mark.defect("PYTHON-99")
def test_the_published_sentinel_keeps_the_due_date(make_exam):
    due = timezone.now()
    exam = make_exam(due_date=due)
    copied = datetime.datetime.fromisoformat(constants.MINIMUM_TIME.isoformat())
    for sentinel in (constants.MINIMUM_TIME, copied):
        api.update_exam(exam.pk, due_date=sentinel, exam_name="Other")
        exam.refresh_from_db()
        assert exam.due_date == due
    api.update_exam(exam.pk, due_date=None)
    exam.refresh_from_db()
    assert exam.due_date is None


@pytest.fixture
def server_in_tokyo(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.defect("PYTHON-100")
@pytest.mark.usefixtures("server_in_tokyo")
def test_release_dates_are_compared_as_aware_datetimes(make_exam):
    exam = make_exam()
    opens = timezone.now() + datetime.timedelta(hours=1)  # 8 hours ago, by the server's local clock
    entry = SimpleNamespace(effective_start=opens, due=None)
    details = SimpleNamespace(
        outline=SimpleNamespace(accessible_sequences={}),
        schedule=SimpleNamespace(sequences={UsageKey.from_string(exam.content_id): entry}),
    )
    assert utils.categorize_inaccessible_exams_by_date([exam], details) == ([], [exam], [])


@pytest.mark.defect("PYTHON-101")
@pytest.mark.usefixtures("server_in_tokyo")
def test_dates_in_payloads_are_utc(settings):
    settings.TIME_ZONE = "America/New_York"
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    text = psi_formats.http_date(before)
    assert text == before.strftime("%a, %d %b %Y %H:%M:%S GMT")


@pytest.mark.defect("PYTHON-102")
def test_times_as_text_are_utc_in_any_active_time_zone(attempt):
    known = attempt()
    with timezone.override("Asia/Tokyo"):
        data = api.get_exam_attempt_by_id(known.pk)
    assert data["created"] == known.created.astimezone(datetime.UTC).isoformat().replace(
        "+00:00", "Z"
    )


DAY = datetime.timedelta(days=1)


@pytest.mark.needs("edx-when")
@pytest.mark.defect("PYTHON-61")
def test_the_end_is_that_of_the_course_block_in_its_time_zone(monkeypatch, timed_exam):
    from edx_when import api as when_api

    course, html = (
        UsageKey.from_string(f"block-v1:edX+Demo+2026+type@{kind}+block@x")
        for kind in ("html", "course")
    )
    west = datetime.timezone(datetime.timedelta(hours=-5))
    end = datetime.datetime(2026, 1, 1, tzinfo=west)
    dates = {(course, "end"): end - DAY, (html, "end"): end}
    monkeypatch.setattr(when_api, "get_dates_for_course", lambda _course_id: dates)
    assert utils.get_course_end_date("course-v1:edX+Demo+2026") == end
    monkeypatch.undo()
    assert api.is_exam_passed_due({**api.get_exam_by_id(timed_exam.pk), "course_id": "x"}) is False


CONTEXT = {"display_name": "Midterm", "default_time_limit_mins": 90, "is_proctored": True}


@pytest.mark.needs("lms-urls", "edx-when")
@pytest.mark.defect("PYTHON-62")
def test_an_extension_counts_for_the_acknowledged_review(
    attempt, make_exam, learner, monkeypatch, settings
):
    from edx_when import api as when_api

    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    now = timezone.now()
    exam = make_exam(due_date=now - DAY)
    attempt(exam=exam, status="verified", is_status_acknowledged=True, completed_at=now - 2 * DAY)

    def view():
        return api.get_student_view(learner.pk, exam.course_id, exam.content_id, dict(CONTEXT))

    assert view() is None  # past due: the content
    extended = lambda *_args, user=None: now + DAY if user else None  # noqa: E731  a local shorthand
    monkeypatch.setattr(when_api, "get_date_for_block", extended)
    assert "proctored-verified" in view()


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("PYTHON-63")
@pytest.mark.parametrize(("context", "opened"), [({}, False), ({"due_date": None}, True)])
def test_a_context_without_a_date_keeps_the_exams_due_date(make_exam, learner, context, opened):
    exam = make_exam(due_date=timezone.now() - DAY)
    view = api.get_student_view(learner.pk, exam.course_id, exam.content_id, {**CONTEXT, **context})
    assert ("start-timed-exam" in view) is opened
