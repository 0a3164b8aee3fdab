"""Messages that several processes have in their hands."""

import datetime
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from edx_proctoring import outbox, transactions
from edx_proctoring.models import OutboxMessage, ProctoringReservation
from tests.concurrency.parallel import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def handled():
    """Payloads that were delivered; `first` runs during the first delivery."""

    class Handled(list):
        first = None

        def __call__(self, message):
            work, self.first = self.first, None
            if work:
                work()
            self.append(message.payload["value"])

    found = Handled()
    outbox.register("race", found)
    yield found
    outbox.unregister("race")


def draft(value, key="exam", coalesce=True):
    return outbox.Draft("race", key, "lane", {"value": value}, coalesce=coalesce)


def test_a_message_that_is_put_again_while_it_is_delivered(handled):
    """Whoever delivers the older version must not mark the newer one as done."""
    handled.first = lambda: together(lambda: outbox.put(draft("new")))
    outbox.put(draft("old"))
    outbox.deliver()
    assert handled == ["old", "new"]


def test_parallel_workers(handled, settings):
    """Every message once and in order, however many work on the lane."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}
    for number in range(20):
        outbox.put(draft(number, key=f"key{number}", coalesce=False))
    ids = list(OutboxMessage.objects.values_list("id", flat=True))
    OutboxMessage.objects.update(lease="", lease_until=None)
    handled.clear()
    OutboxMessage.objects.update(state="pending")
    gate = threading.Barrier(4)

    def work():
        gate.wait(20)
        return outbox.deliver_messages(ids)

    counts = together(*[work] * 4)
    assert handled == list(range(20))
    assert sum(counts) == 20


class Meanwhile:
    """Does something right after a look into the outbox, once."""

    def __init__(self, work):
        self.work = work

    def __call__(self, execute, sql, *more):
        answer = execute(sql, *more)
        if self.work and sql.startswith("SELECT") and "proctoring_outbox" in sql:
            work, self.work = self.work, None
            together(work)
        return answer


# On SQLite nobody comes between the statements of a transaction.
@pytest.mark.databases("postgresql", "mysql")
def test_a_message_that_is_forgotten_while_it_is_put_again(handled):
    """Delivered a month ago, deleted a moment ago."""
    outbox.put(draft("old"))
    long_ago = timezone.now() - datetime.timedelta(days=31)
    OutboxMessage.objects.update(modified=long_ago)
    forgotten = []
    with connection.execute_wrapper(Meanwhile(lambda: forgotten.append(outbox.purge()))):
        outbox.put(draft("new"))
    assert forgotten == [1]
    assert handled == ["old", "new"]


@pytest.mark.parametrize("in_transaction", [True, False])
def test_states_that_are_put_at_once(handled, in_transaction):
    """Many saves of one exam: one row, what was put last is told last, and nobody keeps a lease."""
    begin = transactions.run if in_transaction else lambda work: work()
    together(*[lambda n=number: begin(lambda: outbox.put(draft(n))) for number in range(8)])
    outbox.deliver()
    row = OutboxMessage.objects.get()
    assert (row.version, row.state, row.lease) == (8, "done", "")
    assert handled[-1] == row.payload["value"]


def test_a_lease_of_somebody_whose_clock_is_ahead_is_a_lease(handled, settings):
    """Whoever took it looked at the clock a little later than we; only hours mean that the clock jumped back."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}
    outbox.put(draft("once"))
    row = OutboxMessage.objects.get()
    lease = datetime.timedelta(
        seconds=settings.PROCTORING_SETTINGS.get("OUTBOX_LEASE_SECONDS", 120)
    )
    for ahead, is_taken in ((5, False), (3600, True)):
        until = timezone.now() + lease + datetime.timedelta(seconds=ahead)
        OutboxMessage.objects.update(state="pending", lease="somebody", lease_until=until)
        assert bool(outbox.claim(row.pk, "us")) is is_taken
    OutboxMessage.objects.update(lease="", lease_until=None)
    outbox.deliver()
    assert handled == ["once"]


def test_a_host_whose_transaction_began_earlier(exam, learner):
    """With REPEATABLE READ it does not see what others have put since, and takes it back all the same."""
    reservations = ProctoringReservation.objects.of_pair(exam.pk, learner.pk)

    def meanwhile():
        OutboxMessage.objects.create(kind="race", key="start", lane="lane")
        ProctoringReservation.objects.take(exam.pk, learner.pk, "token", "", 60)

    with transaction.atomic():
        assert not reservations.exists()
        if connection.vendor == "sqlite":  # has one writer at a time
            meanwhile()
        else:
            together(meanwhile)
        outbox.cancel("lane", "race")
        ProctoringReservation.objects.void(exam.pk, learner.pk)
    assert not reservations.exists()
    assert OutboxMessage.objects.get(key="start").state == "cancelled"
