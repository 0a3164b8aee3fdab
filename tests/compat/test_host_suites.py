"""Short versions of the platform's test suites: their imports of the package's test support, and how they use it."""

import datetime
import pkgutil

import pytest
from django.apps import apps
from django.core import mail
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import api
from edx_proctoring.backends.tests.test_backend import TestBackendProvider
from edx_proctoring.exceptions import UserNotFoundException
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.runtime import get_runtime_service, set_runtime_service
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.testing.commits import commits_at_once
from edx_proctoring.tests import mock_perm
from edx_proctoring.tests.test_services import (
    MockCertificateService,
    MockCreditService,
    MockCreditServiceNone,
    MockCreditServiceWithCourseEndDate,
    MockEnrollment,
    MockEnrollmentsService,
    MockGradesService,
    MockInstructorService,
    MockLearningSequencesService,
    MockNameAffirmationService,
    MockScheduleItemData,
)
from edx_proctoring.tests.test_utils.utils import LoggedInTestCase, ProctoredExamTestCase

COURSE = "course-v1:test+course+1"
NAMES = {
    "edx_proctoring.backends.tests.test_backend": ["TestBackendProvider"],
    "edx_proctoring.tests": ["mock_perm", "setup_test_backends", "setup_test_perms"],
    "edx_proctoring.tests.test_services": [
        "MockCertificateService",
        "MockCreditService",
        "MockCreditServiceNone",
        "MockCreditServiceWithCourseEndDate",
        "MockEnrollment",
        "MockEnrollmentsService",
        "MockGeneratedCertificate",
        "MockGrade",
        "MockGradeOverride",
        "MockGradesService",
        "MockInstructorService",
        "MockLearningSequencesService",
        "MockNameAffirmationService",
        "MockScheduleData",
        "MockScheduleItemData",
        "MockUserCourseOutlineData",
        "MockUserCourseOutlineDetailsData",
        "MockVerifiedName",
    ],
    "edx_proctoring.tests.test_utils.utils": [
        "LoggedInTestCase",
        "MockTracker",
        "ProctoredExamTestCase",
        "TestClient",
    ],
}


@pytest.mark.parametrize("module", NAMES)
def test_names(module):
    assert [name for name in NAMES[module] if not hasattr(pkgutil.resolve_name(module), name)] == []


class OnboardingOfALearner(ProctoredExamTestCase):
    """Written like the tests of the support tool."""

    def setUp(self):
        super().setUp()
        self.proctored_exam_id = self._create_proctored_exam()
        self.onboarding_exam_id = self._create_onboarding_exam()
        yesterday = timezone.now() - datetime.timedelta(days=1)
        sections = {
            UsageKey.from_string(self.content_id_onboarding): MockScheduleItemData(
                yesterday, due_date=yesterday + datetime.timedelta(days=8)
            ),
        }
        set_runtime_service(
            "learning_sequences", MockLearningSequencesService(list(sections), sections)
        )
        self.addCleanup(set_runtime_service, "learning_sequences", None)

    @pytest.mark.needs("lms-urls")
    def test_the_status_of_the_learner(self):
        attempt_id = api.create_exam_attempt(self.onboarding_exam_id, self.user.id, True)
        for status in ("submitted", "verified"):
            api.update_attempt_status(attempt_id, status)
        response = self.client.get(
            "/api/edx_proctoring/v1/user_onboarding/status", {"course_id": self.course_id}
        )
        assert response.status_code == 200
        assert response.json()["onboarding_status"] == "verified"
        assert self.content_id_onboarding in response.json()["onboarding_link"]

    def test_on_commit_callbacks_run(self):
        heard = []

        def receiver(**kwargs):
            heard.append(kwargs["status"])

        exam_attempt_status_signal.connect(receiver)
        self.addCleanup(exam_attempt_status_signal.disconnect, receiver)
        attempt_id = api.create_exam_attempt(self.proctored_exam_id, self.user_id, True)
        api.update_attempt_status(attempt_id, "started")
        api.update_attempt_status(attempt_id, "submitted")
        assert heard == ["created", "started", "submitted"]
        assert len(mail.outbox) == 1
        provider = apps.get_app_config("edx_proctoring").backends["test"]
        assert [call.method for call in provider.calls if "_exam_attempt" in call.method] == [
            "register_exam_attempt",
            "start_exam_attempt",
            "stop_exam_attempt",
        ]
        content_id = api.get_exam_by_id(self.proctored_exam_id)["content_id"]
        instructor = get_runtime_service("instructor")
        assert instructor.completed == [(self.user.username, content_id)]

    def test_attempts_are_saved_as_rows(self):
        timed = self._create_timed_exam()
        attempt_id = api.create_exam_attempt(timed, self.user_id, False)
        attempt = ProctoredExamStudentAttempt.objects.get(id=attempt_id)
        attempt.status, attempt.completed_at = "submitted", timezone.now()
        attempt.save()
        assert api.get_exam_attempt_by_id(attempt_id)["status"] == "submitted"
        assert ProctoredExam.objects.get(id=self._create_practice_exam()).is_practice_exam


