"""The host's services: present, missing, failing."""

import datetime
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.db.models import F
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring import host as questions
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.runtime import get_runtime_service, set_runtime_service
from edx_proctoring.testing.factories import UserFactory

pytestmark = pytest.mark.needs("edx-when")

COURSE = "course-v1:edX+Demo+2026"
KEY = CourseKey.from_string(COURSE)
USER = User(pk=7, username="ada")
MOMENT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
QUESTIONS = [
    ("credit", "credit_state", (1, COURSE), None),
    ("name_affirmation", "verified_name", (object(),), ""),
    ("instructor", "is_course_staff", (object(), COURSE), False),
    ("instructor", "escalation_email", (COURSE,), None),
    ("enrollments", "enrollments", (COURSE,), []),
    ("enrollments", "tracks", (COURSE, [1]), {}),
    ("learning_sequences", "course_outline", (object(), COURSE), None),
]
ORDERS = [
    ("credit", "set_credit_status", (1, COURSE, "c", "satisfied")),
    ("credit", "remove_credit_status", (1, COURSE, "c")),
    ("grades", "override_grade", (1, COURSE, "c", None, "why")),
    ("grades", "undo_grade_override", (1, COURSE, "c")),
    ("certificates", "invalidate_certificate", (1, COURSE)),
    ("instructor", "complete_attempt", ("name", "c")),
    ("instructor", "delete_learner_state", ("name", COURSE, "c", User(username="staff"))),
]


class Broken:
    """Every method raises."""

    def __init__(self, error):
        self.error = error

    def __getattr__(self, name):
        def method(*_args, **_kwargs):
            raise self.error

        return method


@pytest.fixture
def service(host):
    """Register a service, or remove it with None."""
    before = {}

    def put(name, value):
        before.setdefault(name, get_runtime_service(name))
        set_runtime_service(name, value)

    yield put
    for name, value in before.items():
        set_runtime_service(name, value)


@pytest.mark.parametrize(("name", "question", "arguments", "nothing"), QUESTIONS)
def test_a_query_without_a_service(service, name, question, arguments, nothing):
    service(name, None)
    assert getattr(questions, question)(*arguments) == nothing


@pytest.mark.parametrize(("name", "question", "arguments", "nothing"), QUESTIONS)
def test_a_query_that_fails(service, caplog, name, question, arguments, nothing):
    service(name, Broken(RuntimeError("broken")))
    assert getattr(questions, question)(*arguments) == nothing
    assert "broken" in caplog.text


@pytest.mark.parametrize(("name", "question", "arguments", "nothing"), QUESTIONS)
def test_a_deadlock_in_a_query_is_raised(service, name, question, arguments, nothing):
    service(name, Broken(OperationalError(1213, "Deadlock found")))
    with pytest.raises(OperationalError):
        getattr(questions, question)(*arguments)


def test_a_failing_query_does_not_break_our_transaction(service, learner):
    class Failing:
        def is_course_staff(self, user, course_id):
            with transaction.atomic(savepoint=False), connection.cursor() as cursor:
                cursor.execute("SELECT no_such_column FROM no_such_table")

    service("instructor", Failing())
    with transaction.atomic():
        learner.first_name = "Ada"
        learner.save()
        assert questions.is_course_staff(learner, COURSE) is False
        learner.refresh_from_db()
    assert learner.first_name == "Ada"


@pytest.mark.parametrize(("name", "order", "arguments"), ORDERS)
def test_commands(service, host, name, order, arguments):
    assert getattr(questions, order)(*arguments) is True
    assert len(host.calls) == 1
    service(name, None)
    assert getattr(questions, order)(*arguments) is False
    service(name, Broken(RuntimeError("broken")))
    with pytest.raises(RuntimeError):
        getattr(questions, order)(*arguments)


def test_the_rule_for_zero_grades_has_no_default(service, host):
    assert questions.should_override_grade(COURSE) is True
    host.grades.overrides = False
    assert questions.should_override_grade(COURSE) is False
    service("grades", None)
    assert questions.should_override_grade(COURSE) is False
    service("grades", Broken(RuntimeError("broken")))
    with pytest.raises(RuntimeError):
        questions.should_override_grade(COURSE)


def test_a_failing_permission_denies(caplog):
    assert not questions.may_take_proctored(Broken(RuntimeError("broken")), {})
    assert "broken" in caplog.text


def test_naive_dates_become_aware(host):
    host.credit.state["course_end_date"] = datetime.datetime(2026, 1, 1)
    state = questions.credit_state(1, COURSE, with_course=True)
    assert state["course_end_date"] == datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def test_verified_names(service):
    found = SimpleNamespace(verified_name="Ada")
    service("name_affirmation", SimpleNamespace(get_verified_name=lambda user, **_: found))
    assert questions.verified_name(object()) == "Ada"
    assert questions.verified_name(None) == ""


def test_escalation_addresses_of_unknown_courses(service, caplog):
    service("instructor", Broken(InvalidKeyError(None, "x")))
    assert questions.escalation_email("x") is None
    assert "support address unavailable" in caplog.text


def test_enrollments(host, service):
    user = SimpleNamespace(pk=1)
    assert questions.is_enrolled(user, COURSE)
    host.credit.enrolled = False
    assert not questions.is_enrolled(user, COURSE)
    service("credit", None)
    assert questions.is_enrolled(user, COURSE)


