"""Heartbeats: contents, frequency, and that no poll depends on them."""

import datetime
import threading
import time

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from edx_proctoring import operations
from edx_proctoring.circuit_breaker import IN_PROCESS, CircuitBreaker
from edx_proctoring.contrib.live import upsert
from edx_proctoring.contrib.live.extension import PAUSE_SECONDS
from edx_proctoring.contrib.live.models import Heartbeat
from tests.lifecycle.noon import NOON

pytestmark = pytest.mark.django_db
TABLE = Heartbeat._meta.db_table


def at(minutes=0, seconds=0):
    return NOON + datetime.timedelta(minutes=minutes, seconds=seconds)


def beats():
    return list(Heartbeat.objects.values_list("attempt_id", "seen_at", "status"))


def test_a_poll_is_recorded_at_most_twice_a_minute(clock, running, poll):
    poll(running)
    assert beats() == [(running.pk, NOON, "started")]
    clock.move_to(at(seconds=29))
    poll(running)
    assert beats() == [(running.pk, NOON, "started")]
    clock.move_to(at(seconds=31))
    poll(running)
    assert beats() == [(running.pk, at(seconds=31), "started")]


def test_each_silence_is_recorded(clock, running, poll):
    for minutes in (0, 1, 3, 4, 14, 15, 20):  # intervals of 1, 2, 1, 10, 1 and 5 minutes
        clock.move_to(at(minutes))
        poll(running)
    row = Heartbeat.objects.get()
    assert row.gaps(at(20)) == [(at(4), at(14)), (at(15), at(20))]
    assert row.gaps(at(22, 1)) == [(at(4), at(14)), (at(15), at(20)), (at(20), at(22, 1))]


def test_a_heartbeat_with_a_future_time_does_not_stop_later_ones(clock, running, poll):
    clock.move_to(at(30))
    poll(running)
    clock.move_to(at(5))  # the other server's clock was wrong
    poll(running)
    assert beats() == [(running.pk, at(5), "started")]


def test_the_space_for_silences_is_limited(clock, running):
    Heartbeat.objects.create(
        attempt=running, seen_at=NOON, silences="1-2 " * (upsert.LONGEST_SILENCES // 4)
    )
    Heartbeat.objects.beat(running.pk, "started", at(10))
    row = Heartbeat.objects.get()
    assert (row.seen_at, len(row.silences)) == (at(10), upsert.LONGEST_SILENCES)


def test_an_ended_attempt_gets_no_more_heartbeats(clock, running, poll):
    clock.move_to(at(61))
    assert poll(running)["status"] == "submitted"
    assert beats() == []


def test_a_heartbeat_takes_one_query(clock, running, poll, client_for, learner):
    client = client_for(learner)
    url = f"/api/edx_proctoring/v1/proctored_exam/attempt/{running.pk}"

    def statements():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return [one["sql"] for one in queries]

    statements()
    for seconds in (1, 300):
        clock.shift(seconds)
        found = statements()
        assert sum(TABLE in one for one in found) == 1
    breaker = CircuitBreaker("proctoring_live.heartbeat", PAUSE_SECONDS, IN_PROCESS)
    breaker.note(failed=True)
    assert len(statements()) == len(found) - 1  # other extensions have queries of their own


def test_a_missing_table_fails_no_poll_and_is_not_queried_by_each_poll(
    clock, running, poll, caplog
):
    with connection.schema_editor() as editor:
        editor.delete_model(Heartbeat)
    try:
        for _ in range(3):
            assert poll(running)["status"] == "started"
        assert caplog.text.count("heartbeat not recorded") == 1
    finally:
        with connection.schema_editor() as editor:
            editor.create_model(Heartbeat)


def test_no_heartbeat_is_written_in_a_transaction_of_other_code(clock, running):
    with transaction.atomic():
        Heartbeat.objects.beat(running.pk, "started", NOON)
    assert not Heartbeat.objects.exists()


def holding(statement, ready, done):
    """Hold a lock on another connection until `done` is set."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            ready.set()
            done.wait(30)
    finally:
        connections.close_all()


def delayed(poll, running, statement):
    ready, done = threading.Event(), threading.Event()
    holder = threading.Thread(target=holding, args=(statement, ready, done))
    holder.start()
    try:
        assert ready.wait(30)
        took = []
        for _ in range(3):
            began = time.monotonic()
            assert poll(running)["status"] == "started"
            took.append(time.monotonic() - began)
    finally:
        done.set()
        holder.join()
    return took


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("lock", ["row", "table"])
def test_a_lock_delays_one_poll_by_a_second_postgresql(running, poll, lock):
    poll(running)
    Heartbeat.objects.update(seen_at=at(-10))
    statement = {
        "row": f"SELECT * FROM {TABLE} FOR UPDATE",
        "table": f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE",
    }[lock]
    first, *others = delayed(poll, running, statement)
    assert 0.9 < first < 10
    assert max(others) < 0.9


@pytest.mark.databases("mysql")
def test_a_lock_delays_one_poll_by_a_second_mariadb(running, poll):
    poll(running)
    Heartbeat.objects.update(seen_at=at(-10))
    first, *others = delayed(poll, running, f"SELECT * FROM {TABLE} FOR UPDATE")
    assert 0.9 < first < 10
    assert max(others) < 0.9


def test_personal_data_and_retirement(clock, running, poll, learner):
    poll(running)
    rows = [{"attempt_id": running.pk, "seen_at": NOON.isoformat()}]
    assert operations.personal_data_of_extensions(learner.pk) == {"proctoring_live": rows}
    operations.retire_user(learner.pk)
    assert beats() == []


def test_removing_an_attempt_deletes_its_heartbeat(clock, running, poll):
    poll(running)
    running.delete()
    assert beats() == []
