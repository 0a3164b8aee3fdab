"""``python -m benchmarks.lists``: pages of lists in courses with 400,000 attempts, on one database.

Two courses: one with 4 exams of 100,000 learners, one with 40 exams of 10,000; and a small one for the Python API's list, which
always has an exact length. Each request is repeated; the result is the
median of the server's time: with SQLite of its CPU time, with servers of the elapsed time. "Cold" means that nobody has
asked for the number of rows before."""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import conditions
from benchmarks.__main__ import as_table, publish
from benchmarks.recorded import IDLE
from tests.upgrade import sides

V1, V2 = "/api/edx_proctoring/v1/proctored_exam", "/api/edx_proctoring/v2/courses"
ONBOARDING = "/api/edx_proctoring/v1/user_onboarding/status"
# The columns of the staff page, and those of the Python API's callers.
ORDERS = (
    "username",
    "exam_name",
    "started_at",
    "completed_at",
    "allowed_time_limit_mins",
    "status",
)
SMALL_DASHBOARD = "dashboard's page 1 (Python API), 10,000 attempts"
OTHER_ORDERS = ("id", "created", "modified", "type")


@dataclass
class Page:
    """A list's page: what it is, how to read it, and the milliseconds that it may take, or 0 if there is no target."""

    name: str
    read: Callable[[], Any]
    most: int
    is_cold: bool = False


def pages(course: str) -> list[Page]:
    """Return the pages of a course."""
    from django.core.paginator import Paginator

    from benchmarks.project import idle
    from benchmarks.project import lists_data as data
    from edx_proctoring import api

    get = client()
    grouped = f"{V1}/attempt/grouped/course_id/{course}"
    attempts = f"{V2}/{course}/attempts/"

    def dashboard(shown: str) -> list[Any]:
        return list(Paginator(api.get_all_exam_attempts(shown), 20).get_page(1))

    def page(name: str, path: str, most: int, **query: Any) -> Page:
        return Page(name, lambda: get(path, query), most)

    def cold(name: str, **query: Any) -> Page:
        return Page(f"v2 attempts, {name}, cold", lambda: get(attempts, query), 15, is_cold=True)

    found = [
        page(IDLE, idle.PATH, 1),
        Page("grouped attempts, page 1, cold", lambda: get(grouped, {}), 15, is_cold=True),
        page("grouped attempts, page 1", grouped, 15),
        page("grouped attempts, page 10", grouped, 15, page=10),
        page("grouped attempts, status", grouped, 30, status="verified"),
        page("grouped attempts, rare status", grouped, 30, status="second_review_required"),
        page("grouped attempts, search, common", f"{grouped}/search/{data.COMMON}", 60),
        page("grouped attempts, search, rare", f"{grouped}/search/{data.RARE}", 30),
        Page("dashboard's page 1 (Python API)", lambda: dashboard(course), 0),
        cold("page 1"),
        page("v2 attempts, page 1", attempts, 15),
        page("v2 attempts, page 10", attempts, 15, page=10),
        cold("status", status="verified"),
        page("v2 attempts, status", attempts, 15, status="verified"),
        page("v2 attempts, needs attention", attempts, 15, needs_attention="true"),
        page("v2 attempts, resumable", attempts, 15, resumable="true"),
        page("v2 attempts, type", attempts, 15, type="timed"),
        page("v2 attempts, search, common", attempts, 60, search=data.COMMON),
        page("v2 attempts, search, rare", attempts, 30, search=data.RARE),
        *(
            page(f"v2 attempts, ordering={sign}{name}", attempts, 15, ordering=f"{sign}{name}")
            for name in (*ORDERS, *OTHER_ORDERS)
            for sign in ("", "-")
        ),
    ]
    if course == data.FEW:
        found += [
            Page(SMALL_DASHBOARD, lambda: dashboard(data.SMALL), 25),
            page("onboarding, 100,000 learners", f"{ONBOARDING}/course_id/{course}", 25),
            page("allowances grouped by learner, 10,000", f"{V1}/{course}/grouped/allowance", 140),
            page("v2 allowances, page 1", f"{V2}/{course}/allowances/", 15),
        ]
    return found


def client() -> Callable[[str, dict[str, Any]], Any]:
    """Return a function that reads a path as course staff."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from benchmarks.project import lists_data as data

    browser = Client()
    user = get_user_model().objects.get(username=data.STAFF)
    browser.force_login(user, "django.contrib.auth.backends.ModelBackend")

    def get(path: str, query: dict[str, Any]) -> Any:
        response = browser.get(path, query)
        assert response.status_code == 200, (path, query, response.content[:300])
        return response.content

    return get


def measure(page: Page, rounds: int, longest: float) -> list[str]:
    """Return the cells of the page: name, queries, milliseconds, the most that it may take, and whether it takes more."""
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    times, queries = [], 0
    for number in range(rounds + 1):
        if page.is_cold:
            cache.clear()
        began = clock()
        page.read()
        times.append(1000 * (clock() - began))
        if times[-1] > 1000 * longest and number > 0:
            break
    with CaptureQueriesContext(connection) as captured:
        page.read()
        queries = len(captured)
    took = statistics.median(times[1:])  # the first one warms up
    cells = [
        page.name,
        str(queries),
        f"{took:.1f}",
        str(page.most or "–"),
        "more" if page.most and took > page.most else "",
    ]
    print(f"  {'  '.join(cells)}", file=sys.stderr, flush=True)
    return cells


HEADER = ["page", "queries", "ms", "at most", "remarks"]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lists", description=__doc__)
    parser.add_argument("--server", default="SQLite", choices=["SQLite", "PostgreSQL", "MariaDB"])
    parser.add_argument("--learners", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--longest", type=float, default=1, help="seconds; slower pages are read twice"
    )
    options = conditions.parse(parser)
    with (
        tempfile.TemporaryDirectory() as folder,
        sides.database(options.server, "bench_lists", Path(folder)) as database,
    ):
        os.environ["DATABASE_URL"] = database
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0)
        from benchmarks.project import idle
        from benchmarks.project import lists_data as data

        idle.add_route()
        data.fill(options.learners)
        data.add_onboarding()
        blocks = [
            (f"{title}, {options.server}", as_table(HEADER, rows(course, options)))
            for title, course in (("4 exams", data.FEW), ("40 exams", data.MANY))
        ]
        publish(f"lists-{options.server.lower()}", options.server, blocks)
        connections.close_all()


def rows(course: str, options: argparse.Namespace) -> list[list[str]]:
    """Return the rows of the course's table."""
    print(course, file=sys.stderr, flush=True)
    return [measure(one, options.rounds, options.longest) for one in pages(course)]


if __name__ == "__main__":
    main()
