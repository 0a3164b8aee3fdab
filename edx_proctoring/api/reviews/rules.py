"""Reviews, decided: what a delivery must look like, what it means for the attempt."""

import copy
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edx_proctoring import crypto
from edx_proctoring.exceptions import ProctoredBaseException, ProctoredExamBadReviewStatus
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.statuses import (
    ProctoredExamStudentAttemptStatus,
    ReviewStatus,
    SoftwareSecureReviewStatus,
)

log = logging.getLogger(__name__)

Status = ProctoredExamStudentAttemptStatus

# RPNow sends them, and repeats in `orgExtra` what it was registered with.
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
    """A remark; times are seconds from the start of the recording."""

    comment: str
    status: str
    start: int
    stop: int
    duration: int


@dataclass(frozen=True)
class Delivery:
    """A provider's review, checked."""

    review_status: str  # a word of SoftwareSecureReviewStatus
    comments: tuple[Comment, ...]
    reviewer: str | None  # the e-mail address that the provider names
    video_link: str | None


class ProviderCannotReadReview(ProctoredBaseException):
    """The provider's code failed for a reason that is not in the review: the sender may try again."""

    http_status = 502


def read(provider: Any, attempt: Mapping[str, Any], data: Mapping[str, Any]) -> Delivery:
    """What the provider's code makes of its delivery, checked. Code that trips over the delivery means a bad delivery."""
    try:
        answer = provider.on_review_callback(attempt, copy.deepcopy(dict(data)))
    except ProctoredBaseException:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        log.warning("a review that its provider cannot read: %s", type(error).__name__)
        raise ProctoredExamBadReviewStatus("The review cannot be read.") from error
    except Exception as error:
        log.exception("a review that its provider failed to read")
        raise ProviderCannotReadReview("The review cannot be read now.") from error
    return checked(answer)


def checked(answer: Any) -> Delivery:
    """The normalised review of a provider; ProctoredExamBadReviewStatus says what is wrong with it."""
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


def _comment(number: int, entry: Any) -> Comment:
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


def _seconds(number: int, name: str, value: Any) -> int:
    if value is None:
        return 0
    try:
        seconds = int(value)
    except (TypeError, ValueError, OverflowError):
        seconds = LARGEST_INTEGER + 1
    if isinstance(value, bool) or abs(seconds) > LARGEST_INTEGER:
        raise ProctoredExamBadReviewStatus(f"Comment {number}: {name} must be a number of seconds.")
    return seconds


def redacted(data: Any) -> str:
    """The payload as it is kept, as JSON: without links to videos, which are stored encrypted or not at all, and
    without what describes the learner, at whatever depth."""
    return json.dumps(_kept(dict(data)))


def _kept(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _kept(_without(part, ABOUT_LEARNERS) if name == "orgExtra" else part)
            for name, part in _without(value, NOT_KEPT).items()
        }
    if isinstance(value, list | tuple):
        return [_kept(part) for part in value]
    return value


def _without(value: Any, names: frozenset[str]) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: part for name, part in value.items() if name not in names}


def is_same_payload(one: str, other: str) -> bool:
    """Do two kept payloads say the same, whatever the order of their keys? Older rows kept more."""
    try:
        return bool(_kept(json.loads(one)) == _kept(json.loads(other)))
    except ValueError:
        return one == other


@dataclass(frozen=True)
class Facts:
    """What the outcome of a review depends on."""

    review_status: str
    passing: bool
    human: bool  # did a person who may decide look at it?
    attempt_status: str
    ever_submitted: bool
    onboarding_sample: bool  # a practice attempt of a provider that supports onboarding
    second_reviews: bool  # is a person needed for a failure?


def status_after(facts: Facts) -> str | None:
    """The attempt's status after the review, or None when it stays as it is."""
    if facts.attempt_status == Status.onboarding_reset:
        return None
    if facts.passing:
        return Status.verified if facts.ever_submitted else Status.error
    if facts.review_status == SoftwareSecureReviewStatus.not_reviewed:
        return Status.error
    if facts.human or not facts.second_reviews or facts.onboarding_sample:
        return Status.rejected
    return Status.second_review_required


def encrypted(link: str | None, provider: Any) -> bytes | None:
    """The link to the video as it is stored: with the provider's key, or not at all."""
    key = provider.get_video_review_aes_key() if link else None
    return crypto.encrypt_and_encode(link, bytes.fromhex(key)) if link and key else None


def is_same_review(stored: Any, new: Any) -> bool:
    """Does the new review say what the stored one says?"""
    same_video = new.encrypted_video_url is None or bytes(
        stored.encrypted_video_url or b""
    ) == bytes(new.encrypted_video_url)
    same_status = stored.review_status == new.review_status
    return same_status and same_video and is_same_payload(stored.raw_data, new.raw_data)
