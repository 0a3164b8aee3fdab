"""``make test-quick``: run the suite on SQLite in memory, without tests that are slow or need a browser or processes.
``make test`` runs everything.
"""

import subprocess
import sys

from scripts.lanes import MARKED_LANES, ROOT, WITHOUT_LANES, pytest

SLOW = [
    "tests/house/test_lanes.py",  # runs pytest
    "tests/house/test_lanes_run.py",
    "tests/torture",
    "tests/views/test_large_course.py",  # 50,000 rows
    "tests/views/test_sequences.py",  # thousands of walks through the views
]
QUICK = pytest(
    "-n", "2", "-m", f"not ({' or '.join(MARKED_LANES)})", *WITHOUT_LANES, *(f"--ignore={path}" for path in SLOW), "tests",
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(subprocess.run(QUICK, cwd=ROOT).returncode)
