"""Send e-mails; those that are delivered together use one connection to the mail server."""

import smtplib
from typing import Any

from django.core import mail as django_mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from edx_proctoring import emails, slow_calls
from edx_proctoring.models import OutboxMessage
from edx_proctoring.outbox.shared import Shared

NAME = "mail server"
SHUTTING_DOWN = 421  # the server ends the connection, for example after too many e-mails


def send(message: OutboxMessage, mail: EmailMessage) -> None:
    """Send the e-mail of this outbox message; its Message-ID reveals e-mails that were sent twice."""
    mail.extra_headers["Message-ID"] = emails.message_id(message.key)
    with slow_calls.timed(NAME):
        if message.shared is None or not mail.recipients():
            mail.send()
        else:
            _send_over(message.shared, mail)


def _send_over(shared: Any, mail: EmailMessage) -> None:
    """Send over the connection that the run keeps open. Once the server has closed it, send over a new one."""
    known = shared.find(NAME)
    if known is not None and _is_sent(known, mail, shared):
        return
    connection = shared.keep(NAME, _connection)
    try:
        connection.open()
        connection.send_messages([mail])
    except Exception:
        # The state of the connection is unknown, so the next e-mail gets a new one.
        shared.drop(NAME)
        raise


def _is_sent(connection: BaseEmailBackend, mail: EmailMessage, shared: Shared) -> bool:
    """Send over the open connection; return False if the server has closed it."""
    try:
        connection.send_messages([mail])
    except Exception as error:
        shared.drop(NAME)
        if not _has_closed(error):
            raise
        return False
    return True


def _has_closed(error: Exception) -> bool:
    code = getattr(error, "smtp_code", None)
    return isinstance(error, smtplib.SMTPServerDisconnected) or code == SHUTTING_DOWN


def _connection() -> Any:
    """Return a new connection; Django 6.1 has another name for it."""
    mailers: Any = getattr(django_mail, "mailers", None)
    return django_mail.get_connection() if mailers is None else mailers.default
