"""Changes of single rows, compiled once: the same statements, signals and errors as `save(update_fields=…)`."""

import datetime

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Value
from django.db.models.functions import Upper
from django.db.models.signals import post_save, pre_save
from django.utils import timezone

from edx_proctoring import lifecycle
from edx_proctoring.compiled_rows import UpdateRowOnce
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import AttemptFactory, ExamFactory, UserFactory
from tests.test_compiled_queries import on
from tests.test_compiled_writes import NOON, statements

__all__ = ["on"]

pytestmark = pytest.mark.django_db


class Noted:
    """The signals about an attempt, and what is sent meanwhile."""

    def __init__(self):
        self.signals = []

    def before(self, sender, instance, **about):
        about.pop("signal")
        self.signals.append(("before", instance.status, about))

    def after(self, sender, instance, **about):
        about.pop("signal")
        stored = sender.objects.get(pk=instance.pk).status
        self.signals.append(("after", instance.status, stored, about))


@pytest.fixture
def noted():
    found = Noted()
    pre_save.connect(found.before, sender=ProctoredExamStudentAttempt)
    post_save.connect(found.after, sender=ProctoredExamStudentAttempt)
    yield found
    pre_save.disconnect(found.before, sender=ProctoredExamStudentAttempt)
    post_save.disconnect(found.after, sender=ProctoredExamStudentAttempt)


def updates_of(sent):
    """Return the UPDATEs, without the time of the change."""
    found = [(sql, params) for sql, params in sent if sql.startswith("UPDATE")]
    assert all(" SET " in sql and "modified" in sql for sql, _params in found)
    return [(sql, params[1:]) for sql, params in found]


CHANGES = [
    {"status": "submitted", "completed_at": NOON},
    {"external_id": None, "status": "declined", "taking_as_proctored": False},
    {"external_id": "100%", "status": "error", "time_remaining_seconds": 7, "is_resumable": True},
    {"completed_at": None},
    {"proctored_exam": None},
]


@pytest.mark.parametrize("change", CHANGES)
def test_changes_of_an_attempt_are_stored_as_the_orm_would(on, noted, change):
    known = AttemptFactory(status="started", started_at=NOON, completed_at=NOON)
    if "proctored_exam" in change:
        change = {"proctored_exam": ExamFactory()}
    seen = []
    for is_on in (True, True, False):  # twice, because the first one compiles
        on(is_on)
        attempt = ProctoredExamStudentAttempt.objects.get(pk=known.pk)
        noted.signals.clear()
        with transaction.atomic():
            with statements() as sent:
                lifecycle.rows.update(attempt, dict(change), reason="staff")
            assert timezone.now() - attempt.modified < datetime.timedelta(minutes=1)
            ProctoredExamStudentAttempt.objects.update(modified=NOON)
            stored = ProctoredExamStudentAttempt.objects.values_list().get(pk=known.pk)
            transaction.set_rollback(True)
        state = attempt._state.db, attempt._state.adding
        seen.append((updates_of(sent), noted.signals[:], stored, state))
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0][0]) == 1
    assert [what for what, *_rest in seen[0][1]] == ["before", "after"]
    assert seen[0][1][0][-1]["update_fields"] == {*change, "modified"}


def test_a_change_of_a_removed_attempt_is_refused(on):
    for is_on in (True, False):
        on(is_on)
        attempt = AttemptFactory(status="started")
        ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).delete()
        with pytest.raises(DatabaseError, match="did not affect any rows"), transaction.atomic():
            lifecycle.rows.update(attempt, {"status": "submitted"})


def test_new_values_that_are_expressions_are_left_to_the_orm():
    attempt = AttemptFactory(external_id="remote")
    attempt.external_id = Upper(Value("remote"))
    UpdateRowOnce(ProctoredExamStudentAttempt)(attempt, {"external_id"})
    attempt.refresh_from_db()
    assert attempt.external_id == "REMOTE"


def test_related_objects_that_are_not_those_of_the_columns_are_left_to_django(on):
    attempt, other = AttemptFactory(), ExamFactory()
    exam_id = attempt.proctored_exam_id
    update = UpdateRowOnce(ProctoredExamStudentAttempt)
    on(True)
    assert update.takes(attempt, {"status"})
    assert not update.takes(attempt, {"no such column"})
    for is_on in (True, False):
        on(is_on)
        attempt = ProctoredExamStudentAttempt.objects.get(pk=attempt.pk)
        attempt.proctored_exam.pk = other.pk
        assert not update.takes(attempt, {"status"})
        lifecycle.rows.update(attempt, {"status": "error"})
        assert attempt.proctored_exam.pk == exam_id
        attempt.user = UserFactory.build()
        with pytest.raises(ValueError, match="unsaved related object"):
            lifecycle.rows.update(attempt, {"status": "error"})


def test_a_way_of_saving_of_a_tool_is_kept(on, monkeypatch):
    on(True)
    attempt, saved = AttemptFactory(), []
    save = ProctoredExamStudentAttempt.save

    def noting(row, **options):
        saved.append(options)
        save(row, **options)

    monkeypatch.setattr(ProctoredExamStudentAttempt, "save", noting)
    lifecycle.rows.update(attempt, {"status": "submitted"})
    assert saved == [{"update_fields": ["status"]}]
