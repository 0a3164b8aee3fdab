"""Lists that read their rows from the database only when they are accessed, for callers who show one page."""

import operator
from collections.abc import Callable, Iterator
from typing import Any, SupportsIndex, TypeVar

from django.db.models import Model, QuerySet

from edx_proctoring.api.lookup import batches

Row = TypeVar("Row")
WINDOW = 100  # rows read at a time when a single one is accessed
UNCOUNTED = 10_000  # accessing a position beyond this counts the rows first
LARGE = 20_000  # rows, from which on finding the first ones takes less time than sorting all
SHARE = 10  # how many times more rows than the first ones there must be


class LazyList(list[Row]):
    """A list of dictionaries read on demand: `len` counts the rows, a slice reads its rows, anything else reads all
    rows.

    Rows are read only once. Rows that change before they are read show the change, so a slice may be shorter than `len`
    promised. Copies, concatenations and pickles are plain lists. C code that accesses list items directly (`orjson`,
    `heapq`) needs `list(…)` first.
    """

    def __init__(
        self,
        rows: QuerySet[Model],
        show: Callable[[Any], Row],
        first: Callable[[int], QuerySet[Model]] | None = None,
    ) -> None:
        """`rows` is an ordered queryset with `user` and `proctored_exam`; `show` turns a row into a dictionary.

        `first` returns a queryset that begins with as many of the first rows, for lists so large that sorting them takes
        long.
        """
        super().__init__()
        self._rows: QuerySet[Model] | None = rows.select_related(None)
        self._show, self._first = show, first
        self._length: int | None = None
        self._seen: dict[int, Row] = {}  # by position
        self._known: dict[int, Row] = {}  # the same by id

    def _load(self) -> "LazyList[Row]":
        """Read all rows and become a regular list; dictionaries already handed out stay identical."""
        if self._rows is not None:
            rows = list(self._rows.select_related("user").prefetch_related("proctored_exam"))
            self._rows = None
            list.extend(self, (self._known.get(row.pk) or self._show(row) for row in rows))
            self._seen, self._known = {}, {}
        return self

    def _part(self, start: int, stop: int) -> list[Row]:
        """Return the rows at these positions as far as they exist; reads only those not read before."""
        if stop > UNCOUNTED or self._length is not None:
            stop = min(stop, len(self))
        missing = [at for at in range(start, stop) if at not in self._seen]
        if missing:
            self._look(missing[0], missing[-1] + 1)
        return [self._seen[at] for at in range(start, stop) if at in self._seen]

    def _look(self, start: int, stop: int) -> None:
        """Read the ids first, because databases sort narrow rows in a fraction of the time."""
        assert self._rows is not None
        wanted, length = self._rows, self._length or 0
        if self._first is not None and length > LARGE and stop * SHARE < length:
            wanted = self._first(stop)
        ids = list(wanted.values_list("pk", flat=True)[start:stop])
        rows = self._rows.model._base_manager.select_related("user", "proctored_exam")
        for some in batches([pk for pk in ids if pk not in self._known]):
            self._known.update((row.pk, self._show(row)) for row in rows.filter(pk__in=some))
        for at, pk in enumerate(ids, start):
            if pk in self._known:  # otherwise it was deleted just now
                self._seen.setdefault(at, self._known[pk])

    def __len__(self) -> int:
        if self._rows is None:
            return list.__len__(self)
        if self._length is None:
            self._length = self._rows.count()
        return self._length

    def __bool__(self) -> bool:
        return len(self) > 0

    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        if self._rows is None:
            return list.__getitem__(self, key)
        if isinstance(key, slice):
            return self._slice(key)
        at = operator.index(key)
        at = at + len(self) if at < 0 else at
        if at not in self._seen and at >= 0:
            start = at - at % WINDOW
            self._part(start, start + WINDOW)
        if at not in self._seen:
            raise IndexError("list index out of range")
        return self._seen[at]

    def _slice(self, key: slice) -> list[Row]:
        start, stop = key.start or 0, key.stop
        plain = isinstance(start, int) and isinstance(stop, int) and key.step in (None, 1)
        if not plain or min(start, stop) < 0:
            return list.__getitem__(self._load(), key)
        return self._part(start, stop)

    def __iter__(self) -> Iterator[Row]:
        return list.__iter__(self._load())

    def __radd__(self, other: object) -> object:
        return other + list(self) if isinstance(other, list) else NotImplemented

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type[list[Row]], tuple[list[Row]]]:
        return list, (list(self),)

    def count(self, value: Row) -> int:
        """Paginators check whether this method takes an argument."""
        return list.count(self._load(), value)


def _loading(name: str) -> Callable[..., object]:
    """Return the list method with this name, reading all rows first; lazy lists among its arguments are read, too."""
    method = getattr(list, name)

    def call(self: LazyList[Row], *args: object, **kwargs: object) -> object:
        for one in args:
            if isinstance(one, LazyList):
                one._load()
        return method(self._load(), *args, **kwargs)

    call.__name__, call.__doc__ = name, method.__doc__
    return call


COMPARISONS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__")
ARITHMETIC = ("__add__", "__iadd__", "__mul__", "__rmul__", "__imul__", "__reversed__")
ITEMS = ("__setitem__", "__delitem__", "__repr__", "__sizeof__")
METHODS = (
    "append",
    "clear",
    "copy",
    "extend",
    "index",
    "insert",
    "pop",
    "remove",
    "reverse",
    "sort",
)

for _name in (*COMPARISONS, *ARITHMETIC, *ITEMS, *METHODS):
    setattr(LazyList, _name, _loading(_name))
