"""Save and delete rows together with data for which the signatures of Django and django-simple-history have no place.

`save()` takes no reason and returns no history row, and receivers of `pre_save`, `post_save` and `pre_delete` only get
the instance. So this data is attached to the instance. Only this module writes and reads it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.dispatch import receiver
from simple_history.signals import post_create_historical_record

from edx_proctoring.types import User

_HISTORY_ID = "_proctoring_history_id"
_IS_HANDLED = "_proctoring_is_handled"
_FOR_POST_SAVE = "_proctoring_for_post_save"


@dataclass(frozen=True)
class HistoryNote:
    """The reason and the author of a change, for its history row."""

    reason: str = ""
    user: User | None = None


def save_with_history(
    instance: models.Model, note: HistoryNote | None = None, **options: Any
) -> int:
    """Save the row (`options` as for `save()`) and return the id of its new history row."""
    return _with_history(instance, note, lambda: instance.save(**options))


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
