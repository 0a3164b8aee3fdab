"""INSERT and UPDATE compiled once: exactly what the ORM would write, on every database."""

import datetime
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models.functions import Lower
from django.db.models.signals import post_save, pre_save
from django.utils import timezone

from edx_proctoring import lifecycle, transactions
from edx_proctoring.compiled_queries import DELETES, UPDATES, UpdateOnce
from edx_proctoring.compiled_rows import FEW, InsertOnce
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamStudentAttempt,
    ProctoringLearner,
    ProctoringReservation,
    TimeAdjustment,
)
from edx_proctoring.models.locks import end_reservation
from edx_proctoring.models.outbox import CANCELLED, DONE, PENDING
from edx_proctoring.outbox import delivery
from edx_proctoring.testing.factories import AttemptFactory, ExamFactory, UserFactory
from tests.test_compiled_queries import on

__all__ = ["on"]

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
History = ProctoredExamStudentAttempt.history.model


@contextmanager
def statements():
    """Collect what is sent, with its parameters and their types."""
    sent = []

    def note(execute, sql, params, many, context):
        sent.append((sql, [(type(one), str(one)) for one in params or ()]))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield sent


def message(number, **values):
    return OutboxMessage(
        **{
            "kind": "event",
            "key": f"key {number}",
            "lane": "lane",
            "payload": {"of": [number, None, "%s"]},
            "created": NOON,
            "next_try_at": NOON,
            **values,
        }
    )


def rows_of(model):
    """Return all rows without their ids."""
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    return list(model._default_manager.order_by("pk").values_list(*names))


# Updates


def done(ids, seconds=None):
    return delivery._done(len(ids), seconds)("mine", 1, NOON, *ids)


LIMITS = [None, pytest.param(3, marks=pytest.mark.databases("postgresql"))]


@pytest.mark.parametrize("seconds", LIMITS)
def test_deliveries_are_recorded_as_the_orm_would(on, seconds):
    known = [message(number, lease="mine", lease_until=NOON) for number in range(4)]
    known += [message(4, lease="other's"), message(5, lease="mine", version=2)]
    known += [message(6, lease="mine", state=CANCELLED)]
    for row in known:
        row.save()
    OutboxMessage.objects.update(modified=NOON - datetime.timedelta(hours=1))
    seen = []
    for is_on in (True, False):
        on(is_on)
        with transaction.atomic(), statements() as sent:
            count = done([row.pk for row in known[2:]], seconds)
            updates = [one for one in sent if one[0].startswith("UPDATE")]
            seen.append((count, updates, rows_of(OutboxMessage)))
            transaction.set_rollback(True)
    assert seen[0] == seen[1]
    states = [PENDING, PENDING, DONE, DONE, PENDING, PENDING, CANCELLED]
    assert [row[5] for row in seen[0][2]] == states
    assert (seen[0][0], len(seen[0][1])) == (2, 1)
    assert delivery._done(5, seconds).plan("default") is not None
    assert delivery._done(5, seconds) in UPDATES


@pytest.mark.databases("postgresql")
def test_the_record_of_a_delivery_limits_its_own_waits():
    row = message(1, lease="mine")
    row.save()
    with transaction.atomic():
        assert done([row.pk], 7) == 1
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("7s",)


@pytest.mark.parametrize("count", [2, FEW + 1])
def test_messages_are_done_after_any_number_of_deliveries(count):
    rows = [message(number, lease="mine") for number in range(count)]
    for row in rows:
        row.save()
    delivery.finish(rows)
    assert set(OutboxMessage.objects.values_list("state", "lease")) == {(DONE, "")}


@pytest.mark.parametrize("key", [2**31, 2**62, -1])
def test_updates_with_other_values_are_left_to_the_orm(key):
    update = UpdateOnce(lambda pk: (ProctoredExam.objects.filter(pk=pk), {"exam_name": "May"}), int)
    ExamFactory()
    assert update(key) == 0


