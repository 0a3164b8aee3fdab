"""Defects 55-65, 78, 82-89, 91-97 of the published Python interface: results, values, texts."""

import datetime
import pickle

import pytest
from django.core import mail
from django.utils import timezone, translation
from edx_when import api as when_api
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import api, exceptions, utils
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.services import ProctoringService
from edx_proctoring.testing.host import replace_service
from edx_proctoring.tests.test_services import MockLearningSequencesService, MockScheduleItemData

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)
CONTEXT = {"display_name": "Midterm", "default_time_limit_mins": 90, "is_proctored": True}


def credit_words(host):
    return [call.kwargs["status"] for call in host.calls_of("set_credit_requirement_status")]


def test_55_kept_a_resumed_exam_is_satisfied_once_all_its_attempts_are_verified(
    attempt, exam, host
):
    first = attempt(exam=exam, status="error", ready_to_resume=True, resumed=True)
    last = attempt(exam=exam, status="submitted", completed_at=timezone.now())
    api.update_attempt_status(last.pk, "verified")
    assert "satisfied" not in credit_words(host)
    api.update_attempt_status(first.pk, "verified")
    assert credit_words(host)[-1] == "satisfied"


@pytest.mark.parametrize("options", [{}, {"include_practice_exams": True}])
def test_56_the_report_has_practice_exams_and_every_review(
    options, attempt, exam, practice_exam, learner
):
    for one in (exam, practice_exam):
        code = attempt(exam=one, status="submitted").attempt_code
        ProctoredExamSoftwareSecureReview.objects.create(
            attempt_code=code, review_status="Clean", raw_data="{}", student=learner, exam=one
        )
    for _ in range(2):
        attempt(exam=exam, attempt_code=None, status="error")
    report = api.get_exam_violation_report(exam.course_id, **options)
    assert len(report) == 4
    assert [row["review_status"] for row in report].count("Clean") == 2


def test_57_the_course_is_complete_when_each_active_exams_newest_attempt_is(
    attempt, make_exam, learner
):
    exam, gone = make_exam(), make_exam(is_active=False)
    assert gone.pk
    attempt(exam=exam, status="error", resumed=True)
    done = timezone.now()
    attempt(exam=exam, status="verified", completed_at=done)
    assert api.get_last_exam_completion_date(exam.course_id, learner.username) == done
    make_exam()
    assert api.get_last_exam_completion_date(exam.course_id, learner.username) is None


def test_58_the_dashboard_is_that_of_the_exams_own_provider(make_exam, provider):
    provider.has_dashboard = True
    exam, other = make_exam(), make_exam(backend="null")
    assert api.get_exam_configuration_dashboard_url(exam.course_id, exam.content_id)
    assert api.get_exam_configuration_dashboard_url(other.course_id, other.content_id) is None


@pytest.fixture
def outline():
    """The host's outline: exam → when it opens."""
    before = replace_service("learning_sequences", None)

    def show(openings):
        now = timezone.now()
        keys = {UsageKey.from_string(exam.content_id): begin for exam, begin in openings.items()}
        seen = [key for key, begin in keys.items() if begin <= now]
        items = {key: MockScheduleItemData(begin) for key, begin in keys.items()}
        replace_service("learning_sequences", MockLearningSequencesService(seen, items))

    yield show
    replace_service("learning_sequences", before)


def test_59_the_link_leads_to_an_exam_that_is_open(make_exam, learner, provider, outline):
    provider.supports_onboarding = True
    now = timezone.now()
    opened, future, gone = (
        make_exam(is_practice_exam=True),
        make_exam(is_practice_exam=True),
        make_exam(is_practice_exam=True, backend="gone"),
    )
    outline({opened: now - DAY, future: now + DAY, gone: now - DAY})
    link = api.get_onboarding_exam_link(opened.course_id, learner, is_learning_mfe=False)
    assert opened.content_id.rpartition("@")[2] in link


def test_60_a_verification_lasts_a_year_whatever_is_saved_since(
    attempt, practice_exam, learner, time_machine
):
    begun = timezone.now()
    time_machine.move_to(begun)
    one = attempt(exam=practice_exam, is_sample_attempt=True, status="submitted")
    api.update_attempt_status(one.pk, "verified")
    ask = lambda backend="test": api.get_onboarding_attempt_data_for_learner(  # noqa: E731
        practice_exam.course_id, learner, backend
    )
    time_machine.move_to(begun + 300 * DAY)
    ProctoredExamStudentAttempt.objects.get(pk=one.pk).save()
    found = ask()
    assert found["onboarding_status"] == "verified"
    assert abs(found["expiration_date"] - (begun + 365 * DAY)) < DAY
    assert ask("null") == {"onboarding_status": None, "expiration_date": None}
    time_machine.move_to(begun + 366 * DAY)
    assert ask()["onboarding_status"] == "expired"


