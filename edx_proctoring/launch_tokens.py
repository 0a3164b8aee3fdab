"""The token in the URL of the start callback, which only the provider knows: it proves that the provider sent the browser."""

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac


def launch_token(attempt_code: str) -> str:
    """Return the attempt's token."""
    return _signed(attempt_code)


def is_launch_token(shown: str, attempt_code: str) -> bool:
    """Return whether this is the attempt's token; also accepts secret keys replaced since the attempt was registered."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    known = [_signed(attempt_code, key) for key in keys]
    return any(constant_time_compare(shown, one) for one in known)


def _signed(attempt_code: str, key: str | bytes | None = None) -> str:
    purpose = "edx_proctoring.launch_token"
    return salted_hmac(purpose, attempt_code, secret=key, algorithm="sha256").hexdigest()
