"""Fixtures for all tests."""

import gc
import os
from types import SimpleNamespace

import hypothesis
import pytest
import rules
from celery import current_app
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from rest_framework.test import APIClient

from edx_proctoring import cache as proctoring_cache
from edx_proctoring import slow_calls
from edx_proctoring.circuit_breaker import IN_PROCESS
from edx_proctoring.testing.factories import AttemptFactory, ExamFactory, UserFactory
from edx_proctoring.testing.host import HostServices, Tracker
from edx_proctoring.testing.providers import FakeProvider
from tests import flushing, migrated
from tests.sessions import sign_in
from tests.settings import mails_go_through
from tests.torture import weaknesses

if os.environ.get("PROCTORING_WEAKEN"):  # the proof that tests notice
    weaknesses.switch_off(os.environ["PROCTORING_WEAKEN"])

flushing.install()
migrated.install()

# No example has to be quick: the machine may have other things to do. What fails is printed such that it can be repeated.
hypothesis.settings.register_profile(
    "suite",
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")

if not rules.perm_exists("edx_proctoring.can_take_proctored_exam"):
    rules.add_perm("edx_proctoring.can_take_proctored_exam", rules.is_active)


def runs_on(vendor, item):
    """Return whether the test is for this database."""
    return all(vendor in marker.args for marker in item.iter_markers("databases"))


def pytest_terminal_summary(terminalreporter, config):
    """Print how to repeat the order of this run; `pytest -q` prints no header."""
    for line in config.stash.get(DEFECTS, []):
        terminalreporter.write_line(line)
    seed = config.getoption("randomly_seed", None)
    if seed is not None:
        terminalreporter.write_line(f"random order: --randomly-seed={seed}")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, tmp_path_factory, django_db_modify_db_settings):
    """If pages in Chromium ask a live server, keep the SQLite database in a file.

    Playwright runs an event loop in the thread of the tests, in which Django opens another connection than the one that
    it lends to the live server. Connections to one database in memory do not wait for each other: a test that writes
    while a page polls would fail at once with "database table is locked". In a file with a write-ahead log, readers
    block nobody, and writers wait for one another.
    """
    database = connection.settings_dict
    if connection.vendor == "sqlite" and any(map(is_shown_by_live_server, request.session.items)):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "tests.sqlite3")
        database["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"


def is_shown_by_live_server(item):
    """Return whether a page in Chromium asks a live server in this test."""
    return item.get_closest_marker("browser") and "live_server" in item.fixturenames


@pytest.fixture(scope="session")
def live_server(django_db_setup, live_server):
    """A live server that is made when the database is known: with one in memory, it would be lent a connection."""
    return live_server


DEFECTS = pytest.StashKey()


def pytest_collection_finish(session):
    """Print, for `pytest -m defect --collect-only -q`, which test covers which defect."""
    # All that was imported stays. Looking through it again and again was a sixth of the tests' time, and looking every
    # 700 objects for cycles a tenth of the rest.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
    if session.config.option.collectonly and "defect" in session.config.option.markexpr:
        tests = [(item.nodeid.partition("[")[0], item) for item in session.items]
        seen = {(number, test) for test, item in tests for number in numbers(item)}
        session.config.stash[DEFECTS] = [f"{number}: {test}" for number, test in sorted(seen)]


def numbers(item):
    """Return the numbers of the defects that a test covers."""
    return [number for marker in item.iter_markers("defect") for number in marker.args]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Make tests with a database really commit; leave those for other databases to their lanes."""
    elsewhere = {item for item in items if not runs_on(connection.vendor, item)}
    config.hook.pytest_deselected(items=list(elsewhere))
    items[:] = [item for item in items if item not in elsewhere]
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker is not None or "transactional_db" in getattr(item, "fixturenames", ()):
            wanted = {**(marker.kwargs if marker else {}), "transaction": True}
            item.add_marker(pytest.mark.django_db(**wanted), append=False)


@pytest.fixture(autouse=True, scope="session")
def _broker():
    """Keep tests from reaching a broker that happens to run on this machine."""
    current_app.conf.broker_url = "memory://"


@pytest.fixture(autouse=True)
def _clean_cache():
    cache.clear()
    IN_PROCESS.clear()
    proctoring_cache.forget()
    current_app._after_fork()  # connections to a broker that an earlier test named


@pytest.fixture(autouse=True)
def _rules():
    """Limit permissions granted by a test to that test."""
    before = dict(rules.permissions.permissions)
    yield
    rules.permissions.permissions.clear()
    rules.permissions.permissions.update(before)


@pytest.fixture(autouse=True)
def provider():
    """The provider "test", the default one."""
    fake = FakeProvider()
    backends = apps.get_app_config("edx_proctoring").backends
    before = dict(backends)
    backends["test"] = fake
    yield fake
    backends.clear()
    backends.update(before)


@pytest.fixture
def other():
    """Another provider, named "other"."""
    found = FakeProvider()
    apps.get_app_config("edx_proctoring").backends["other"] = found
    return found


@pytest.fixture(autouse=True)
def host():
    """The LMS's services."""
    services = HostServices()
    services.register()
    yield services
    services.unregister()


@pytest.fixture
def mail_through(settings):
    """Have e-mails sent by another backend; without a name, they go to `mail.outbox` again."""

    def choose(backend="django.core.mail.backends.locmem.EmailBackend"):
        for name, value in mails_go_through(backend).items():
            setattr(settings, name, value)

    return choose


@pytest.fixture
def call_clock(monkeypatch):
    """The clock by which calls are timed: it only advances by `advance(seconds)`, however busy the machine is."""
    passed = [0.0]

    def advance(seconds):
        passed[0] += seconds

    clock = SimpleNamespace(monotonic=lambda: passed[0], advance=advance)
    monkeypatch.setattr(slow_calls, "time", clock)
    return clock


@pytest.fixture
def tracker():
    """Captured events."""
    trackers = pytest.importorskip("eventtracking.tracker", reason="event-tracking is absent")
    captured = Tracker()
    before = trackers.TRACKERS.copy()
    trackers.register_tracker(trackers.Tracker({"captured": captured}))
    yield captured
    trackers.TRACKERS.clear()
    trackers.TRACKERS.update(before)


@pytest.fixture
def learner(transactional_db):
    """A learner."""
    return UserFactory(username="learner", email="learner@example.com")


@pytest.fixture
def staff(transactional_db, host):
    """A user who is staff of every course."""
    user = UserFactory(username="staff", email="staff@example.com")
    host.instructor.staff.add(user.pk)
    return user


@pytest.fixture
def make_exam(transactional_db):
    """A factory of exams."""
    return ExamFactory


@pytest.fixture
def exam(make_exam):
    """A proctored exam."""
    return make_exam()


@pytest.fixture
def timed_exam(make_exam):
    """A timed exam."""
    return make_exam(is_proctored=False, external_id=None, backend=None)


@pytest.fixture
def practice_exam(make_exam):
    """A practice exam."""
    return make_exam(is_practice_exam=True)


@pytest.fixture
def attempt(learner):
    """A factory of attempts of the learner; `exam=` names the exam."""

    def make(**columns):
        columns.setdefault("user", learner)
        if "exam" in columns:
            columns["proctored_exam"] = columns.pop("exam")
        return AttemptFactory(**columns)

    return make


@pytest.fixture
def client_for():
    """A REST client, authenticated as this user."""

    return lambda user: sign_in(APIClient(), user)


@pytest.fixture(autouse=True, scope="session")
def wrong_answers():
    from tests.openapi.answers import watched

    with watched() as found:
        yield found


@pytest.fixture(autouse=True)
def _answers_are_documented(wrong_answers):
    """Check that the OpenAPI document contains every response in the suite."""
    yield
    problems = [*wrong_answers]
    wrong_answers.clear()
    assert not problems, problems


@pytest.fixture
def proctoring_celery(settings):
    """Use DELIVERY 'celery', with changes of Celery's settings."""
    names = ("broker_url", "task_always_eager")
    before = {name: current_app.conf[name] for name in names}

    def use_celery(**changes):
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "DELIVERY": "celery"}
        current_app.conf.update(changes)

    yield use_celery
    current_app.conf.update(before)
