"""The calls of LMS and Studio, with their arguments: opaque keys as well as strings."""

import datetime

import pytest
from django.core.exceptions import FieldError
from django.db import IntegrityError, transaction
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring import api, utils
from edx_proctoring.exceptions import (
    ProctoredExamNotFoundException,
    ProctoredExamReviewPolicyNotFoundException,
    UserNotFoundException,
)
from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAttempt
from edx_proctoring.services import ProctoringService
from edx_proctoring.testing.host import Enrollment

pytestmark = pytest.mark.django_db

COURSE = CourseKey.from_string("course-v1:edX+Demo+2026")
SECTION = UsageKey.from_string("block-v1:edX+Demo+2026+type@sequential+block@midterm")
DUE = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture(params=[lambda key: key, str], ids=["keys", "strings"])
def form(request):
    """Ids as opaque keys, and as strings."""
    return request.param


@pytest.fixture
def midterm(make_exam):
    """The exam of the subsection."""
    return make_exam(course_id=str(COURSE), content_id=str(SECTION), exam_name="Midterm")


def test_studio_registers_the_exams_of_a_course(form, provider, staff):
    course, section = form(COURSE), form(SECTION)
    with pytest.raises(ProctoredExamNotFoundException):
        api.get_exam_by_content_id(course, section)
    meta = {
        "exam_name": "Midterm",
        "time_limit_mins": 60,
        "due_date": DUE,
        "is_proctored": True,
        "is_practice_exam": False,
        "is_active": True,
        "hide_after_due": False,
        "backend": "test",
    }
    exam_id = api.create_exam(course_id=course, content_id=section, **meta)
    assert type(exam_id) is int
    assert api.get_exam_by_content_id(course, section)["id"] == exam_id
    assert api.update_exam(exam_id=exam_id, **{**meta, "due_date": None}) == exam_id
    policy = {"exam_id": exam_id, "set_by_user_id": staff.pk, "review_policy": "No books."}
    with pytest.raises(ProctoredExamReviewPolicyNotFoundException):
        api.update_review_policy(**policy)
    api.create_exam_review_policy(**policy)
    assert api.get_review_policy_by_exam_id(exam_id)["review_policy"] == "No books."
    api.remove_review_policy(exam_id=exam_id)
    (exam,) = api.get_all_exams_for_course(course)
    assert (exam["course_id"], exam["content_id"]) == (str(COURSE), str(SECTION))
    assert exam["external_id"]
    assert api.update_exam(exam_id=exam_id, is_proctored=False, is_active=False) == exam_id
    assert not api.get_exam_by_id(exam_id)["is_active"]


def test_studio_may_not_know_the_editor_of_a_subsection(midterm, staff):
    policy = {"exam_id": midterm.pk, "set_by_user_id": None}
    for nobody in (None, 10**6):
        with pytest.raises(UserNotFoundException):
            api.create_exam_review_policy(midterm.pk, nobody, "No books.")
    api.create_exam_review_policy(midterm.pk, staff.pk, "No books.")
    api.update_review_policy(**policy, review_policy="Books.")
    stored = api.get_review_policy_by_exam_id(midterm.pk)
    assert (stored["review_policy"], stored["set_by_user"]["id"]) == ("Books.", staff.pk)
    with pytest.raises(UserNotFoundException):
        api.update_review_policy(midterm.pk, 10**6, "No books.")
    assert api.get_review_policy_by_exam_id(midterm.pk)["review_policy"] == "Books."
    api.update_review_policy(**policy, review_policy="")
    for exam_id in (midterm.pk, 10**6, "x"):
        with pytest.raises(ProctoredExamReviewPolicyNotFoundException):
            api.update_review_policy(exam_id, None, "No books.")


def test_a_missing_value_is_not_reported_as_an_existing_exam(provider):
    with pytest.raises(IntegrityError):
        api.create_exam(COURSE, SECTION, exam_name=None, time_limit_mins=90)
    assert api.get_all_exams_for_course(COURSE) == []


def test_studio_shows_an_exam(form, midterm, provider):
    assert api.get_exam_by_content_id(form(COURSE), form(SECTION))["external_id"]
    provider.has_dashboard = True
    url = api.get_exam_configuration_dashboard_url(form(COURSE), str(SECTION))
    assert url.endswith(f"/instructor/{COURSE}/{midterm.pk}?config=true")
    assert api.does_backend_support_onboarding("test") is False
    assert api.does_backend_support_onboarding("lti_external") is False
    assert api.does_backend_support_onboarding(None) is False


@pytest.mark.needs("lms-urls")
def test_a_sequence_requests_the_learners_screen(form, midterm, learner, provider):
    context = {
        "display_name": "Midterm",
        "default_time_limit_mins": 0,
        "is_practice_exam": False,
        "is_proctored": True,
        "allow_proctoring_opt_out": True,
        "due_date": None,
        "grace_period": None,
    }
    view = ProctoringService().get_student_view(
        user_id=learner.pk,
        course_id=form(COURSE),
        content_id=form(SECTION),
        context=context,
        user_role="student",
    )
    assert str(midterm.pk) in view
    staff_view = ProctoringService().get_student_view(
        user_id=learner.pk,
        course_id=form(COURSE),
        content_id=form(SECTION),
        context=context,
        user_role="staff",
    )
    assert staff_view is None


