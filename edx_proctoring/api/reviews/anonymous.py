"""RPNow's reviews, which arrive without a user account: required secrets and permitted sender addresses."""

import ipaddress
import logging
from collections.abc import Iterable, Mapping

from django.utils.crypto import constant_time_compare

from edx_proctoring import backends, conf
from edx_proctoring.api.attempts.reads import locate_attempt_by_attempt_code
from edx_proctoring.api.reviews.receive import exam_of, receive_review
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.exceptions import ProctoredExamSuspiciousLookup
from edx_proctoring.models import ProctoredExam, ProctoredExamSoftwareSecureReview
from edx_proctoring.types import JSONObject

log = logging.getLogger(__name__)

RPNOW = "software_secure"
REFUSED = "The review does not belong to this attempt."


def receive_anonymous_review(
    data: JSONObject, *, secret: str = "", address: str = "", forwarded_for: str = ""
) -> ProctoredExamSoftwareSecureReview | None:
    """Store and apply a review in RPNow's format, as `receive_review` does; no reviewer is recorded.

    Only for attempts whose exam's provider accepts anonymous reviews, unless REVIEW_CALLBACK_ANY_BACKEND is set. If the
    provider's options `review_callback_secret` and `review_callback_networks` are set, `secret` (from the request) and
    `address` (of the sender) are checked against them. The `forwarded_for` header is only trusted from proxies listed
    in `review_callback_proxies`. Every failure raises ProctoredExamSuspiciousLookup with the same text.
    """
    code = _code(data)
    attempt, is_archived = locate_attempt_by_attempt_code(code) if code else (None, None)
    provider = _provider(exam_of(attempt)) if attempt is not None else None
    if (
        attempt is None
        or provider is None
        or not _is_let_in(provider, secret, address, forwarded_for)
    ):
        log.warning("anonymous review refused, from %s", address)
        raise ProctoredExamSuspiciousLookup(REFUSED)
    return receive_review(
        attempt, data, is_archived=bool(is_archived), backend=provider, trusts_reviewer=False
    )


def _code(data: JSONObject) -> str | None:
    meta = data.get("examMetaData")
    code = meta.get("examCode") if isinstance(meta, Mapping) else None
    return code if isinstance(code, str) and code else None


def _provider(exam: ProctoredExam | None) -> ProctoringBackendProvider | None:
    """Return the provider that reads the review: the exam's if it accepts anonymous reviews, else None."""
    if exam is None or conf.proctoring.REVIEW_CALLBACK_ANY_BACKEND:
        return backends.provider_named(RPNOW)
    found = backends.provider_named(exam.backend)
    return found if getattr(found, "takes_anonymous_reviews", False) else None


def _is_let_in(
    provider: ProctoringBackendProvider, secret: str, address: str, forwarded_for: str
) -> bool:
    expected = getattr(provider, "review_callback_secret", None)
    networks = getattr(provider, "review_callback_networks", None)
    if expected and not constant_time_compare(secret, expected):
        return False
    if not networks:
        return True
    proxies = getattr(provider, "review_callback_proxies", None) or ()
    return _is_within(sender(address, forwarded_for, proxies), networks)


def sender(address: str, forwarded_for: str, proxies: Iterable[str]) -> str:
    """Return the sender's address: the last one in X-Forwarded-For that does not belong to a trusted proxy.

    Each proxy appends the address that called it, so anything before that may be forged.
    """
    chain = [*forwarded_for.split(","), address]
    while len(chain) > 1 and _is_within(chain[-1], proxies):
        chain.pop()
    return chain[-1].strip()


def _is_within(address: str, networks: Iterable[str]) -> bool:
    try:
        found = ipaddress.ip_address(address.strip())
        known = [ipaddress.ip_network(network, strict=False) for network in networks]
    except ValueError:  # also an invalid option, which a system check reports: refuse everybody
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in known)
