"""Hosts that lack credit, grades, certificates, enrollments or any service."""

import datetime

import pytest
from django.core import mail
from django.core.checks import run_checks
from django.test import override_settings
from django.utils import timezone

from edx_proctoring import api, constants, utils
from edx_proctoring.models import OutboxMessage
from edx_proctoring.protocols import SERVICES
from edx_proctoring.testing.host import replace_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def without(host):
    """Remove services."""
    before = {}

    def take(*names):
        for name in names:
            before[name] = replace_service(name, None)

    yield take
    for name, service in before.items():
        replace_service(name, service)


def ended(exam, learner):
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    for status in ("started", "submitted"):
        api.update_attempt_status(attempt_id, status)
    return attempt_id


@pytest.mark.defect("PYTHON-26")
def test_without_credit(without, exam, learner, staff):
    without("credit")
    assert api.check_prerequisites(api.get_exam_by_id(exam.pk), learner.pk) == api.get_exam_by_id(
        exam.pk
    )
    attempt_id = ended(exam, learner)
    assert api.get_exam_attempt_by_id(attempt_id)["status"] == "submitted"
    summary = api.get_attempt_status_summary(learner.pk, exam.course_id, exam.content_id)
    assert summary["status"] == "submitted"
    api.remove_exam_attempt(attempt_id, requesting_user=staff)
    assert api.get_exam_attempt_by_id(attempt_id) is None
    assert "your course" in mail.outbox[0].body


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("PYTHON-26", "PYTHON-27", "PYTHON-28", "PYTHON-29")
def test_without_any_service(without, exam, learner, staff, client_for):
    without(*SERVICES)
    client, url = client_for(learner), "/api/edx_proctoring/v1/proctored_exam/attempt"
    body = {"exam_id": exam.pk, "attempt_proctored": True}
    attempt_id = client.post(url, body, format="json").json()["exam_attempt_id"]
    api.mark_exam_attempt_as_ready(attempt_id)
    for action in ("start", "stop", "submit"):
        answer = client.put(f"{url}/{attempt_id}", {"action": action}, format="json")
        assert answer.status_code == 200
    for status in ("rejected", "verified"):
        api.update_attempt_status(attempt_id, status)
    api.remove_exam_attempt(attempt_id, requesting_user=staff)
    assert not OutboxMessage.objects.exclude(state="done").exists()


@pytest.mark.defect("PYTHON-27")
@pytest.mark.parametrize("absent", [("grades",), ("certificates",), ("grades", "certificates")])
def test_without_grades_or_certificates(without, exam, learner, absent, host):
    without(*absent)
    attempt_id = ended(exam, learner)
    for status in ("rejected", "verified"):
        api.update_attempt_status(attempt_id, status)
        assert api.get_exam_attempt_by_id(attempt_id)["status"] == status
    assert bool(host.calls_of("override_subsection_grade")) is ("grades" not in absent)
    assert not OutboxMessage.objects.exclude(state="done").exists()


@pytest.mark.defect("PYTHON-28")
def test_without_enrollments_and_outlines(without, exam, learner, host, provider, make_exam):
    provider.supports_onboarding = True
    make_exam(is_practice_exam=True)
    host.enrollments.enrollments = None
    assert api.get_enrollments_can_take_proctored_exams(exam.course_id) == []
    without("enrollments", "learning_sequences")
    assert list(api.get_enrollments_can_take_proctored_exams(exam.course_id)) == []
    assert api.get_onboarding_exam_link(exam.course_id, learner, is_learning_mfe=False) == ""


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("PYTHON-29")
def test_without_instructor(without, attempt, exam, learner, staff, client_for):
    without("instructor")
    url = f"/api/edx_proctoring/v1/proctored_exam/{exam.course_id}/allowance"
    assert client_for(learner).get(url).status_code == 403
    one = attempt(status="submitted", completed_at=timezone.now())
    payload = {"status": "suspicious", "comments": [], "reviewed_by": staff.email}
    api.receive_review(one, payload)
    assert api.get_exam_attempt_by_id(one.pk)["status"] == "second_review_required"


CONTEXT = {"display_name": "Midterm", "default_time_limit_mins": 90, "is_proctored": True}


@pytest.mark.defect("PYTHON-30")
def test_incomplete_credit_states(host, exam, learner, provider):
    host.credit.state = {"course_end_date": datetime.datetime(2020, 1, 1)}  # naive, as one host
    summary = api.get_attempt_status_summary(learner.pk, exam.course_id, exam.content_id)
    assert summary["status"] == "expired"
    context = {**CONTEXT, "credit_state": host.credit.state}
    assert api.get_student_view(learner.pk, exam.course_id, exam.content_id, context) is None
    api.create_exam_attempt(exam.pk, learner.pk, True)
    (call,) = provider.calls_of("register_exam_attempt")
    assert (call.kwargs["context"]["full_name"], call.kwargs["context"]["email"]) == ("", None)


@pytest.mark.defect("PYTHON-31")
@override_settings(ROOT_URLCONF="tests.projects.bare_urls")
def test_hosts_without_profiles_and_routes(exam, staff, client_for, provider):
    assert utils.get_exam_url(exam.course_id, exam.content_id, is_learning_mfe=False) == ""
    provider.has_dashboard = True
    url = api.get_instructor_dashboard_url(exam.course_id, staff)  # `staff` has no profile
    assert url == "https://provider.example.com/dashboard"


@pytest.mark.defect("PYTHON-31")
@override_settings(ROOT_URLCONF="tests.projects.bare_urls")
def test_screens_and_prerequisites_without_routes(
    exam, learner, attempt, host, provider, make_exam
):
    before = {"namespace": "proctored_exam", "name": "block", "order": 1, "status": "failed"}
    host.credit.requirements = [before]
    status = api.check_prerequisites(api.get_exam_by_id(exam.pk), learner.pk)["prerequisite_status"]
    assert [entry["jumpto_url"] for entry in status["failed_prerequisites"]] == [None]
    view = lambda one: api.get_student_view(  # noqa: E731  a local shorthand
        learner.pk, one.course_id, one.content_id, dict(CONTEXT)
    )
    assert "failed-prerequisites" in view(exam)
    provider.supports_onboarding = True
    make_exam(is_practice_exam=True)
    waiting = make_exam()
    attempt(exam=waiting, status="onboarding_missing")
    assert 'data-screen="onboarding-error"' in view(waiting)


NOT_SET = (
    "CONTACT_EMAIL",
    "TECH_SUPPORT_EMAIL",
    "PLATFORM_NAME",
    "SITE_NAME",
    "LEARNING_MICROFRONTEND_URL",
    "PROCTORING_USER_OBFUSCATION_KEY",
    "PROCTORING_SETTINGS",
    "ENV_ROOT",
)


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("PYTHON-32")
def test_hosts_without_settings(settings, exam, learner, provider):
    delivery = {"DELIVERY": "inline"}
    for name in NOT_SET:
        delattr(settings, name)
    assert constants.PLATFORM_NAME == constants.SITE_NAME == ""
    run_checks(tags=["edx_proctoring"])
    settings.PROCTORING_SETTINGS = delivery
    for status in (None, "created"):
        assert api.get_student_view(learner.pk, exam.course_id, exam.content_id, dict(CONTEXT))
        if status is None:
            attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    api.update_attempt_status(attempt_id, "started")
    api.update_attempt_status(attempt_id, "submitted")
    assert len(mail.outbox) == 1