def test_the_outline_requests_the_status(form, midterm, learner):
    summary = api.get_attempt_status_summary(learner.pk, form(COURSE), form(SECTION))
    assert summary["short_description"]
    assert set(summary) == {"status", "short_description", "suggested_icon", "in_completed_state"}


def test_anonymous_users_see_the_outline_without_proctored_exams(
    form, midterm, practice_exam, timed_exam, host
):
    ask = lambda exam: api.get_attempt_status_summary(None, exam.course_id, exam.content_id)  # noqa: E731  a local shorthand
    assert ask(midterm) is None
    assert ask(practice_exam)["status"] == "eligible"
    assert ask(timed_exam)["short_description"] == "Timed Exam"
    assert api.get_attempt_status_summaries(None, form(COURSE))[str(SECTION)] is None
    host.unregister()
    assert ask(midterm)["status"] == "eligible"


def test_reports_and_lists_of_a_course(form, midterm, learner, attempt):
    one = attempt(exam=midterm, status="submitted")
    (row,) = api.get_exam_violation_report(form(COURSE))
    assert row["course_id"] == str(COURSE)
    (found,) = api.get_all_exam_attempts(form(COURSE))
    assert found["id"] == one.pk
    assert api.get_filtered_exam_attempts(form(COURSE), learner.username) == [found]
    assert api.get_allowances_for_course(form(COURSE)) == []
    assert api.get_active_exams_for_user(learner.pk, form(COURSE)) == []
    assert api.is_backend_dashboard_available(form(COURSE)) is False
    assert api.get_last_exam_completion_date(form(COURSE), learner.username) is None


def test_an_allowance_replaces_another(midterm, learner):
    api.add_allowance_for_user(midterm.pk, learner.username, "additional_time_granted", "10")
    with transaction.atomic():
        rows = ProctoredExamStudentAllowance.get_allowances_for_user(midterm.pk, learner.pk)
        for row in rows:
            api.remove_allowance_for_user(midterm.pk, learner.pk, row.key)
        api.add_allowance_for_user(midterm.pk, learner.email, "review_policy_exception", "Books")
    (allowance,) = api.get_allowances_for_course(COURSE)
    assert (allowance["key"], allowance["value"]) == ("review_policy_exception", "Books")


COURSE_QUESTIONS = {
    "enrollments": lambda course, learner: api.get_enrollments_can_take_proctored_exams(course),
    "onboarding link": lambda course, learner: api.get_onboarding_exam_link(course, learner, False),
    "onboarding data": lambda course, learner: api.get_onboarding_attempt_data_for_learner(
        course, learner, "test"
    ),
    "mail": lambda course, learner: (
        api.create_proctoring_attempt_status_email(
            ProctoredExamStudentAttempt.objects.get(), "Demo", course
        ).body
    ),
    "url": lambda course, learner: utils.get_exam_url(course, SECTION, is_learning_mfe=True),
    "home": lambda course, learner: utils.get_course_home_url(course),
    "end": lambda course, learner: utils.get_course_end_date(course),
}


@pytest.mark.parametrize("name", COURSE_QUESTIONS)
def test_queries_about_a_course(name, midterm, attempt, learner, host):
    attempt(exam=midterm, status="submitted")
    host.enrollments.enrollments = [Enrollment(learner)]
    ask = COURSE_QUESTIONS[name]
    assert ask(COURSE, learner) == ask(str(COURSE), learner)


def names(rows):
    return [row.get("exam_name") or row["proctored_exam"]["exam_name"] for row in rows]


LISTS = {
    "exams": lambda **more: api.get_all_exams_for_course(COURSE, **more),
    "attempts": lambda **more: api.get_all_exam_attempts(COURSE, **more),
    "filtered": lambda **more: api.get_filtered_exam_attempts(COURSE, "a", **more),
    "allowances": lambda **more: api.get_allowances_for_course(COURSE, **more),
}
# Attempts and allowances of a course share its exams, which a query of its own reads.
QUERIES = {"exams": 1, "attempts": 2, "filtered": 2, "allowances": 2}


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_ordered_as_requested(
    name, make_exam, learner, attempt, django_assert_num_queries
):
    for exam_name in ("B", "C", "A"):
        exam = make_exam(course_id=str(COURSE), exam_name=exam_name)
        attempt(exam=exam)
        api.add_allowance_for_user(exam.pk, learner.pk, "additional_time_granted", "1")
    read = LISTS[name]
    assert names(read(ordering="exam_name")) == ["A", "B", "C"]
    assert names(read(ordering="-exam_name")) == ["C", "B", "A"]
    assert names(read(ordering="created")) == ["B", "C", "A"]
    assert names(read(ordering="-created")) == ["A", "C", "B"]
    assert read(ordering=None) == read()
    with django_assert_num_queries(QUERIES[name]):
        list(read(ordering="-exam_name"))
    with pytest.raises(FieldError, match="choices are"):
        read(ordering="user__password")
