"""The app that installs kill points in a process under test, or switches off one of its safeguards."""

import os
from pathlib import Path

from django.apps import AppConfig


class TortureConfig(AppConfig):
    """Must come last in INSTALLED_APPS. PROCTORING_WEAKEN names a safeguard of `tests.torture.weaknesses`."""

    name = "tests.torture"
    label = "proctoring_torture"
    path = str(Path(__file__).parent)

    def ready(self) -> None:
        from tests.torture import killpoints, weaknesses

        killpoints.install()
        if os.environ.get("PROCTORING_WEAKEN"):
            weaknesses.switch_off(os.environ["PROCTORING_WEAKEN"])
