"""The e-mails and provider notices sent by either package."""

from typing import Any

import driver
import twin  # noqa: F401  adds its commands
from django.core import mail

CALLS: list[list[Any]] = []
NAMES: dict[str, str] = {}  # of attempts at the provider, in the order of their registration
ABOUT_ATTEMPTS = ("start", "stop", "mark_erroneous", "remove")


def _listen(name: str) -> None:
    original = getattr(driver.PROVIDER, name)

    def heard(exam: Any, attempt: Any) -> Any:
        CALLS.append([name, exam, NAMES.get(attempt, attempt)])
        return original(exam, attempt)

    setattr(driver.PROVIDER, name, heard)


def _register(exam: Any, context: Any) -> Any:
    CALLS.append(["register_exam_attempt", exam["exam_name"], context["full_name"]])
    external_id = type(driver.PROVIDER).register_exam_attempt(driver.PROVIDER, exam, context)
    NAMES[external_id] = f"attempt {len(NAMES) + 1}"
    return external_id


def _save(exam: Any) -> Any:
    CALLS.append(["on_exam_saved", exam["exam_name"], exam["is_active"], exam["external_id"]])
    return type(driver.PROVIDER).on_exam_saved(driver.PROVIDER, exam)


driver.PROVIDER.resave_with_external_id = True  # as the published package always did
driver.PROVIDER.register_exam_attempt = _register
driver.PROVIDER.on_exam_saved = _save
for about in ABOUT_ATTEMPTS:
    _listen(f"{about}_exam_attempt")


@driver.command
def heard() -> dict[str, Any]:
    """Return what was sent since the last call, without the texts of e-mails, which differ between the packages."""
    sent = [
        [one.subject, one.from_email, one.to, one.cc, one.bcc]
        for one in getattr(mail, "outbox", [])
    ]
    mail.outbox = []
    calls, CALLS[:] = [*CALLS], []
    return {"mails": sent, "calls": calls}
