"""The e-mails written by the file backend."""

import email
import re
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path

# The separator that Django's backend writes after each e-mail.
BETWEEN = re.compile(r"^-{79}\n", re.MULTILINE)


@dataclass(frozen=True)
class Mail:
    """One e-mail as shown to a reader."""

    to: str
    subject: str
    sent: str
    text: str
    html: str


def mails(folder: Path) -> list[Mail]:
    """Return all e-mails, oldest first."""
    files = sorted(folder.glob("*.log"), key=lambda file: (file.stat().st_mtime_ns, file.name))
    texts = [part for file in files for part in BETWEEN.split(file.read_text(encoding="utf-8"))]
    return [_mail(text) for text in texts if text.strip()]


def _mail(text: str) -> Mail:
    message = email.message_from_string(text, _class=EmailMessage, policy=policy.default)
    return Mail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        sent=str(message["Date"]),
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
