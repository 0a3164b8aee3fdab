"""``make test``: every lane that this machine can run, then pytest with one closing table.

``make test LANES="lint; PostgreSQL"`` runs these only, and ``make lanes`` lists all. As many lanes run at a time as keep
the cores busy, the longest first; what a lane prints appears when it has ended. With REQUIRE_ALL=1 a lane that cannot
run is a failure. The last line of a passing run is pytest's own; a failing run ends with the names of the failed lanes.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scripts import closing_table, failures
from scripts.environments import NotInstalled
from scripts.lanes import CORES, LANES, ROOT, TESTS, Lane


@dataclass
class Result:
    """The result of a lane."""

    lane: str
    outcome: str  # passed, failed, left out
    why: str = ""
    seconds: float = 0
    red: list[str] = field(default_factory=list)  # what pytest said of failed tests, in short
    cpu: float = 0  # seconds of its processes, without those of servers


TESTS_NAME = "tests"  # what this module runs after the lanes, as in the table
_screen = threading.Lock()


def run_lane(lane: Lane) -> Result:
    """Run the lane's commands, and print their output when the last one has ended."""
    began = time.monotonic()
    try:
        why = lane.missing()
    except NotInstalled as error:
        return Result(lane.name, "failed", str(error))
    if why and not lane.otherwise:
        return Result(lane.name, "left out", why)
    said = [f"--- {lane.name}\n"]
    result = Result(lane.name, "passed")
    if why:
        result.why = f"{why}, so with this Python and its Django"
    for command in lane.otherwise if why else lane.commands:
        code = _run(command, lane.environment, said, result)
        if code:
            result.outcome, result.why = "failed", _end_of(command, code)
            result.red = failures.summary(said)
            break
    result.seconds = time.monotonic() - began
    said.append(f"--- {lane.name} {result.outcome} after {result.seconds:.0f} s\n")
    with _screen:
        print("".join(said), end="", flush=True)
    return result


def _end_of(command: list[str], code: int) -> str:
    """Return which command failed, and by which signal, if one ended it."""
    ended = f" (killed by {signal.Signals(-code).name})" if code < 0 else ""
    return f"{' '.join(command)[-60:]}{ended}"


def _run(command: list[str], environment: dict[str, str], said: list[str], result: Result) -> int:
    """Run the command; return its exit code, negative for the signal that ended it."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    with process.stdout:
        said.extend(process.stdout)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    result.cpu += usage.ru_utime + usage.ru_stime
    return process.returncode


def run_lanes(lanes: Sequence[Lane], cores: int = CORES) -> list[Result]:
    """Run the longest lane first, and beside it those that the rest of the cores is enough for."""
    waiting = sorted(lanes, key=lambda lane: -lane.seconds)
    results: dict[str, Result] = {}
    busy: dict[str, float] = {}
    turn = threading.Condition()

    def work(lane: Lane) -> None:
        try:
            result = run_lane(lane)
        except (
            Exception
        ) as error:  # otherwise the exception would end the thread, and the row would be missing
            result = Result(lane.name, "failed", repr(error))
        with turn:
            results[lane.name] = result
            del busy[lane.name]
            turn.notify()

    with turn:
        while waiting or busy:
            free = cores - sum(busy.values())
            lane = next((one for one in waiting if one.cores <= free or not busy), None)
            if lane is None:
                turn.wait()
                continue
            waiting.remove(lane)
            busy[lane.name] = lane.cores
            threading.Thread(target=work, args=(lane,), name=lane.name).start()
    return [results[lane.name] for lane in lanes]


def run_tests(
    results: list[Result], tests: list[str], seconds: float
) -> tuple[int, list[dict[str, Any]]]:
    """Run pytest with the closing table; return its exit status and the rows of the table.

    `seconds` is the time used so far.
    """
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "lanes.json"
        table.write_text(json.dumps([asdict(result) for result in results]), encoding="utf-8")
        environment = {
            **os.environ,
            "LANES_TABLE": str(table),
            "LANES_SECONDS": str(seconds),
            "PYTHONPATH": str(ROOT),
        }
        environment.pop("DATABASE_URL", None)
        command = [*tests, "-p", "scripts.closing_table"]
        code = subprocess.run(command, cwd=ROOT, env=environment).returncode
        rows = json.loads(table.read_text(encoding="utf-8"))
    if TESTS_NAME not in {row["lane"] for row in rows}:
        rows.append(
            asdict(Result(TESTS_NAME, "failed", f"pytest was interrupted with status {code}"))
        )
    return code, rows


def say_what_failed(rows: list[dict[str, Any]]) -> None:
    """Print the names of the failed lanes as the last lines of the output."""
    failed = [row for row in rows if row["outcome"] == "failed"]
    print()
    for row in failed:
        print(f"FAILED: {row['lane']}: {row['why']}")
        for line in row["red"]:
            print(f"    {line}")
    print(f"RED: {', '.join(row['lane'] for row in failed)}", flush=True)


def chosen(names: str, lanes: Sequence[Lane]) -> tuple[list[Lane], bool]:
    """Return the lanes with these names, separated by semicolons, and whether the tests after the lanes are among them.

    Without names, return all. Raises ValueError with the known names if there is no such lane.
    """
    known = [*(lane.name for lane in lanes), TESTS_NAME]
    wanted = {name.strip() for name in names.split(";")} - {""}
    if unknown := sorted(wanted - {*known}):
        raise ValueError(f"No lane is called {'; '.join(unknown)}. Lanes: {'; '.join(known)}.")
    wanted = wanted or {*known}
    return [lane for lane in lanes if lane.name in wanted], TESTS_NAME in wanted


def main(lanes: Sequence[Lane] = LANES, tests: list[str] = TESTS, names: str = "") -> int:
    """Run all lanes, or those with these names; return 0 if all passed, and 2 if there is no lane with a name."""
    try:
        todo, with_tests = chosen(names, lanes)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    required = os.environ.get("REQUIRE_ALL") == "1"
    keep_compiled_modules()
    began = time.monotonic()
    results = run_lanes(todo)
    for result in results:
        if required and result.outcome == "left out":
            result.outcome = "failed"
    if with_tests:
        print("--- tests (SQLite in memory)", flush=True)
        code, rows = run_tests(results, tests, time.monotonic() - began)
    else:
        code, rows = 0, [asdict(result) for result in results]
        print(*closing_table.table(rows, time.monotonic() - began), sep="\n", flush=True)
    if code or any(row["outcome"] == "failed" for row in rows):
        say_what_failed(rows)
        return code or 1
    return 0


def keep_compiled_modules() -> None:
    """Let lanes keep compiled modules in one folder, even where the environment forbids it.

    Otherwise each process of each lane would compile all modules again, and pytest rewrite all tests.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / ".venv" / "pycache"))


def list_lanes() -> int:
    """Print the name of each lane and its duration on an idle machine."""
    for lane in LANES:
        print(f"{lane.name:<18} {lane.seconds:4} s")
    print(f"{TESTS_NAME:<18} what no lane runs, in the end")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run the lanes of `make test`.")
    parser.add_argument("--lanes", default="", help="only these, separated by semicolons")
    parser.add_argument("--list", action="store_true", help="list the lanes instead")
    options = parser.parse_args()
    sys.exit(list_lanes() if options.list else main(names=options.lanes))
