"""All pauses end before an older version takes over, and the deadlines that it reads are final."""

import datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from edx_proctoring import api, deadlines, lifecycle
from edx_proctoring.models import ProctoredExamStudentAttempt, ProctoringLearner, TimeAdjustment
from edx_proctoring.testing.factories import AttemptFactory, UserFactory

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def paused(clock, make_exam):
    """Two attempts of an hour that have been paused for ten minutes."""
    exam = make_exam(time_limit_mins=60)
    found = []
    for _ in range(2):
        known = AttemptFactory(proctored_exam=exam, user=UserFactory(), status="ready_to_start")
        found.append(lifecycle.transition(known, "started"))
        api.pause_attempt(known.pk)
    clock.shift(10 * MINUTE)
    return found


def run(*options):
    out = StringIO()
    call_command("close_pauses", *options, stdout=out)
    return out.getvalue()


def stored(attempt):
    return ProctoredExamStudentAttempt.objects.get(pk=attempt.pk)


def test_pauses_end_and_their_time_is_added(paused):
    assert run() == "2 pauses ended, 0 failed\n"
    for known in paused:
        assert deadlines.read(stored(known)).ends_at == NOON + 70 * MINUTE
        assert stored(known).allowed_time_limit_mins == 70
        assert stored(known).time_remaining_seconds is None
    assert run() == "0 pauses ended, 0 failed\n"


def test_a_dry_run_changes_nothing(paused):
    assert run("--dry_run") == "2 pauses to be ended, 0 failed\n"
    assert TimeAdjustment.objects.open_pauses().count() == 2


def test_an_attempt_ended_by_an_older_version_is_unchanged(paused):
    ended = paused[0]
    columns = {"status": "submitted", "completed_at": timezone.now()}
    ProctoredExamStudentAttempt.objects.filter(pk=ended.pk).update(**columns)
    minutes = stored(ended).allowed_time_limit_mins
    assert run() == "2 pauses ended, 0 failed\n"
    assert stored(ended).allowed_time_limit_mins == minutes
    assert not TimeAdjustment.objects.open_pauses().exists()


def test_a_removed_attempt_is_not_a_failure(paused):
    ProctoredExamStudentAttempt.objects.filter(pk=paused[0].pk).delete()
    assert run() == "1 pauses ended, 0 failed\n"


def test_failures_are_reported(paused, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(ProctoringLearner.objects, "lock", broken)
    with pytest.raises(CommandError, match="2 pauses could not be ended"):
        run()