def test_an_update_that_is_not_plain_is_left_to_the_orm():
    one, other = ExamFactory(exam_name="May"), ExamFactory(exam_name="June")
    update = UpdateOnce(
        lambda text: (
            ProctoredExam.objects.filter(exam_name__contains=text),
            {"exam_name": Lower("exam_name")},
        ),
        str,
    )
    assert update("Ma") == update("Ju") == 1
    names = {exam.exam_name for exam in ProctoredExam.objects.filter(pk__in=(one.pk, other.pk))}
    assert names == {"may", "june"}


# Deletions


@pytest.fixture
def reservation():
    key = ProctoringReservation.objects.take(1, 2, "ours", "", seconds=60)
    ProctoringReservation.objects.take(1, 3, "ours", "", seconds=60)
    return key


def test_reservations_are_deleted_as_the_orm_would(on, reservation):
    seen = []
    for is_on in (True, False):
        on(is_on)
        for values in ((reservation, "other's"), (0, "ours"), (reservation, "ours")):
            with transaction.atomic(), statements() as sent:
                end_reservation(*values)
                left = ProctoringReservation.objects.count()
                seen.append((left, sent))
                transaction.set_rollback(True)
    assert seen[:3] == seen[3:]
    assert [(left, len(sent)) for left, sent in seen[:3]] == [(2, 2), (2, 2), (1, 2)]
    assert end_reservation.plan("default") is not None
    assert end_reservation in DELETES


@pytest.mark.parametrize("key", [2**31, 2**62, -1])
def test_deletions_with_other_values_are_left_to_the_orm(key, reservation):
    end_reservation(key, "ours")
    assert ProctoringReservation.objects.count() == 2


# Inserts


@pytest.mark.parametrize("count", [1, 2, 5, FEW, FEW + 1])
def test_messages_are_stored_as_the_orm_would(on, count):
    seen = []
    for is_on in (True, False):
        on(is_on)
        OutboxMessage.objects.all().delete()
        message(0, payload={"first": True}).save()
        kept = OutboxMessage.objects.get().modified
        rows = [message(number, lease_until=NOON) for number in range(count)]
        InsertOnce(OutboxMessage, ignore_conflicts=True)(rows)
        assert OutboxMessage.objects.exclude(key="key 0").filter(modified__lt=kept).count() == 0
        OutboxMessage.objects.update(modified=NOON)
        seen.append(rows_of(OutboxMessage))
    assert seen[0] == seen[1]
    assert len(seen[0]) == count
    assert OutboxMessage.objects.get(key="key 0").payload == {"first": True}


@pytest.mark.parametrize(
    "model", [OutboxMessage, TimeAdjustment, ProctoringLearner, ProctoringReservation, History]
)
@pytest.mark.parametrize("ignores", [False, True])
def test_the_statement_of_one_row_is_that_of_the_orm(model, ignores):
    insert = InsertOnce(model, ignore_conflicts=ignores)
    compiler = insert._compiler("default", [model()])
    ((sql, _params),) = compiler.as_sql()
    assert insert.sql("default", 1) == sql
    assert insert.sql("default", 3).count("%s") == 3 * sql.count("%s")


def test_a_conflict_is_an_error_unless_it_is_ignored():
    message(1).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        InsertOnce(OutboxMessage)([message(1)])
    InsertOnce(OutboxMessage, ignore_conflicts=True)([message(1), message(2)])
    assert OutboxMessage.objects.count() == 2


@pytest.mark.parametrize("is_on", [True, False])
@pytest.mark.databases("postgresql", "sqlite")
def test_an_ignored_conflict_is_told(on, is_on):
    on(is_on)
    insert, rows = InsertOnce(ProctoringLearner, ignore_conflicts=True), []
    for _ in range(2):
        rows.append(ProctoringLearner(user_id=5))
        assert insert.add(rows[-1], "default") == (len(rows) == 1)
    assert [row.pk for row in rows] == [ProctoringLearner.objects.get().pk, None]