class AClientOfAHost(LoggedInTestCase):
    """A client that is only logged in."""

    @pytest.mark.needs("lms-urls")
    def test_active_exams(self):
        response = self.client.get(
            "/api/edx_proctoring/v1/proctored_exam/active_exams_for_user", {"course_id": COURSE}
        )
        assert (response.status_code, response.json()) == (200, [])


@pytest.mark.django_db(transaction=False)
def test_callbacks_run_when_the_outermost_block_of_the_code_ends():
    from django.db import transaction

    done = []
    with commits_at_once():
        with transaction.atomic():
            with transaction.atomic():
                transaction.on_commit(lambda: done.append("inner"))
            assert done == []
        assert done == ["inner"]
        transaction.on_commit(lambda: done.append("outside"))
    assert done == ["inner", "outside"]


def test_a_dashboard_is_available_if_the_suite_replaces_the_provider(provider, make_exam):
    apps.get_app_config("edx_proctoring").backends["test"] = TestBackendProvider()
    make_exam(course_id=COURSE)
    assert api.is_backend_dashboard_available(COURSE)


def test_permissions_are_granted_within_the_block(learner):
    with mock_perm("edx_proctoring.can_take_proctored_exam", allowed=False):
        assert not learner.has_perm("edx_proctoring.can_take_proctored_exam", {})
    assert learner.has_perm("edx_proctoring.can_take_proctored_exam", {})


def test_credit():
    credit = MockCreditService(enrollment_mode="honor")
    assert credit.get_credit_state(1, COURSE)["enrollment_mode"] == "honor"
    credit.set_credit_requirement_status(1, COURSE, "proctored_exam", "c", "failed")
    credit.set_credit_requirement_status(1, COURSE, "proctored_exam", "c", status="satisfied")
    (requirement,) = credit.get_credit_state(1, COURSE)["credit_requirement_status"]
    assert requirement["status"] == "satisfied"
    credit.remove_credit_requirement_status(1, COURSE, "proctored_exam", "c")
    assert credit.get_credit_state(1, COURSE)["credit_requirement_status"] == []
    assert MockCreditServiceNone().get_credit_state(1, COURSE) is None
    end = MockCreditServiceWithCourseEndDate().get_credit_state(1, COURSE)["course_end_date"]
    assert end < timezone.now()


def test_instructor(learner):
    instructor = MockInstructorService(is_user_course_staff=False)
    assert not instructor.is_course_staff(learner, COURSE)
    instructor.delete_student_attempt("ada", COURSE, "c", requesting_user=learner)
    assert instructor.attempts == [("ada", COURSE, "c")]
    with pytest.raises(UserNotFoundException):
        instructor.delete_student_attempt("ada", COURSE, "c", requesting_user="nobody")


def test_grades_and_certificates():
    grades = MockGradesService(rejected_exam_overrides_grade=False)
    assert not grades.should_override_grade_on_rejected_exam(COURSE)
    grades.init_grade(1, COURSE, "c", earned_all=5.0, earned_graded=10.0)
    assert grades.get_subsection_grade(1, COURSE, "c").earned_all == 5.0
    grades.override_subsection_grade(1, COURSE, "c", earned_all=0.0, earned_graded=0.0)
    assert grades.get_subsection_grade_override(1, COURSE, "c").earned_all_override == 0.0
    grades.undo_override_subsection_grade(1, COURSE, "c")
    assert grades.get_subsection_grade_override(1, COURSE, "c") is None
    certificates = MockCertificateService()
    certificates.invalidate_certificate(1, COURSE)
    assert certificates.get_invalidated_certificate(1, COURSE).status == "unavailable"


def test_enrollments_and_names(learner):
    enrollments = MockEnrollmentsService([MockEnrollment(learner, "verified"), learner])
    found = enrollments.get_enrollments_can_take_proctored_exams(COURSE, learner.username[:3])
    assert [one.user for one in found] == [learner, learner]
    assert enrollments.get_enrollments_can_take_proctored_exams(COURSE, "nobody") == []
    names = MockNameAffirmationService()
    names.create_verified_name(learner, "Ada Lovelace", "Ada", status="denied")
    assert names.get_verified_name(learner).verified_name == "Ada Lovelace"
    assert names.get_verified_name(learner, statuses_to_exclude=["denied"]) is None
