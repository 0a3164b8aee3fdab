"""The periodic tasks in LMS, Studio and other projects, and the checks that report their absence."""

import datetime
import types

import pytest
from celery import Celery
from django.core.checks import run_checks
from django.core.management import call_command
from django.utils import timezone

from edx_proctoring import operations, outbox, tasks
from edx_proctoring.models import OutboxMessage, ScheduledRun
from edx_proctoring.settings import common, production
from edx_proctoring.settings.schedule import BEAT_SCHEDULE
from edx_proctoring.testing.factories import AttemptFactory, UserFactory

NIGHTLY = {"task": "host.nightly", "schedule": 3600.0}


def scheduled(settings):
    """Return the schedule as beat reads it: the Celery apps of LMS and Studio read Django's settings without a
    namespace.
    """
    celery = Celery("proj", set_as_current=False)
    celery.config_from_object(settings)
    return celery.conf.beat_schedule


def lms(**settings):
    """The settings of an LMS."""
    return types.SimpleNamespace(
        BROKER_URL="redis://127.0.0.1/0", CELERY_DEFAULT_QUEUE="edx.lms.core.default", **settings
    )


def test_beat_of_the_lms_runs_our_tasks():
    settings = lms(CELERYBEAT_SCHEDULE={})
    common.plugin_settings(settings)
    assert {entry["task"] for entry in scheduled(settings).values()} == {
        tasks.deliver_outbox.name,
        tasks.submit_expired_attempts.name,
        tasks.purge_outbox.name,
    }
    assert all(entry["schedule"] > 0 for entry in scheduled(settings).values())


def test_a_host_without_a_schedule_gets_one():
    settings = lms()
    common.plugin_settings(settings)
    assert scheduled(settings) == BEAT_SCHEDULE


def test_entries_of_the_host_are_kept():
    own = {"task": tasks.purge_outbox.name, "schedule": 7.0}
    renamed = {"task": "host.sweep", "schedule": 5.0}
    name = next(iter(BEAT_SCHEDULE))
    before = {"nightly": NIGHTLY, "purge": own, name: renamed}
    settings = lms(CELERYBEAT_SCHEDULE=dict(before))
    common.plugin_settings(settings)
    common.plugin_settings(settings)
    found = scheduled(settings)
    assert {key: found[key] for key in before} == before
    assert [entry["task"] for entry in found.values()].count(tasks.purge_outbox.name) == 1
    assert set(found) - set(before) == {"edx_proctoring: deliver what was left"}


def test_a_schedule_from_the_operator_s_files_is_completed():
    settings = lms(CELERYBEAT_SCHEDULE={"nightly": NIGHTLY}, ENV_TOKENS={}, AUTH_TOKENS={})
    production.plugin_settings(settings)
    assert set(scheduled(settings)) == {"nightly", *BEAT_SCHEDULE}


def test_other_projects_import_the_same_schedule():
    celery = Celery("project", set_as_current=False)
    settings = types.SimpleNamespace(CELERY_BEAT_SCHEDULE={**BEAT_SCHEDULE, "nightly": NIGHTLY})
    celery.config_from_object(settings, namespace="CELERY")
    assert set(celery.conf.beat_schedule) == {*BEAT_SCHEDULE, "nightly"}


def late():
    """Return the findings of the checks about the schedule."""
    messages = run_checks(tags=["database"], databases=["default"])
    return [str(one.id).removeprefix("edx_proctoring.") for one in messages]


@pytest.fixture
def swept(exam):
    """The sweep has just run, and there is an exam."""
    operations.submit_expired_attempts()


def long_ago(minutes=11):
    return timezone.now() - datetime.timedelta(minutes=minutes)


@pytest.mark.django_db
def test_nothing_is_late_without_exams():
    assert late() == []


def test_no_findings_if_everything_is_on_time(swept):
    assert late() == []


def test_W011_no_sweep_ran(exam):
    assert late() == ["W011"]


@pytest.mark.parametrize(
    "run", [operations.submit_expired_attempts, lambda: call_command("submit_expired_attempts")]
)
def test_W011_no_sweep_ran_for_a_while(swept, run):
    ScheduledRun.objects.update(finished_at=long_ago())
    assert late() == ["W011"]
    call_command("submit_expired_attempts", "--dry_run")
    assert late() == ["W011"]
    run()
    assert late() == []


@pytest.mark.parametrize(("minutes", "found"), [(55, []), (65, []), (75, ["W012"])])
def test_W012_attempts_are_overdue(swept, attempt, minutes, found):
    """After 60 minutes; a sweep may be running."""
    attempt(status="started", started_at=long_ago(minutes), allowed_time_limit_mins=60)
    assert late() == found


def test_W012_finds_one_among_many(swept, exam):
    """The attempts that were started long before it have much more time."""
    rows = [(1000, 5000)] * operations.SWEEP_BATCH_SIZE + [(75, 60)]
    learners = UserFactory.create_batch(len(rows))
    for learner, (minutes, limit) in zip(learners, rows, strict=True):
        AttemptFactory(
            proctored_exam=exam,
            user=learner,
            status="started",
            started_at=long_ago(minutes),
            allowed_time_limit_mins=limit,
        )
    assert late() == ["W012"]


@pytest.mark.parametrize(("minutes", "found"), [(5, []), (11, ["W013"])])
def test_W013_messages_are_pending(swept, minutes, found):
    OutboxMessage.objects.create(kind="email", key="a", lane="a", next_try_at=long_ago(minutes))
    assert late() == found


def test_the_threshold_is_a_setting(swept, settings):
    ScheduledRun.objects.update(finished_at=long_ago(90))
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "LATE_MINUTES": 120}
    assert late() == []


def test_the_doctor_reports_the_same(exam):
    found = {one.subject: one for one in operations.diagnose(3)}
    assert found["edx_proctoring.W011"].state == "warning"
    assert "docs/operate.rst" in found["edx_proctoring.W011"].hint


@pytest.mark.django_db
def test_the_periodic_delivery_records_its_runs():
    outbox.deliver()
    assert ScheduledRun.objects.last_of("deliver_outbox") is not None
