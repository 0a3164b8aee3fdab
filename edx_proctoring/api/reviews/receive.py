"""Store and apply reviews, whatever their source."""

import logging
from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.db import IntegrityError

from edx_proctoring import (
    backends,
    constants,
    host,
    lifecycle,
    links,
    outbox,
    tracking,
    transactions,
)
from edx_proctoring.api.reviews.outcome import Facts, status_after
from edx_proctoring.api.reviews.reviewers import StaffQuestion, find_reviewer
from edx_proctoring.api.reviews.storage import encrypted, is_same_review, redacted
from edx_proctoring.api.reviews.validation import Delivery, read
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.provider_info import provider_info
from edx_proctoring.effects import messages
from edx_proctoring.exceptions import (
    ProctoredExamBadReviewStatus,
    ProctoredExamReviewAlreadyExists,
    ReviewChangedMeanwhile,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
    archive_model,
    exactly,
    handled,
)
from edx_proctoring.outbox import Draft
from edx_proctoring.serializers import ProctoredExamStudentAttemptSerializer
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus, SoftwareSecureReviewStatus
from edx_proctoring.types import JSONObject, MessagePayload, ReviewedAttempt, User

log = logging.getLogger(__name__)

Attempt = ProctoredExamStudentAttempt
Review = ProctoredExamSoftwareSecureReview
Status = ProctoredExamStudentAttemptStatus

REVIEW_WORDS = frozenset(SoftwareSecureReviewStatus.from_standard_status.values())


def receive_review(
    attempt: Attempt,
    data: JSONObject,
    *,
    is_archived: bool = False,
    backend: ProctoringBackendProvider | None = None,
    trusts_reviewer: bool = True,
    is_staff: StaffQuestion = host.is_course_or_global_staff,
) -> Review | None:
    """Store a provider's review and apply it to the attempt; receiving the same payload again changes nothing.

    `attempt` and `is_archived` (it was removed) come from `locate_attempt_by_…`. `backend` is the provider, by default
    that of the attempt's exam. With `trusts_reviewer=False` the reviewer named in the payload is ignored; `is_staff`
    tells whether that user is global staff or staff of the course. Returns None if the exam is no longer proctored.
    Raises ProctoredExamBadReviewStatus, ProctoredExamSuspiciousLookup, ProctoredExamReviewAlreadyExists,
    BackendProviderNotConfigured, ProviderCannotReadReview.
    """
    exam = exam_of(attempt)
    provider = backend or _provider(exam)
    if provider is None:
        log.warning("review refused, the exam is no longer proctored: attempt_id=%s", attempt.pk)
        return None
    delivery = read(provider, _as_dict(attempt), data)
    reviewer = None
    if trusts_reviewer and delivery.reviewer is not None:
        reviewer = find_reviewer(delivery.reviewer, attempt, exam, is_staff)
    new = Review(
        attempt_code=attempt.attempt_code or "",
        is_attempt_active=not is_archived,
        review_status=delivery.review_status,
        raw_data=redacted(data),
        encrypted_video_url=encrypted(delivery.video_link, provider),
        reviewed_by=reviewer,
        student=_student(attempt),
        exam=exam,
    )
    try:
        return lifecycle.locked(
            attempt.user_id, lambda: _store(attempt, new, delivery, is_archived=is_archived)
        )
    except IntegrityError as error:
        # MySQL and MariaDB treat codes that differ only in case as equal.
        if not Review.objects.filter(attempt_code=new.attempt_code).exists():
            raise
        raise _cannot_change(new.attempt_code) from error


def _cannot_change(attempt_code: str) -> ProctoredExamReviewAlreadyExists:
    return ProctoredExamReviewAlreadyExists(
        f"There is already a review of attempt_code={attempt_code}, and it may not be changed."
    )


def _provider(exam: ProctoredExam | None) -> ProctoringBackendProvider | None:
    if exam is None:
        return backends.require_provider_named(None)
    return backends.require_provider(exam) if exam.is_proctored else None


def _as_dict(attempt: Attempt) -> ReviewedAttempt:
    """Return the published dictionary; for a removed attempt whose exam or learner is gone, the remaining fields."""
    if exam_of(attempt) is None or _student(attempt) is None:
        return {
            "id": attempt.pk,
            "attempt_code": attempt.attempt_code,
            "external_id": attempt.external_id,
            "status": attempt.status,
        }
    return ProctoredExamStudentAttemptSerializer.row(attempt)


def exam_of(attempt: Attempt) -> ProctoredExam | None:
    """Return the attempt's exam, which may be gone if the attempt was removed."""
    try:
        return attempt.proctored_exam
    except ProctoredExam.DoesNotExist:
        return None


