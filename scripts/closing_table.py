"""A pytest plug-in that prints one table of all lanes at the end, and fails the run if a lane failed.

Tests with a marker of MARKED_LANES form their own lane; all others are the lane "tests".
"""

import json
import os
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from scripts.lanes import MARKED_LANES

_began = time.monotonic()


def _earlier() -> list[dict[str, Any]]:
    """Return the results of the lanes that ran before pytest."""
    lanes: list[dict[str, Any]] = json.loads(Path(os.environ["LANES"]).read_text(encoding="utf-8"))
    return lanes


def _reports(reporter: Any) -> dict[str, dict[str, list[Any]]]:
    """Return the reports by lane and outcome."""
    found: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in reporter.stats.get(outcome, []):
            marks = [lane for lane in MARKED_LANES if lane in report.keywords]
            found[marks[0] if marks else "tests"][outcome].append(report)
    return found


def _all_is_required() -> bool:
    return os.environ.get("REQUIRE_ALL") == "1"


def _row(lane: str, outcomes: dict[str, list[Any]]) -> dict[str, Any]:
    """Return a lane of this run in the format of earlier lanes."""
    broken = [*outcomes["failed"], *outcomes["error"]]
    skipped = [str(report.longrepr[-1]) for report in outcomes["skipped"]]
    why = [f"{len(broken)} of its tests"] if broken else []
    if skipped:
        why.append(f"{len(skipped)} left out: {'; '.join(sorted(set(skipped)))}")
    done = "passed" if outcomes["passed"] else "left out"
    is_red = broken or (skipped and _all_is_required())
    return {
        "lane": lane,
        "outcome": "failed" if is_red else done,
        "why": ", ".join(why),
        "seconds": sum(report.duration for reports in outcomes.values() for report in reports),
        "red": [f"FAILED {report.nodeid}" for report in broken],
    }


def pytest_sessionfinish(session: Any, exitstatus: int) -> None:
    """Fail the run if a lane failed, or if a test was skipped although everything is required."""
    if hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    failed = any(lane["outcome"] == "failed" for lane in _earlier())
    skipped = _all_is_required() and reporter.stats.get("skipped")
    if (failed or skipped) and exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: Any) -> None:
    """Print the table, and store it for the calling process."""
    if hasattr(config, "workerinput"):
        return
    rows = _earlier()
    parts = _reports(terminalreporter)
    rows += [_row(lane, parts[lane]) for lane in ("tests", *MARKED_LANES)]
    if exitstatus and not any(row["outcome"] == "failed" for row in rows):
        why = "see above: coverage, or the run was interrupted"
        rows.append({"lane": "tests", "outcome": "failed", "why": why, "seconds": 0, "red": []})
    terminalreporter.section("what ran and what was left out")
    terminalreporter.write_line(f"{'lane':<17} {'outcome':<9} {'time':>8} {'CPU':>8}   why")
    for row in rows:
        cpu = f"{row['cpu']:6.1f} s" if row.get("cpu") else ""
        line = (
            f"{row['lane']:<17} {row['outcome']:<9} {row['seconds']:6.1f} s {cpu:>8}   {row['why']}"
        )
        terminalreporter.write_line(line.rstrip())
    spent = time.monotonic() - _began + float(os.environ.get("LANES_SECONDS", "0"))
    terminalreporter.write_line(
        f"{'all':<17} {'':<9} {spent:6.1f} s {'':>8}   as many at a time as there are cores"
    )
    Path(os.environ["LANES"]).write_text(json.dumps(rows), encoding="utf-8")
