"""A pytest plug-in: with REQUIRE_ALL=1, a run with a test that skips itself has failed."""

import os
from typing import Any


def all_is_required() -> bool:
    """Return whether everything has to run."""
    return os.environ.get("REQUIRE_ALL") == "1"


def pytest_sessionfinish(session: Any, exitstatus: int) -> None:
    """Fail an otherwise passing run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if all_is_required() and reporter and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = 1
