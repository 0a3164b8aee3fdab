"""Messages are delivered although recipients do not respond and attackers fill the outbox."""

import datetime
import time

import pytest
from django.utils import timezone

from demo.host.mails import mails
from demo.host.models import Told
from edx_proctoring.models import OutboxMessage
from tests.attack.together import at_once

pytestmark = pytest.mark.attack


def wait_for(look, seconds):
    """Wait until the condition holds; return how long that took."""
    began = time.monotonic()
    while not look():
        if time.monotonic() > began + seconds:
            return None
        time.sleep(0.1)
    return time.monotonic() - began


def test_messages_of_an_unknown_kind_do_not_block_the_periodic_task(site):
    """A thousand of them, older than all others, as after a rolled-back deployment."""
    long_ago = timezone.now() - datetime.timedelta(hours=1)
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            kind="unheard_of",
            key=f"unheard:{number}",
            lane=f"unheard:{number}",
            next_try_at=long_ago,
            created=long_ago,
        )
        for number in range(1_000)
    )
    waiting = OutboxMessage.objects.create(
        kind="event",
        key=f"event:{time.monotonic()}",
        lane="publish:attack",
        origin="default",
        payload={"name": "edx.special_exam.attack", "context": {}, "data": {}},
    )
    try:
        site.run("deliver_outbox")
        site.run("deliver_outbox")
        waiting.refresh_from_db()
        assert (waiting.state, waiting.last_error) != ("pending", "")
    finally:
        OutboxMessage.objects.filter(key__startswith="unheard:").delete()


def test_reloading_an_entrance_page_does_not_fill_the_outbox(site):
    learner, exam = site.person(), site.proctored()
    shown = lambda: OutboxMessage.objects.filter(key__contains=f"option:{exam}:").count()  # noqa: E731  a local shorthand
    for _ in range(20):
        learner.sees(exam)
    assert shown() <= 1
    at_once(*[lambda: learner.sees(exam)] * 6)
    assert shown() <= 1


LEARNERS = 20


def told():
    """Return the attempts whose status was sent to receivers."""
    rows = Told.objects.filter(kind="signal").values_list("data", flat=True)
    return {int(data["attempt_id"]) for data in rows}


def test_an_unresponsive_provider_delays_no_e_mails(site):
    """It accepts connections and never responds; there is one worker."""
    exam = site.proctored(backend="silent")
    people = [site.person() for _ in range(LEARNERS)]
    attempts = [person.started(exam) for person in people]
    site.providers.is_silent.set()
    try:
        for person, attempt_id in zip(people, attempts, strict=True):
            assert person.put(attempt_id, "submit").status_code == 200
        site.stack.start("worker")
        wanted = {person.user.email for person in people}
        folder = site.data / "mails"
        assert wait_for(lambda: wanted <= {mail.to for mail in mails(folder)}, 40)
        assert wait_for(lambda: set(attempts) <= told(), 20)
    finally:
        site.stack.stop("worker")
        site.providers.is_silent.clear()
