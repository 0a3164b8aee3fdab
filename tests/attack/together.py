"""Run several functions at the same time."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connections


def at_once(*works: Callable[[], Any]) -> list[tuple[Any, float]]:
    """Run all at the same time; return (result or error, seconds) of each."""
    results: list[Any] = [None] * len(works)
    ready = threading.Barrier(len(works))

    def run(number: int, work: Callable[[], Any]) -> None:
        ready.wait()
        began = time.monotonic()
        try:
            result = work()
        except Exception as error:
            result = error
        results[number] = (result, time.monotonic() - began)
        connections.close_all()  # of this thread

    threads = [threading.Thread(target=run, args=one) for one in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