def test_61_the_end_is_the_courses_own_in_its_zone(monkeypatch, timed_exam):
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


def test_62_an_extension_counts_for_the_acknowledged_review(
    attempt, make_exam, learner, monkeypatch, settings
):
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    now = timezone.now()
    exam = make_exam(due_date=now - DAY)
    attempt(exam=exam, status="verified", is_status_acknowledged=True, completed_at=now - 2 * DAY)

    def view():
        return api.get_student_view(learner.pk, exam.course_id, exam.content_id, dict(CONTEXT))

    assert view() is None  # past due: the content
    extended = lambda *_args, user=None: now + DAY if user else None  # noqa: E731
    monkeypatch.setattr(when_api, "get_date_for_block", extended)
    assert "proctored-verified" in view()


@pytest.mark.parametrize(("context", "opened"), [({}, False), ({"due_date": None}, True)])
def test_63_a_context_without_a_date_leaves_the_exams_own(make_exam, learner, context, opened):
    exam = make_exam(due_date=timezone.now() - DAY)
    view = api.get_student_view(learner.pk, exam.course_id, exam.content_id, {**CONTEXT, **context})
    assert ("start-timed-exam" in view) is opened


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (-60, "error"),
        (-59, "0 minutes"),
        (-1, "0 minutes"),
        (30.25, "30 minutes"),
        (90, "1 hour and 30 minutes"),
    ],
)
def test_64_kept_error_and_whole_minutes(minutes, text):
    assert utils.humanized_time(minutes) == text


@pytest.mark.parametrize("value", ["²", None, "inf", "-5", "1.5", "", "9" * 30])
def test_65_minutes_are_minutes(exam, learner, value):
    with pytest.raises(exceptions.AllowanceValueNotAllowedException):
        api.add_allowance_for_user(exam.pk, learner.pk, "additional_time_granted", value)
    assert not ProctoredExamStudentAllowance.objects.exists()


@pytest.mark.parametrize("value", ["inf", "nan", None, "0.5", "x", "1e9"])
def test_65_multipliers_are_numbers(exam, learner, value):
    with pytest.raises(exceptions.AllowanceValueNotAllowedException):
        api.add_bulk_allowances([exam.pk], [learner.pk], "time_multiplier", value)
    with pytest.raises(exceptions.AllowanceValueNotAllowedException):
        constant = ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED
        api.add_bulk_allowances([exam.pk], [learner.pk], constant, "x")


def test_78_archived_reviews_name_their_attempt(exam, learner):
    review = ProctoredExamSoftwareSecureReview.objects.create(
        attempt_code="code", review_status="Clean", raw_data="{}", student=learner, exam=exam
    )
    review.raw_data = "{}  "
    review.save()
    (archived,) = ProctoredExamSoftwareSecureReviewHistory.objects.all()
    assert archived.attempt_code == "code"


@pytest.mark.parametrize(
    "error",
    [
        exceptions.BackendProviderCannotRegisterAttempt("secret", 500),
        exceptions.BackendProviderSentNoAttemptID(content="secret", http_status=200),
        exceptions.BackendProviderOnboardingProfilesException("secret", 503),
        exceptions.BackendProviderOnboardingException("onboarding_missing"),
    ],
)
def test_82_exceptions_have_texts_and_can_be_pickled(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
    assert "secret" not in str(error)
    assert "Exception" not in str(error)


def test_83_why_an_allowance_is_refused(make_exam, learner):
    exam = make_exam(is_active=False)
    with pytest.raises(exceptions.ProctoredExamNotActiveException, match="active"):
        api.add_allowance_for_user(exam.pk, learner.pk, "additional_time_granted", "10")


def test_84_kept_a_changed_policy_is_answered_with_nothing(exam, staff):
    api.create_exam_review_policy(exam.pk, staff.pk, "No books.")
    assert api.update_review_policy(exam.pk, staff.pk, "Books.") is None
    assert len(ProctoredExamStudentAllowance.all_allowances[0]) == 4
    assert api.APPROVED_STATUS == "approved"


def test_85_the_creation_of_an_exam_is_logged(caplog, db):
    with caplog.at_level("INFO", logger="edx_proctoring"):
        exam_id = api.create_exam("course-v1:a+b+c", "block", "Midterm", 90, backend="test")
    assert f"exam {exam_id}: created, course_id=course-v1:a+b+c" in caplog.text


def test_86_names_of_the_site_come_from_one_place(settings, exam, learner, provider):
    names = {"SITE_NAME": "one.example.com", "PLATFORM_NAME": "One"}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **names}
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    (call,) = provider.calls_of("register_exam_attempt")
    assert call.kwargs["context"]["lms_host"] == "https://one.example.com"
    assert api.get_proctoring_settings_by_exam_id(exam.pk)["platform_name"] == "One"
    for status in ("started", "submitted", "verified"):
        api.update_attempt_status(attempt_id, status)
    assert "https://one.example.com" in mail.outbox[-1].body


