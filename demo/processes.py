"""The demo's processes under one supervisor: web, worker with beat, simulator."""

import os
import sys
import threading
import time
from collections.abc import Callable

import requests
from honcho.manager import Manager
from honcho.printer import Printer

from demo.environment import ROOT, Place, Trouble
from demo.host.seed import CLIENT_ID, CLIENT_SECRET

START_SECONDS = 60


def commands(place: Place) -> dict[str, str]:
    """Return the command lines of the processes."""
    python = sys.executable
    worker = [
        f"{python} -m celery -A demo.host.celery worker --beat --pool solo --loglevel warning",
        f"--without-gossip --without-mingle -s {place.data / 'beat'}",
        f"-Q {place.queue} -n {place.queue}@%h",
    ]
    simulator = [
        f"{python} -m demo.simulator {CLIENT_ID} {CLIENT_SECRET}",
        f"--port {place.simulator_port} --database {place.data / 'simulator.sqlite3'}",
        "--pause 0.3" if place.fast else "--pause 1",
    ]
    return {
        "web": f"{python} -m demo.serve",
        "worker": " ".join(worker),
        "simulator": " ".join(simulator),
    }


class Demo:
    """Runs the processes while `visit` runs; stops all of them afterwards in any case."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def run(self, visit: Callable[[], int], stays: bool) -> int:
        """Start the processes, wait until all respond, and call `visit` in a thread; with `stays`, run until
        interrupted.
        """
        result = [1]
        with self.place.log.open("a", encoding="utf-8") as output:
            manager = Manager(Printer(output, colour=False))
            environment = {**os.environ, **self.place.as_environment()}
            for name, command in commands(self.place).items():
                manager.add_process(name, command, env=environment, cwd=str(ROOT))

            def watch() -> None:
                try:
                    self._wait(manager)
                    result[0] = visit()
                except Trouble as error:
                    print(f"\n{error}", file=sys.stderr)
                finally:
                    if not stays or result[0]:
                        manager.terminate()

            thread = threading.Thread(target=watch, name="visit")
            thread.start()
            manager.loop()
            thread.join()
        return result[0]

    def _wait(self, manager: Manager) -> None:
        urls = (
            f"http://127.0.0.1:{self.place.web_port}/",
            f"http://127.0.0.1:{self.place.simulator_port}/console/state.json",
        )
        until = time.monotonic() + START_SECONDS
        waiting = list(urls)
        while waiting:
            if time.monotonic() > until or manager.returncode is not None:
                raise Trouble(f"The demo did not start; its processes wrote to {self.place.log}.")
            waiting = [url for url in waiting if not _answers(url)]
            if waiting:
                time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
