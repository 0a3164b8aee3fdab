"""The calls of the host's services, each with exactly the published signature; their doubles accept no other."""

import datetime
import inspect

import pytest
from django.contrib.auth.models import User
from opaque_keys.edx.keys import CourseKey

from edx_proctoring import host as questions
from edx_proctoring import protocols
from edx_proctoring.runtime import set_runtime_service

COURSE = "course-v1:edX+Demo+2026"
KEY = CourseKey.from_string(COURSE)
MOMENT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
USER = User(pk=7, username="ada")
EXACTLY = [
    (
        lambda: questions.credit_state(7, COURSE),
        ("get_credit_state", (7, COURSE), {}),
    ),
    (
        lambda: questions.credit_state(7, COURSE, with_course=True),
        ("get_credit_state", (7, COURSE), {"return_course_info": True}),
    ),
    (
        lambda: questions.set_credit_status(7, COURSE, "c", "satisfied"),
        (
            "set_credit_requirement_status",
            (),
            {
                "user_id": 7,
                "course_key_or_id": COURSE,
                "req_namespace": "proctored_exam",
                "req_name": "c",
                "status": "satisfied",
            },
        ),
    ),
    (
        lambda: questions.remove_credit_status(7, COURSE, "c"),
        (
            "remove_credit_requirement_status",
            (),
            {
                "user_id": 7,
                "course_key_or_id": COURSE,
                "req_namespace": "proctored_exam",
                "req_name": "c",
            },
        ),
    ),
    (
        lambda: questions.is_course_staff(USER, KEY),
        ("is_course_staff", (USER, COURSE), {}),
    ),
    (
        lambda: questions.delete_learner_state("ada", COURSE, "c", USER),
        ("delete_student_attempt", ("ada", COURSE, "c"), {"requesting_user": USER}),
    ),
    (
        lambda: questions.complete_attempt("ada", "c"),
        ("complete_student_attempt", ("ada", "c"), {}),
    ),
    (
        lambda: questions.escalation_email(KEY),
        ("get_proctoring_escalation_email", (COURSE,), {}),
    ),
    (
        lambda: questions.should_override_grade(KEY),
        ("should_override_grade_on_rejected_exam", (COURSE,), {}),
    ),
    (
        lambda: questions.override_grade(7, COURSE, "c", None, "Failed Proctoring"),
        (
            "override_subsection_grade",
            (),
            {
                "user_id": 7,
                "course_key_or_id": COURSE,
                "usage_key_or_id": "c",
                "earned_all": 0.0,
                "earned_graded": 0.0,
                "overrider": None,
                "comment": "Failed Proctoring",
            },
        ),
    ),
    (
        lambda: questions.undo_grade_override(7, COURSE, "c"),
        (
            "undo_override_subsection_grade",
            (),
            {"user_id": 7, "course_key_or_id": COURSE, "usage_key_or_id": "c"},
        ),
    ),
    (
        lambda: questions.invalidate_certificate(7, COURSE),
        ("invalidate_certificate", (), {"user_id": 7, "course_key_or_id": COURSE}),
    ),
    (
        lambda: questions.enrollments(KEY),
        ("get_enrollments_can_take_proctored_exams", (COURSE, None), {}),
    ),
    (
        lambda: questions.enrollments(COURSE, "ada"),
        ("get_enrollments_can_take_proctored_exams", (COURSE, "ada"), {}),
    ),
    (
        lambda: questions.is_active_in(KEY, 7),
        ("get_active_enrollments_by_course_and_user", (COURSE, 7), {}),
    ),
    (
        lambda: questions.tracks(KEY, [7]),
        ("get_active_enrollments_by_course", (COURSE,), {}),
    ),
    (
        lambda: questions.verified_name(USER),
        (
            "get_verified_name",
            (USER,),
            {"is_verified": False, "statuses_to_exclude": ["denied"]},
        ),
    ),
]


@pytest.mark.parametrize(("ask", "expected"), EXACTLY, ids=[expected[0] for _, expected in EXACTLY])
def test_exactly_these_arguments(host, ask, expected):
    ask()
    (call,) = host.calls + host.questions
    assert (call.method, call.args, call.kwargs) == expected


def test_outlines_are_requested_with_a_key(host, time_machine):
    time_machine.move_to(MOMENT, tick=False)
    host.learning_sequences.outline = "outline"
    set_runtime_service("learning_sequences", host.learning_sequences)
    try:
        assert questions.course_outline(USER, COURSE) == "outline"
    finally:
        set_runtime_service("learning_sequences", None)
    (call,) = host.questions
    assert (call.args, call.kwargs) == ((KEY, USER, MOMENT), {})


PROTOCOL_METHODS = [
    (name, method)
    for name, protocol in protocols.SERVICES.items()
    for method in vars(protocol)
    if not method.startswith("_")
]


def form(function):
    """Return names and kinds of the parameters."""
    parameters = inspect.signature(function).parameters.values()
    return [(one.name, one.kind, one.default) for one in parameters]


@pytest.mark.parametrize(("name", "method"), PROTOCOL_METHODS)
def test_doubles_have_the_signatures_of_the_protocols(host, name, method):
    double = getattr(type(getattr(host, name)), method)
    assert form(double) == form(getattr(protocols.SERVICES[name], method))


def test_every_call_of_the_protocols_is_made():
    made = {expected[0] for _, expected in EXACTLY}
    others = {"send_support_notification", "get_user_course_outline_details"}
    assert {method for _, method in PROTOCOL_METHODS} == made | others


@pytest.mark.parametrize(
    "wrong",
    [
        lambda host: host.credit.get_credit_state("7", COURSE),
        lambda host: host.credit.get_credit_state(7, KEY),
        lambda host: host.credit.get_credit_state(user_id=7, course_id=COURSE),
        lambda host: host.credit.set_credit_requirement_status(
            user_id=7,
            course_key_or_id=COURSE,
            req_namespace="proctored_exam",
            req_name="c",
            status="verified",
        ),
        lambda host: host.instructor.complete_student_attempt(USER, "c"),
        lambda host: host.instructor.delete_student_attempt(
            "ada", COURSE, "c", requesting_user="staff"
        ),
        lambda host: host.grades.undo_override_subsection_grade(7, COURSE, "c"),
        lambda host: host.certificates.invalidate_certificate(
            user_id=True, course_key_or_id=COURSE
        ),
        lambda host: host.name_affirmation.get_verified_name(
            USER, is_verified=False, statuses_to_exclude="denied"
        ),
        lambda host: host.learning_sequences.get_user_course_outline_details(
            KEY, USER, MOMENT.replace(tzinfo=None)
        ),
    ],
)
def test_doubles_refuse_anything_else(host, wrong):
    with pytest.raises(TypeError):
        wrong(host)
