"""Several processes deliver the same messages."""

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
    """Return the delivered payloads; `first` runs during the first delivery."""

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


def test_a_message_that_is_stored_again_while_it_is_delivered(handled):
    """The process that delivers the older version must not mark the newer one as done."""
    handled.first = lambda: together(lambda: outbox.put(draft("new")))
    outbox.put(draft("old"))
    outbox.deliver()
    assert handled == ["old", "new"]


def test_parallel_workers_deliver_each_message_once(handled, settings):
    """Every message is delivered once and in order, however many workers there are."""
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
    """Run a function once, right after a query of the outbox."""

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
def test_a_message_that_is_purged_while_it_is_stored_again(handled):
    """It was delivered a month ago and is deleted at this moment."""
    outbox.put(draft("old"))
    long_ago = timezone.now() - datetime.timedelta(days=31)
    OutboxMessage.objects.update(modified=long_ago)
    forgotten = []
    with connection.execute_wrapper(Meanwhile(lambda: forgotten.append(outbox.purge()))):
        outbox.put(draft("new"))
    assert forgotten == [1]
    assert handled == ["old", "new"]


@pytest.mark.parametrize("in_transaction", [True, False])
def test_parallel_saves_of_a_coalescing_message(handled, in_transaction):
    """Many saves of one exam: there is one row, the last state is delivered last, and no lease is left."""
    begin = transactions.run if in_transaction else lambda work: work()
    together(*[lambda n=number: begin(lambda: outbox.put(draft(n))) for number in range(8)])
    outbox.deliver()
    row = OutboxMessage.objects.get()
    assert (row.version, row.state, row.lease) == (8, "done", "")
    assert handled[-1] == row.payload["value"]


def test_a_lease_from_a_process_with_a_fast_clock_is_respected(handled, settings):
    """Its clock may be slightly ahead; only a difference of hours means that the clock was set back."""
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
    """With REPEATABLE READ it does not see messages stored since, but still cancels them."""
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
