"""Who delivers which kind of message."""

from collections.abc import Callable
from dataclasses import dataclass

from edx_proctoring import extensions
from edx_proctoring.models.outbox import OutboxMessage

Handler = Callable[[OutboxMessage], object]


class NotNow(Exception):
    """Raised by a handler that wants another try later, without an error to report."""


class WrongProcess(NotNow):
    """Raised by a handler that only another process can do: no task of this one's is sent to try again."""


class UnknownKind(WrongProcess):
    """Nobody delivers this kind here: a process of another version may, else the message is given up in time."""


@dataclass(frozen=True)
class _Kind:
    handler: Handler
    inline: bool
    slow_recipient: bool


_kinds: dict[str, _Kind] = {}


def register(
    kind: str, handler: Handler, *, inline: bool = False, slow_recipient: bool = False
) -> None:
    """Name who delivers messages of this kind; an error that it raises means "try again".

    `inline`: deliver right after commit in the process that put it; such messages carry `inline_until`, the end of the
    time (monotonic clock) that saving exams may take. What was not begun within five seconds, and what needs somebody
    who was slow lately, is left to the worker.
    `slow_recipient`: their recipients may take long, so messages of all other kinds overtake them.
    """
    _kinds[kind] = _Kind(handler, inline, slow_recipient)


def unregister(kind: str) -> None:
    """Forget this kind; for tests."""
    del _kinds[kind]


def _find(kind: str) -> _Kind | None:
    """Who delivers this kind: the app itself, else an extension."""
    if found := _kinds.get(kind):
        return found
    added = extensions.message_kinds().get(kind)
    return _Kind(added.deliver, added.inline, added.slow_recipient) if added else None


def kinds() -> list[str]:
    """The kinds of messages that somebody delivers."""
    return sorted({*_kinds, *extensions.message_kinds()})


def slow_recipient_kinds() -> list[str]:
    """Those of them that all others overtake."""
    return [kind for kind in kinds() if has_slow_recipient(kind)]


def is_inline(kind: str) -> bool:
    """Is this kind delivered by the process that puts it?"""
    found = _find(kind)
    return found is not None and found.inline


def has_slow_recipient(kind: str) -> bool:
    """Do messages of other kinds overtake it?"""
    found = _find(kind)
    return found is not None and found.slow_recipient


def handle(message: OutboxMessage) -> None:
    """Have the message delivered."""
    found = _find(message.kind)
    if found is None:
        raise UnknownKind(f"nobody delivers messages of the kind {message.kind} here")
    found.handler(message)
