"""Taking an exam without proctoring: before the start, and where the course allows it."""

from typing import Any

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamStudentAttempt
from tests.views.conftest import E, started

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt


def put(client: Any, one: Any, action: str) -> Any:
    return client.put(f"{E}/attempt/{one.pk}", {"action": action}, format="json")


def create(client: Any, exam: Any, *, proctored: bool) -> Any:
    data = {"exam_id": exam.pk, "attempt_proctored": proctored}
    return client.post(f"{E}/attempt", data, format="json")


def screen(exam: Any, learner: Any, **context: Any) -> str | None:
    """The name of what the learner sees; None for the questions."""
    html = api.get_student_view(learner.pk, exam.course_id, exam.content_id, context)
    return html.split('data-screen="')[1].split('"')[0] if html else None


def statuses(exam: Any) -> list[str]:
    rows = Attempt.objects.filter(proctored_exam=exam).order_by("pk")
    return list(rows.values_list("status", flat=True))


@pytest.fixture
def switch(settings: Any) -> Any:
    def on(name: str) -> None:
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, name: True}

    return on


@pytest.fixture
def broken_off(attempt: Any, exam: Any, as_learner: Any, as_staff: Any, learner: Any) -> Any:
    """An attempt that broke off, and that staff let the learner go on with."""
    one = started(attempt, exam=exam)
    assert put(as_learner, one, "error").status_code == 200
    data = {"action": "mark_ready_to_resume", "user_id": learner.pk}
    assert as_staff.put(f"{E}/attempt/{one.pk}", data, format="json").status_code == 200
    return one


def test_nobody_declines_a_running_exam(
    attempt: Any, exam: Any, as_learner: Any, learner: Any, provider: Any
) -> None:
    for status in ("started", "ready_to_submit"):
        one = started(attempt, exam=exam)
        Attempt.objects.filter(pk=one.pk).update(status=status)
        answer = put(as_learner, one, "decline")
        one.refresh_from_db()
        assert (answer.status_code, one.status, bool(one.external_id)) == (400, status, True)
    assert not provider.calls_of("remove_exam_attempt")
    assert screen(exam, learner) == "proctored-ready-to-submit"


def test_nobody_opts_out_on_the_way_back(
    broken_off: Any, exam: Any, as_learner: Any, learner: Any, make_exam: Any
) -> None:
    assert create(as_learner, exam, proctored=False).status_code == 400
    assert statuses(exam) == ["error"]
    broken_off.refresh_from_db()
    assert not broken_off.resumed
    answer = create(as_learner, exam, proctored=True)
    assert answer.status_code == 200
    resumed = Attempt.objects.get(pk=answer.json()["exam_attempt_id"])
    assert put(as_learner, resumed, "decline").status_code == 400
    assert create(as_learner, make_exam(), proctored=False).status_code == 200  # a sister exam
    assert statuses(exam) == ["error", "created"]
    assert screen(exam, learner) == "instructions"


def test_the_page_of_a_broken_off_exam_offers_no_opting_out(
    broken_off: Any, exam: Any, learner: Any
) -> None:
    context = {"allow_proctoring_opt_out": True}
    html = api.get_student_view(learner.pk, exam.course_id, exam.content_id, context)
    assert html is not None
    assert 'data-screen="ready-to-resume"' in html
    assert 'data-attempt-proctored="false"' not in html


def test_an_attempt_that_broke_off_before_its_start_may_be_declined(
    attempt: Any, exam: Any, as_learner: Any
) -> None:
    one = attempt(exam=exam)
    put(as_learner, one, "error")
    api.mark_exam_attempt_as_ready_to_resume(one.pk)
    assert create(as_learner, exam, proctored=False).status_code == 200
    assert statuses(exam) == ["error", "declined"]


def test_staff_may_decline_what_runs(attempt: Any, exam: Any) -> None:
    one = started(attempt, exam=exam)
    api.update_attempt_status(one.pk, "declined", reason="staff")
    assert statuses(exam) == ["declined"]


def test_a_switch_lets_learners_decline_what_runs(
    attempt: Any, exam: Any, as_learner: Any, switch: Any, broken_off: Any, make_exam: Any
) -> None:
    switch("DECLINE_WHILE_RUNNING")
    other = started(attempt, exam=make_exam())
    assert put(as_learner, other, "decline").status_code == 200
    assert create(as_learner, exam, proctored=True).status_code == 200
    assert create(as_learner, make_exam(), proctored=False).status_code == 200
    assert statuses(exam) == ["error", "declined"]


# Where the course allows no opting out

FORBIDDEN = {"allow_proctoring_opt_out": False}


def test_a_declined_exam_leads_back_to_proctoring(
    exam: Any, as_learner: Any, learner: Any, attempt: Any
) -> None:
    assert create(as_learner, exam, proctored=False).status_code == 200
    assert create(as_learner, exam, proctored=True).status_code == 400
    for _ in range(2):
        assert screen(exam, learner, **FORBIDDEN) == "proctored-entrance"
    assert Attempt.objects.get().history.count() == 3  # noted once
    assert create(as_learner, exam, proctored=True).status_code == 200
    assert statuses(exam) == ["declined", "created"]
    assert screen(exam, learner, **FORBIDDEN) == "instructions"


def test_declining_an_attempt_leads_back_too(
    attempt: Any, exam: Any, as_learner: Any, learner: Any
) -> None:
    one = attempt(exam=exam)
    assert put(as_learner, one, "decline").status_code == 200
    assert screen(exam, learner, **FORBIDDEN) == "proctored-entrance"
    due = timezone.now()
    assert screen(exam, learner, due_date=due, **FORBIDDEN) == "proctored-expired"


@pytest.mark.parametrize("context", [{}, {"allow_proctoring_opt_out": True}])
def test_who_was_shown_the_questions_takes_no_proctored_exam_afterwards(
    exam: Any, as_learner: Any, learner: Any, context: dict[str, bool]
) -> None:
    create(as_learner, exam, proctored=False)
    assert screen(exam, learner, **context) is None
    assert create(as_learner, exam, proctored=True).status_code == 400
    assert statuses(exam) == ["declined"]


@pytest.mark.parametrize("reason", [None, "cascade", "staff"])
def test_what_others_declined_stays_open(
    attempt: Any, exam: Any, learner: Any, reason: str | None
) -> None:
    one = attempt(exam=exam, status="declined", taking_as_proctored=False)
    one.history.update(history_change_reason=reason)
    assert screen(exam, learner, **FORBIDDEN) is None


def test_a_switch_opens_declined_exams_anyway(
    exam: Any, as_learner: Any, learner: Any, switch: Any
) -> None:
    create(as_learner, exam, proctored=False)
    screen(exam, learner, **FORBIDDEN)
    switch("OPT_OUT_ANYWAY")
    assert screen(exam, learner, **FORBIDDEN) is None
    assert create(as_learner, exam, proctored=True).status_code == 400
