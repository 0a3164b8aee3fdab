"""Web process, worker and simulator as real processes that can be killed and restarted."""

import contextlib
import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

import requests

from demo.environment import ROOT, Place
from demo.processes import commands

START_SECONDS = 60
NAMES = ("simulator", "web", "worker")


class Stack:
    """The processes of one host. `kill_at` of `start` names a point of tests.torture.killpoints."""

    def __init__(self, place: Place, settings: str = "tests.torture.settings") -> None:
        self.place, self.settings = place, settings
        self.armed = Path(place.data / "armed")
        self.running: dict[str, subprocess.Popen] = {}

    def start(self, name: str, kill_at: str = "") -> None:
        """Start the process, or restart it."""
        self.stop(name)
        command = commands(self.place)[name].replace("demo.simulator", "tests.torture.simulator")
        environment = {
            **os.environ,
            **self.place.as_environment(),
            "DJANGO_SETTINGS_MODULE": self.settings,
            "PROCTORING_KILL": kill_at,
            "PROCTORING_KILL_ARMED": str(self.armed),
        }
        output = (self.place.data / "logs" / f"{name}.log").open("a")
        with output:
            self.running[name] = subprocess.Popen(
                shlex.split(command),
                env=environment,
                cwd=ROOT,
                stdout=output,
                stderr=output,
                start_new_session=True,  # the worker has a child of its own, beat
            )
        self._wait(name)

    def _wait(self, name: str) -> None:
        ports = {"web": self.place.web_port, "simulator": self.place.simulator_port}
        if name not in ports:
            return  # whoever needs the worker waits for what it does
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                requests.get(f"http://127.0.0.1:{ports[name]}/", timeout=5)
                return
            except requests.RequestException:
                time.sleep(0.1)
        raise AssertionError(f"{name} does not start: {self.place.data / 'logs'}")

    def stop(self, name: str) -> None:
        """Kill the process immediately, including children that a killed process has left running."""
        process = self.running.pop(name, None)
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def arm(self) -> None:
        """Activate the kill point."""
        self.armed.touch()

    def died(self, name: str, seconds: float) -> bool:
        """Return whether the process has killed itself within this time."""
        try:
            return self.running[name].wait(seconds) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            return False

    def close(self) -> None:
        """Stop all."""
        for name in list(self.running):
            self.stop(name)
