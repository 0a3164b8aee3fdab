"""Test settings with all extensions of the package: `pytest --ds tests.contrib.settings tests/contrib`."""

from pathlib import Path

import edx_proctoring.contrib
from tests.settings import *  # noqa: F403  the whole project, with additional apps
from tests.settings import INSTALLED_APPS

FOLDER = Path(edx_proctoring.contrib.__file__).parent
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/apps.py"))
INSTALLED_APPS = [*INSTALLED_APPS, *(f"edx_proctoring.contrib.{name}" for name in NAMES)]