def test_no_rows_and_rows_with_ids_are_left_to_the_orm():
    insert = InsertOnce(OutboxMessage)
    insert([])
    insert([message(1, id=77), message(2, id=78)])
    assert [*OutboxMessage.objects.order_by("id").values_list("id", flat=True)] == [77, 78]


def test_expressions_are_left_to_the_orm():
    InsertOnce(OutboxMessage)([message(1, origin=Lower(models.Value("HERE")))])
    assert OutboxMessage.objects.get().origin == "here"


# The history


@pytest.fixture
def signals():
    """Collect the signals about history rows."""
    seen = []

    def before(instance, raw, using, update_fields, **kwargs):
        kwargs.pop("signal")
        seen.append(("before", instance.pk, raw, using, update_fields, kwargs))

    def after(instance, created, raw, using, update_fields, **kwargs):
        kwargs.pop("signal")
        is_known = type(instance).objects.filter(pk=instance.pk).exists()
        seen.append(("after", is_known, created, raw, using, update_fields, kwargs))

    pre_save.connect(before, sender=History)
    post_save.connect(after, sender=History)
    yield seen
    pre_save.disconnect(before, sender=History)
    post_save.disconnect(after, sender=History)


def test_history_rows_are_stored_as_the_orm_would(on, signals):
    user, seen = UserFactory(), []
    for is_on in (True, False):
        on(is_on)
        known = AttemptFactory(status="started", started_at=NOON)
        History.objects.all().delete()
        signals.clear()
        with statements() as sent:
            history_id = lifecycle.rows.update(
                known, {"status": "submitted", "completed_at": NOON}, reason="staff", user=user
            )
        (row,) = History.objects.all()
        assert (row.pk, row.instance.pk) == (history_id, known.pk)
        sql = [text for text, _params in sent if text.startswith("INSERT")]
        assert abs(timezone.now() - row.history_date) < datetime.timedelta(minutes=1)
        values = (row.status, row.completed_at, row.history_change_reason, row.history_user, row.history_type)  # fmt: skip
        seen.append((sql, [kind for _sql, params in sent for kind, _text in params], values, [*signals]))  # fmt: skip
    assert seen[0] == seen[1]
    assert [what for what, *_rest in seen[0][3]] == ["before", "after"]


def test_a_history_row_can_be_saved_again(on):
    on(True)
    AttemptFactory()
    row = History.objects.latest("history_id")
    row.history_change_reason = "corrected"
    row.save()
    assert History.objects.get(pk=row.pk).history_change_reason == "corrected"
    row.pk = None
    row.save(force_insert=True)
    assert History.objects.filter(history_change_reason="corrected").count() == 2
    row.pk = None
    row.save()
    assert row.pk is not None
    assert not row._state.adding
    assert History.objects.filter(history_change_reason="corrected").count() == 3


def test_a_history_row_by_an_unsaved_user_is_refused(on):
    AttemptFactory()
    row = History.objects.latest("history_id")
    row.pk, row.history_user = None, UserFactory.build()
    for is_on in (True, False):
        on(is_on)
        with pytest.raises(ValueError, match="unsaved related object"):
            row.save()


# Statements outside of transactions


@pytest.mark.django_db(transaction=True)
@pytest.mark.databases("postgresql", "mysql")  # SQLite has one lock, whose time-out the host sets
def test_a_single_statement_waits_as_briefly_as_a_transaction(monkeypatch):
    names = {"postgresql": "current_setting('lock_timeout')", "mysql": "@@innodb_lock_wait_timeout"}

    def lock_wait():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {names[connection.vendor]}")
            return str(cursor.fetchone()[0]).removesuffix("s")

    monkeypatch.setattr(transactions, "LOCK_SECONDS", 2)
    before = lock_wait()
    assert transactions.repeated(lock_wait) == "2"
    assert lock_wait() == before
    with transaction.atomic():
        assert transactions.repeated(lock_wait) == before
