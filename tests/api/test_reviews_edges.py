"""Reviews of what is gone, links to videos, and hosts that offer less."""

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from edx_proctoring import api, crypto, lifecycle
from edx_proctoring.exceptions import BackendProviderNotConfigured
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.runtime import set_runtime_service

pytestmark = pytest.mark.django_db

KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
LINK = "https://provider.example.com/video?token=secret"


@pytest.fixture
def submitted(attempt):
    """A proctored attempt that waits for its review."""
    return attempt(status="submitted", completed_at=timezone.now(), external_id="remote")


def review_of_removed(code, **data):
    found, archived = api.locate_attempt_by_attempt_code(code)
    assert archived
    return api.receive_review(found, {"status": "passed", **data}, is_archived=True)


@pytest.mark.parametrize("gone", ["exam", "learner"])
def test_a_review_of_a_removed_attempt_without(submitted, staff, provider, gone):
    code, exam, user = submitted.attempt_code, submitted.proctored_exam, submitted.user
    lifecycle.remove(submitted, staff)
    (exam if gone == "exam" else user).delete()
    review = review_of_removed(code, comments=[{"comment": "well", "status": "ok"}])
    assert (review.review_status, review.is_attempt_active) == ("Clean", False)
    assert (review.exam is None) == (gone == "exam")
    assert (review.student is None) == (gone == "learner")
    seen = provider.calls_of("on_review_callback")[0].args[0]
    assert (seen["attempt_code"], seen["external_id"]) == (code, "remote")


def test_an_attempt_that_is_removed_while_its_review_arrives(submitted, staff, provider):
    provider.before("on_review_callback", lambda *_args: lifecycle.remove(submitted, staff))
    known = ProctoredExamStudentAttempt.objects.get(pk=submitted.pk)
    review = api.receive_review(known, {"status": "suspicious"})
    assert review.review_status == "Suspicious"
    assert not ProctoredExamStudentAttempt.objects.exists()
    assert not OutboxMessage.objects.filter(kind="support_notification").exists()


def test_a_provider_that_is_not_configured(submitted):
    ProctoredExam.objects.update(backend="gone")
    known = ProctoredExamStudentAttempt.objects.get(pk=submitted.pk)
    with pytest.raises(BackendProviderNotConfigured):
        api.receive_review(known, {"status": "passed"})
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


def test_the_caller_names_the_provider(submitted):
    class Strict:
        def on_review_callback(self, attempt, payload):
            return {"status": "violation", "comments": []}

        def get_video_review_aes_key(self):
            return None

    review = api.receive_review(submitted, {"anything": 1}, backend=Strict())
    assert review.review_status == "Rules Violation"


def test_providers_may_change_what_they_get_not_what_we_keep(submitted, provider):
    data = {"status": "passed", "comments": [{"comment": "x", "status": "ok"}]}
    provider.before("on_review_callback", lambda _attempt, payload: payload["comments"].clear())
    review = api.receive_review(submitted, data)
    assert data["comments"]
    assert '"comment": "x"' in review.raw_data


# Links to videos


@pytest.fixture
def with_key(provider, monkeypatch):
    """The provider has a key for links to videos."""
    monkeypatch.setattr(provider, "get_video_review_aes_key", lambda: KEY, raising=False)


def test_links_are_kept_encrypted(submitted, with_key):
    data = {"status": "passed", "payload": {"videoReviewLink": LINK, "more": 1}}
    review = api.receive_review(submitted, data)
    review.refresh_from_db()
    encrypted = bytes(review.encrypted_video_url)
    assert crypto.decode_and_decrypt(encrypted, bytes.fromhex(KEY)) == LINK.encode()
    assert "secret" not in review.raw_data


def test_without_a_key_links_are_not_kept(submitted):
    review = api.receive_review(
        submitted, {"status": "passed", "payload": {"videoReviewLink": LINK}}
    )
    assert review.encrypted_video_url is None
    assert "secret" not in review.raw_data


def test_a_later_review_without_a_link_leaves_it(submitted, with_key):
    first = api.receive_review(
        submitted, {"status": "passed", "payload": {"videoReviewLink": LINK}}
    )
    again = api.receive_review(submitted, {"status": "violation"})
    again.refresh_from_db()
    assert again.review_status == "Rules Violation"
    assert bytes(again.encrypted_video_url) == bytes(first.encrypted_video_url)


def test_dashboards_get_the_link_if_asked(submitted, with_key, provider, staff):
    review = api.receive_review(
        submitted, {"status": "passed", "payload": {"videoReviewLink": LINK}}
    )
    exam = submitted.proctored_exam

    def given(**options):
        api.get_instructor_dashboard_url(exam.course_id, staff, exam_id=exam.pk, **options)
        return provider.calls_of("get_instructor_url")[-1].kwargs["encrypted_video_review_url"]

    assert given(attempt_id="remote", with_video=True) == bytes(review.encrypted_video_url)
    assert given(attempt_id="remote") is None
    assert given(with_video=True) is None
    assert given(attempt_id="unknown", with_video=True) is None


# The second review


@pytest.mark.parametrize("notify", [True, False])
def test_course_staff_hear_of_suspicious_reviews(submitted, host, notify):
    if not notify:
        set_runtime_service("instructor", None)
    api.receive_review(submitted, {"status": "suspicious"})
    calls = host.calls_of("send_support_notification")
    assert len(calls) == notify
    if notify:
        exam = submitted.proctored_exam
        assert calls[0].kwargs == {
            "course_id": exam.course_id,
            "exam_name": exam.exam_name,
            "student_username": submitted.user.username,
            "review_status": "Suspicious",
            "review_url": (
                f"https://lms.example.com/api/edx_proctoring/v1/instructor/"
                f"{exam.course_id}/{exam.pk}?attempt=remote"
            ),
        }


def test_a_person_decides_about_a_removed_attempt(submitted, staff):
    review = api.receive_review(submitted, {"status": "suspicious"})
    lifecycle.remove(submitted, staff)
    api.decide_review(review.pk, "Clean", staff)
    review.refresh_from_db()
    assert (review.review_status, review.reviewed_by) == ("Clean", staff)
    assert not ProctoredExamStudentAttempt.objects.exists()


def test_without_second_reviews_a_suspicion_is_a_rejection(submitted, settings):
    switch = {"REQUIRE_FAILURE_SECOND_REVIEWS": False}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **switch}
    api.receive_review(submitted, {"status": "suspicious"})
    submitted.refresh_from_db()
    assert submitted.status == "rejected"


def test_reviewers_who_are_inactive_do_not_count(submitted):
    get_user_model().objects.create_user("r", "r@example.com", is_staff=True, is_active=False)
    review = api.receive_review(submitted, {"status": "suspicious", "reviewed_by": "r@example.com"})
    assert review.reviewed_by is None
