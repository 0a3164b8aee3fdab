"""Providers: which one an exam has. Read from the app's configuration at every use."""

from collections.abc import Collection, Mapping
from typing import Any

from django.apps import apps
from django.db.models import Q

from edx_proctoring import conf
from edx_proctoring.backends import breaker


def get_backend_provider(exam: Mapping[str, Any] | None = None, name: str | None = None) -> Any:
    """The provider of an exam (dictionary with `backend`, perhaps `is_proctored`) or by name; without, the default one.

    None for exams that are not proctored. NotImplementedError for a provider that is not configured,
    ImproperlyConfigured without a default.
    """
    if exam:
        if not exam.get("is_proctored", True):
            return None
        name = exam["backend"] or name
    return apps.get_app_config("edx_proctoring").get_backend(name=name or None)  # type: ignore[attr-defined]


def default_name() -> str | None:
    """The name of the default provider, or None."""
    name: str | None = conf.host.PROCTORING_BACKENDS.get("DEFAULT")
    return name


def name_of(exam: Any) -> str:
    """The provider that the exam names, else the default one; empty without either."""
    return exam.backend or default_name() or ""


def attempts_at(names: Collection[str]) -> Q:
    """Which attempts are at these providers; exams that name none have the default one."""
    if default_name() not in names:
        return Q(proctored_exam__backend__in=names)
    return Q(proctored_exam__backend__in={*names, ""}) | Q(proctored_exam__backend__isnull=True)


def provider_states() -> dict[str, breaker.State]:
    """What is known of the configured providers' health, by name; those that make no requests are left out."""
    known = apps.get_app_config("edx_proctoring").backends  # type: ignore[attr-defined]
    addresses = {name: getattr(provider, "address", None) for name, provider in known.items()}
    return {name: breaker.Breaker(where).state() for name, where in addresses.items() if where}
