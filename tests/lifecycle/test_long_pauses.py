"""Long pauses: what the sweep does, and who is notified."""

import pytest
from django.utils import timezone

from edx_proctoring import deadlines, lifecycle, operations, outbox
from edx_proctoring.effects import messages
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment
from tests.lifecycle.noon import MINUTE, stored

pytestmark = pytest.mark.django_db


def test_the_sweep_extends_the_published_columns_during_a_long_pause(running, clock):
    """Lists and older versions on the same database do not read the ledger."""
    lifecycle.pause(running)
    for _ in range(10):
        clock.shift(10 * MINUTE)
        assert operations.submit_expired_attempts().ended == 0
        shown = deadlines.as_seen(stored(running), timezone.now())
        assert shown.status == "started"
    lifecycle.continue_(running)
    assert stored(running).allowed_time_limit_mins == 160


def test_not_every_sweep_adds_a_history_row_during_a_pause(running, clock, settings):
    longest = {"LONGEST_PAUSE_MINUTES": 15}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **longest}
    lifecycle.pause(running)
    before = ProctoredExamStudentAttempt.history.count()
    for _ in range(24):
        clock.shift(MINUTE)
        operations.submit_expired_attempts()
    # Each row covers eight minutes.
    assert ProctoredExamStudentAttempt.history.count() - before == 3


def test_the_sweep_logs_a_pause_that_lasts_too_long(running, clock, caplog):
    def warnings(minutes):
        caplog.clear()
        for _ in range(minutes):
            clock.shift(MINUTE)
            operations.submit_expired_attempts()
        return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]

    lifecycle.pause(running, kind="break", longest=3600)
    assert warnings(40) == []
    lifecycle.pause(running)
    assert warnings(15) == []
    text = f"paused for more than LONGEST_PAUSE_MINUTES (15); only staff end it, attempt_id={running.pk}"
    assert warnings(5) == [text]
    assert warnings(16) == [text] * 2


@pytest.mark.needs("lms-urls")
@pytest.mark.parametrize("address", ["team@example.com", None])
def test_the_course_team_gets_one_email_about_a_pause_that_lasts_too_long(
    running, clock, host, address, mailoutbox, staff, settings
):
    """It is sent in the site's language; without an address, only log and health report mention the pause."""
    settings.LANGUAGE_CODE = "de"
    host.instructor.escalation_email = address
    lifecycle.pause(running, reason="<Feueralarm>", by=staff)
    for _ in range(40):
        clock.shift(MINUTE)
        operations.submit_expired_attempts()
        outbox.deliver()
    mails = [one for one in mailoutbox if "unterbrochen" in one.subject]
    assert [one.to for one in mails] == ([[address]] if address else [])
    for one in mails:
        assert running.user.username in one.body
        assert "&lt;Feueralarm&gt;" in one.body
        assert "/pages/courses/" in one.body
        assert "16" in one.body


def test_no_email_is_sent_about_a_pause_that_has_ended(running, clock, host, mailoutbox):
    host.instructor.escalation_email = "team@example.com"
    lifecycle.pause(running)
    message = messages.pause_email(TimeAdjustment.objects.last().pk, running.pk, running.user_id)
    clock.shift(20 * MINUTE)
    lifecycle.continue_(running)
    outbox.put(message)
    outbox.deliver()
    assert not [one for one in mailoutbox if "paused" in one.subject]
