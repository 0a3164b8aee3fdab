"""Exams and attempts are found by ids, codes and search texts, of several matches the right one."""

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.exceptions import (
    ProctoredExamNotFoundException,
    StudentExamAttemptDoesNotExistsException,
    UserNotFoundException,
)
from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAttempt
from tests.unknown import NO_SUCH_ID

pytestmark = pytest.mark.django_db


@pytest.mark.defect("PYTHON-71")
def test_the_newest_of_attempts_with_the_same_external_id_is_found(attempt, make_exam):
    attempt(external_id="same")
    newest = attempt(external_id="same", exam=make_exam(backend="null"))
    assert api.get_exam_attempt_by_external_id("same")["id"] == newest.pk


@pytest.mark.defect("PYTHON-71")
def test_no_code_finds_nothing(attempt):
    attempt(attempt_code=None)
    attempt(attempt_code=None)
    assert api.get_exam_attempt_by_code("") is None
    assert api.locate_attempt_by_attempt_code(None) == (None, None)
    assert api.locate_attempt_by_attempt_code("") == (None, None)


@pytest.mark.defect("PYTHON-72")
@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda exam, user: api.mark_exam_attempt_as_ready_to_resume(NO_SUCH_ID), "attempt"),
        (lambda exam, user: api.mark_exam_attempt_as_resumed(NO_SUCH_ID), "attempt"),
        (lambda exam, user: api.get_exam_attempt_data(exam.pk, NO_SUCH_ID), "attempt"),
        (lambda exam, user: api.create_exam_attempt(exam.pk, NO_SUCH_ID, True), "user"),
        (
            lambda exam, user: api.get_attempt_status_summary(
                NO_SUCH_ID, exam.course_id, exam.content_id
            ),
            "user",
        ),
        (lambda exam, user: api.add_allowance_for_user(NO_SUCH_ID, user.pk, "key", "1"), "exam"),
        (lambda exam, user: api.create_exam_attempt(NO_SUCH_ID, user.pk, True), "exam"),
    ],
)
def test_unknown_ids(exam, learner, call, error):
    errors = {
        "attempt": StudentExamAttemptDoesNotExistsException,
        "user": UserNotFoundException,
        "exam": ProctoredExamNotFoundException,
    }
    with pytest.raises(errors[error]):
        call(exam, learner)
    assert not ProctoredExamStudentAllowance.objects.exists()


@pytest.mark.defect("PYTHON-72")
def test_an_attempt_of_another_exam(attempt, make_exam):
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.get_exam_attempt_data(make_exam().pk, attempt().pk)


Attempt = ProctoredExamStudentAttempt


@pytest.mark.defect("PYTHON-76")
def test_an_empty_filter_of_users_matches_no_one(attempt, practice_exam):
    attempt(exam=practice_exam, is_sample_attempt=True)
    found = Attempt.objects.get_proctored_practice_attempts_by_course_id
    assert found(practice_exam.course_id).count() == 1
    assert found(practice_exam.course_id, []).count() == 0


@pytest.mark.defect("PYTHON-90")
def test_of_two_simultaneous_attempts_the_higher_id_is_current(attempt, exam):
    first, second = attempt(exam=exam), attempt(exam=exam)
    Attempt.objects.update(created=timezone.now())
    assert first.pk < second.pk
    assert api.get_current_exam_attempt(exam.pk, second.user_id)["id"] == second.pk


@pytest.mark.defect("PYTHON-91")
def test_search_ignores_case(attempt, exam, learner):
    one = attempt(exam=exam)
    for text in (learner.username.upper(), learner.email.upper()):
        assert [row["id"] for row in api.get_filtered_exam_attempts(exam.course_id, text)] == [
            one.pk
        ]
