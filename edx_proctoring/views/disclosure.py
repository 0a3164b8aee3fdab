"""Remove ids from responses that would let their readers post reviews."""

from typing import TypeVar

from edx_proctoring import api
from edx_proctoring.types import AnyUser

Shown = TypeVar("Shown")
ATTEMPT = frozenset({"attempt_code", "external_id", "proctored_exam"})


def without_secret_ids(user: AnyUser, data: Shown) -> Shown:
    """Return the response with secret provider ids removed from attempts at any depth; global staff see them.

    Anyone who has such an id and the attempt's code, which learners and course staff see, can post a review.
    """
    if not user.is_staff:
        _hide(data)
    return data


def _hide(data: object) -> None:
    if isinstance(data, list):
        for one in data:
            _hide(one)
    elif isinstance(data, dict):
        if data.keys() >= ATTEMPT and api.has_secret_ids(data["proctored_exam"]):
            data["external_id"] = None
        for one in data.values():
            _hide(one)
