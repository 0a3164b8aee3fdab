"""The formats of PSI's RPNow, byte for byte, because its servers verify them exactly. The weak cryptography is in
`crypto`.
"""

import base64
import datetime
import hashlib
import hmac
import unicodedata
from collections.abc import Mapping, Sequence

from edx_proctoring import crypto
from edx_proctoring.types import JSON, JSONObject

INVALID_CHARS = "[]<>#:|!?/'\"*\\"
NAMELESS = "Proctored Exam"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def http_date(moment: datetime.datetime) -> str:
    """Return for example `Tue, 05 Mar 2024 09:08:07 GMT`, regardless of the machine's language."""
    moment = moment.astimezone(datetime.UTC)
    day, month = DAYS[moment.weekday()], MONTHS[moment.month - 1]
    return f"{day}, {moment:%d} {month} {moment:%Y %H:%M:%S} GMT"


def exam_name(name: str) -> str:
    """Return ASCII letters only, with characters that PSI refuses replaced by `_`; never empty."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    cleaned = "".join("_" if letter in INVALID_CHARS else letter for letter in ascii_only)
    return cleaned or NAMELESS


def split_full_name(full_name: str | None) -> tuple[str, str]:
    """Split into first name and the rest, at the first space."""
    first, _, rest = (full_name or "").partition(" ")
    return first, rest


def exam_password(attempt_code: str, crypto_key: bytes) -> str:
    """Return the attempt code, encrypted as PSI requires."""
    return crypto.des3_password(attempt_code, crypto_key)


# Signature


def header_string(headers: Mapping[str, str]) -> str:
    """Return content type and date, as far as present."""
    names = ("Content-Type", "Date")
    return "".join(f"{headers[name]}\n" for name in names if headers.get(name))


def body_string(body: JSONObject, prefix: str = "") -> str:
    """Return one line per value, sorted by key; nested prefixes are not carried over."""
    lines = []
    for key in sorted(body):
        value = body[key]
        if isinstance(value, Mapping):
            lines.append(body_string(value, f"{key}."))
        elif isinstance(value, list | tuple):
            lines.append(_array_string(key, value))
        else:
            lines.append(f"{prefix}{key}:{_scalar(value)}\n")
    return "".join(lines)


def _array_string(key: str, values: Sequence[JSON]) -> str:
    lines = []
    for index, value in enumerate(values):
        if isinstance(value, Mapping):
            lines.append(body_string(value, f"{key}.{index}."))
        else:
            lines.append(f"{key}.{index}:{value}\n")
    return "".join(lines)


def _scalar(value: JSON) -> str:
    if value is True or value is False:
        return str(value).lower()
    if value == "" and isinstance(value, str):
        return ""
    return str(value) if value else "null"


def signature(body: JSONObject, headers: Mapping[str, str], secret_key: str) -> str:
    """Return the HMAC-SHA256 over method, headers and body, as base64."""
    message = f"POST\n\n{header_string(headers)}{body_string(body)}"
    digest = hmac.new(secret_key.encode("ascii"), message.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def without_line_feeds(value: JSON) -> JSON:
    """Replace line feeds by spaces, in body and signature alike, because they would let one signed value imitate
    another.
    """
    if isinstance(value, str):
        return " ".join(value.splitlines()) if "\n" in value or "\r" in value else value
    if isinstance(value, Mapping):
        return {key: without_line_feeds(part) for key, part in value.items()}
    return value