def _student(attempt: Attempt) -> User | None:
    try:
        return attempt.user
    except get_user_model().DoesNotExist:
        return None


def _store(attempt: Attempt, new: Review, delivery: Delivery, *, is_archived: bool) -> Review:
    current = None if is_archived else _lock(attempt)
    stored = Review.lock_by_attempt_code(new.attempt_code)
    if stored is not None and not constants.ALLOW_REVIEW_UPDATES:
        raise _cannot_change(new.attempt_code)
    if stored is not None and is_same_review(stored, new):
        return stored
    if stored is not None and current is not None and is_decided_by_staff(current, stored):
        archive_model(ProctoredExamSoftwareSecureReviewHistory, new, id=None)
        _tell(current, new)
        return stored
    review = _overwrite(stored, new) if stored else new
    _save(review)
    if stored:
        comments = ProctoredExamSoftwareSecureComment.objects
        former = comments.filter(review=review).values_list("pk", flat=True)
        comments.filter(
            pk__in=list(former)
        ).delete()  # by primary key, so that MariaDB takes no gap lock
    _add_comments(review, delivery)
    version = _version(review, is_new=stored is None)
    _apply(review, current, attempt, version=version, reason=lifecycle.PROVIDER)
    if review.should_notify and current is not None:
        _notify_support(review, current, version)
    return review


def _lock(attempt: Attempt) -> Attempt | None:
    try:
        return lifecycle.lock_attempt(attempt)
    except StudentExamAttemptDoesNotExistsException:  # just removed
        return None


def is_decided_by_staff(attempt: Attempt, stored: Review) -> bool:
    """Return whether a person decided on the review, so that later deliveries must not change it."""
    rows = Attempt.history.filter(id=attempt.pk).order_by("history_id")
    before: str | None = None
    decider: str | None = None
    for status, reason in rows.values_list("status", "history_change_reason"):
        if status != before and reason in (lifecycle.STAFF, lifecycle.PROVIDER):
            decider = reason
        before = status
    if decider is not None:
        return decider == lifecycle.STAFF
    named = stored.reviewed_by is not None and stored.reviewed_by.email in stored.raw_data
    return stored.reviewed_by_id is not None and not named


def _overwrite(stored: Review, new: Review) -> Review:
    names = ("is_attempt_active", "review_status", "raw_data", "reviewed_by", "student", "exam")
    for name in names:
        setattr(stored, name, getattr(new, name))
    stored.encrypted_video_url = new.encrypted_video_url or stored.encrypted_video_url
    return stored


def _save(review: Review) -> None:
    """Save the review. Receivers of model signals must not apply it, because we do."""
    with handled(review):
        review.save()


def lock_learner(user_id: int) -> None:
    """For hosts that save models inside a transaction: hold the learner's lock until its end."""
    lifecycle.locked(user_id, lambda: None)


def _add_comments(review: Review, delivery: Delivery) -> None:
    ProctoredExamSoftwareSecureComment.objects.bulk_create(
        ProctoredExamSoftwareSecureComment(
            review=review,
            start_time=comment.start,
            stop_time=comment.stop,
            duration=comment.duration,
            comment=comment.comment,
            status=comment.status,
        )
        for comment in delivery.comments
    )


# Decisions by staff


def decide_review(
    review_id: int,
    review_status: str,
    by: User | None,
    is_as_seen: Callable[[Review], bool] = lambda review: True,
) -> Review:
    """Set the status of a review as decided by the person `by`; it stands until a person changes it again.

    `review_status` is a value of SoftwareSecureReviewStatus; raises ProctoredExamBadReviewStatus for others.
    `is_as_seen` is called under the lock; if it returns False, raises ReviewChangedMeanwhile.
    """
    if review_status not in REVIEW_WORDS:
        raise ProctoredExamBadReviewStatus(f"There is no review status {review_status!r}.")
    known = Review.objects.get(pk=review_id)
    attempt, current = _attempts_of(known)
    user_id = attempt.user_id if attempt else known.student_id

    def decide() -> Review:
        review = Review.lock_by_attempt_code(known.attempt_code)
        assert review is not None  # just removed: a programming error of the caller
        living = _lock(current) if current else None
        if not is_as_seen(review):
            raise ReviewChangedMeanwhile
        review.review_status, review.reviewed_by = review_status, by
        _save(review)
        version = _version(review)
        _apply(review, living, attempt, version=version, reason=lifecycle.STAFF, user=by)
        return review

    return lifecycle.locked(user_id, decide) if user_id else transactions.run(decide)


