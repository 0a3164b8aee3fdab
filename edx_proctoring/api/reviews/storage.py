"""The stored form of a review: without personal data or a readable link to a video; equal deliveries are recognised."""

import json
from collections.abc import Mapping

from edx_proctoring import crypto
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.models import ProctoredExamSoftwareSecureReview
from edx_proctoring.types import JSON, JSONObject

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
