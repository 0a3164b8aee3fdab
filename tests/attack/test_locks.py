"""A row that another client has locked does not stop the site."""

from contextlib import ExitStack, contextmanager
from functools import partial

import pytest
from django.db import connection

from edx_proctoring.models import ProctoringLearner
from tests.attack.people import QUESTIONS, Attempt
from tests.attack.together import at_once

pytestmark = pytest.mark.attack

SLOWEST = 12  # seconds; a write waits three for the lock, in a queue perhaps twice
TABLE = Attempt._meta.db_table


@contextmanager
def raw_connection():
    """Open a transaction of another database client."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        yield other.cursor()
    finally:
        other.rollback()
        other.close()


@contextmanager
def held(attempt):
    """Lock the rows of the learner and the attempt, as a client that hangs does."""
    with raw_connection() as cursor:
        ProctoringLearner.objects.ensure(attempt.user_id)
        learners = ProctoringLearner._meta.db_table
        for table, column, value in (
            (learners, "user_id", attempt.user_id),
            (TABLE, "id", attempt.pk),
        ):
            cursor.execute(f"SELECT id FROM {table} WHERE {column} = %s FOR UPDATE", [value])
            assert cursor.fetchall()
        yield


def test_reads_of_a_locked_overdue_attempt_do_not_block_all_threads(site):
    """They show it as ended while the row is locked, and leave ending it to the sweep."""
    learner, exam = site.person(), site.exam()
    attempt_id = learner.created(exam, start_clock=True)
    site.wait_two_hours(attempt_id)
    with held(site.attempt(attempt_id)):
        looks = [lambda: learner.send("GET", f"attempt/{attempt_id}")] * 10
        *answers, (health, _) = at_once(*looks, site.health_seconds)
        assert isinstance(health, float)
        for answer, _ in answers:
            assert answer.status_code == 200
            assert answer.json()["status"] in ("submitted", "timed_out")


@pytest.mark.parametrize("proctored", [False, True])
def test_no_page_of_an_overdue_attempt_waits_or_shows_questions(site, proctored):
    learner = site.person()
    exam = site.proctored() if proctored else site.exam()
    attempt_id = learner.started(exam) if proctored else learner.created(exam, start_clock=True)
    site.wait_two_hours(attempt_id)
    reads = ("attempt", "active_attempt", f"active_exams_for_user?user_id={learner.user.pk}")
    with held(site.attempt(attempt_id)):
        answers = at_once(
            lambda: learner.sees(exam),
            *[lambda path=path: learner.send("GET", path) for path in reads],
        )
        assert answers[0][0] != QUESTIONS
        assert [answer.status_code for answer, _ in answers[1:]] == [200] * len(reads)
        for answer, _ in answers[1:]:
            assert '"status":"started"' not in answer.text


def is_busy(answer):
    """Return whether this is a 503 with `Retry-After`."""
    return answer.status_code == 503 and int(answer.headers.get("Retry-After", 0)) > 0


def test_a_write_gives_up_after_three_seconds(site):
    """Each learner performs another action."""
    actions = ("submit", "start", "stop", "error", "decline")
    writes = []
    with ExitStack() as stack:
        for action in actions:
            learner, exam = site.person(), site.exam()
            attempt_id = learner.created(exam, start_clock=action != "start")
            stack.enter_context(held(site.attempt(attempt_id)))
            writes.append(partial(learner.put, attempt_id, action))
        for action, (answer, seconds) in zip(actions, at_once(*writes), strict=True):
            assert is_busy(answer), (action, answer.text)
            assert seconds < SLOWEST


def test_creations_removals_and_callbacks_also_time_out(site):
    learner, exam, other = site.person(), site.proctored(backend="software_secure"), site.exam()
    attempt_id = learner.started(exam)
    staff = site.person(is_staff=True)
    attempt = site.attempt(attempt_id)
    with held(attempt):
        answers = at_once(
            lambda: learner.create(other, start_clock=True),
            lambda: staff.send("DELETE", f"attempt/{attempt_id}"),
            lambda: staff.send(
                "DELETE", f"exam_id/{exam}/user_id/{learner.user.pk}/reset_attempts"
            ),
            lambda: learner.call_start(attempt.attempt_code),
            lambda: site.stranger().post_review(attempt.attempt_code, attempt.external_id),
        )
        assert max(seconds for _, seconds in answers) < SLOWEST, answers
        statuses = [answer.status_code for answer, _ in answers]
        # The start callback without the provider's token changes nothing, so it need not wait.
        assert statuses[:3] == [503, 503, 503]
        assert statuses[3] in (302, 503)
        assert statuses[4] == 503
    assert site.attempt(attempt_id).status == "started"


def test_twenty_writes_of_one_row_do_not_block_other_requests(site):
    """Eight threads, each of which waits three seconds at most."""
    learner, exam = site.person(), site.exam()
    attempt_id = learner.created(exam, start_clock=True)
    with held(site.attempt(attempt_id)):
        writes = [lambda: learner.put(attempt_id, "submit")] * 20
        *answers, (_, health) = at_once(*writes, site.health_seconds)
        assert all(is_busy(answer) for answer, _ in answers)
        assert health < 3 * SLOWEST


@contextmanager
def unreadable_attempts():
    """Make statements on attempts wait, as they do during a change of the table."""
    other = connection.copy()
    try:
        if connection.vendor == "mysql":
            other.cursor().execute(f"LOCK TABLES {TABLE} WRITE")
        else:
            other.set_autocommit(False)
            other.cursor().execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        other.close()


def test_a_statement_time_out_of_the_host_is_a_503(site):
    """`statement_timeout` and its equivalents abort the statement, in reads and in writes."""
    learner, exam = site.person(), site.exam()
    attempt_id = learner.created(exam, start_clock=True)
    limited = {"X-Statement-Timeout": "300"}
    with unreadable_attempts():
        for method, path, body in (
            ("GET", f"attempt/{attempt_id}", None),
            ("GET", "attempt", None),
            ("GET", "active_exams_for_user", None),
            ("PUT", f"attempt/{attempt_id}", {"action": "submit"}),
            ("POST", "attempt", {"exam_id": exam, "start_clock": True}),
        ):
            answer = learner.send(method, path, json=body, headers=limited)
            assert is_busy(answer), (method, path, answer.status_code, answer.text[:200])
    with held(site.attempt(attempt_id)):
        body = {"action": "submit"}
        answer = learner.send("PUT", f"attempt/{attempt_id}", json=body, headers=limited)
        assert is_busy(answer), (answer.status_code, answer.text[:200])
