"""E-mails that are delivered together share a connection."""

import smtplib

import pytest
from django.core import mail

from edx_proctoring import lifecycle, outbox
from edx_proctoring.models import OutboxMessage
from edx_proctoring.testing.factories import UserFactory

pytestmark = pytest.mark.django_db


class Server:
    """A mail server that closes each connection after two e-mails; `opened` counts its connections."""

    opened = 0

    def __init__(self, **_kwargs):
        self.sent = None

    def open(self):
        Server.opened, self.sent = Server.opened + 1, 0

    def close(self):
        self.sent = None

    def send_messages(self, messages):
        assert self.sent is not None, "not open"
        if self.sent == 2:
            raise smtplib.SMTPServerDisconnected("closed")
        if messages[0].to == ["refused@example.com"]:
            raise smtplib.SMTPRecipientsRefused({})
        self.sent += 1
        mail.outbox += messages


def test_e_mails_of_one_run_share_connections(attempt, exam, mail_through, settings):
    """Once the server has closed one, the next is opened; a refused e-mail delays only itself."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}
    mail_through("tests.effects.test_mail_server.Server")
    Server.opened = 0
    for number in range(6):
        address = "refused@example.com" if number == 4 else f"{number}@example.com"
        lifecycle.transition(
            attempt(exam=exam, user=UserFactory(email=address), status="submitted"), "verified"
        )
    waiting = OutboxMessage.objects.unfinished().filter(kind="email")
    assert waiting.count() == 6
    outbox.deliver()
    assert [(row.tries, row.lease) for row in waiting] == [(1, "")]
    assert len(mail.outbox) == 5
    assert Server.opened == 4
