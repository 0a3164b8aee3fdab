"""Messages of one transaction, stored by one statement."""

import pytest
from django.db import transaction

from edx_proctoring import outbox
from edx_proctoring.models import OutboxMessage
from edx_proctoring.outbox import Draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    """Keys that were delivered, in order."""
    found = []
    outbox.register("test", lambda message: found.append(message.key))
    yield found
    outbox.unregister("test")


def draft(key, lane="lane", **more):
    return Draft("test", key, lane, **more)


def test_events_put_together_are_stored_by_one_statement(heard, django_assert_num_queries):
    with transaction.atomic():
        with django_assert_num_queries(1), outbox.batched():
            outbox.put(draft("a"))
            outbox.put(draft("b"), draft("c"))
    assert heard == ["a", "b", "c"]


def test_what_is_put_together_keeps_its_order(heard):
    with transaction.atomic(), outbox.batched():
        outbox.put(draft("a"))
        outbox.put(draft("b"), draft("state", coalesce=True))
        outbox.put(draft("c"))
    assert [key for key in heard if key != "state"] == ["a", "b", "c"]


def test_a_savepoint_inside_that_is_rolled_back_takes_its_messages_along(heard):
    with transaction.atomic(), outbox.batched():
        outbox.put(draft("a"))
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            outbox.put(draft("lost"))
            _ = 1 / 0
        with transaction.atomic():
            outbox.put(draft("kept"))
    assert sorted(heard) == ["a", "kept"]


def test_what_is_cancelled_before_it_is_stored_is_not_told(heard):
    with transaction.atomic(), outbox.batched():
        outbox.put(draft("a", lane="one"), draft("b", lane="two"))
        outbox.cancel("one", "test")
    assert heard == ["b"]


def test_an_error_stores_nothing(heard):
    with pytest.raises(ZeroDivisionError), transaction.atomic(), outbox.batched():
        outbox.put(draft("a"))
        _ = 1 / 0
    outbox.put(draft("b"))
    assert heard == ["b"]


def test_what_is_known_is_there_for_the_delivery_after_the_commit_only(heard):
    seen = []
    outbox.register("test", lambda message: seen.append(dict(message.prefetched)))
    outbox.put(Draft("test", "a", "lane", prefetched={"user": 1}))
    OutboxMessage.objects.update(state="pending")
    outbox.deliver()
    assert seen == [{"user": 1}, {}]
