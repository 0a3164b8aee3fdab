"""The app of the attacked host: adds providers, and records errors in the package's code."""

import sys
import traceback
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.signals import got_request_exception

FAILURES = "failures"  # a file


class AttackedConfig(AppConfig):
    """The attacked host."""

    name = "tests.attack.host"
    label = "attacked"

    def ready(self) -> None:
        from simulator_provider import SimulatorProvider

        class OnboardingProvider(SimulatorProvider):
            supports_onboarding = True

        known = apps.get_app_config("edx_proctoring").backends
        for name in settings.MORE_PROVIDERS:
            kind = OnboardingProvider if name == "onboarding" else SimulatorProvider
            known[name] = kind(
                base_url=f"{settings.PROVIDERS}/{name}", client_id=name, client_secret=name
            )
            known[name].backend_name = name
        got_request_exception.connect(note_failure, dispatch_uid="tests.attack")


def note_failure(request: Any = None, **_kwargs: Any) -> None:
    """Write a line for each exception that reached Django through a function of the package."""
    error = sys.exc_info()[1]
    if error is None:
        return
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/edx_proctoring/" in frame.filename]
    if not ours:
        return
    line = f"{request and request.path} {error!r} {ours[-1].name}".replace("\n", " ")
    with (Path(settings.DATA) / FAILURES).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
