"""Check that the Python and the npm package have the same version. Exit status 1 if not."""

import json
import re
import sys
from pathlib import Path

import edx_proctoring


def npm_version(version: str) -> str:
    """Return a Python version in npm's notation: 7.0.0.dev0 is 7.0.0-dev.0, 7.0.0rc1 is 7.0.0-rc.1."""
    return re.sub(r"\.?(dev|rc|a|b)(\d+)$", r"-\1.\2", version)


def main(package: str = "package.json") -> int:
    found = json.loads(Path(package).read_text(encoding="utf-8"))["version"]
    expected = npm_version(edx_proctoring.__version__)
    if found == expected:
        return 0
    print(f"package.json has version {found}; {expected} belongs to {edx_proctoring.__version__}.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
