"""Test settings for either package: nothing here may import the app from the checkout."""

import os
import runpy
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
globals().update(
    {
        name: value
        for name, value in runpy.run_path(str(TESTS / "settings.py")).items()
        if name.isupper() and not name.startswith("CELERY")
    }
)
# As a host of the published package has it, which knows neither Celery nor who delivers.
PROCTORING_SETTINGS: dict = {**globals()["PROCTORING_SETTINGS"]}
del PROCTORING_SETTINGS["DELIVERY"]
# The published package sends no such e-mails; docs/differences.toml names them.
PROCTORING_SETTINGS["INTERRUPTION_EMAILS"] = False

ROOT_URLCONF = "routes"
WEBPACK_LOADER: dict = {}
assert os.environ["DATABASE_URL"]
