"""The running demo, started as a user would start it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.environment import ROOT, free_port

START_SECONDS = 240  # on a busy machine


@contextmanager
def up(folder: Path) -> Iterator[str]:
    """Return the demo's address, once its own walks have finished."""
    log, port = folder / "out.txt", free_port()
    environment = {**os.environ, "DATABASE_URL": "", "CELERY_BROKER_URL": ""}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-m", "demo", "up", "--data", str(folder / "data")]
    ports = ["--web-port", str(port), "--simulator-port", str(free_port())]
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
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
