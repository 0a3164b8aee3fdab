"""The tests' own settings for either package: nothing here may import the app from the checkout."""

import os
import runpy
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
globals().update(
    {
        name: value
        for name, value in runpy.run_path(str(TESTS / "settings.py")).items()
        if name.isupper()
    }
)

ROOT_URLCONF = "routes"
WEBPACK_LOADER: dict = {}
assert os.environ["DATABASE_URL"]
