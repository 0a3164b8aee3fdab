"""Defects 104-121 of the published Python interface: queries, start-up, packaging."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST, make_worker_config
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.settings import common
from edx_proctoring.testing.factories import AllowanceFactory, AttemptFactory, UserFactory

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
Attempt = ProctoredExamStudentAttempt


def cost(work):
    """How many queries it takes."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        work()
    return len(queries)


def costs_the_same(work, more):
    """Once, then with more rows."""
    before = cost(work)
    more()
    assert cost(work) == before
    return before


def many(exam, **columns):
    return lambda: AttemptFactory.create_batch(10, proctored_exam=exam, **columns)


@pytest.mark.parametrize(
    "read",
    [
        lambda exam, learner: list(api.get_all_exam_attempts(exam.course_id)),
        lambda exam, learner: list(api.get_filtered_exam_attempts(exam.course_id, "learner")),
        lambda exam, learner: api.get_exam_violation_report(exam.course_id),
        lambda exam, learner: api.get_user_attempts_by_exam_id(learner.pk, exam.pk),
    ],
    ids=["all", "filtered", "report", "of a learner"],
)
def test_104_lists_of_attempts(read, exam, learner):
    AttemptFactory(proctored_exam=exam, user=learner)

    def more():
        many(exam)()
        many(exam, user=learner)()

    assert costs_the_same(lambda: read(exam, learner), more) <= 3


def test_105_allowances_of_a_course(exam):
    AllowanceFactory(proctored_exam=exam)
    read = lambda: list(api.get_allowances_for_course(exam.course_id))  # noqa: E731
    more = lambda: AllowanceFactory.create_batch(10, proctored_exam=exam)  # noqa: E731
    assert costs_the_same(read, more) == 2


def test_106_running_exams(exam, learner, make_exam):
    now = {"status": "started", "started_at": timezone.now(), "allowed_time_limit_mins": 90}
    AttemptFactory(proctored_exam=exam, user=learner, **now)

    def more():
        for _ in range(5):
            another = make_exam()
            AttemptFactory(proctored_exam=another, user=learner, **now)
            AllowanceFactory(proctored_exam=another, user=learner)

    assert costs_the_same(lambda: api.get_active_exams_for_user(learner.pk), more) <= 3


def test_107_a_change_costs_the_same_for_many_attempts(exam, learner, make_exam):
    def life(other):
        AttemptFactory.create_batch(other, proctored_exam=exam, user=learner, status="error")
        one = AttemptFactory(proctored_exam=exam, user=learner)
        start = cost(lambda: api.update_attempt_status(one.pk, "started"))
        return start, cost(lambda: api.update_attempt_status(one.pk, "submitted"))

    life(0)
    assert life(1) == life(10)


def test_108_bulk_allowances(exam):
    def grant():
        ids = [user.pk for user in UserFactory.create_batch(grant.count)]
        return cost(
            lambda: api.add_bulk_allowances([exam.pk], ids, "additional_time_granted", "10")
        )

    grant.count = 1
    few = grant()
    grant.count = 10
    assert grant() <= few + 9  # an event each
    assert few < 20


def test_109_only_the_newest_verification_counts(practice_exam, learner):
    AttemptFactory(proctored_exam=practice_exam, user=learner, status="verified")
    read = lambda: api.get_last_verified_onboarding_attempts_per_user([learner], "test")  # noqa: E731
    costs_the_same(read, many(practice_exam, user=learner, status="verified"))
    newest = Attempt.objects.filter(user=learner).order_by("-modified", "-id").first()
    assert read()[learner.pk].pk == newest.pk


def test_110_one_row_of_the_history(attempt):
    one = attempt()
    for status in ("download_software_clicked", "ready_to_start", "started"):
        api.update_attempt_status(one.pk, status)
    code = one.attempt_code
    Attempt.objects.get(pk=one.pk).delete()
    with CaptureQueriesContext(connection) as queries:
        assert Attempt.get_historic_attempt_by_code(code).status == "started"
    (query,) = queries
    assert "LIMIT 1" in query["sql"]


def test_111_archiving_follows_no_relation(exam, learner):
    review = ProctoredExamSoftwareSecureReview.objects.create(
        attempt_code="code", review_status="Clean", raw_data="{}", student=learner, exam=exam
    )
    again = ProctoredExamSoftwareSecureReview.objects.get(pk=review.pk)
    again.raw_data = "{} "
    with CaptureQueriesContext(connection) as queries:
        again.save()
    read = [one["sql"] for one in queries if one["sql"].startswith("SELECT")]
    assert not [sql for sql in read if 'FROM "proctoring_proctoredexam" ' in sql]


def test_112_courses_of_many_exams(exam, learner, make_exam):
    def more():
        for _ in range(10):
            make_exam()

    last = lambda: api.get_last_exam_completion_date(exam.course_id, learner.username)  # noqa: E731
    assert costs_the_same(last, more) <= 2
    assert costs_the_same(lambda: api.is_backend_dashboard_available(exam.course_id), more) == 1


