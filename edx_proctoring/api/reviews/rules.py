"""Rules about reviews: the required format of a delivery, and what it means for the attempt."""

import copy
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from edx_proctoring import crypto
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.exceptions import ProctoredBaseException, ProctoredExamBadReviewStatus
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.models import ProctoredExamSoftwareSecureReview
from edx_proctoring.statuses import (
    ProctoredExamStudentAttemptStatus,
    ReviewStatus,
    SoftwareSecureReviewStatus,
)
from edx_proctoring.types import JSON, JSONObject, ReviewedAttempt

log = logging.getLogger(__name__)

Status = ProctoredExamStudentAttemptStatus

# RPNow sends these fields, and repeats in `orgExtra` the data of the registration.
NOT_KEPT = frozenset(
    {
        "videoReviewLink",
        "examTakerEmail",
        "examTakerFirstName",
        "examTakerLastName",
        "userPhotoBase64String",
    }
)
ABOUT_LEARNERS = frozenset({"firstName", "lastName", "email"})


@dataclass(frozen=True)
class Comment:
    """A comment of the reviewer; times are seconds from the start of the recording."""

    comment: str
    status: str
    start: int
    stop: int
    duration: int


@dataclass(frozen=True)
class Delivery:
    """A provider's review, validated."""

    review_status: str  # a value of SoftwareSecureReviewStatus
    comments: tuple[Comment, ...]
    reviewer: str | None  # the e-mail address named by the provider
    video_link: str | None


class ProviderCannotReadReview(ProctoredBaseException):
    """The provider's code failed for a reason outside of the review: the sender may try again."""

    http_status = 502


def read(
    provider: ProctoringBackendProvider, attempt: ReviewedAttempt, data: JSONObject
) -> Delivery:
    """Have the provider's code normalise its delivery, and validate the result. Errors of that code mean a bad
    delivery.
    """
    try:
        answer = provider.on_review_callback(attempt, copy.deepcopy(dict(data)))
    except ProctoredBaseException:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        log.warning("review unreadable by the provider's backend: %s", type(error).__name__)
        raise ProctoredExamBadReviewStatus("The review cannot be read.") from error
    except Exception as error:
        log.exception("provider's backend failed while reading a review")
        raise ProviderCannotReadReview("The review cannot be read at the moment.") from error
    return checked(answer)


def checked(answer: object) -> Delivery:
    """Return the provider's normalised review. Raises ProctoredExamBadReviewStatus with the reason if it is invalid."""
    if not isinstance(answer, Mapping):
        raise ProctoredExamBadReviewStatus("A review must be an object.")
    status = answer.get("status")
    if not isinstance(status, str):
        raise ProctoredExamBadReviewStatus("A review must have a status.")
    ReviewStatus.validate(status)
    comments = [] if answer.get("comments") is None else answer["comments"]
    if not isinstance(comments, list | tuple):
        raise ProctoredExamBadReviewStatus("The comments of a review must be a list.")
    payload = answer.get("payload")
    link = payload.get("videoReviewLink") if isinstance(payload, Mapping) else None
    reviewer = answer.get("reviewed_by")
    return Delivery(
        review_status=SoftwareSecureReviewStatus.from_standard_status[status],
        comments=tuple(_comment(number, entry) for number, entry in enumerate(comments, 1)),
        reviewer=reviewer if isinstance(reviewer, str) and reviewer else None,
        video_link=link if isinstance(link, str) and link else None,
    )


def _comment(number: int, entry: object) -> Comment:
    if not isinstance(entry, Mapping):
        raise ProctoredExamBadReviewStatus(f"Comment {number} must be an object.")
    words = {}
    for name, longest in (("comment", None), ("status", 255)):
        text = entry.get(name)
        if not isinstance(text, str) or (longest and len(text) > longest):
            raise ProctoredExamBadReviewStatus(f"Comment {number} must have a {name} (text).")
        words[name] = text
    seconds = [_seconds(number, name, entry.get(name)) for name in ("start", "stop", "duration")]
    return Comment(words["comment"], words["status"], *seconds)


def _seconds(number: int, name: str, value: object) -> int:
    if value is None:
        return 0
    try:
        seconds: int = int(value)  # type: ignore[call-overload]  # what int refuses is refused
    except (TypeError, ValueError, OverflowError):
        seconds = LARGEST_INTEGER + 1
    if isinstance(value, bool) or abs(seconds) > LARGEST_INTEGER:
        raise ProctoredExamBadReviewStatus(f"Comment {number}: {name} must be a number of seconds.")
    return seconds


def redacted(data: JSONObject) -> str:
    """Return the payload to store, as JSON: without links to videos, which are stored encrypted or not at all, and
    without data about the learner at any depth.
    """
    return json.dumps(_kept(dict(data)))


def _kept(value: JSON) -> JSON:
    if isinstance(value, Mapping):
        return {
            name: _kept(_without(part, ABOUT_LEARNERS) if name == "orgExtra" else part)
            for name, part in value.items()
            if name not in NOT_KEPT
        }
    if isinstance(value, list | tuple):
        return [_kept(part) for part in value]
    return value


def _without(value: JSON, names: frozenset[str]) -> JSON:
    if not isinstance(value, Mapping):
        return value
    return {name: part for name, part in value.items() if name not in names}


def is_same_payload(one: str, other: str) -> bool:
    """Return whether two stored payloads are equal regardless of key order. Older rows stored more fields."""
    try:
        return bool(_kept(json.loads(one)) == _kept(json.loads(other)))
    except ValueError:
        return one == other


@dataclass(frozen=True)
class Facts:
    """The data that determines the outcome of a review."""

    review_status: str
    passing: bool
    human: bool  # has an authorised person decided on it?
    attempt_status: str
    ever_submitted: bool
    onboarding_sample: bool  # a practice attempt of a provider with onboarding
    second_reviews: bool  # must a person confirm a failure?


def status_after(facts: Facts) -> str | None:
    """Return the attempt's status after the review, or None if it does not change."""
    if facts.attempt_status == Status.onboarding_reset:
        return None
    if facts.passing:
        return Status.verified if facts.ever_submitted else Status.error
    if facts.review_status == SoftwareSecureReviewStatus.not_reviewed:
        return Status.error
    if facts.human or not facts.second_reviews or facts.onboarding_sample:
        return Status.rejected
    return Status.second_review_required


def encrypted(link: str | None, provider: ProctoringBackendProvider) -> bytes | None:
    """Return the link to the video, encrypted with the provider's key; empty without a key."""
    key = provider.get_video_review_aes_key() if link else None
    return crypto.encrypt_and_encode(link, bytes.fromhex(key)) if link and key else None


def is_same_review(
    stored: ProctoredExamSoftwareSecureReview, new: ProctoredExamSoftwareSecureReview
) -> bool:
    """Return whether the new review has the same content as the stored one."""
    same_video = new.encrypted_video_url is None or bytes(
        stored.encrypted_video_url or b""
    ) == bytes(new.encrypted_video_url)
    same_status = stored.review_status == new.review_status
    return same_status and same_video and is_same_payload(stored.raw_data, new.raw_data)
