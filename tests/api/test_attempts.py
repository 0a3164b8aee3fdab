"""Reading attempts: single ones, lists, reports, and old import paths."""

import datetime

import pytest
import time_machine
from django.utils import timezone

from edx_proctoring import api, utils
from edx_proctoring.exceptions import (
    ProctoredExamPermissionDenied,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptedAlreadyStarted,
    UserNotFoundException,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, UserFactory
from tests.unknown import NO_SUCH_ID

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
Attempt = ProctoredExamStudentAttempt

KEYS = [
    "id",
    "created",
    "modified",
    "user",
    "started_at",
    "completed_at",
    "external_id",
    "status",
    "proctored_exam",
    "allowed_time_limit_mins",
    "attempt_code",
    "is_sample_attempt",
    "taking_as_proctored",
    "review_policy_id",
    "is_status_acknowledged",
    "time_remaining_seconds",
    "is_resumable",
    "ready_to_resume",
    "resumed",
]


def running(attempt, minutes=90, ago=0, **more):
    started = timezone.now() - ago * MINUTE
    return attempt(status="started", started_at=started, allowed_time_limit_mins=minutes, **more)


def test_the_published_dictionary(attempt):
    known = running(attempt)
    found = api.get_exam_attempt_by_id(known.pk)
    assert list(found) == KEYS
    assert found["started_at"] == known.started_at
    assert found["created"].endswith("Z")
    found["extra"] = 1


@pytest.mark.parametrize(
    "read",
    [
        lambda known: api.get_exam_attempt_by_id(known.pk),
        lambda known: api.get_exam_attempt_by_code(known.attempt_code),
        lambda known: api.get_exam_attempt_by_external_id(known.external_id),
        lambda known: api.get_current_exam_attempt(known.proctored_exam_id, known.user_id),
    ],
)
def test_reading_ends_an_overdue_attempt(attempt, read):
    known = running(attempt, minutes=10, ago=30)
    found = read(known)
    assert found["status"] == "submitted"
    assert found["completed_at"] == known.started_at + 10 * MINUTE
    Attempt.objects.all().delete()
    assert read(known) is None


def test_external_ids_of_two_providers(attempt, make_exam):
    attempt(external_id="A")
    newest = attempt(exam=make_exam(backend="null"), external_id="A")
    assert api.get_exam_attempt_by_external_id("A")["id"] == newest.pk
    found, archived = api.locate_attempt_by_external_id("A", ["test"])
    assert (found.proctored_exam.backend, archived) == ("test", False)
    assert api.locate_attempt_by_external_id("") == (None, None)


def test_locating_attempts(attempt, staff, caplog):
    known = attempt(external_id=None)
    assert api.locate_attempt_by_attempt_code(known.attempt_code)[1] is False
    api.remove_exam_attempt(known.pk, staff)
    found, archived = api.locate_attempt_by_attempt_code(known.attempt_code)
    assert (found.attempt_code, archived) == (known.attempt_code, True)
    assert api.locate_attempt_by_attempt_code("nothing") == (None, None)
    assert api.locate_attempt_by_attempt_code(None) == (None, None)
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.get_course_of_attempt(known.pk)


def test_lists_cost_the_same_for_many_rows(exam, django_assert_num_queries):
    users = [UserFactory() for _ in range(6)]
    for user in users:
        AttemptFactory(user=user, proctored_exam=exam)
    with django_assert_num_queries(2):
        assert len(list(api.get_all_exam_attempts(COURSE_ID))) == 6
    with django_assert_num_queries(2):
        found = api.get_filtered_exam_attempts(COURSE_ID, users[0].username.upper())
        assert [row["user"]["id"] for row in found] == [users[0].pk]
    with django_assert_num_queries(4):
        page = api.get_grouped_attempts(COURSE_ID, per_page=4)
        assert len(page.object_list) == 4


def test_groups_show_the_newest_with_all(exam, learner, attempt):
    old = attempt(exam=exam, status="error", resumed=True)
    new = attempt(exam=exam, status="submitted")
    other = AttemptFactory(proctored_exam=exam)
    page = api.get_grouped_attempts(COURSE_ID)
    assert [row["id"] for row in page.object_list] == [other.pk, new.pk]
    assert [row["id"] for row in page.object_list[1]["all_attempts"]] == [new.pk, old.pk]
    assert api.get_grouped_attempts(COURSE_ID, page="x").number == 1
    assert api.get_grouped_attempts(COURSE_ID, page=99).number == 1
    mine = api.get_user_attempts_by_exam_id(learner.pk, exam.pk)
    assert [row["id"] for row in mine] == [new.pk, old.pk]


def test_running_exams(attempt, learner, make_exam, django_assert_num_queries):
    for _ in range(3):
        known = running(attempt, exam=make_exam())
    attempt(status="submitted")
    api.add_allowance_for_user(known.proctored_exam_id, learner.pk, "review_policy_exception", "x")
    with django_assert_num_queries(2):
        found = api.get_active_exams_for_user(learner.pk, COURSE_ID)
    assert found[0]["attempt"]["id"] == known.pk
    assert [len(row["allowances"]) for row in found] == [1, 0, 0]


def test_the_last_completion(attempt, learner, make_exam):
    def last():
        return api.get_last_exam_completion_date(COURSE_ID, learner.username)

    first, second = make_exam(), make_exam()
    make_exam(is_active=False)
    assert last() is None
    attempt(exam=first, status="verified", completed_at=NOON)
    assert last() is None
    attempt(exam=second, status="error", resumed=True)
    attempt(exam=second, status="verified", completed_at=NOON + MINUTE)
    assert last() == NOON + MINUTE


def test_the_violation_report(attempt, make_exam, django_assert_num_queries):
    bad = attempt(exam=make_exam(exam_name="B"), status="submitted", completed_at=NOON)
    comments = [{"comment": text, "status": "Suspicious"} for text in ("book", "phone")]
    api.receive_review(bad, {"status": "suspicious", "comments": comments})
    attempt(exam=make_exam(exam_name="A"), attempt_code=None)
    attempt(exam=make_exam(exam_name="C", is_practice_exam=True), is_sample_attempt=True)
    with django_assert_num_queries(3):
        report = api.get_exam_violation_report(COURSE_ID)
    assert [row["exam_name"] for row in report] == ["A", "B", "C"]
    assert report[1]["Suspicious Comments"] == ["book", "phone"]
    assert (report[0]["review_status"], report[1]["review_status"]) == (None, "Suspicious")
    assert api.get_exam_violation_report(COURSE_ID, include_practice_exams=True) == report


# Changes that other Django code makes


def test_starting_twice_is_an_error_for_python_callers(attempt, exam, learner):
    known = attempt(exam=exam, status="ready_to_start")
    assert api.start_exam_attempt(exam.pk, learner.pk) == known.pk
    with pytest.raises(StudentExamAttemptedAlreadyStarted):
        api.start_exam_attempt_by_code(known.attempt_code)
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.start_exam_attempt(exam.pk, NO_SUCH_ID)
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.start_exam_attempt_by_code("nothing")


def test_functions_for_each_step(attempt):
    known = attempt(status="created")
    for step, status in (
        (api.mark_exam_attempt_as_ready, "ready_to_start"),
        (lambda pk: api.update_attempt_status(pk, "started"), "started"),
        (api.stop_exam_attempt, "ready_to_submit"),
        (api.mark_exam_attempt_timeout, "submitted"),
    ):
        assert step(known.pk) == known.pk
        known.refresh_from_db()
        assert known.status == status


def test_unknown_attempts():
    assert api.update_attempt_status(NO_SUCH_ID, "started", raise_if_not_found=False) is None
    for call in (
        lambda: api.update_attempt_status(NO_SUCH_ID, "started"),
        lambda: api.stop_exam_attempt(NO_SUCH_ID),
        lambda: api.update_exam_attempt(NO_SUCH_ID, is_status_acknowledged=True),
        lambda: api.mark_exam_attempt_as_ready_to_resume(NO_SUCH_ID),
        lambda: api.mark_exam_attempt_as_resumed(NO_SUCH_ID),
        lambda: api.remove_exam_attempt(NO_SUCH_ID, None),
        lambda: api.get_exam_attempt_data(1, NO_SUCH_ID),
        lambda: api.get_polled_attempt(NO_SUCH_ID),
    ):
        with pytest.raises(Exception) as raised:
            call()
        assert raised.value.http_status == 400


def test_unknown_learners(exam):
    for proctored in (True, False):
        with pytest.raises(UserNotFoundException):
            api.create_exam_attempt(exam.pk, NO_SUCH_ID, taking_as_proctored=proctored)
    with pytest.raises(UserNotFoundException):
        api.reset_practice_exam(exam.pk, NO_SUCH_ID, None)


def test_only_two_columns_can_be_set(attempt):
    known = attempt(status="error")
    api.update_exam_attempt(known.pk, is_status_acknowledged=True, time_remaining_seconds=5)
    known.refresh_from_db()
    assert (known.is_status_acknowledged, known.time_remaining_seconds) == (True, 5)
    with pytest.raises(ProctoredExamPermissionDenied):
        api.update_exam_attempt(known.pk, is_status_acknowledged=False, status="verified")
    known.refresh_from_db()
    assert (known.is_status_acknowledged, known.status) == (True, "error")


def test_ready_only_while_setting_up(attempt):
    waiting, over = attempt(status="created"), running(attempt)
    api.mark_ready_if_setting_up(waiting.pk)
    api.mark_ready_if_setting_up(over.pk)
    assert Attempt.objects.get(pk=waiting.pk).status == "ready_to_start"
    assert Attempt.objects.get(pk=over.pk).status == "started"


def test_resume_rules(attempt):
    known = attempt(status="error", is_resumable=True)
    api.mark_exam_attempt_as_ready_to_resume(known.pk)
    found = api.get_exam_attempt_by_id(known.pk)
    assert api.is_attempt_ready_to_resume(found)
    known.refresh_from_db()
    assert api.is_attempt_in_resume_process(known)
    api.mark_exam_attempt_as_resumed(known.pk)
    assert not api.is_attempt_ready_to_resume(api.get_exam_attempt_by_id(known.pk))
    assert api.is_state_transition_legal("error", "verified")
    assert api.can_update_credit_grades_and_email(
        [{"status": "verified"}], "verified", {"is_practice_exam": False}
    )


def test_removing_all_attempts_of_a_learner(attempt, practice_exam, staff):
    for _ in range(3):
        attempt(exam=practice_exam, is_sample_attempt=True)
    user_id = Attempt.objects.first().user_id
    assert api.remove_exam_attempts(practice_exam.pk, user_id, staff) == 3
    assert not Attempt.objects.exists()


def test_allowed_minutes(make_exam, learner):
    exam = api.get_exam_by_id(make_exam(time_limit_mins=61).pk)
    assert api.allowed_minutes(exam, learner.pk) == 61
    assert api.get_total_allowed_time_for_exam(exam, learner.pk) == "1 hour and 1 minute"
    assert api.exam_due_date(exam) is None
    assert not api.is_exam_passed_due(exam, learner)


# Old forms


@time_machine.travel(NOON, tick=False)
def test_old_import_paths_work(attempt, exam, learner, tracker):
    known = running(attempt, exam=exam, minutes=10)
    found, row = api.get_exam_attempt_by_id(known.pk), api.get_exam_by_id(exam.pk)
    assert utils.get_time_remaining_for_attempt(found) == 600
    assert utils.has_due_date_passed(NOON)
    assert not utils.has_due_date_passed(None)
    assert utils.get_exam_due_date(row, learner.pk) is None
    assert utils.get_course_end_date("no course") is None
    assert not utils.has_end_date_passed("no course")
    assert utils.is_reattempting_exam("started", "created")
    assert not utils.is_reattempting_exam("created", "created")
    context = {"grace_period": 5 * MINUTE}
    assert utils.verify_and_add_wait_deadline(context, {**row, "due_date": NOON}, learner.pk)
    assert context["wait_deadline"] == (NOON + 5 * MINUTE).isoformat()
    assert not utils.verify_and_add_wait_deadline({}, row, learner.pk)
    assert utils.resolve_exam_url_for_learning_mfe(exam.course_id, exam.content_id)
    assert utils.humanized_time(time_in_minutes=61) == "1 hour and 1 minute"
    assert api._calculate_allowed_mins(row, learner.pk) == row["time_limit_mins"]
    assert api._check_for_attempt_timeout(found)["status"] == "started"
    assert api._check_for_attempt_timeout(None) is None
    assert api._get_ordered_prerequisites([]) == []
    assert api._are_prerequirements_satisfied([])["are_prerequisites_satisifed"]
    utils.emit_event(row, "started", found, {"more": 1})
    utils.emit_event(row, "updated")
    first, second = tracker.events
    assert first[0] == "edx.special_exam.proctored.attempt.started"
    assert (first[1]["attempt_started_at"], first[1]["more"]) == (NOON, 1)
    assert second[0] == "edx.special_exam.proctored.updated"
