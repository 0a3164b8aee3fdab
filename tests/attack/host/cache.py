"""A cache that is down while a file says so."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache.backends.filebased import FileBasedCache

DOWN = "cache-is-down"


def _breakable(name: str) -> Any:
    def operation(self: Any, *args: Any, **kwargs: Any) -> Any:
        if (Path(settings.DATA) / DOWN).exists():
            raise ConnectionError("the cache does not answer")
        return getattr(FileBasedCache, name)(self, *args, **kwargs)

    return operation


class BreakableCache(FileBasedCache):
    """A cache that behaves like one on another machine."""

    add, get, set, touch, delete, has_key, clear = map(
        _breakable, ("add", "get", "set", "touch", "delete", "has_key", "clear")
    )
