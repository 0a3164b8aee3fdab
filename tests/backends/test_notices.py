"""Providers are notified of exams, starts and removals, even after an outage."""

import pytest
import requests
from django.utils import timezone
from waffle.testutils import override_switch

from edx_proctoring import api, constants, crypto, operations, outbox
from edx_proctoring.backends.backend import current_options
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    ProctoredBaseException,
    StudentExamAttemptBeingCreated,
)
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    ProctoringReservation,
)
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.testing.factories import COURSE_ID, ReviewPolicyFactory, UserFactory
from edx_proctoring.testing.host import Enrollment
from tests.views.conftest import V1, E

pytestmark = pytest.mark.django_db


Attempt = ProctoredExamStudentAttempt


def status_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).status


def submitted(attempt, **more):
    return attempt(status="submitted", completed_at=timezone.now(), **more)


def again():
    OutboxMessage.objects.update(next_try_at=timezone.now(), lease="", lease_until=None)
    outbox.deliver()


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("BACKENDS-B1")
@pytest.mark.parametrize(
    ("before", "action", "after", "verb"),
    [
        ("ready_to_start", "start", "started", "start_exam_attempt"),
        ("ready_to_submit", "submit", "submitted", "stop_exam_attempt"),
        ("started", "error", "error", "mark_erroneous_exam_attempt"),
    ],
)
def test_notices_are_delivered_after_an_outage(
    before, action, after, verb, attempt, provider, as_learner, tracker
):
    heard = []

    def receiver(**kwargs):
        heard.append(kwargs["status"])

    exam_attempt_status_signal.connect(receiver)
    provider.fail(verb, requests.ConnectionError("down"))
    known = attempt(status=before, started_at=timezone.now(), allowed_time_limit_mins=90)
    Attempt.objects.filter(pk=known.pk, status="ready_to_start").update(started_at=None)
    response = as_learner.put(f"{E}/attempt/{known.pk}", {"action": action}, format="json")
    exam_attempt_status_signal.disconnect(receiver)
    assert (response.status_code, status_of(known)) == (200, after)
    assert heard == [after]
    assert [name.rsplit(".", 1)[1] for name in tracker.names] == [after]
    provider.recover()
    provider.calls.clear()
    again()
    assert len(provider.calls_of(verb)) == 1


@pytest.mark.defect("BACKENDS-B2")
def test_a_failed_exam_save_is_repeated_and_urls_contain_no_none(make_exam, provider, learner):
    provider.fail("on_exam_saved", requests.ConnectionError("down"))
    exam = make_exam(external_id=None)
    with pytest.raises(BackendProviderCannotRegisterAttempt) as raised:
        api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    assert raised.value.answer_status == 502
    assert not provider.calls_of("register_exam_attempt")
    provider.recover()
    again()
    exam.refresh_from_db()
    assert exam.external_id == f"exam-{exam.pk}"
    rest = BaseRestProctoringProvider("id", "secret", base_url="https://rest.example.com")
    rest.session = None  # a request would fail
    for tell in (rest.start_exam_attempt, rest.stop_exam_attempt, rest.mark_erroneous_exam_attempt):
        assert tell(None, "A") is None
    assert rest.remove_exam_attempt(None, "A") is False
    unsaved = {"proctored_exam": {"external_id": None}, "external_id": "A"}
    assert rest.get_attempt(unsaved) == {"instructions": []}
    assert rest.get_exam({"external_id": None}) == {}


def removed(provider):
    return [call.args for call in provider.calls_of("remove_exam_attempt")]


@pytest.mark.defect("BACKENDS-B6")
def test_double_clicks_and_lost_responses(exam, learner, provider):
    refused, keys = [], []

    def click_again(*_args, **_kwargs):
        keys.append(current_options().idempotency_key)
        with pytest.raises(StudentExamAttemptBeingCreated) as raised:
            api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        refused.append(raised.value)

    provider.before("register_exam_attempt", click_again)
    api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    assert len(refused) == 1
    assert keys[0]  # sent as `Idempotency-Key`
    assert len(provider.calls_of("register_exam_attempt")) == 1
    # The provider registers, but nothing is stored here: somebody has withdrawn the creation.
    someone = UserFactory()
    provider.before("register_exam_attempt", lambda *_a, **_k: ProctoringReservation.objects.void(
        exam.pk, someone.pk
    ))  # fmt: skip
    with pytest.raises(ProctoredBaseException):
        api.create_exam_attempt(exam.pk, someone.pk, taking_as_proctored=True)
    orphan = provider.calls_of("register_exam_attempt")[-1].result
    assert removed(provider) == [(exam.external_id, orphan)]


def saved(provider):
    return [call.args[0] for call in provider.calls_of("on_exam_saved")]


