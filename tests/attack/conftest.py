"""Fixtures for attacks on a running host: `pytest tests/attack --ds tests.attack.host.settings` with DATABASE_URL."""

import datetime
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings

pytestmark = pytest.mark.needs("own-lane")

ATTACKED = settings.ROOT_URLCONF == "tests.attack.host.urls"
collect_ignore_glob = [] if ATTACKED else ["test_*.py"]


def pytest_terminal_summary(terminalreporter):
    if not ATTACKED:
        terminalreporter.write_line(
            "tests/attack is left out: it needs --ds tests.attack.host.settings and DATABASE_URL"
        )


if ATTACKED:
    from django.contrib.auth import get_user_model
    from django.db import connection, connections
    from django.test.utils import setup_databases, teardown_databases

    from demo.environment import ROOT, Place
    from demo.host.seed import COURSE_ID
    from demo.servers import own_database
    from edx_proctoring import api
    from tests.attack.host import apps, cache
    from tests.attack.people import Attempt, Person, enroll, unique
    from tests.attack.provider import Providers
    from tests.torture.stack import Stack


class Site:
    """The attacked host and its contents. Each test has its own users and exams."""

    def __init__(self, stack: Any, providers: Any) -> None:
        self.stack, self.providers = stack, providers
        self.base = f"http://127.0.0.1:{stack.place.web_port}"
        self.data: Path = stack.place.data

    def stranger(self) -> Any:
        """Return an anonymous client."""
        return Person(self.base)

    def person(self, course_id: str | None = None, *, is_staff: bool = False, **more: Any) -> Any:
        """Return a learner or staff member of this course (by default the demo's)."""
        name = unique("staff" if is_staff else "learner")
        user = get_user_model().objects.create_user(name, f"{name}@secret.example.com", **more)
        enroll(user, course_id or COURSE_ID, is_staff)
        return Person(self.base, user)

    def exam(self, course_id: str | None = None, **more: Any) -> int:
        """Create a timed exam, by default of one hour."""
        name = more.pop("content_id", unique("exam"))
        more = {"is_proctored": False, "time_limit_mins": 60, **more}
        return api.create_exam(course_id or COURSE_ID, name, name, **more)

    def proctored(self, **more: Any) -> int:
        """Create a proctored exam."""
        return self.exam(is_proctored=True, **{"backend": "simulator", **more})

    def attempt(self, attempt_id: int) -> Any:
        """Return the attempt as it is stored now."""
        return Attempt.objects.select_related("proctored_exam", "user").get(pk=attempt_id)

    def wait_two_hours(self, attempt_id: int) -> None:
        """Move the start of the attempt two hours back."""
        attempt = self.attempt(attempt_id)
        if attempt.started_at:
            earlier = attempt.started_at - datetime.timedelta(hours=2)
            Attempt.objects.filter(pk=attempt_id).update(started_at=earlier)

    def failures(self) -> list[str]:
        """Return the errors that reached Django's error handler through the package's code."""
        file = self.data / apps.FAILURES
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def run(self, command: str) -> None:
        """Run a management command in a separate process."""
        place = self.stack.place
        environment = {**os.environ, **place.as_environment()}
        environment["DJANGO_SETTINGS_MODULE"] = self.stack.settings
        arguments = [sys.executable, "-m", "django", command]
        subprocess.run(arguments, env=environment, cwd=ROOT, check=True, capture_output=True)

    @contextmanager
    def without_cache(self) -> Iterator[None]:
        """Make the cache unavailable within the block."""
        file = self.data / cache.DOWN
        file.touch()
        try:
            yield
        finally:
            file.unlink()

    def health_seconds(self) -> float:
        """Return how long a page takes that needs nothing but a thread."""
        began = time.monotonic()
        requests.get(f"{self.base}/health", timeout=60).raise_for_status()
        return time.monotonic() - began


@pytest.fixture(autouse=True)
def host():
    """Keep the demo's services."""


@pytest.fixture(scope="session")
def site(django_db_blocker):
    """Start one host for all tests, on its own database."""
    with django_db_blocker.unblock():
        databases = setup_databases(verbosity=0, interactive=False)
        name = connection.settings_dict["NAME"]
        place = Place(
            data=Path(settings.DATA),
            web_port=int(settings.PORT),
            simulator_port=int(settings.SIMULATOR_PORT),
            servers={
                "DATABASE_URL": own_database(os.environ["DATABASE_URL"], name),
                "CELERY_BROKER_URL": "",
            },
        )
        place.prepare()
        stack = Stack(place, settings="tests.attack.host.settings")
        providers = Providers(place.simulator_port)
        try:
            stack.start("web")
            yield Site(stack, providers)
        finally:
            stack.close()
            providers.close()
            connections.close_all()
            teardown_databases(databases, verbosity=0)
            shutil.rmtree(place.data, ignore_errors=True)


@pytest.fixture(autouse=True)
def _nothing_reached_djangos_error_handler(site, request):
    """Check after each attack that no undocumented error was raised in the package's code."""
    before = len(site.failures())
    yield
    assert site.failures()[before:] == []
