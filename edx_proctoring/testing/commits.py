"""Run on_commit callbacks in tests whose transaction never commits (Django's TestCase)."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection


def _only_the_tests() -> bool:
    return all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


def _run() -> None:
    while connection.run_on_commit and _only_the_tests():
        entry: Any = connection.run_on_commit.pop(0)
        _savepoints, callback, robust = entry
        with contextlib.suppress(Exception) if robust else contextlib.nullcontext():
            callback()


@contextlib.contextmanager
def commits_at_once() -> Iterator[None]:
    """Run on_commit callbacks when the outermost transaction inside the test's own ends.

    A host's TestCase then sees e-mails, events, signals and calls of providers as its users would.
    """
    wrapper: Any = connection
    on_commit, savepoint_commit = wrapper.on_commit, wrapper.savepoint_commit

    def later(func: Callable[[], object], robust: bool = False) -> None:
        on_commit(func, robust)
        _run()

    def committed(sid: str) -> None:
        savepoint_commit(sid)
        _run()

    wrapper.on_commit, wrapper.savepoint_commit = later, committed
    try:
        yield
    finally:
        del wrapper.on_commit, wrapper.savepoint_commit
