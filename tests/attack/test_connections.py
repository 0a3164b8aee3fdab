"""The database closes connections, as during a restart or failover."""

import random
import threading
import time
from contextlib import suppress

import pytest
from django.db import OperationalError, connection

from demo.host.seed import COURSE_ID
from tests.attack.together import at_once

pytestmark = pytest.mark.attack


def kill_connections():
    """Close all other connections."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return
        cursor.execute(
            "SELECT id FROM information_schema.processlist"
            " WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        )
        for (number,) in cursor.fetchall():
            with suppress(OperationalError):  # it has gone by itself
                cursor.execute(f"KILL {number}")


def test_closed_connections_cause_no_errors(site):
    """Responses are 503 or correct; the list of failures (see conftest) stays empty."""
    learner, exam, practice = site.person(), site.exam(), site.proctored()
    attempt_id, proctored = learner.created(exam, start_clock=True), learner.started(practice)
    over, statuses = threading.Event(), []
    paths = (
        ("GET", f"attempt/{attempt_id}", None),
        ("GET", "attempt", None),
        ("GET", "active_exams_for_user", None),
        ("GET", f"exam/course_id/{COURSE_ID}", None),
        ("PUT", f"attempt/{attempt_id}", {"action": "ping"}),
        ("PUT", f"attempt/{proctored}", {"action": "stop"}),
        ("PUT", f"attempt/{proctored}", {"action": "start"}),
        ("POST", "attempt", {"exam_id": exam, "start_clock": True}),
    )

    def use(seed):
        choose = random.Random(seed).choice
        while not over.is_set():
            method, path, body = choose(paths)
            answer = learner.send(method, path, json=body)
            statuses.append((answer.status_code, method, path))

    def kill():
        """For six seconds at least, and on a busy machine until there are enough responses."""
        began = time.monotonic()
        while (spent := time.monotonic() - began) < 6 or (len(statuses) <= 100 and spent < 120):
            kill_connections()
            over.wait(0.02)
        over.set()

    results = at_once(kill, *[lambda seed=seed: use(seed) for seed in range(6)])
    connection.close()  # cut off as well
    assert [result for result, _ in results] == [None] * 7
    assert len(statuses) > 100
