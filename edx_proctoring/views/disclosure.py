"""What answers keep from their readers: ids that would let somebody post a review."""

from typing import Any

from edx_proctoring import api

ATTEMPT = frozenset({"attempt_code", "external_id", "proctored_exam"})


def without_secret_ids(user: Any, data: Any) -> Any:
    """The answer, its attempts at any depth without provider ids that are secrets; global staff see them.

    With such an id and the attempt's code, which learners and course staff see, anybody can post a review.
    """
    if not user.is_staff:
        _hide(data)
    return data


def _hide(data: Any) -> None:
    if isinstance(data, list):
        for one in data:
            _hide(one)
    elif isinstance(data, dict):
        if data.keys() >= ATTEMPT and api.has_secret_ids(data["proctored_exam"]):
            data["external_id"] = None
        for one in data.values():
            _hide(one)
