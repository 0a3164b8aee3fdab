"""Reviews of RPNow, which comes without an account: what it must know, and where it may come from."""

import ipaddress
import logging
from collections.abc import Mapping
from typing import Any

from django.utils.crypto import constant_time_compare

from edx_proctoring import backends, conf
from edx_proctoring.api.attempts import locate_attempt_by_attempt_code
from edx_proctoring.api.reviews import exam_of, receive_review
from edx_proctoring.exceptions import ProctoredExamSuspiciousLookup
from edx_proctoring.models import ProctoredExamSoftwareSecureReview

log = logging.getLogger(__name__)

DEFAULT = "software_secure"
REFUSED = "The review does not belong to this attempt."


def receive_anonymous_review(
    data: Mapping[str, Any], *, secret: str = "", address: str = ""
) -> ProctoredExamSoftwareSecureReview | None:
    """Store and apply a review in RPNow's format; as `receive_review`, and it names no reviewer.

    Only for attempts of exams whose provider takes such reviews, unless REVIEW_CALLBACK_ANY_BACKEND is set. The
    provider's options `review_callback_secret` and `review_callback_networks` are checked where they are set: `secret` is
    what the request shows, `address` where it comes from. ProctoredExamSuspiciousLookup says the same whatever is wrong.
    """
    code = _code(data)
    attempt, is_archived = locate_attempt_by_attempt_code(code) if code else (None, None)
    provider = _provider(exam_of(attempt)) if attempt is not None else None
    if attempt is None or provider is None or not _is_let_in(provider, secret, address):
        log.warning("anonymous review refused, from %s", address)
        raise ProctoredExamSuspiciousLookup(REFUSED)
    return receive_review(
        attempt, data, is_archived=bool(is_archived), backend=provider, trusts_reviewer=False
    )


def _code(data: Mapping[str, Any]) -> str | None:
    meta = data.get("examMetaData")
    code = meta.get("examCode") if isinstance(meta, Mapping) else None
    return code if isinstance(code, str) and code else None


def _provider(exam: Any) -> Any:
    """Who reads the review: the exam's provider if it takes anonymous reviews, else nobody."""
    name = exam.backend if exam is not None else None
    try:
        if exam is None or conf.proctoring.REVIEW_CALLBACK_ANY_BACKEND:
            return backends.get_backend_provider(name=DEFAULT)
        found = backends.get_backend_provider(name=name)
    except NotImplementedError:
        return None
    return found if getattr(found, "takes_anonymous_reviews", False) else None


def _is_let_in(provider: Any, secret: str, address: str) -> bool:
    expected = getattr(provider, "review_callback_secret", None)
    networks = getattr(provider, "review_callback_networks", None)
    if expected and not constant_time_compare(secret, expected):
        return False
    return not networks or _is_within(address, networks)


def _is_within(address: str, networks: list[str]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in ipaddress.ip_network(network, strict=False) for network in networks)
