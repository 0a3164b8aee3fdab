"""The server closes the connection in the middle of a request, right before each of its statements."""

from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable
from edx_proctoring.testing.factories import COURSE_ID
from tests.concurrency.test_connections import connection_id, end
from tests.views.conftest import E
from tests.views.test_roles import PAGES, ROUTES, rows, send, world

pytestmark = pytest.mark.django_db

# SQLite has no connection that somebody could take away.
needs_server = pytest.mark.databases("postgresql", "mysql")
WITHOUT_QUERIES = {"v2/health/ready/", "pages/texts/de"}  # in the connection of the request
CALLERS = ("owner", "global_staff", "reviewer", "retirement", "anonymous")
__all__ = ["world"]


class Killed:
    """Close the connection once, before the statement with this number."""

    def __init__(self, number: int) -> None:
        self.left = number

    @property
    def done(self) -> bool:
        """Return whether the request reached that statement."""
        return self.left <= 0

    def __call__(self, execute: Any, sql: str, *more: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            end(connection_id())
        return execute(sql, *more)


def requests() -> list[Any]:
    """Return one request per route and method, by a permitted caller."""
    return [
        pytest.param(method, path, body, next(one for one in CALLERS if codes[one] < 400), id=f"{method} {path}")
        for method, path, body, codes in rows(ROUTES) + rows(PAGES)
    ]  # fmt: skip


@needs_server
@pytest.mark.parametrize(("method", "path", "body", "caller"), requests())
def test_every_request(
    method: str,
    path: str,
    body: str,
    caller: str,
    world: dict[str, Any],
    clients: dict[str, APIClient],
) -> None:
    """Reads are repeated on a new connection; writes succeed or return 503."""
    client = clients[caller]  # signs in
    number, killed = 1, Killed(1)
    while True:
        connection.ensure_connection()
        with connection.execute_wrapper(killed := Killed(number)):
            response = send(client, method, path, body, world)
        if not killed.done:
            break
        if response.status_code == 503 and path.startswith("E/"):
            assert method != "get", number
            assert response["Retry-After"] == "5"
        assert response.status_code < 500 or response.status_code == 503, (number, response.content)
        number += 1
    assert (number > 1) is (path not in WITHOUT_QUERIES)


@needs_server
def test_the_key_of_a_bulk_request_is_free_again(
    world: dict[str, Any], clients: dict[str, APIClient]
) -> None:
    """The repetition that a 503 asks for need not wait until the key of the lost request expires."""
    path = "v2/courses/{course}/attempts/actions/"
    method, path, body, codes = next(row for row in rows(ROUTES) if row[:2] == ("post", path))
    client = clients[next(one for one in CALLERS if codes[one] < 400)]
    number, killed = 1, Killed(1)
    while True:
        connection.ensure_connection()
        key = f"key-{number}"
        with connection.execute_wrapper(killed := Killed(number)):
            first = send(client, method, path, body, world, key)
        if not killed.done:
            break
        again = send(client, method, path, body, world, key)
        assert first.status_code in (200, 207, 503), (number, first.content)
        assert again.status_code in (200, 207), (number, again.content)
        number += 1


@needs_server
def test_the_screen_of_an_exam(attempt: Any) -> None:
    """Repeated unless the host has opened a transaction; then the host gets a typed error."""
    exam = attempt(status="submitted").proctored_exam
    user_id = attempt(exam=exam, status="submitted").user_id

    def screen() -> Any:
        return api.get_student_view(user_id, exam.course_id, exam.content_id, {})

    for number in (1, 2):
        connection.ensure_connection()
        with connection.execute_wrapper(killed := Killed(number)):
            assert "submitted" in screen()
        assert killed.done
    with pytest.raises(ProctoringTemporarilyUnavailable), transaction.atomic():
        with connection.execute_wrapper(Killed(1)):
            screen()
    connection.close()


@pytest.mark.parametrize("code", [1205, 1213, 1969, 3024])
def test_temporary_errors_are_503(code: int, as_learner: APIClient) -> None:
    """Time-outs of read-only statements, too."""

    def fail(execute: Any, sql: str, *more: Any) -> Any:
        if "proctoring_proctoredexam" in sql:
            raise OperationalError(code, "an error of MySQL's")
        return execute(sql, *more)

    with connection.execute_wrapper(fail):
        response = as_learner.get(f"{E}/exam/course_id/{COURSE_ID}")
    assert (response.status_code, response["Retry-After"]) == (503, "5")


@pytest.mark.databases("postgresql")
def test_a_statement_that_takes_too_long(as_learner: APIClient, attempt: Any) -> None:
    known = attempt(status="started")

    def slow(execute: Any, sql: str, *more: Any) -> Any:
        if sql.startswith("SELECT") and "studentattempt" in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 20")
                try:
                    sql = sql.replace("SELECT", "SELECT pg_sleep(5),", 1)
                    return execute(sql, *more)
                finally:
                    cursor.execute("RESET statement_timeout")
        return execute(sql, *more)

    with connection.execute_wrapper(slow):
        response = as_learner.get(f"{E}/attempt/{known.pk}")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
