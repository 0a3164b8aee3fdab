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
    """Return the name of the learner's screen; None for the questions."""
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
def interrupted(attempt: Any, exam: Any, as_learner: Any, as_staff: Any, learner: Any) -> Any:
    """An interrupted attempt that staff let the learner resume."""
    one = started(attempt, exam=exam)
    assert put(as_learner, one, "error").status_code == 200
    data = {"action": "mark_ready_to_resume", "user_id": learner.pk}
    assert as_staff.put(f"{E}/attempt/{one.pk}", data, format="json").status_code == 200
    return one


def test_a_running_exam_cannot_be_declined(
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


def test_a_resumed_exam_cannot_be_declined(
    interrupted: Any, exam: Any, as_learner: Any, learner: Any, make_exam: Any
) -> None:
    assert create(as_learner, exam, proctored=False).status_code == 400
    assert statuses(exam) == ["error"]
    interrupted.refresh_from_db()
    assert not interrupted.resumed
    answer = create(as_learner, exam, proctored=True)
    assert answer.status_code == 200
    resumed = Attempt.objects.get(pk=answer.json()["exam_attempt_id"])
    assert put(as_learner, resumed, "decline").status_code == 400
    assert create(as_learner, make_exam(), proctored=False).status_code == 200  # a sister exam
    assert statuses(exam) == ["error", "created"]
    assert screen(exam, learner) == "instructions"


def test_the_page_of_an_interrupted_exam_does_not_offer_opting_out(
    interrupted: Any, exam: Any, learner: Any
) -> None:
    context = {"allow_proctoring_opt_out": True}
    html = api.get_student_view(learner.pk, exam.course_id, exam.content_id, context)
    assert html is not None
    assert 'data-screen="ready-to-resume"' in html
    assert 'data-attempt-proctored="false"' not in html


def test_an_attempt_that_failed_before_its_start_may_be_declined(
    attempt: Any, exam: Any, as_learner: Any
) -> None:
    one = attempt(exam=exam)
    put(as_learner, one, "error")
    api.mark_exam_attempt_as_ready_to_resume(one.pk)
    assert create(as_learner, exam, proctored=False).status_code == 200
    assert statuses(exam) == ["error", "declined"]


def test_staff_may_decline_a_running_exam(attempt: Any, exam: Any) -> None:
    one = started(attempt, exam=exam)
    api.update_attempt_status(one.pk, "declined", reason="staff")
    assert statuses(exam) == ["declined"]


def test_a_switch_lets_learners_decline_a_running_exam(
    attempt: Any, exam: Any, as_learner: Any, switch: Any, interrupted: Any, make_exam: Any
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
def test_no_proctored_attempt_after_the_questions_were_shown(
    exam: Any, as_learner: Any, learner: Any, context: dict[str, bool]
) -> None:
    create(as_learner, exam, proctored=False)
    assert screen(exam, learner, **context) is None
    assert create(as_learner, exam, proctored=True).status_code == 400
    assert statuses(exam) == ["declined"]


@pytest.mark.parametrize("reason", [None, "cascade", "staff"])
def test_an_exam_declined_by_others_stays_open(
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


# Other exams of the course: declined with the one


@pytest.fixture(params=["creation", "decline"])
def sister(request: Any, exam: Any, make_exam: Any, attempt: Any, as_learner: Any) -> Any:
    """Another exam of the course of `exam`, which the learner has opted out of."""
    other = make_exam()
    if request.param == "creation":
        assert create(as_learner, other, proctored=False).status_code == 200
    else:
        assert put(as_learner, attempt(exam=other), "decline").status_code == 200
    return other


@pytest.mark.usefixtures("sister")
def test_the_learners_decision_also_leads_back_in_other_exams(
    exam: Any, as_learner: Any, learner: Any
) -> None:
    assert statuses(exam) == ["declined"]
    assert create(as_learner, exam, proctored=True).status_code == 400
    assert screen(exam, learner, **FORBIDDEN) == "proctored-entrance"
    assert create(as_learner, exam, proctored=True).status_code == 200
    assert statuses(exam) == ["declined", "created"]


@pytest.mark.usefixtures("sister")
def test_the_other_exams_are_open_where_opting_out_is_allowed(
    exam: Any, as_learner: Any, learner: Any
) -> None:
    assert screen(exam, learner, allow_proctoring_opt_out=True) is None
    assert create(as_learner, exam, proctored=True).status_code == 400


@pytest.mark.usefixtures("sister")
def test_a_switch_opens_the_other_exams_anyway(exam: Any, learner: Any, switch: Any) -> None:
    switch("OPT_OUT_ANYWAY")
    assert screen(exam, learner, **FORBIDDEN) is None


@pytest.mark.parametrize("reason", ["", "staff", "provider"])
def test_a_decision_of_others_opens_the_other_exams(
    reason: str, attempt: Any, exam: Any, learner: Any, make_exam: Any
) -> None:
    api.update_attempt_status(attempt(exam=make_exam()).pk, "declined", reason=reason)
    assert statuses(exam) == ["declined"]
    assert screen(exam, learner, **FORBIDDEN) is None


# Exams that come before, as the host's credit service knows them


@pytest.fixture
def requirement(host: Any, exam: Any) -> Any:
    """An exam comes before `exam`, with this status."""

    def set_to(earlier: Any, status: str | None) -> None:
        host.credit.requirements = [
            {"namespace": "proctored_exam", "name": one.content_id, "order": order, "status": word}
            for order, (one, word) in enumerate([(earlier, status), (exam, None)])
        ]

    return set_to


@pytest.mark.parametrize("was_there", [True, False])
def test_an_earlier_exam_that_the_learner_declined_is_still_required(
    was_there: bool, sister: Any, exam: Any, as_learner: Any, learner: Any, requirement: Any
) -> None:
    """Until it is verified; even if the later exam was added after the decline."""
    requirement(sister, "declined")
    if not was_there:
        Attempt.objects.filter(proctored_exam=exam).delete()
    for _ in range(2):
        assert screen(exam, learner, **FORBIDDEN) == "proctored-pending-prerequisites"
    assert statuses(exam) == ["declined"]
    assert screen(sister, learner, **FORBIDDEN) == "proctored-entrance"
    assert create(as_learner, sister, proctored=True).status_code == 200
    assert screen(exam, learner, **FORBIDDEN) == "proctored-pending-prerequisites"
    requirement(sister, "satisfied")
    assert screen(exam, learner, **FORBIDDEN) == "proctored-entrance"
    assert create(as_learner, exam, proctored=True).status_code == 200


def test_the_page_leads_to_the_earlier_exam(
    sister: Any, exam: Any, learner: Any, requirement: Any
) -> None:
    requirement(sister, "declined")
    html = api.get_student_view(learner.pk, exam.course_id, exam.content_id, {**FORBIDDEN})
    assert html is not None
    assert f"jump_to/{sister.content_id}" in html


@pytest.mark.parametrize("context", [{}, {"allow_proctoring_opt_out": True}])
def test_an_earlier_declined_exam_opens_the_later_one_if_opting_out_is_allowed(
    context: dict[str, bool], sister: Any, exam: Any, learner: Any, requirement: Any
) -> None:
    requirement(sister, "declined")
    Attempt.objects.filter(proctored_exam=exam).delete()
    assert screen(exam, learner, **context) is None
    assert statuses(exam) == ["declined"]


@pytest.mark.parametrize("reason", [None, "staff"])
def test_an_earlier_exam_declined_by_others_opens_the_later_one(
    reason: str | None, attempt: Any, make_exam: Any, exam: Any, learner: Any, requirement: Any
) -> None:
    earlier = make_exam()
    one = attempt(exam=earlier, status="declined", taking_as_proctored=False)
    one.history.update(history_change_reason=reason)
    requirement(earlier, "declined")
    for _ in range(2):
        assert screen(exam, learner, **FORBIDDEN) is None
    assert statuses(exam) == ["declined"]


def test_a_declined_requirement_of_another_type_opens_it(
    exam: Any, learner: Any, host: Any
) -> None:
    host.credit.requirements = [
        {"namespace": "reverification", "name": "midterm", "order": 0, "status": "declined"},
        {"namespace": "proctored_exam", "name": exam.content_id, "order": 1, "status": None},
    ]
    for _ in range(2):
        assert screen(exam, learner, **FORBIDDEN) is None
