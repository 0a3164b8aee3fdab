"""Signed values of the start callback: the token in its URL, and the cookie of the browser that takes the exam."""

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

EXAM_COOKIE = "exam"  # contains an exam pass
EXAM_COOKIE_SECONDS = 24 * 60 * 60


def exam_pass(attempt_code: str, user_id: int) -> str:
    """Return the value of EXAM_COOKIE, which proves that a browser was sent here for this attempt of this learner."""
    return _signed("edx_proctoring.exam_pass", f"{attempt_code}:{user_id}")


def launch_token(attempt_code: str) -> str:
    """Return the part of the callback URL that only the provider knows, which proves that the provider sent the
    browser.
    """
    return _signed("edx_proctoring.launch_token", attempt_code)


def is_launch_token(shown: str, attempt_code: str) -> bool:
    """Return whether this is the attempt's token; also accepts secret keys replaced since the attempt was registered."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    known = [_signed("edx_proctoring.launch_token", attempt_code, key) for key in keys]
    return any(constant_time_compare(shown, one) for one in known)


def exam_passes(attempt_code: str, user_id: int) -> tuple[str, ...]:
    """Return all accepted cookie values, including the plain code in cookies of version 6."""
    return exam_pass(attempt_code, user_id), attempt_code


def _signed(purpose: str, value: str, key: str | bytes | None = None) -> str:
    return salted_hmac(purpose, value, secret=key, algorithm="sha256").hexdigest()