@pytest.mark.defect("BACKENDS-B12")
def test_ids_of_exams(exam, make_exam, provider, other):
    known_as = exam.external_id
    provider.calls.clear()
    other.answer("on_exam_saved", 17)
    api.update_exam(exam.pk, backend="other")
    exam.refresh_from_db()
    assert exam.external_id == "17"
    assert [(one["external_id"], one["is_active"]) for one in saved(provider)] == [
        (known_as, False)
    ]
    assert [one["external_id"] for one in saved(other)] == [None]
    api.update_exam(exam.pk, exam_name="Other")  # the number again: one message, nothing more
    assert [one["external_id"] for one in saved(other)] == [None, "17"]
    other.answer("on_exam_saved", "a new one each time")
    other.resave_with_external_id = True
    other.calls.clear()
    assert make_exam(backend="other", external_id=None)
    assert [one["external_id"] for one in saved(other)] == [None, "a new one each time"]


@pytest.mark.defect("BACKENDS-B13")
def test_a_deleted_policy_is_removed_at_the_provider(exam, provider):
    policy = ReviewPolicyFactory(proctored_exam=exam, review_policy="No books.")
    assert saved(provider)[-1]["rule_summary"] == "No books."
    policy.delete()
    assert "rule_summary" not in saved(provider)[-1]


@pytest.mark.defect("BACKENDS-B14")
@pytest.mark.parametrize("what", ["attempt", "user", "exam", "attempts"])
def test_deletions_in_django_reach_the_provider(what, attempt, exam, provider):
    known = attempt(exam=exam, status="created")
    row = {"attempt": known, "user": known.user, "exam": exam}.get(what)
    (row or Attempt.objects.filter(pk=known.pk)).delete()
    again()
    assert removed(provider) == [(exam.external_id, known.external_id)]
    assert not OutboxMessage.objects.unfinished().exists()


@pytest.mark.defect("BACKENDS-B14")
def test_our_removals_are_sent_once(attempt, exam, provider, staff):
    known = attempt(exam=exam, status="created")
    api.remove_exam_attempt(known.pk, staff)
    again()
    assert removed(provider) == [(exam.external_id, known.external_id)]


@pytest.mark.defect("BACKENDS-B14")
def test_retirement_includes_removed_attempts(attempt, make_exam, provider, staff):
    gone = make_exam(backend="gone")
    attempt(exam=gone)
    known = attempt()
    api.remove_exam_attempt(known.pk, staff)
    provider.answer("retire_user", True)
    assert operations.retire_user_at_providers(known.user_id) == {"gone": False, "test": True}


Review = ProctoredExamSoftwareSecureReview


@pytest.mark.defect("BACKENDS-B16")
@pytest.mark.parametrize("status", ["", "Susp", "suspicious", "Clean"])
def test_support_is_notified_of_suspicious_reviews_only(status):
    assert not Review(review_status=status).should_notify
    assert Review(review_status="Suspicious").should_notify


class Pages:
    """Return the provider's profiles, two learners per page; `by` names the key that indicates further pages."""

    def __init__(self, provider, entries, by):
        self.entries, self.by = entries, by
        provider.get_onboarding_profile_info = self

    def __call__(self, course_id, status, page="1"):
        number, last = int(page), (len(self.entries) + 1) // 2
        more = {"num_pages": last} if self.by == "num_pages" else {"next": number < last or None}
        return {"results": self.entries[2 * number - 2 : 2 * number], **more}


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("BACKENDS-B17")
@pytest.mark.parametrize("by", ["num_pages", "next"])
def test_all_pages_of_onboarding_are_read(by, onboarding, provider, host, as_staff):
    users = [UserFactory() for _ in range(5)]
    host.enrollments.enrollments = [Enrollment(user) for user in users]
    entries = [
        {"user_id": crypto.obscured_user_id(user.pk, "test"), "status": "approved-in-course"}
        for user in users
    ]
    pages = Pages(provider, entries, by)
    with override_switch(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API, active=True):
        url = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
        rows = as_staff.get(url).json()["results"]
        none = as_staff.get(url, {"statuses": "setup_started"})
        assert (none.status_code, none.json()["results"]) == (200, [])
        pages.entries = None  # kept (REST B28): without an answer the panel is not available
        assert as_staff.get(url).status_code == 503
    assert [row["status"] for row in rows] == ["verified"] * 5


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("BACKENDS-B17")
def test_the_number_of_pages_is_limited(onboarding, provider, host, as_staff, caplog):
    host.enrollments.enrollments = []
    asked = []

    def endless(course_id, **query):
        asked.append(query)
        return {"results": [{"user_id": "x"}], "next": "more"}

    provider.get_onboarding_profile_info = endless
    with override_switch(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API, active=True):
        assert as_staff.get(f"{V1}/user_onboarding/status/course_id/{COURSE_ID}").status_code == 200
    assert len(asked) == 200
    assert "more than 200 pages" in caplog.text


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("BACKENDS-B19")
def test_instructor_ids_are_those_of_the_used_provider(make_exam, provider, staff, as_staff):
    make_exam()
    make_exam(is_proctored=False, backend="null")
    assert as_staff.get(f"{V1}/instructor/{COURSE_ID}").status_code == 302
    (call,) = provider.calls_of("get_instructor_url")
    assert call.args[1]["id"] == crypto.obscured_user_id(staff.pk, "test")
