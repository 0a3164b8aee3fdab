"""The periodic delivery: which lanes are due, which messages overtake, and that no lane starves."""

import datetime
import math
from collections import Counter

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import outbox
from edx_proctoring.models import OutboxMessage
from edx_proctoring.outbox import delivery, lanes
from edx_proctoring.outbox.drafts import Draft

pytestmark = pytest.mark.django_db

LONG_AGO = datetime.timedelta(days=8)


@pytest.fixture
def heard(settings, monkeypatch):
    """The delivered keys; messages of the kind "slow" let others overtake. No worker runs."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}
    monkeypatch.setattr(lanes, "_next_look", [0.0])
    found = []
    outbox.register("quick", lambda message: found.append(message.key))
    outbox.register("slow", lambda message: found.append(message.key), slow_recipient=True)
    yield found
    outbox.unregister("quick")
    outbox.unregister("slow")


def rows(count, kind="quick", lane="{}", prefix="", **columns):
    before = f"{prefix}:" if prefix != "" else ""
    return OutboxMessage.objects.bulk_create(
        OutboxMessage(
            kind=kind, key=f"{kind}:{before}{n}", lane=lane.format(f"{kind}{n}"), **columns
        )
        for n in range(count)
    )


def test_a_thousand_messages_of_an_unknown_kind_do_not_block_others(heard):
    with time_machine.travel(timezone.now(), tick=False):
        rows(1000, kind="unknown")
        rows(1)
        assert outbox.deliver() == {"delivered": 1, "waiting": 1000}
        assert outbox.deliver() == {"delivered": 0, "waiting": 1000}
    assert set(OutboxMessage.objects.unfinished().values_list("tries", flat=True)) == {1}


def test_messages_of_an_unknown_kind_are_given_up(heard, caplog):
    (row,) = rows(1, kind="unknown")
    with time_machine.travel(timezone.now() + LONG_AGO):
        outbox.deliver()
    row.refresh_from_db()
    assert (row.state, row.lease) == ("given_up", "")
    assert "no handler registered for message kind unknown" in row.last_error
    assert "message given up" in caplog.text


def test_an_unknown_kind_waits_for_a_process_that_knows_it(heard):
    rows(1, kind="unknown")
    outbox.deliver()
    outbox.register("unknown", lambda message: heard.append(message.key))
    try:
        with time_machine.travel(timezone.now() + datetime.timedelta(minutes=1)):
            outbox.deliver()
    finally:
        outbox.unregister("unknown")
    assert heard == ["unknown:0"]


def test_the_periodic_delivery_delivers_everything_that_is_due(heard):
    rows(3 * lanes.BATCH + 1)
    assert outbox.deliver() == {"delivered": 3 * lanes.BATCH + 1, "waiting": 0}
    assert len(set(heard)) == len(heard) == 3 * lanes.BATCH + 1


def look_ups(queries):
    return [query["sql"] for query in queries if "GROUP BY" in query["sql"]]


def test_one_query_of_the_lanes_serves_many_batches(heard, monkeypatch):
    """It reads all pending messages: repeated for each batch, it would take most of the time of a long run."""
    monkeypatch.setattr(lanes, "BATCH", 2)
    rows(9)
    with CaptureQueriesContext(connection) as queries:
        assert outbox.deliver() == {"delivered": 9, "waiting": 0}
    # One for the nine; then nothing is found, neither of this kind nor of one that takes long.
    assert len(look_ups(queries)) == 3
    assert len(set(heard)) == 9


def test_a_run_repeats_the_query_until_nothing_is_due(heard, monkeypatch):
    monkeypatch.setattr(lanes, "LOOK", 4)
    monkeypatch.setattr(lanes, "BATCH", 2)
    rows(9)
    rows(5, kind="slow")
    assert outbox.deliver() == {"delivered": 14, "waiting": 0}
    assert [key.split(":")[0] for key in heard] == ["quick"] * 9 + ["slow"] * 5


def test_batches_grow_while_receivers_are_quick(heard, monkeypatch):
    """A worker that waits for a slow receiver keeps few lanes from other workers: its next batches are small again."""
    monkeypatch.setattr(lanes, "BATCH", 2)
    monkeypatch.setattr(lanes, "LARGEST_BATCH", 5)
    now = [0.0]
    monkeypatch.setattr(lanes.time, "monotonic", lambda: now[0])
    leases = []

    def deliver(message):
        leases.append(message.lease)
        if message.key == "quick:8":
            now[0] += 1

    outbox.register("quick", deliver)
    rows(16)
    assert outbox.deliver() == {"delivered": 16, "waiting": 0}
    assert list(Counter(leases).values()) == [2, 4, 5, 2, 3]


def test_a_run_continues_with_unleased_messages(heard, monkeypatch):
    """Between the query and the last batch, other processes lease, deliver, or add messages."""
    monkeypatch.setattr(lanes, "BATCH", 1)
    first, taken, done, joined, _last = rows(5)

    def deliver(message):
        heard.append(message.key)
        if message.key == first.key:
            assert outbox.claim(taken.pk) is not None
            OutboxMessage.objects.filter(pk=done.pk).update(state="done")
            rows(1, kind="joins", lane=joined.lane)

    outbox.register("quick", deliver)
    outbox.register("joins", deliver)
    try:
        assert outbox.deliver() == {"delivered": 4, "waiting": 1}
    finally:
        outbox.unregister("joins")
    assert heard == ["quick:0", "quick:3", "quick:4", "joins:0"]


def test_new_messages_overtake_a_long_list_of_slow_ones(heard, monkeypatch):
    """A list of slow messages is not continued while others are due."""
    monkeypatch.setattr(lanes, "BATCH", 2)
    monkeypatch.setattr(lanes, "_next_look", [math.inf])  # nothing overtakes within a batch

    def fill_once(message):
        heard.append(message.key)
        if message.key == "slow:0":
            rows(2)

    outbox.register("slow", fill_once, slow_recipient=True)
    rows(6, kind="slow")
    assert outbox.deliver() == {"delivered": 8, "waiting": 0}
    assert heard[:4] == ["slow:0", "slow:1", "quick:0", "quick:1"]


def test_a_finished_run_starts_no_further_batch(heard, monkeypatch):
    monkeypatch.setattr(lanes, "BATCH", 1)
    now = [0.0]
    monkeypatch.setattr(lanes.time, "monotonic", lambda: now[0])

    def deliver(message):
        heard.append(message.key)
        now[0] += 10

    outbox.register("quick", deliver)
    rows(3)
    assert outbox.deliver(seconds=15) == {"delivered": 2, "waiting": 1}
    assert set(OutboxMessage.objects.unfinished().values_list("lease", flat=True)) == {""}


def test_lanes_keep_their_order_in_the_periodic_delivery(heard):
    rows(250, lane="one")
    assert outbox.deliver()["delivered"] == 250
    assert heard == [f"quick:{n}" for n in range(250)]


def test_the_periodic_delivery_respects_its_limit(heard):
    rows(5)
    assert outbox.deliver(limit=2) == {"delivered": 2, "waiting": 3}


def test_the_periodic_delivery_stops_when_its_time_is_over(heard):
    rows(5)
    assert outbox.deliver(seconds=0) == {"delivered": 0, "waiting": 5}


def test_messages_that_fail_during_a_run_are_left_to_the_next_one(heard):
    """Thousands that an unresponsive provider does not accept: their next try is due before the run ends."""
    with time_machine.travel(timezone.now(), tick=False) as clock:

        def fail(message):
            heard.append(message.key)
            clock.shift(60)
            raise ValueError

        outbox.register("slow", fail, slow_recipient=True)
        rows(3, kind="slow")
        assert outbox.deliver()["delivered"] == 0
    assert sorted(heard) == ["slow:0", "slow:1", "slow:2"]


def test_undelivered_messages_of_a_batch_are_released(heard, settings):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "OUTBOX_LEASE_SECONDS": 0}
    rows(3)
    (batch,) = lanes._claim_due(3, timezone.now())
    assert list(lanes._deliver_batch(batch, 0)) == []
    assert set(OutboxMessage.objects.values_list("state", "lease")) == {("pending", "")}


def test_a_lease_that_ends_at_once_does_not_make_a_run_endless(heard, settings):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "OUTBOX_LEASE_SECONDS": 0}
    rows(3)
    rows(3, kind="slow", lane="one")
    assert outbox.deliver() == {"delivered": 6, "waiting": 0}
    assert len(set(heard)) == len(heard) == 6


def test_lanes_of_quick_messages_are_delivered_together(heard, django_assert_max_num_queries):
    for lane in range(20):
        rows(5, kind="quick", lane=f"lane {lane}", prefix=lane)
    rows(5, kind="slow", lane="lane 0")  # waits for those before it
    with django_assert_max_num_queries(95):
        assert outbox.deliver() == {"delivered": 105, "waiting": 0}
    for lane in range(20):
        own = [key for key in heard if key.startswith(f"quick:{lane}:")]
        assert own == [f"quick:{lane}:{n}" for n in range(5)]
    assert heard[100:] == [f"slow:{n}" for n in range(5)]


def test_after_a_failure_the_rest_of_its_lane_waits_without_a_lease(heard):
    def fail_second(message):
        if message.key == "quick:one:1":
            raise ValueError
        heard.append(message.key)

    outbox.register("quick", fail_second)
    for lane in ("one", "two"):
        rows(4, lane=lane, prefix=lane)
    assert outbox.deliver() == {"delivered": 5, "waiting": 3}
    assert heard == ["quick:one:0", *(f"quick:two:{n}" for n in range(4))]
    left = OutboxMessage.objects.unfinished().order_by("id").values_list("key", "tries", "lease")
    assert list(left) == [("quick:one:1", 1, ""), ("quick:one:2", 0, ""), ("quick:one:3", 0, "")]


def test_messages_behind_one_that_another_process_leased_wait(heard):
    """Only the beginning of a lane is delivered together, and nothing is left out."""
    one = rows(4, lane="one", prefix="one")
    two = rows(4, lane="two", prefix="two")
    OutboxMessage.objects.filter(pk=two[1].pk).update(lane="three")
    assert outbox.claim(one[2].pk) is not None
    assert outbox.deliver() == {"delivered": 6, "waiting": 2}
    assert [key for key in heard if "one" in key] == ["quick:one:0", "quick:one:1"]
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=5)):
        assert outbox.deliver() == {"delivered": 2, "waiting": 0}
    assert heard[-2:] == ["quick:one:2", "quick:one:3"]


def test_a_message_taken_between_the_look_and_the_lease_ends_the_chunk(heard):
    first, second, third = rows(3, lane="one")
    assert outbox.claim(second.pk) is not None
    ids = {"one": [first.pk, second.pk, third.pk]}
    (chunk,) = lanes._claim(ids, {"one": third.pk})
    assert ([row.key for row in chunk.rows], chunk.is_all) == (["quick:0"], False)
    third.refresh_from_db()
    assert third.lease == ""


def test_a_message_that_cancels_the_next_one_of_its_lane(heard):
    def cancel(message):
        heard.append(message.key)
        outbox.cancel("one", "quick")

    outbox.register("quick", cancel)
    rows(3, lane="one")
    assert outbox.deliver() == {"delivered": 1, "waiting": 0}
    assert heard == ["quick:0"]


@pytest.mark.parametrize("kind", ["quick", "slow"])
def test_messages_cancelled_or_replaced_while_leased_are_not_delivered(heard, monkeypatch, kind):
    """A batch may take long, and meanwhile an attempt is removed, or a learner is retired."""
    monkeypatch.setattr(delivery, "MARK_SECONDS", 0)
    cancelled, anew, gone, kept = rows(4, kind=kind)
    batch = next(lanes._claim_due(4, timezone.now()))
    outbox.cancel(cancelled.lane, kind)
    outbox.put(Draft(kind, anew.key, anew.lane, {"is": "newer"}, coalesce=True))
    gone.delete()
    assert list(lanes._deliver_batch(batch, math.inf)) == [1]
    assert heard == [kept.key]
    assert outbox.deliver() == {"delivered": 1, "waiting": 0}
    assert heard == [kept.key, anew.key]


def test_slow_messages_let_all_others_overtake(heard):
    rows(3, kind="slow")
    rows(3)
    outbox.deliver_messages(OutboxMessage.objects.filter(kind="slow").values_list("id", flat=True))
    assert heard[:3] == ["quick:0", "quick:1", "quick:2"]
    assert len(heard) == 6


def test_the_periodic_delivery_delivers_slow_messages_last(heard):
    rows(3, kind="slow")
    rows(3)
    outbox.deliver()
    assert heard[3:] == ["slow:0", "slow:1", "slow:2"]


def test_slow_messages_of_a_transaction_come_last(settings, heard):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "inline"}
    outbox.put(Draft("slow", "a", "one"), Draft("quick", "b", "two"), Draft("slow", "c", "one"))
    assert heard == ["b", "a", "c"]


def explained(queryset):
    """Return the plan, after the database has analysed the table."""
    analyze = {"mysql": "ANALYZE TABLE {}", "sqlite": "ANALYZE"}.get(
        connection.vendor, "ANALYZE {}"
    )
    with connection.cursor() as cursor:
        cursor.execute(analyze.format(OutboxMessage._meta.db_table))
        cursor.fetchall() if cursor.description else None
    return queryset.explain()


def test_due_lanes_are_found_by_an_index(heard):
    """None of many delivered messages is read."""
    OutboxMessage.objects.bulk_create(
        OutboxMessage(kind="quick", key=f"done:{n}", lane=f"lane {n % 50}", state="done")
        for n in range(5000)
    )
    rows(20)
    plan = explained(lanes._due(lanes._urgent(), 100, timezone.now()))
    assert "proctoring_outbox_due" in plan or "proctoring_outbox_lane" in plan, plan
    assert not {"Seq Scan", "SCAN proctoring_outbox\n"} & set(plan.splitlines()), plan


def test_a_lane_is_read_once_however_long_it_is(heard):
    """No row is compared with those before it: one grouping, no subquery, no self-join."""
    sql = str(lanes._due(lanes._urgent(), 100, timezone.now()).query)
    assert sql.count("SELECT") == 1
    assert "JOIN" not in sql
    assert sql.count("GROUP BY") == 1


def ids_of(*messages):
    return [one.pk for one in messages]


def test_a_task_delivers_the_messages_of_many_lanes_together(heard, django_assert_max_num_queries):
    several = ids_of(*rows(30))
    with django_assert_max_num_queries(15):  # to find them, to lease them, to mark them
        assert outbox.deliver_messages(several) == 30
    assert heard == [f"quick:{number}" for number in range(30)]
    assert outbox.deliver_messages(several) == 0


def test_a_task_delivers_what_waits_in_its_lanes_and_nothing_else(heard):
    first, second, third = rows(3)
    rows(2, prefix="later", lane=second.lane)
    assert outbox.deliver_messages(ids_of(first, second)) == 4
    assert third.key not in heard


def test_a_failure_in_a_task_stops_its_lane_alone(heard):
    outbox.register("fails", lambda _message: 1 / 0)
    try:
        (fails,) = rows(1, kind="fails", lane="one")
        behind, other = rows(1, lane="one")[0], rows(1, prefix="other", lane="two")[0]
        assert outbox.deliver_messages(ids_of(fails, behind, other)) == 1
    finally:
        outbox.unregister("fails")
    assert heard == [other.key]
    left = OutboxMessage.objects.unfinished().order_by("id").values_list("key", "tries", "lease")
    assert list(left) == [(fails.key, 1, ""), (behind.key, 0, "")]


def test_a_task_delivers_quick_messages_behind_slow_ones_after_all_others(heard):
    slow = rows(1, kind="slow", lane="one")[0]
    behind, other = rows(1, lane="one")[0], rows(1, prefix="other", lane="two")[0]
    assert outbox.deliver_messages(ids_of(slow, behind, other)) == 3
    assert heard == [other.key, slow.key, behind.key]


def test_a_task_leaves_messages_of_other_origins_and_those_that_are_leased(heard):
    foreign = rows(1, origin="studio")[0]
    until = timezone.now() + datetime.timedelta(seconds=30)
    leased = rows(1, prefix="leased", lane="b", lease="other", lease_until=until)[0]
    free = rows(1, prefix="free", lane="c")[0]
    assert outbox.deliver_messages(ids_of(foreign, leased, free)) == 1
    assert heard == [free.key]