def test_113_pages_of_a_course(exam, staff, client_for):
    url = f"/api/edx_proctoring/v1/proctored_exam/attempt/grouped/course_id/{exam.course_id}"
    client = client_for(staff)
    AttemptFactory(proctored_exam=exam)
    assert client.get(url).status_code == 200
    full = many(exam)
    for _ in range(3):
        full()
    first = cost(lambda: client.get(url))
    for _ in range(3):
        full()
    assert cost(lambda: client.get(url)) == first
    assert len(client.get(url).json()["proctored_exam_attempts"]) == 25


def test_114_attempts_of_a_pair_are_indexed():
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Attempt._meta.db_table).values()
    indexes = [one["columns"] for one in found if one["index"]]
    assert ["user_id", "proctored_exam_id"] in [columns[:2] for columns in indexes]
    assert ["status", "started_at"] in indexes


def test_115_a_change_writes_one_history_row(attempt):
    one = attempt()
    before = Attempt.history.filter(id=one.pk).count()
    api.update_attempt_status(one.pk, "started")
    assert Attempt.history.filter(id=one.pk).count() == before + 1
    api.update_attempt_status(one.pk, "started")  # no change
    assert Attempt.history.filter(id=one.pk).count() == before + 1


class Faulty(NullBackendProvider):
    """Cannot be made."""

    def __init__(self, **kwargs):
        raise KeyError("client_id")


def load(monkeypatch, settings, configured):
    """The app's providers with these settings."""
    config = apps.get_app_config("edx_proctoring")
    settings.PROCTORING_BACKENDS = configured
    monkeypatch.setattr(config, "backend_errors", {})
    return config, dict(config._load_backends())


def test_116_a_faulty_provider_is_named_and_stops_nobody(monkeypatch, settings, caplog):
    import edx_proctoring.backends.mock as module

    monkeypatch.setattr(module, "MockProctoringBackendProvider", Faulty)
    config, loaded = load(monkeypatch, settings, {"DEFAULT": "null", "null": {}, "mock": {}})
    assert set(loaded) == {"null"}
    assert "client_id" in config.backend_errors["mock"]
    assert "provider mock cannot be used" in caplog.text
    assert "edx_proctoring.E002" in [one.id for one in run_checks(tags=["edx_proctoring"])]
    _, loaded = load(monkeypatch, settings, {"DEFAULT": "null", "null": {}})
    assert set(loaded) == {"null"}  # what is not configured is not even tried


def test_117_the_worker_file_is_written_in_one_step_and_only_where_it_changes(tmp_path, settings):
    package = tmp_path / "modules" / "worker"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"main": "index.js"}))
    settings.NODE_MODULES_ROOT = str(tmp_path / "modules")
    out = tmp_path / "out" / "workers.json"
    out.parent.mkdir()
    provider = SimpleNamespace(npm_module="worker")
    assert make_worker_config([provider], out=str(out)) is True
    written = out.stat()
    assert json.loads(out.read_text()) == {"worker": ["babel-polyfill", str(package / "index.js")]}
    assert make_worker_config([provider], out=str(out)) is True
    assert (out.stat().st_ino, out.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    (package / "package.json").write_text(json.dumps({"main": "other.js"}))
    assert make_worker_config([provider], out=str(out)) is True
    assert out.stat().st_ino != written.st_ino
    assert [path.name for path in out.parent.iterdir()] == ["workers.json"]


def test_118_the_hosts_settings_stay():
    own = SimpleNamespace(PROCTORING_SETTINGS={"a": 1}, PROCTORING_BACKENDS={"DEFAULT": "x"})
    common.plugin_settings(own)  # neither PIPELINE nor PIPELINE_JS
    assert own.PROCTORING_SETTINGS == {"a": 1}
    assert own.PROCTORING_BACKENDS == {"DEFAULT": "x"}
    assert not hasattr(own, "PIPELINE")
    assert not hasattr(own, "PIPELINE_JS")


def test_119_options_that_nobody_reads_are_named(monkeypatch, settings, caplog):
    options = {"base_ur": "https://x", "LINK_URLS": {}, "allow_honor_mode": True}
    load(monkeypatch, settings, {"DEFAULT": "null", "null": options})
    assert "options of provider null ignored: ['base_ur']" in caplog.text
    assert "LINK_URLS" not in BACKEND_CONFIGURATION_ALLOW_LIST


def test_120_models_and_migrations_agree():
    call_command("makemigrations", "edx_proctoring", check=True, dry_run=True, verbosity=0)
    found = [one for one in run_checks() if "auto" in one.msg.lower()]
    assert found == []


@pytest.mark.parametrize("first", ["api", "models", "handlers", "utils", "views", "backends.mock"])
def test_121_any_module_may_be_imported_first(first):
    work = f"import django; django.setup(); import edx_proctoring.{first}"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", work],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    before = "from edx_proctoring import runtime; from edx_proctoring.signals import exam_attempt_status_signal"
    assert subprocess.run([sys.executable, "-c", before], cwd=ROOT).returncode == 0
