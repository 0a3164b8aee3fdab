"""The contract for the third party's provider; run by `python -m edx_proctoring.testing.check`."""

from typing import ClassVar

from edx_proctoring.testing.contract import ProviderContract


def _found() -> type:
    from importlib.metadata import entry_points

    (point,) = [
        one
        for one in entry_points(group="openedx.proctoring")
        if one.name.startswith("proctortrack")
    ]
    return point.load()


class Proctortrack(ProviderContract):
    """All capabilities that it declares as a REST provider."""

    provider_class = _found()
    options: ClassVar = {
        "base_url": "https://proctortrack.example.com",
        "client_id": "platform",
        "client_secret": "a-secret-of-the-platform",
    }
    capabilities: ClassVar = {
        "registers",
        "notifies",
        "removes",
        "reviews",
        "onboarding",
        "dashboard",
        "retirement",
        "download",
        "worker script",
    }
