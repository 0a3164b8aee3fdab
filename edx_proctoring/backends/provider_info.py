"""The provider of an exam, as far as the rules about attempts need to know it."""

from dataclasses import dataclass
from typing import Any

from edx_proctoring import backends


@dataclass(frozen=True)
class ProviderInfo:
    """A configured provider, as values."""

    name: str
    verbose_name: str = ""
    supports_onboarding: bool = False
    supports_time_changes: bool = False


def provider_info(exam: Any) -> ProviderInfo | None:
    """The exam's provider; None for timed exams and where the provider is no longer configured."""
    found = backends.find_provider(exam)
    if found is None:
        return None
    return ProviderInfo(
        backends.name_of(exam),
        found.verbose_name,
        found.supports_onboarding,
        bool(getattr(found, "supports_time_changes", False)),
    )
