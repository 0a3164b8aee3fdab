"""Old rows are deleted, by the periodic task and by the command."""

import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from edx_proctoring import extensions, tasks
from edx_proctoring.models import BulkAction, BulkTimeChange
from edx_proctoring.testing.factories import COURSE_ID

pytestmark = pytest.mark.django_db


def in_days(days):
    return time_machine.travel(timezone.now() + datetime.timedelta(days=days))


def by_task():
    tasks.purge_outbox()


def by_command():
    call_command("deliver_outbox", "--purge")


@pytest.mark.parametrize("clean", [by_task, by_command])
def test_records_of_bulk_actions_are_kept_for_90_days(clean):
    BulkAction.objects.create(course_id=COURSE_ID, resource="attempts", action="reset", row_ids=[1])
    BulkTimeChange.objects.create(course_id=COURSE_ID, action="extend", seconds=60)
    for days, count in ((89, 1), (91, 0)):
        with in_days(days):
            clean()
        assert BulkAction.objects.count() == count
    assert BulkTimeChange.objects.exists()  # the ledger and the log of the live board refer to it


def test_an_extension_that_fails_keeps_nothing_else(caplog):
    BulkAction.objects.create(course_id=COURSE_ID, resource="attempts", action="reset", row_ids=[1])
    asked = []

    def fails(before):
        asked.append(before)
        raise RuntimeError("no table")

    class Failing(extensions.Extension):
        name = "failing"

        def message_kinds(self):
            return {"failing": extensions.MessageHandler(asked.append, forget=fails)}

    extensions.register(Failing())
    try:
        with in_days(91):
            by_task()
    finally:
        extensions.unregister("failing")
    assert len(asked) == 1
    assert "old records not deleted, kind failing" in caplog.text
    assert not BulkAction.objects.exists()