def german(_user):
    """The learner's language."""
    return "de"


def test_87_mails_are_in_the_learners_language(settings, exam, learner):
    path = {"LANGUAGE_OF_USER": f"{__name__}.german"}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **path}
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    with translation.override("en"):
        for status in ("started", "submitted"):
            api.update_attempt_status(attempt_id, status)
    (message,) = mail.outbox
    assert message.subject != "Proctoring attempt submitted"
    with translation.override("de"):
        assert message.subject == translation.gettext("Proctoring attempt submitted")


def test_88_without_a_default_provider(settings, make_exam):
    exam = make_exam(backend=None, external_id=None)
    settings.PROCTORING_BACKENDS = {}
    assert api.is_backend_dashboard_available(exam.course_id) is False
    assert api.does_backend_support_onboarding(None) is False
    assert api.get_exam_configuration_dashboard_url(exam.course_id, exam.content_id) is None


def test_89_kept_in_the_row_but_timed_exams_have_no_provider(provider, learner):
    exam_id = api.create_exam("course-v1:a+b+c", "x", "Quiz", 90, is_proctored=False)
    assert api.get_exam_by_id(exam_id)["backend"] == "test"
    attempt_id = api.create_exam_attempt(exam_id, learner.pk)
    for status in ("started", "submitted"):
        api.update_attempt_status(attempt_id, status)
    assert provider.calls == []


def test_91_search_does_not_mind_the_case(attempt, exam, learner):
    one = attempt(exam=exam)
    for text in (learner.username.upper(), learner.email.upper()):
        assert [row["id"] for row in api.get_filtered_exam_attempts(exam.course_id, text)] == [
            one.pk
        ]


def test_92_the_service_offers_the_public_functions_of_this_moment(monkeypatch):
    service = ProctoringService()
    monkeypatch.setattr(api, "get_exam_by_id", lambda exam_id: {"id": exam_id})
    assert service.get_exam_by_id(7) == {"id": 7}
    for name in ("reverse", "get_user_model", "lock_learner", "ProctoredExam"):
        assert not hasattr(service, name)
    with pytest.raises(TypeError):
        ProctoringService("argument")


def test_93_a_further_rejection_zeroes_the_grade_if_nothing_else_does(attempt, exam, host, staff):
    now = timezone.now()
    first, second, third = (
        attempt(exam=exam, status="submitted", completed_at=now) for _ in range(3)
    )
    api.update_attempt_status(first.pk, "rejected")
    assert len(host.calls_of("override_subsection_grade")) == 1
    api.remove_exam_attempt(third.pk, requesting_user=staff)
    undone = len(host.calls_of("undo_override_subsection_grade"))
    api.update_attempt_status(second.pk, "rejected")
    zeroed = len(host.calls_of("override_subsection_grade"))
    assert zeroed > undone


def test_94_what_did_not_change_is_not_told_again(attempt, exam, host):
    one = attempt(exam=exam, status="submitted", completed_at=timezone.now())
    for _ in range(2):
        api.update_attempt_status(one.pk, "rejected")
    assert len(host.calls_of("override_subsection_grade")) == 1
    assert credit_words(host) == ["failed"]


def test_95_the_rest_interface_creates_only_what_may_be_taken(
    make_exam, learner, client_for, settings
):
    exam = make_exam(is_active=False)
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "REQUIRE_ENROLLMENT": True}
    body = {"exam_id": exam.pk, "attempt_proctored": True}
    url = "/api/edx_proctoring/v1/proctored_exam/attempt"
    assert client_for(learner).post(url, body, format="json").status_code == 400
    assert not ProctoredExamStudentAttempt.objects.exists()


def test_96_kept_in_python_but_learners_need_the_set_up(attempt, learner, client_for):
    one = attempt(status="created")
    url = f"/api/edx_proctoring/v1/proctored_exam/attempt/{one.pk}"
    assert client_for(learner).put(url, {"action": "start"}, format="json").status_code == 400
    api.update_attempt_status(one.pk, "started")
    assert api.get_exam_attempt_by_id(one.pk)["status"] == "started"


def test_97_attempts_that_ended_before_they_started(attempt, timed_exam, learner):
    one = attempt(exam=timed_exam, taking_as_proctored=False, status="ready_to_submit")
    context = {**CONTEXT, "is_proctored": False}
    ask = lambda: api.get_student_view(  # noqa: E731
        learner.pk, timed_exam.course_id, timed_exam.content_id, dict(context)
    )
    assert ask()
    api.update_attempt_status(one.pk, "submitted")
    assert ask()
