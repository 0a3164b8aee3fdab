"""A pytest plug-in that prints one table of all lanes at the end, and fails the run if a lane failed.

What this run of pytest does itself is the lane "tests".
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from scripts import failures
from scripts.no_skips import all_is_required

_began = time.monotonic()


def _earlier() -> list[dict[str, Any]]:
    """Return the results of the lanes that ran before pytest."""
    lanes: list[dict[str, Any]] = json.loads(
        Path(os.environ["LANES_TABLE"]).read_text(encoding="utf-8")
    )
    return lanes


def _row(stats: dict[str, list[Any]]) -> dict[str, Any]:
    """Return this run in the format of earlier lanes."""
    reports = {name: stats.get(name, []) for name in ("passed", "failed", "error", "skipped")}
    broken = [*reports["failed"], *reports["error"]]
    skipped = [str(report.longrepr[-1]) for report in reports["skipped"]]
    why = [f"{len(broken)} of its tests"] if broken else []
    if skipped:
        why.append(f"{len(skipped)} left out: {'; '.join(sorted(set(skipped)))}")
    done = "passed" if reports["passed"] else "left out"
    is_red = broken or (skipped and all_is_required())
    texts = [line for report in broken for line in report.longreprtext.splitlines()]
    return {
        "lane": "tests",
        "outcome": "failed" if is_red else done,
        "why": ", ".join(why),
        "seconds": sum(report.duration for several in reports.values() for report in several),
        "red": [*(f"FAILED {report.nodeid}" for report in broken), *failures.examples(texts)],
    }


def table(rows: list[dict[str, Any]], spent: float) -> list[str]:
    """Return the lines of the table of these rows; `spent` is the time of the whole run in seconds."""
    lines = [f"{'lane':<18} {'outcome':<9} {'time':>8} {'CPU':>8}   why"]
    for row in rows:
        cpu = f"{row['cpu']:6.1f} s" if row.get("cpu") else ""
        line = (
            f"{row['lane']:<18} {row['outcome']:<9} {row['seconds']:6.1f} s {cpu:>8}   {row['why']}"
        )
        lines.append(line.rstrip())
    note = "as many at a time as keep the cores busy"
    return [*lines, f"{'all':<18} {'':<9} {spent:6.1f} s {'':>8}   {note}"]


def pytest_sessionfinish(session: Any, exitstatus: int) -> None:
    """Fail the run if a lane failed, or if a test was skipped although everything is required."""
    if hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    failed = any(lane["outcome"] == "failed" for lane in _earlier())
    skipped = all_is_required() and reporter.stats.get("skipped")
    if (failed or skipped) and exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: Any) -> None:
    """Print the table, and store it for the calling process."""
    if hasattr(config, "workerinput"):
        return
    rows = _earlier()
    rows.append(_row(terminalreporter.stats))
    if exitstatus and not any(row["outcome"] == "failed" for row in rows):
        why = "see above: coverage, or the run was interrupted"
        rows.append({"lane": "tests", "outcome": "failed", "why": why, "seconds": 0, "red": []})
    terminalreporter.section("what ran and what was left out")
    spent = time.monotonic() - _began + float(os.environ.get("LANES_SECONDS", "0"))
    for line in table(rows, spent):
        terminalreporter.write_line(line)
    Path(os.environ["LANES_TABLE"]).write_text(json.dumps(rows), encoding="utf-8")
