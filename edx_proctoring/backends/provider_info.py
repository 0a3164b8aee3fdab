"""The properties of an exam's provider that the rules about attempts use."""

from dataclasses import dataclass

from edx_proctoring import backends
from edx_proctoring.backends import ProvidedExam


@dataclass(frozen=True)
class ProviderInfo:
    """The properties of a configured provider."""

    name: str
    verbose_name: str = ""
    supports_onboarding: bool = False
    supports_time_changes: bool = False
    limits_duration: bool = False

    @property
    def name_of_limit(self) -> str:
        """Return the name for people if the provider itself ends sessions and hears of no granted time, else ""."""
        is_limit = self.limits_duration and not self.supports_time_changes
        return (self.verbose_name or self.name) if is_limit else ""


def provider_info(exam: ProvidedExam) -> ProviderInfo | None:
    """Return the exam's provider; None for timed exams and if the provider is no longer configured."""
    found = backends.find_provider(exam)
    if found is None:
        return None
    return ProviderInfo(
        backends.name_of(exam),
        found.verbose_name,
        found.supports_onboarding,
        bool(getattr(found, "supports_time_changes", False)),
        bool(getattr(found, "limits_duration", False)),
    )
