"""For test suites of hosts and providers: a provider that does what it is told, doubles of the LMS's services, factories."""

from typing import Any


def __getattr__(name: str) -> Any:
    """`ProviderContract` is imported when it is asked for: it needs Django to be set up."""
    if name != "ProviderContract":
        raise AttributeError(name)
    from edx_proctoring.testing.contract import ProviderContract  # noqa: PLC0415

    return ProviderContract
