"""PSI's formats, from PSI's side: how a registration is signed, and what a review looks like.

Written from the protocol and not from the client, so that each verifies the other.
"""

import base64
import datetime
import email.utils
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from demo.simulator.store import Row

CRYPTO_KEY = b"the simulator's 3DES key"
CLOCKS_MAY_DIFFER = 300
REQUIRED = (
    "examCode",
    "organization",
    "duration",
    "reviewedExam",
    "reviewerNotes",
    "examPassword",
    "examSponsor",
    "examName",
    "ssiProduct",
    "examUrl",
    "orgExtra",
)
WORDS = {
    "passed": "Clean",
    "violation": "Rules Violation",
    "suspicious": "Suspicious",
    "not_reviewed": "Not Reviewed",
}


class Refused(Exception):
    """PSI refuses a registration; ``status`` is that of the response."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def check(
    body: Any, headers: Mapping[str, str], secret_of: Callable[[str], str], now: float
) -> None:
    """Check a registration: it requires a current signature with the right key, and the attempt's password."""
    scheme, _, credentials = headers.get("Authorization", "").partition(" ")
    key_id, _, given = credentials.partition(":")
    if scheme != "SSI" or not given:
        raise Refused(401, "the Authorization is not of the form SSI id:signature")
    if not isinstance(body, dict):
        raise Refused(400, "a JSON object is expected")
    if abs(_instant(headers.get("Date", "")) - now) > CLOCKS_MAY_DIFFER:
        raise Refused(401, "the date is none, or not today's")
    wanted = _signature(body, headers, secret_of(key_id))
    if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
        raise Refused(401, "the signature is wrong")
    missing = [key for key in REQUIRED if key not in body]
    if missing:
        raise Refused(400, f"missing: {', '.join(missing)}")
    if _password(str(body["examPassword"])) != str(body["examCode"]).encode():
        raise Refused(400, "the password is not that of the code")


def _instant(date: str) -> float:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return float("-inf")


def _signature(body: Row, headers: Mapping[str, str], secret: str) -> str:
    signed = [headers[name] for name in ("Content-Type", "Date") if headers.get(name)]
    message = "POST\n\n" + "".join(f"{line}\n" for line in signed) + "".join(_lines(body))
    return base64.b64encode(
        hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()
    ).decode()


def _lines(body: Row, prefix: str = "") -> Iterator[str]:
    for key in sorted(body):
        value = body[key]
        if isinstance(value, dict):
            yield from _lines(value, f"{key}.")
        elif isinstance(value, list):
            for place, element in enumerate(value):
                if isinstance(element, dict):
                    yield from _lines(element, f"{key}.{place}.")
                else:
                    yield f"{key}.{place}:{element}\n"
        else:
            yield f"{prefix}{key}:{_scalar(value)}\n"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value or value == "" else "null"


def _password(encoded: str) -> bytes:
    """Return the decrypted code; b"" for an invalid password."""
    try:
        decryptor = Cipher(TripleDES(CRYPTO_KEY), modes.ECB()).decryptor()
        padded = decryptor.update(base64.b64decode(encoded, validate=True)) + decryptor.finalize()
        return padded[: -padded[-1]]
    except (ValueError, IndexError):
        return b""


def is_rpnow(attempt: Row) -> bool:
    """Return whether the attempt was registered through the RPNow protocol."""
    return "ssiProduct" in (attempt["body"] or {})


def review(attempt: Row, wanted: Row, outcome: str) -> Row:
    """Return a review in PSI's format."""
    registered = attempt["body"]
    lists: dict[str, list[Row]] = {"webCamComments": [], "desktopComments": []}
    for comment in wanted["comments"]:
        kind = "desktopComments" if comment.get("source") == "desktop" else "webCamComments"
        start = comment.get("start", 0)
        stop = comment.get("stop", start)
        lists[kind].append(
            {
                "comments": comment["comment"],
                "eventStart": start,
                "eventFinish": stop,
                "duration": comment.get("duration", stop - start),
                "eventStatus": comment.get("status", ""),
            }
        )
    return {
        "examDate": datetime.datetime.fromtimestamp(attempt["created"], datetime.UTC).isoformat(),
        "examProcessingStatus": "Review Completed",
        "examTakerEmail": attempt["email"],
        "examTakerFirstName": registered["orgExtra"].get("firstName", ""),
        "examTakerLastName": registered["orgExtra"].get("lastName", ""),
        "overAllComments": "",
        "reviewStatus": WORDS[outcome],
        "videoReviewLink": f"http://www.remoteproctor.com/DirectLink-Generic?code={attempt['id']}",
        **lists,
        "examApiData": registered,
        "examMetaData": {
            "examCode": registered["examCode"],
            "examName": registered["examName"],
            "examSponsor": registered["examSponsor"],
            "organization": registered["organization"],
            "reviewedExam": str(registered["reviewedExam"]),
            "reviewerNotes": registered["reviewerNotes"],
            "simulatedExam": "False",
            "ssiProduct": registered["ssiProduct"],
            "ssiRecordLocator": attempt["id"],
        },
    }
