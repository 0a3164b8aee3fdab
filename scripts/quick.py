"""What ``make test-quick`` runs: the suite on SQLite in memory, without what takes a browser, processes or minutes.

All of it runs in ``make test``.
"""

import subprocess
import sys

from scripts.run_tests import ROOT, TESTS, pytest

SLOW = [
    "tests/house/test_lanes.py",  # runs pytest
    "tests/house/test_lanes_run.py",
    "tests/torture",
    "tests/views/test_large_course.py",  # 50,000 rows
    "tests/views/test_sequences.py",  # thousands of walks through the views
]
LANES_OF_THEIR_OWN = [option for option in TESTS if option.startswith("--ignore=")]
QUICK = pytest(
    "-n", "2", "-m", "not browser and not demo and not packaging",
    *LANES_OF_THEIR_OWN, *(f"--ignore={path}" for path in SLOW), "tests",
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(subprocess.run(QUICK, cwd=ROOT).returncode)
