"""Fixtures of the board's tests in Chromium: a course in an exam, its board, and the page of one of its learners."""

import datetime
from types import SimpleNamespace

import pytest
from django.utils import timezone

from edx_proctoring.backends import breaker
from edx_proctoring.contrib.live import api, snapshots
from edx_proctoring.contrib.live.models import Heartbeat
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory
from edx_proctoring.testing.host import Enrollment
from tests.browser.learner_host import LearnerHost, close

PAGE = f"/api/edx_proctoring/pages/courses/{COURSE_ID}/live/"
BOARD = "proctoring-live"
MINUTE = datetime.timedelta(minutes=1)
SILENT, QUICK, LONG = "jo", "yuki", "sam"  # learners named in tests


@pytest.fixture
def hall(transactional_db, host, other):
    """Create nine learners in two exams and two rooms: jo is silent, remy cannot start as a provider is down."""
    other.verbose_name = "Northgate"
    midterm = ExamFactory(exam_name="Midterm: Probability", time_limit_mins=90)
    quiz = ExamFactory(
        exam_name="Quiz 4: Sampling", time_limit_mins=30, is_proctored=False, backend=None
    )
    away = ExamFactory(exam_name="Final at Northgate", time_limit_mins=90, backend="other")
    made = SimpleNamespace(midterm=midterm, quiz=quiz, attempts={})

    def seat(name, exam, minutes, *, room="", seen=0, status="started", ended=None):
        user = UserFactory(username=name, email=f"{name}@example.org")
        host.enrollments.enrollments.append(Enrollment(user, "verified"))
        now = timezone.now()
        columns = {} if minutes is None else {"started_at": now - minutes * MINUTE}
        if minutes is not None:
            columns["allowed_time_limit_mins"] = exam.time_limit_mins
        if ended is not None:
            columns["completed_at"] = now - ended * MINUTE
        attempt = AttemptFactory(
            user=user,
            proctored_exam=exam,
            status=status,
            taking_as_proctored=exam.is_proctored,
            **columns,
        )
        if room:
            api.seat_learners(COURSE_ID, room, [name])
        if seen is not None:
            moment = now - datetime.timedelta(minutes=seen, seconds=4)
            Heartbeat.objects.beat(attempt.pk, status, moment, shows_messages=True)
        made.attempts[name] = attempt

    seat("remy", away, None, status="ready_to_start")
    seat("alex", away, 20)
    seat("jo", midterm, 30, room="Room A 101", seen=4)
    seat("yuki", quiz, 27, room="Room A 101")
    seat("sam", midterm, 40, room="Room A 101")
    seat("robin", midterm, 35, room="Room B 204")
    seat("kim", midterm, 5, room="Room B 204")
    seat("toni", midterm, None, room="Room B 204", status="created")
    seat("max", midterm, 70, status="submitted", ended=12)
    for _ in range(breaker.FAILURES):
        breaker.note(breaker.of_messages("other"), failed=True)
    return made


@pytest.fixture(autouse=True)
def forget_boards():
    """Clear the cached boards, because tests use the same course."""
    snapshots.MEMORY.clear()


def row(page, name):
    """Return the learner's row on the board."""
    return page.locator(f"{BOARD} tr[data-attempt]").filter(
        has=page.locator(".who").get_by_text(name, exact=True)
    )


def rows(page):
    """Return the names in the order of the board."""
    return page.locator(f"{BOARD} .who").all_inner_texts()


@pytest.fixture
def exam_page(browser, client_for, host):
    """Return a function that opens an attempt's exam page as its learner, with the test's clock."""
    made = []

    def open_it(attempt):
        user = attempt.user
        made.append(LearnerHost(browser, client_for(user), attempt.proctored_exam, user))
        return made[-1].running(clock=True)

    yield open_it
    close(made)
