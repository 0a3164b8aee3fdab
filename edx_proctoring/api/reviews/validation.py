"""The required format of a review, whichever provider sends it."""

import copy
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.exceptions import ProctoredBaseException, ProctoredExamBadReviewStatus
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.statuses import ReviewStatus, SoftwareSecureReviewStatus
from edx_proctoring.types import JSONObject, ReviewedAttempt

log = logging.getLogger(__name__)


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
        # Other errors, such as an unreachable service, may pass: with 502 the provider sends the review again.
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
    payload = answer.get("payload")
    link = payload.get("videoReviewLink") if isinstance(payload, Mapping) else None
    reviewer = answer.get("reviewed_by")
    return Delivery(
        review_status=SoftwareSecureReviewStatus.from_standard_status[status],
        comments=_comments(answer.get("comments")),
        reviewer=reviewer if isinstance(reviewer, str) and reviewer else None,
        video_link=link if isinstance(link, str) and link else None,
    )


def _comments(entries: object) -> tuple[Comment, ...]:
    if entries is None:
        return ()
    if not isinstance(entries, list | tuple):
        raise ProctoredExamBadReviewStatus("The comments of a review must be a list.")
    return tuple(_comment(number, entry) for number, entry in enumerate(entries, 1))


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
