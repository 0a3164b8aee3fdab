"""Save and delete rows together with data for which the signatures of Django and django-simple-history have no place.

`save()` takes no reason and returns no history row, and receivers of `pre_save`, `post_save` and `pre_delete` only get
the instance. So this data is attached to the instance. Only this module writes and reads it.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import models, router
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver
from model_utils.models import TimeStampedModel
from simple_history.manager import HistoryManager
from simple_history.signals import post_create_historical_record

from edx_proctoring.compiled_queries import is_on
from edx_proctoring.compiled_rows import InsertOnce, UpdateRowOnce
from edx_proctoring.types import User

_HISTORY_ID = "_proctoring_history_id"
_IS_HANDLED = "_proctoring_is_handled"
_FOR_POST_SAVE = "_proctoring_for_post_save"


class OneHistoryManager(HistoryManager):  # type: ignore[misc]  # the package has no types
    """A history manager for `HistoricalRecords(history_manager=…)` whose class is made once.

    django-simple-history otherwise makes a class whenever `history` is read, and so with each history row.
    """

    @classmethod
    @functools.cache
    def from_queryset(
        cls, queryset_class: type[models.QuerySet[models.Model]], class_name: str | None = None
    ) -> type[HistoryManager]:
        """Return the class with the methods of the queryset; always the same."""
        made: type[HistoryManager] = super().from_queryset(queryset_class, class_name)
        return made


class HistoryRow(models.Model):
    """A base class for history rows, which are inserted with each change of an attempt: their INSERT is compiled once."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """Save the row. A new one gets its id, and the signals that Django sends are sent."""
        parts = [one for one in self._state.fields_cache.values() if one is not None]
        is_new = self.pk is None and not args and options.keys() <= {"using"}
        if not is_on() or not is_new or any(part.pk is None for part in parts):
            super().save(*args, **options)
            return
        model = type(self)
        using = options.get("using") or router.db_for_write(model, instance=self)
        about = {"instance": self, "raw": False, "using": using, "update_fields": None}
        pre_save.send(sender=model, **about)
        _insert(model).add(self, using)
        self._state.db, self._state.adding = using, False
        post_save.send(sender=model, created=True, **about)


@functools.cache
def _insert(model: type[models.Model]) -> InsertOnce[models.Model]:
    return InsertOnce(model)


@dataclass(frozen=True)
class HistoryNote:
    """The reason and the author of a change, for its history row."""

    reason: str = ""
    user: User | None = None


def save_with_history(
    instance: models.Model, note: HistoryNote | None = None, **options: Any
) -> int:
    """Save the row (`options` as for `save()`) and return the id of its new history row."""
    return _with_history(instance, note, lambda: _save(instance, **options))


def _save(instance: models.Model, **options: Any) -> None:
    """Save the row; an UPDATE of a few columns is compiled once, unless a subclass or a tool has its own way of saving."""
    model, names = type(instance), options.get("update_fields")
    if names and len(options) == 1 and model.save is TimeStampedModel.save:
        update = _update(model)
        if update.takes(instance, names):
            update(instance, {*names, "modified"})
            return
    instance.save(**options)


@functools.cache
def _update(model: type[models.Model]) -> UpdateRowOnce[models.Model]:
    return UpdateRowOnce(model)


def delete_with_history(
    instance: models.Model, note: HistoryNote, delete: Callable[[], object]
) -> int:
    """Call `delete`, which deletes the row, and return the id of its last history row."""
    return _with_history(instance, note, delete)


def _with_history(
    instance: models.Model, note: HistoryNote | None, work: Callable[[], object]
) -> int:
    notes = instance.__dict__
    if note is not None:
        # django-simple-history reads these two attributes.
        user = note.user if getattr(note.user, "pk", None) else None
        notes.update(_change_reason=note.reason or None, _history_user=user)
    work()
    history_id: int = notes.pop(_HISTORY_ID)
    return history_id


@receiver(post_create_historical_record)
def _note_history_row(instance: models.Model, history_instance: Any, **_kwargs: object) -> None:
    instance.__dict__[_HISTORY_ID] = history_instance.history_id


@contextmanager
def handled(instance: models.Model) -> Iterator[None]:
    """Within this block receivers ignore the row, because the caller takes care of all consequences."""
    instance.__dict__[_IS_HANDLED] = True
    try:
        yield
    finally:
        del instance.__dict__[_IS_HANDLED]


def is_handled(instance: models.Model) -> bool:
    """Return whether the code that saves or deletes the row takes care of all consequences."""
    return _IS_HANDLED in instance.__dict__


def note_for_post_save(instance: models.Model, **values: object) -> None:
    """For a `pre_save` receiver: pass values about the replaced row to the `post_save` receivers."""
    instance.__dict__[_FOR_POST_SAVE] = values


def take_note_of_pre_save(instance: models.Model, name: str) -> Any:
    """For a `post_save` receiver: return and forget the value that the `pre_save` receiver passed, or None."""
    return instance.__dict__.get(_FOR_POST_SAVE, {}).pop(name, None)