def test_tracks_of_a_queryset_are_read_with_one_query_for_the_learners_asked_for(
    service, attempt, make_exam, django_assert_num_queries
):
    exam = make_exam()
    one, _other = attempt(exam=exam), attempt(exam=exam, user=UserFactory())
    rows = ProctoredExamStudentAttempt.objects.annotate(mode=F("status"))
    service("enrollments", SimpleNamespace(get_active_enrollments_by_course=lambda _course: rows))
    with transaction.atomic(), django_assert_num_queries(3):  # one, and those of the savepoint
        assert questions.tracks(COURSE, {one.user_id}) == {one.user_id: one.status}


def french(_user):
    """A host's function."""
    return "fr"


def test_the_learners_language(settings, service):
    user = object()
    assert questions.language_of(user) == settings.LANGUAGE_CODE
    preferences = SimpleNamespace(get_user_preference=lambda user, key: "de")
    service("preferences", preferences)
    assert questions.language_of(user) == "de"
    path = {"LANGUAGE_OF_USER": "tests.test_host.french"}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **path}
    assert questions.language_of(user) == "fr"


@pytest.mark.django_db
def test_dates_of_the_course(monkeypatch):
    from edx_when import api as when_api

    end = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    course, other = (
        UsageKey.from_string(f"block-v1:edX+Demo+2026+type@{kind}+block@x")
        for kind in ("course", "html")
    )
    dates = {(other, "end"): end - datetime.timedelta(days=1), (course, "end"): end}
    monkeypatch.setattr(when_api, "get_dates_for_course", lambda course_id: dates)
    monkeypatch.setattr(when_api, "get_date_for_block", lambda *args, **kwargs: "soon")
    assert questions.course_end(COURSE) == end
    assert questions.due_date(COURSE, "c") is None
    monkeypatch.undo()
    assert questions.course_end("no course") is None


DAY = datetime.timedelta(days=1)
CONTENT = "block-v1:edX+Demo+2026+type@sequential+block@x"
EST = datetime.timezone(-5 * datetime.timedelta(hours=1))


@pytest.fixture
def when(monkeypatch):
    """edx-when with scripted dates."""
    from edx_when import api as when_api

    def answer(date):
        def of_block(*_args, **_kwargs):
            if isinstance(date, Exception):
                raise date
            return date

        monkeypatch.setattr(when_api, "get_date_for_block", of_block)
        monkeypatch.setattr(when_api, "get_dates_for_course", of_block)

    return answer


@pytest.mark.parametrize(
    ("date", "found"),
    [
        (MOMENT, MOMENT),
        (MOMENT.replace(tzinfo=None), MOMENT),
        (MOMENT.astimezone(EST), MOMENT),
        (None, None),
        ("2026-01-01", None),
        (RuntimeError("broken"), None),
    ],
)
def test_due_dates(when, date, found):
    when(date)
    due = questions.due_date(COURSE, CONTENT, 1)
    assert due == found
    assert due is None or due.tzinfo is datetime.UTC


@pytest.mark.parametrize(
    "dates", [{}, {("x", "due"): MOMENT}, RuntimeError("broken"), InvalidKeyError(None, "x")]
)
def test_courses_without_a_known_end(when, dates):
    when(dates)
    assert questions.course_end(COURSE) is None


def test_the_end_of_any_block_is_used_if_there_is_no_other(when):
    when({("x", "due"): MOMENT - DAY, ("x", "end"): MOMENT})
    assert questions.course_end(COURSE) == MOMENT


def test_a_deadlock_while_dates_are_read_is_raised(when):
    when(OperationalError(1213, "Deadlock found"))
    for ask in (
        lambda: questions.course_end(COURSE),
        lambda: questions.due_date(COURSE, CONTENT),
    ):
        with pytest.raises(OperationalError):
            ask()


def test_hosts_without_edx_when(monkeypatch, when):
    """Whether it is installed or not: without INSTALLED_APPS it has no tables."""
    when(MOMENT)
    monkeypatch.delitem(apps.app_configs, "edx_when")
    assert questions.due_date(COURSE, CONTENT) is None
    assert questions.course_end(COURSE) is None


def test_support_notifications(host, service):
    note = {
        "course_id": COURSE,
        "exam_name": "Final",
        "student_username": "ada",
        "review_status": "Suspicious",
        "review_url": "https://lms.example.com/",
    }
    assert questions.notify_support(**note) is True
    assert host.calls_of("send_support_notification")[0].kwargs == note
    service("instructor", None)
    assert questions.notify_support(**note) is False


@pytest.mark.parametrize("found", [None, SimpleNamespace(verified_name=None)])
def test_learners_without_a_verified_name(service, found):
    service("name_affirmation", SimpleNamespace(get_verified_name=lambda user, **_: found))
    assert questions.verified_name(object()) == ""


def test_a_service_without_data(host):
    host.enrollments.enrollments = None
    assert questions.enrollments(COURSE) == []
    host.credit.enrolled = False
    assert questions.credit_state(1, COURSE) is None


def test_no_outline_for_an_invalid_course_id(service, host):
    service("learning_sequences", host.learning_sequences)
    host.learning_sequences.outline = "outline"
    assert questions.course_outline(USER, "no key") is None


@pytest.mark.parametrize("path", ["no.such.function", "tests.test_host.broken_language"])
def test_a_language_that_cannot_be_found_is_the_default_one(settings, path):
    settings.PROCTORING_SETTINGS = {"LANGUAGE_OF_USER": path}
    assert questions.language_of(object()) == settings.LANGUAGE_CODE


def broken_language(_user):
    """A function of the host that fails."""
    raise RuntimeError("broken")


def test_users_who_may_take_proctored_exams():
    allowed = "edx_proctoring.can_take_proctored_exam"
    user = SimpleNamespace(has_perm=lambda name, exam: name == allowed and exam["open"])
    assert questions.may_take_proctored(user, {"open": True}) is True
    assert questions.may_take_proctored(user, {"open": None}) is False
