"""Record the examples of the REST reference, and the reports of health under each fault, again: ``python -m scripts.examples``.

The tests that compare the examples with responses of the application then write them instead.
"""

import os
import subprocess
import sys

RECORDERS = (
    ["tests/openapi/test_examples.py"],
    ["tests/views/v2/test_health.py"],
    ["--ds", "tests.contrib.settings", "tests/contrib/test_examples.py"],
)


def main() -> int:
    """Run the recorders, and return 1 if one fails, for example because a route has no example."""
    environment = {**os.environ, "UPDATE_EXAMPLES": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0"]
    done = [subprocess.run([*command, *one], env=environment) for one in RECORDERS]
    return int(any(one.returncode for one in done))


if __name__ == "__main__":
    sys.exit(main())
