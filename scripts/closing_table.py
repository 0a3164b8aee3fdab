"""A pytest plug-in: one table of all lanes at the end, and their failures are failures of the run.

Tests with a marker of LANES are a lane of their own; all others are the lane "tests".
"""

import json
import os
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

LANES = ("demo", "browser", "packaging")

_began = time.monotonic()


def _earlier() -> list[dict[str, Any]]:
    """What ran before pytest."""
    lanes: list[dict[str, Any]] = json.loads(Path(os.environ["LANES"]).read_text(encoding="utf-8"))
    return lanes


def _reports(reporter: Any) -> dict[str, dict[str, list[Any]]]:
    """Reports by lane and outcome."""
    found: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in reporter.stats.get(outcome, []):
            marks = [lane for lane in LANES if lane in report.keywords]
            found[marks[0] if marks else "tests"][outcome].append(report)
    return found


def _row(lane: str, outcomes: dict[str, list[Any]]) -> tuple[str, str, str, float]:
    """Lane, outcome, why, seconds of a part of this run."""
    broken = len(outcomes["failed"]) + len(outcomes["error"])
    skipped = [str(report.longrepr[-1]) for report in outcomes["skipped"]]
    seconds = sum(report.duration for reports in outcomes.values() for report in reports)
    why = [f"{broken} of its tests"] if broken else []
    if skipped:
        why.append(f"{len(skipped)} left out: {'; '.join(sorted(set(skipped)))}")
    done = "passed" if outcomes["passed"] else "left out"
    return lane, "failed" if broken else done, ", ".join(why), seconds


def pytest_sessionfinish(session: Any, exitstatus: int) -> None:
    """A lane that failed fails the run, and so does a skipped test where everything is required."""
    if hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    failed = any(lane["outcome"] == "failed" for lane in _earlier())
    skipped = os.environ.get("REQUIRE_ALL") == "1" and reporter.stats.get("skipped")
    if (failed or skipped) and exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: Any) -> None:
    """The table."""
    rows = [(lane["lane"], lane["outcome"], lane["why"], lane["seconds"]) for lane in _earlier()]
    parts = _reports(terminalreporter)
    rows += [_row(lane, parts[lane]) for lane in ("tests", *LANES)]
    if exitstatus and not any(outcome == "failed" for _, outcome, *_ in rows):
        rows.append(("tests", "failed", "see above: coverage, or the run broke off", 0))
    terminalreporter.section("what ran and what was left out")
    terminalreporter.write_line(f"{'lane':<14} {'outcome':<9} {'time':>8}   why")
    for lane, outcome, why, seconds in rows:
        terminalreporter.write_line(f"{lane:<14} {outcome:<9} {seconds:6.1f} s   {why}".rstrip())
    spent = time.monotonic() - _began + sum(lane["seconds"] for lane in _earlier())
    terminalreporter.write_line(f"{'all':<14} {'':<9} {spent:6.1f} s   two tests at a time")
