"""``make test``: every lane that this machine can run, then pytest with one closing table.

Lanes that need one core run two at a time. With REQUIRE_ALL=1 a lane that is left out is a failure. The last line of a
green run is pytest's own; a red run ends with the names of the lanes that failed.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scripts.environments import NotInstalled
from scripts.lanes import LANES, ROOT, TESTS, Lane


@dataclass
class Result:
    """How a lane went."""

    lane: str
    outcome: str  # passed, failed, left out
    why: str = ""
    seconds: float = 0
    red: list[str] = field(default_factory=list)  # what pytest says of each test that failed


_screen = threading.Lock()


def run_lane(lane: Lane, live: bool) -> Result:
    """Run its commands; `live`: print what they say at once, and not when the lane has ended."""
    try:
        why = lane.missing()
    except NotInstalled as error:
        return Result(lane.name, "failed", str(error))
    if why and not lane.otherwise:
        return Result(lane.name, "left out", why)
    note = f"{why}, so with this Python and its Django" if why else ""
    said = [f"--- {lane.name}\n"]
    if live:
        print(said[0], end="", flush=True)
    began = time.monotonic()
    code, command = 0, []
    for command in lane.otherwise if why else lane.commands:
        code = _run(command, lane.environment, said, live)
        if code:
            break
    if not live:
        with _screen:
            print("".join(said), end="", flush=True)
    seconds = time.monotonic() - began
    if not code:
        return Result(lane.name, "passed", note, seconds)
    red = [line.rstrip() for line in said if line.startswith(("FAILED ", "ERROR "))]
    return Result(lane.name, "failed", " ".join(command)[-60:], seconds, red)


def _run(command: list[str], environment: dict[str, str], said: list[str], live: bool) -> int:
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if live:
                print(line, end="", flush=True)
    return process.returncode


def run_lanes(lanes: Sequence[Lane]) -> list[Result]:
    """Those of one core first, two at a time; then those that need both."""
    with ThreadPoolExecutor(2) as pool:
        beside = pool.map(lambda lane: run_lane(lane, live=False), _of(lanes, 1))
        results = {result.lane: result for result in beside}
    for lane in _of(lanes, 2):
        results[lane.name] = run_lane(lane, live=True)
    return [results[lane.name] for lane in lanes]


def _of(lanes: Sequence[Lane], cores: int) -> list[Lane]:
    return [lane for lane in lanes if lane.cores == cores]


def run_tests(
    results: list[Result], tests: list[str], seconds: float
) -> tuple[int, list[dict[str, Any]]]:
    """Pytest with the closing table; its exit status, and the rows of the table. `seconds` went by before."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "lanes.json"
        table.write_text(json.dumps([asdict(result) for result in results]), encoding="utf-8")
        environment = {
            **os.environ,
            "LANES": str(table),
            "LANES_SECONDS": str(seconds),
            "PYTHONPATH": str(ROOT),
        }
        environment.pop("DATABASE_URL", None)
        command = [*tests, "-p", "scripts.closing_table"]
        code = subprocess.run(command, cwd=ROOT, env=environment).returncode
        rows = json.loads(table.read_text(encoding="utf-8"))
    if "tests" not in {row["lane"] for row in rows}:
        rows.append(asdict(Result("tests", "failed", f"pytest broke off with status {code}")))
    return code, rows


def say_what_failed(rows: list[dict[str, Any]]) -> None:
    """The last words of a red run."""
    failed = [row for row in rows if row["outcome"] == "failed"]
    print()
    for row in failed:
        print(f"FAILED: {row['lane']}: {row['why']}")
        for line in row["red"]:
            print(f"    {line}")
    print(f"RED: {', '.join(row['lane'] for row in failed)}", flush=True)


def main(lanes: Sequence[Lane] = LANES, tests: list[str] = TESTS) -> int:
    """Run all of it; 0 when all is green."""
    required = os.environ.get("REQUIRE_ALL") == "1"
    began = time.monotonic()
    results = run_lanes(lanes)
    for result in results:
        if required and result.outcome == "left out":
            result.outcome = "failed"
    print("--- tests (SQLite in memory), demo, browser, packaging", flush=True)
    code, rows = run_tests(results, tests, time.monotonic() - began)
    if code or any(row["outcome"] == "failed" for row in rows):
        say_what_failed(rows)
        return code or 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
