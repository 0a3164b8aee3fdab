"""The outbox: no message is lost, repeated or reordered."""

import datetime
import time

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from edx_proctoring import outbox
from edx_proctoring.models import OutboxMessage
from edx_proctoring.outbox import Draft

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)


@pytest.fixture
def heard(settings):
    """The delivered keys, in order; `fail` names keys that raise, `wait` keys that raise NotNow."""

    class Heard(list):
        fail: set = set()  # noqa: RUF012  a constant
        wait: set = set()  # noqa: RUF012  a constant

        def deliver(self, message):
            if message.key in self.wait:
                raise outbox.NotNow("later")
            if message.key in self.fail:
                raise ValueError(message.key)
            self.append((message.key, message.payload.get("value")))

    found = Heard()
    found.fail, found.wait = set(), set()
    outbox.register("test", found.deliver)
    outbox.register("test inline", found.deliver, inline=True)
    yield found
    for kind in ("test", "test inline"):
        outbox.unregister(kind)


@pytest.fixture
def celery(settings):
    """Messages are left to a worker, which does not run."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}


def draft(key, lane="lane", kind="test", coalesce=False, **payload):
    return Draft(kind, key, lane, payload, coalesce=coalesce)


def row(key):
    return OutboxMessage.objects.get(key=key)


def keys(heard):
    return [key for key, _value in heard]


def test_delivered_after_the_commit_and_not_before(heard):
    with transaction.atomic():
        outbox.put(draft("a"), draft("b"))
        assert keys(heard) == []
    assert keys(heard) == ["a", "b"]
    assert {message.state for message in OutboxMessage.objects.all()} == {"done"}


def test_a_rollback_removes_the_messages(heard):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.put(draft("a"))
        _ = 1 / 0
    assert keys(heard) == []
    assert not OutboxMessage.objects.exists()


def test_a_repeated_event_is_stored_once(heard):
    outbox.put(draft("a", value=1))
    outbox.put(draft("a", value=2))
    assert list(heard) == [("a", 1)]


def test_an_event_is_delivered_as_it_is_stored(heard):
    outbox.put(draft("a", value=("of", {1: 2})), draft("a", value="repeated"), draft("b"))
    stored = {"value": ["of", {"1": 2}]}
    assert heard == [("a", stored["value"]), ("b", None)]
    assert row("a").payload == stored


def test_a_coalescing_message_is_replaced_and_delivered_again(heard):
    outbox.put(draft("a", coalesce=True, value=1))
    outbox.put(draft("a", coalesce=True, value=2))
    assert list(heard) == [("a", 1), ("a", 2)]
    assert (row("a").version, row("a").state) == (2, "done")


def test_after_a_failure_the_message_and_its_lane_wait(heard):
    heard.fail = {"a"}
    outbox.put(draft("a"), draft("b"), draft("c", lane="other"))
    assert keys(heard) == ["c"]
    failed = row("a")
    assert (failed.state, failed.tries) == ("pending", 1)
    assert "ValueError: a" in failed.last_error
    heard.fail = set()
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=1)):
        assert outbox.deliver() == {"delivered": 2, "waiting": 0}
    assert keys(heard) == ["c", "a", "b"]


def test_a_later_message_does_not_overtake(heard):
    heard.fail = {"a"}
    outbox.put(draft("a"))
    heard.fail = set()
    outbox.put(draft("b"))
    assert keys(heard) == []
    outbox.retry([row("a").pk])
    outbox.deliver()
    assert keys(heard) == ["a", "b"]


@pytest.mark.parametrize(("tries", "least", "most"), [(0, 4, 6), (3, 32, 48), (30, 720, 1080)])
def test_pauses_grow(heard, tries, least, most):
    heard.fail = {"a"}
    with time_machine.travel(NOON, tick=False):
        outbox.put(draft("a"))
        OutboxMessage.objects.update(tries=tries, next_try_at=NOON, created=NOON)
        outbox.deliver()
    pause = (row("a").next_try_at - NOON).total_seconds()
    assert least <= pause <= most


def test_giving_up_unblocks_the_lane_and_can_be_undone(heard):
    heard.fail = {"a"}
    outbox.put(draft("a"), draft("b"))
    with time_machine.travel(timezone.now() + datetime.timedelta(days=8)):
        outbox.deliver()
        assert row("a").state == "given_up"
        outbox.deliver()
        assert keys(heard) == ["b"]
        heard.fail = set()
        assert outbox.retry([row("a").pk]) == 1
        outbox.deliver()
    assert keys(heard) == ["b", "a"]


def test_a_handler_that_raises_not_now(heard):
    heard.wait = {"a"}
    outbox.put(draft("a"))
    assert row("a").state == "pending"


def test_cancelled_messages_are_not_delivered(heard, celery):
    outbox.put(draft("a"), draft("b", kind="test inline", lane="other"))
    outbox.cancel("lane", "test")
    assert outbox.deliver()["delivered"] == 0
    assert row("a").state == "cancelled"
    assert outbox.retry([row("a").pk]) == 0


def test_some_kinds_need_no_worker(heard, celery):
    outbox.put(draft("a", kind="test inline"))
    assert keys(heard) == ["a"]


def test_a_lease_excludes_other_processes_until_it_ends(heard, celery):
    outbox.put(draft("a"))
    taken = outbox.claim(row("a").pk, "somebody")
    assert taken is not None
    assert outbox.claim(row("a").pk, "else") is None
    assert outbox.deliver()["delivered"] == 0
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=5)):
        assert outbox.deliver()["delivered"] == 1


def test_a_message_stored_again_during_its_delivery_is_delivered_again(heard, celery):
    outbox.put(draft("a", coalesce=True, value=1))

    def deliver(message):
        heard.append((message.key, message.payload["value"]))
        if message.payload["value"] == 1:
            outbox.put(draft("a", coalesce=True, value=2))

    outbox.register("test", deliver)
    outbox.deliver()
    assert list(heard) == [("a", 1), ("a", 2)]
    assert row("a").state == "done"


@pytest.mark.needs("lms")
def test_messages_of_another_origin_are_left_to_it(heard, celery, settings):
    with_origin = {**settings.PROCTORING_SETTINGS, "ORIGIN": "cms"}
    outbox.put(draft("a"), Draft("test", "b", "other", any_process=True))
    settings.PROCTORING_SETTINGS = with_origin
    outbox.deliver()
    assert keys(heard) == ["b"]


def test_a_kind_without_a_handler_waits(celery, caplog):
    outbox.put(draft("a", kind="unknown"))
    assert outbox.deliver()["delivered"] == 0
    assert "no handler registered for message kind" in caplog.text


def test_a_lane_waits_for_the_process_of_its_oldest_message(heard, celery, settings):
    plain = settings.PROCTORING_SETTINGS

    def be(origin):
        settings.PROCTORING_SETTINGS = {**plain, "ORIGIN": origin}

    be("cms")
    outbox.put(draft("a"))
    be("lms")
    outbox.put(draft("b"))
    assert outbox.deliver()["delivered"] == 0
    assert outbox.deliver_messages([row("b").pk]) == 0
    be("cms")
    assert outbox.deliver() == {"delivered": 1, "waiting": 0}
    be("lms")
    assert outbox.deliver() == {"delivered": 1, "waiting": 0}
    assert keys(heard) == ["a", "b"]


def test_two_processes_store_the_same_message_for_the_first_time(heard):
    """The other one inserts its row between our query and our insertion."""
    waiting = [OutboxMessage(kind="test", key="a", lane="lane", payload={"value": 1})]

    def be_first(execute, sql, *more):
        answer = execute(sql, *more)
        if waiting and sql.startswith("SELECT"):
            OutboxMessage.objects.bulk_create([waiting.pop()])
        return answer

    with connection.execute_wrapper(be_first):
        outbox.put(draft("a", coalesce=True, value=2))
    assert list(heard) == [("a", 2)]
    assert (row("a").state, row("a").version) == ("done", 2)


def test_a_message_stored_again_by_its_own_handler(heard, celery):
    def deliver(message):
        heard.append((message.key, message.payload["value"]))
        if message.payload["value"] == 1:
            outbox.put(draft("a", kind="test inline", coalesce=True, value=2))

    outbox.register("test inline", deliver, inline=True)
    outbox.put(draft("a", kind="test inline", coalesce=True, value=1))
    assert (row("a").state, row("a").lease) == ("pending", "")
    outbox.deliver()
    assert list(heard) == [("a", 1), ("a", 2)]
    assert row("a").state == "done"


def test_a_message_cancelled_during_its_delivery_stays_cancelled(heard, celery):
    outbox.put(draft("a"))
    outbox.register("test", lambda _message: outbox.cancel("lane", "test"))
    outbox.deliver()
    assert (row("a").state, row("a").lease) == ("cancelled", "")


def test_within_a_transaction_of_the_host_nothing_is_delivered_early(heard, celery):
    with transaction.atomic():
        outbox.put(draft("a"))
        assert not outbox.flush("lane")
        assert keys(heard) == []


def test_a_message_that_fails_again_in_an_immediate_delivery(heard, celery):
    heard.fail = {"a"}
    outbox.put(draft("a"))
    assert not outbox.deliver_now("a", wait_seconds=1)
    assert row("a").tries == 1


def test_an_immediate_delivery_waits_for_the_process_with_the_lease(heard, celery):
    outbox.put(draft("a"))
    taken = outbox.claim(row("a").pk, "somebody")
    OutboxMessage.objects.filter(pk=taken.pk).update(
        lease_until=timezone.now() + datetime.timedelta(seconds=0.3)
    )
    assert outbox.deliver_now("a", wait_seconds=10)
    assert keys(heard) == ["a"]


def test_stored_errors_are_shortened(heard, celery):
    def deliver(_message):
        raise ValueError("x" * 10_000)

    outbox.register("test", deliver)
    outbox.put(draft("a"))
    outbox.deliver()
    assert len(row("a").last_error) == 2000


def test_putting_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        outbox.put()


def test_delivering_one_message_immediately(heard, celery):
    outbox.put(draft("a"))
    assert outbox.is_pending("a")
    assert outbox.deliver_now("a", wait_seconds=1)
    assert not outbox.is_pending("a")
    assert outbox.deliver_now("unknown", wait_seconds=0)


def test_waiting_for_another_process_that_delivers_it(heard, celery):
    outbox.put(draft("a"))
    outbox.claim(row("a").pk, "somebody")
    assert not outbox.deliver_now("a", wait_seconds=0)


def test_delivering_a_lane_immediately(heard, celery):
    heard.fail = {"a"}
    outbox.put(draft("a"), draft("b"))
    assert outbox.is_waiting("lane", "test")
    assert not outbox.flush("lane")
    heard.fail = set()
    assert outbox.flush("lane")
    assert keys(heard) == ["a", "b"]


def test_delivering_by_id_includes_the_lane(heard, celery):
    outbox.put(draft("a"), draft("b"))
    assert outbox.deliver_messages([row("b").pk]) == 2
    assert keys(heard) == ["a", "b"]


def test_old_messages_are_deleted(heard):
    outbox.put(draft("old"))
    with time_machine.travel(timezone.now() + datetime.timedelta(days=31)):
        heard.fail = {"new"}
        outbox.put(draft("new"))
        assert outbox.purge() == 1
    assert [message.key for message in OutboxMessage.objects.all()] == ["new"]


def test_given_up_messages_are_deleted_later(heard, settings):
    OutboxMessage.objects.create(kind="test", key="a", lane="a", state="given_up")
    later = {31: 0, 91: 1}
    for days, count in later.items():
        with time_machine.travel(timezone.now() + datetime.timedelta(days=days)):
            assert outbox.purge() == count
    OutboxMessage.objects.create(kind="test", key="b", lane="b", state="given_up")
    kept = {"OUTBOX_KEEP_GIVEN_UP_DAYS": 5}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **kept}
    with time_machine.travel(timezone.now() + datetime.timedelta(days=6)):
        assert outbox.purge() == 1


def test_tasks_and_the_command(heard, celery, capsys):
    from django.core.management import call_command

    from edx_proctoring import tasks

    outbox.put(draft("a"))
    assert tasks.deliver_messages([row("a").pk]) == 1
    outbox.put(draft("b"))
    assert tasks.deliver_outbox() == {"delivered": 1, "waiting": 0}
    outbox.put(draft("c"))
    call_command("deliver_outbox", "--purge")
    assert capsys.readouterr().out == "1 delivered, 0 wait\n0 deleted\n"
    assert tasks.purge_outbox() == 0
    assert keys(heard) == ["a", "b", "c"]


def test_no_delivery_starts_five_seconds_after_the_commit(heard, celery, monkeypatch):
    real, late = time.monotonic, [0]
    monkeypatch.setattr(time, "monotonic", lambda: real() + late[0])

    def take_long(message):
        late[0] += 5
        heard.deliver(message)

    outbox.register("test inline", take_long, inline=True)
    lanes = {"a": "one", "b": "two", "c": "three"}
    outbox.put(*[draft(key, lane, kind="test inline") for key, lane in lanes.items()])
    assert keys(heard) == ["a"]
    left = OutboxMessage.objects.unfinished()
    assert [(message.key, message.tries, message.lease) for message in left] == [
        ("b", 0, ""),
        ("c", 0, ""),
    ]
    outbox.deliver()
    assert keys(heard) == ["a", "b", "c"]


def test_exams_left_to_the_worker_do_not_delay_other_messages(heard, celery, settings):
    none = {"INLINE_EXAM_SAVE_DEADLINE_SECONDS": 0}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **none}
    outbox.put(draft("a", kind="test inline"))
    assert keys(heard) == ["a"]