def apply_saved_review(review: Review, *, is_new: bool = False) -> None:
    """For hosts that save the model themselves: apply a review that is new or has a new decision."""
    attempt, current = _attempts_of(review)
    if attempt is None:
        log.error("review of an unknown attempt stored without effect, review_id=%s", review.pk)
        return
    reason = lifecycle.STAFF if review.reviewed_by_id else lifecycle.PROVIDER

    def apply() -> None:
        living = _lock(current) if current else None
        version, user = _version(review, is_new=is_new), review.reviewed_by
        _apply(review, living, attempt, version=version, reason=reason, user=user)

    lifecycle.locked(attempt.user_id, apply)


def _attempts_of(review: Review) -> tuple[Attempt | None, Attempt | None]:
    """Return (the attempt or, if removed, its last history state; the existing attempt or None)."""
    living = Attempt.objects.get_exam_attempt_by_code(review.attempt_code)
    if living is not None:
        return living, living
    return Attempt.get_historic_attempt_by_code(review.attempt_code), None


# Consequences


def _apply(
    review: Review,
    current: Attempt | None,
    known: Attempt | None,
    *,
    version: str,
    reason: str,
    user: User | None = None,
) -> None:
    """Move the existing attempt to the status that follows from the review, and emit an analytics event in any case."""
    event = _event(current or known, review, version)
    to = status_after_review(review, current) if current is not None else None
    if current is not None and to is not None:
        by = review.reviewed_by
        lifecycle.transition(current, to, by=by, reason=reason, user=user or by, is_locked=True)
    outbox.put(*event)


def status_after_review(review: Review, attempt: Attempt) -> str | None:
    """Return the attempt's status after the review; None if it does not change."""
    provider = provider_info(attempt.proctored_exam)
    ever_submitted = (
        attempt.completed_at is not None
        or Attempt.history.filter(id=attempt.pk, status=Status.timed_out).exists()
    )
    facts = Facts(
        review_status=review.review_status,
        passing=review.is_passing,
        human=review.reviewed_by_id is not None,
        attempt_status=attempt.status,
        ever_submitted=ever_submitted,
        onboarding_sample=bool(
            provider and provider.supports_onboarding and attempt.is_sample_attempt
        ),
        second_reviews=bool(constants.REQUIRE_FAILURE_SECOND_REVIEWS),
    )
    if facts.passing and not ever_submitted:
        logging.getLogger("edx_proctoring.handlers").warning(
            "A passing review of a never-submitted attempt is an error: %s",
            {
                "review_status": review.review_status,
                "attempt_id": attempt.pk,
                "status": attempt.status,
            },
        )
    return status_after(facts)


def _tell(attempt: Attempt, review: Review) -> None:
    outbox.put(*_event(attempt, review, _version(review)))


def _event(attempt: Attempt | None, review: Review, version: str) -> list[Draft]:
    """Return the event `review_received` with the attempt as it was before; nothing if its exam is gone."""
    exam = exam_of(attempt) if attempt else None
    if attempt is None or exam is None:
        return []
    override = {
        "review_attempt_code": review.attempt_code,
        "review_status": review.review_status,
    }
    payload = tracking.snapshot(exam, "review_received", attempt, override)
    return [messages.review_event(version, attempt.pk, payload)]


def _version(review: Review, *, is_new: bool = False) -> str:
    """Return what distinguishes this delivery from the next: the id of the newest archived version, or a new review's own
    id.
    """
    if is_new:
        return f"{review.attempt_code}:new:{review.pk}"
    archived = ProctoredExamSoftwareSecureReviewHistory.objects.filter(
        exactly(attempt_code=review.attempt_code)
    )
    newest = archived.order_by("-id").values_list("id", flat=True).first()
    return f"{review.attempt_code}:{newest or 0}"


def _notify_support(review: Review, attempt: Attempt, version: str) -> None:
    if not host.has("instructor"):
        return
    exam = attempt.proctored_exam
    path = links.reverse_or_empty(
        "edx_proctoring:instructor_dashboard_exam", args=[exam.course_id, exam.pk]
    )
    payload: MessagePayload = {
        "course_id": exam.course_id,
        "exam_name": exam.exam_name,
        "user_id": attempt.user_id,
        "review_status": review.review_status,
        "review_url": f"{links.lms_url(path)}?attempt={_named_in_links(attempt)}",
    }
    outbox.put(messages.support_notification(version, exam.pk, attempt.user_id, payload))


def _named_in_links(attempt: Attempt) -> str | None:
    """Return the provider's id of the attempt, or our attempt code if that id is secret."""
    is_secret = backends.has_secret_ids(attempt.proctored_exam)
    return attempt.attempt_code if is_secret else attempt.external_id
