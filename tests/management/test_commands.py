"""Management commands: what they have in common, and those for one attempt and for the outbox."""

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from edx_proctoring import outbox
from edx_proctoring.models import OutboxMessage
from tests.management.conftest import run

pytestmark = pytest.mark.django_db

COMMANDS = [
    "deliver_outbox",
    "proctoring_doctor",
    "reset_attempts",
    "set_attempt_status",
    "set_is_attempt_active",
    "close_pauses",
    "submit_expired_attempts",
    "update_attempt_status_from_review",
    "update_attempts_for_exam",
]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_describes_the_command(name, capsys):
    with pytest.raises(SystemExit) as error:
        call_command(name, "--help")
    assert error.value.code == 0
    assert len(capsys.readouterr().out.split("options:")[0]) > 60


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("set_is_attempt_active", ["--batch_size=0"]),
        ("set_is_attempt_active", ["--batch_size=x"]),
        ("set_is_attempt_active", ["--sleep_time=-1"]),
        ("set_is_attempt_active", ["--sleep_time=nan"]),
        ("submit_expired_attempts", ["--batch_size=²"]),
        ("update_attempts_for_exam", ["--exam_id=x"]),
        ("update_attempts_for_exam", ["--exam_id=1", "--after=99999999999999999999"]),
        ("deliver_outbox", ["--limit=-1"]),
        ("deliver_outbox", ["--limit=99999999999999999999"]),
        ("proctoring_doctor", ["--deadline=x"]),
    ],
)
def test_numbers_are_checked(name, options):
    with pytest.raises(CommandError, match=r"is not a (whole )?number"):
        run(name, *options)


# set_attempt_status


def test_set_attempt_status(attempt, host):
    known = attempt(status="rejected", completed_at=timezone.now())
    text = run("set_attempt_status", attempt_id=known.pk, to_status="verified")
    known.refresh_from_db()
    assert known.status == "verified"
    assert str(known.pk) in text.splitlines()[0]
    assert "verified" in text.splitlines()[0]
    assert text.splitlines()[1] == "Completed!"
    assert known.history.latest().history_change_reason == "staff"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-a", "5"], "required"),
        (["-t", "verified"], "required"),
        (["-a", "5", "-t", "expired"], "not a status"),
        (["-a", "5", "-t", "bogus"], "not a status"),
        (["-a", "x", "-t", "verified"], "not an attempt id"),
        (["-a", "²", "-t", "verified"], "not an attempt id|does not exist"),
        (["-a", "5", "-t", "verified"], "does not exist"),
    ],
)
@pytest.mark.defect("COMMANDS-5")
def test_errors_are_reported_without_a_traceback(arguments, words):
    with pytest.raises(CommandError, match=words):
        run("set_attempt_status", *arguments)


@pytest.mark.parametrize(
    ("before", "to", "after"),
    [
        ("rejected", "verified", "verified"),
        ("verified", "verified", "verified"),
        ("started", "timed_out", "submitted"),
        ("started", "created", "submitted"),
    ],
)
def test_set_attempt_status_dry_run(attempt, host, before, to, after):
    now = timezone.now()
    times = {"completed_at": now} if before != "started" else {"allowed_time_limit_mins": 90}
    known = attempt(status=before, started_at=now, **times)
    put = OutboxMessage.objects.count()
    text = run("set_attempt_status", "--dry_run", attempt_id=known.pk, to_status=to)
    assert f"It is {before} and would become {after}." in text
    known.refresh_from_db()
    assert (known.status, OutboxMessage.objects.count(), host.calls) == (before, put, [])
    run("set_attempt_status", attempt_id=known.pk, to_status=to)
    known.refresh_from_db()
    assert known.status == after


def test_a_dry_run_reports_illegal_transitions_and_overdue_attempts(attempt):
    known = attempt(status="verified", completed_at=timezone.now())
    with pytest.raises(CommandError, match="not allowed"):
        run("set_attempt_status", "--dry_run", attempt_id=known.pk, to_status="started")
    long_ago = timezone.now() - datetime.timedelta(days=1)
    late = attempt(status="started", started_at=long_ago, allowed_time_limit_mins=90)
    text = run("set_attempt_status", "--dry_run", attempt_id=late.pk, to_status="ready_to_submit")
    assert "would become submitted" in text


@pytest.mark.defect("COMMANDS-5")
def test_an_illegal_transition_is_reported(attempt):
    known = attempt(status="verified", completed_at=timezone.now())
    with pytest.raises(CommandError, match="not allowed"):
        run("set_attempt_status", attempt_id=known.pk, to_status="started")
    known.refresh_from_db()
    assert known.status == "verified"


@pytest.mark.defect("COMMANDS-5")
def test_onboarding_reset_can_be_set(attempt, practice_exam):
    known = attempt(exam=practice_exam, status="submitted", completed_at=timezone.now())
    run("set_attempt_status", attempt_id=known.pk, to_status="onboarding_reset")
    known.refresh_from_db()
    assert known.status == "onboarding_reset"


# deliver_outbox


@pytest.fixture
def waiting():
    """Two messages in one lane, one in another."""
    heard = []
    outbox.register("test", lambda message: heard.append(message.key))
    for key, lane in (("a", "1"), ("b", "1"), ("c", "2")):
        row = {"kind": "test", "key": key, "lane": lane, "payload": {}}
        OutboxMessage.objects.create(**row)
    yield heard
    outbox.unregister("test")


def test_deliver_outbox(waiting):
    assert "2 lanes are due" in run("deliver_outbox", "--dry_run")
    assert waiting == []
    assert "1 lanes are due" in run("deliver_outbox", "--dry_run", limit=1)
    text = run("deliver_outbox", "-v", "2")
    assert waiting == ["a", "b", "c"]
    assert text.splitlines() == ["2 delivered", "3 delivered", "3 delivered, 0 wait"]


def test_deliver_outbox_also_deletes_old_messages(waiting, settings):
    assert "3 delivered, 0 wait\n0 deleted" in run("deliver_outbox", "--purge")
    OutboxMessage.objects.update(modified=timezone.now() - datetime.timedelta(days=31))
    assert "0 delivered, 0 wait\n3 deleted" in run("deliver_outbox", purge=True)
