"""The running demo, started as a user would start it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from demo.environment import ROOT, free_port

START_SECONDS = 240  # on a busy machine


class Running(NamedTuple):
    """The addresses of a demo."""

    host: str
    simulator: str


@contextmanager
def up(folder: Path) -> Iterator[Running]:
    """Return the demo's addresses, once its own walks have finished."""
    log, port, simulator_port = folder / "out.txt", free_port(), free_port()
    environment = {**os.environ, "DATABASE_URL": "", "CELERY_BROKER_URL": ""}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-m", "demo", "up", "--data", str(folder / "data")]
    ports = ["--web-port", str(port), "--simulator-port", str(simulator_port)]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, *ports], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        until = time.monotonic() + START_SECONDS
        while "The demo is up" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.2)
        yield Running(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{simulator_port}")
    finally:
        process.terminate()
        process.wait(30)
