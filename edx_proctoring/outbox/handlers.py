"""Map the kinds of messages to their handlers."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from edx_proctoring import extensions
from edx_proctoring.models.outbox import OutboxMessage

Handler = Callable[[OutboxMessage], object]


class NotNow(Exception):
    """Raised by a handler that wants to be retried later without reporting an error."""


class WrongProcess(NotNow):
    """Raised by a handler if only another process can deliver the message, so no retry is sent from this process."""


class UnknownKind(WrongProcess):
    """This process has no handler for the kind. A process of another version may have one; if not, the message is given
    up.
    """


@dataclass(frozen=True)
class _Kind:
    handler: Handler
    inline: bool
    slow_recipient: bool
    takes_long: bool = False
    given_up: Handler | None = None


_kinds: dict[str, _Kind] = {}


@functools.cache
def _of_the_app() -> dict[str, _Kind]:
    """Return the app's own kinds; their handlers are imported by the first process that stores or delivers a message."""
    config: Any = apps.get_app_config("edx_proctoring")
    return {
        kind.name: _Kind(handler, kind.inline, kind.slow_recipient, kind.takes_long)
        for kind, handler in config.message_handlers().items()
    }


def register(
    kind: str, handler: Handler, *, inline: bool = False, slow_recipient: bool = False
) -> None:
    """Register the handler for messages of this kind; an error that it raises causes a retry.

    `inline`: deliver right after the commit in the process that stored the message; such messages carry `inline_until`,
    the end (monotonic clock) of the time that saving exams may take. Messages not started within five seconds, and
    those that need a service that was slow lately, are left to the worker.
    `slow_recipient`: the recipient may take long, so messages of all other kinds may overtake.
    """
    _kinds[kind] = _Kind(handler, inline, slow_recipient)


def unregister(kind: str) -> None:
    """Remove this kind; for tests."""
    del _kinds[kind]


def _find(kind: str) -> _Kind | None:
    """Return the handler of this kind: from the app itself, else from an extension."""
    if found := _kinds.get(kind) or _of_the_app().get(kind):
        return found
    added = extensions.message_kinds().get(kind)
    if added is None:
        return None
    return _Kind(added.deliver, added.inline, added.slow_recipient, given_up=added.given_up)


def kinds() -> list[str]:
    """Return the kinds that have a handler."""
    return sorted({*_kinds, *_of_the_app(), *extensions.message_kinds()})


def slow_recipient_kinds() -> list[str]:
    """Return the kinds that all other kinds may overtake."""
    return [kind for kind in kinds() if has_slow_recipient(kind)]


def is_inline(kind: str) -> bool:
    """Return whether this kind is delivered by the process that stores it."""
    found = _find(kind)
    return found is not None and found.inline


def has_slow_recipient(kind: str) -> bool:
    """Return whether messages of other kinds may overtake this kind."""
    found = _find(kind)
    return found is not None and found.slow_recipient


def takes_long(kind: str) -> bool:
    """Return whether a delivery of this kind may take minutes, and renews its lease itself."""
    found = _find(kind)
    return found is not None and found.takes_long


def is_quick(kind: str) -> bool:
    """Return whether messages of this kind may be leased and marked as done together with others of their lane."""
    found = _find(kind)
    return found is not None and not found.slow_recipient and not found.takes_long


def note_given_up(message: OutboxMessage) -> None:
    """Let the message's extension know that it is given up."""
    found = _find(message.kind)
    if found is not None and found.given_up is not None:
        found.given_up(message)


def handle(message: OutboxMessage) -> None:
    """Call the message's handler."""
    found = _find(message.kind)
    if found is None:
        raise UnknownKind(f"no handler registered for message kind {message.kind}")
    found.handler(message)
