"""Helpers for test suites of hosts and providers: a scriptable provider, doubles of the LMS's services, factories."""

from typing import Any


def __getattr__(name: str) -> Any:
    """Import `ProviderContract` lazily, because it needs Django to be set up."""
    if name != "ProviderContract":
        raise AttributeError(name)
    from edx_proctoring.testing.contract import ProviderContract  # noqa: PLC0415  needs Django

    return ProviderContract
