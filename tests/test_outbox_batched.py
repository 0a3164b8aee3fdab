"""Messages of one transaction are stored by one statement."""

import pytest
from django.db import transaction
from django.utils import timezone

from edx_proctoring import outbox
from edx_proctoring.models import OutboxMessage
from edx_proctoring.outbox import Draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    """The delivered keys, in order."""
    found = []
    outbox.register("test", lambda message: found.append(message.key))
    yield found
    outbox.unregister("test")


def draft(key, lane="lane", **more):
    return Draft("test", key, lane, **more)


def test_batched_events_are_stored_by_one_statement(heard, django_assert_num_queries):
    with transaction.atomic():
        with django_assert_num_queries(1), outbox.batched():
            outbox.put(draft("a"))
            outbox.put(draft("b"), draft("c"))
    assert heard == ["a", "b", "c"]


def test_batched_events_keep_their_order(heard):
    with transaction.atomic(), outbox.batched():
        outbox.put(draft("a"))
        outbox.put(draft("b"), draft("state", coalesce=True))
        outbox.put(draft("c"))
    assert [key for key in heard if key != "state"] == ["a", "b", "c"]


def test_rolling_back_an_inner_savepoint_removes_its_messages(heard):
    with transaction.atomic(), outbox.batched():
        outbox.put(draft("a"))
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            outbox.put(draft("lost"))
            _ = 1 / 0
        with transaction.atomic():
            outbox.put(draft("kept"))
    assert sorted(heard) == ["a", "kept"]


def test_events_cancelled_before_they_are_stored_are_not_delivered(heard):
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


def test_prefetched_objects_are_only_used_right_after_the_commit(heard):
    seen = []
    outbox.register("test", lambda message: seen.append(dict(message.prefetched)))
    outbox.put(Draft("test", "a", "lane", prefetched={"user": 1}))
    OutboxMessage.objects.update(state="pending")
    outbox.deliver()
    assert seen == [{"user": 1}, {}]


# Messages of several transactions


def test_messages_of_several_transactions_are_delivered_at_the_end(heard):
    with outbox.delivered_together():
        for key in "ab":
            outbox.put(draft(key))
        outbox.put(draft("state", coalesce=True))
        assert heard == []
    assert heard == ["a", "b", "state"]
    assert not OutboxMessage.objects.unfinished().exists()


def test_only_committed_ones(heard):
    with outbox.delivered_together():
        outbox.put(draft("a"))
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            outbox.put(draft("lost"))
            _ = 1 / 0
    assert heard == ["a"]


def test_an_error_in_between_keeps_none_back(heard):
    with pytest.raises(ZeroDivisionError), outbox.delivered_together():
        outbox.put(draft("a"))
        _ = 1 / 0
    assert heard == ["a"]


def test_what_is_cancelled_or_replaced_in_between(heard):
    with outbox.delivered_together():
        outbox.put(draft("a", lane="one"), draft("b", lane="two"))
        outbox.put(draft("state", lane="three", coalesce=True))
        outbox.cancel("one", "test")
        outbox.put(draft("state", lane="three", coalesce=True))
    assert heard == ["b", "state"]


def test_a_failure_stops_its_lane_alone(heard):
    outbox.register("fails", lambda _message: 1 / 0)
    try:
        with outbox.delivered_together():
            outbox.put(Draft("fails", "first", "one"))
            outbox.put(draft("second", lane="one"))
            outbox.put(draft("other", lane="two"))
    finally:
        outbox.unregister("fails")
    assert heard == ["other"]
    left = OutboxMessage.objects.unfinished().order_by("id")
    assert list(left.values_list("key", "tries", "lease")) == [("first", 1, ""), ("second", 0, "")]


def test_leases_that_ran_out_meanwhile(heard):
    """Another process has taken the messages over."""
    with outbox.delivered_together():
        outbox.put(draft("a"))
        OutboxMessage.objects.update(lease_until=timezone.now())
        assert outbox.deliver()["delivered"] == 1
        outbox.put(draft("b"))
    assert heard == ["a", "b"]
