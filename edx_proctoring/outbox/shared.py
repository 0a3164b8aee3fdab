"""Keep things that the deliveries of one run share, such as a connection to the mail server."""

import logging
from collections.abc import Callable
from typing import Protocol, TypeVar

log = logging.getLogger(__name__)


class Closable(Protocol):
    """Something that is closed at the end."""

    def close(self) -> object: ...


Thing = TypeVar("Thing", bound=Closable)


class Shared:
    """Things by name; `close` closes them all."""

    def __init__(self) -> None:
        self._things: dict[str, Closable] = {}

    def find(self, name: str) -> Closable | None:
        """Return the thing of this name, or None if there is none yet."""
        return self._things.get(name)

    def keep(self, name: str, make: Callable[[], Thing]) -> Thing:
        """Make the thing and keep it until the end, or until it is dropped."""
        self.drop(name)
        thing = make()
        self._things[name] = thing
        return thing

    def drop(self, name: str) -> None:
        """Close the thing of this name, for example after it has failed."""
        thing = self._things.pop(name, None)
        if thing is None:
            return
        try:
            thing.close()
        except Exception as error:
            # Everything was delivered over it; the server closes its end by itself.
            log.warning("not closed after deliveries: %s error=%r", name, error)

    def close(self) -> None:
        """Close everything."""
        for name in [*self._things]:
            self.drop(name)
