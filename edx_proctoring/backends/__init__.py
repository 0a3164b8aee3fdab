"""Providers: which one an exam has. Read from the app's configuration at every use.

The package looks providers up by `find_provider`, `require_provider` and `provider_named`; `get_backend_provider` is
the published name, which hosts patch.
"""

import logging
from collections.abc import Collection, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q

from edx_proctoring import conf
from edx_proctoring.backends import breaker
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.circuit_breaker import State
from edx_proctoring.exceptions import BackendProviderNotConfigured

log = logging.getLogger(__name__)

_reported: set[str | None] = set()  # names whose absence this process has logged


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


def provider_named(name: str | None) -> ProctoringBackendProvider | None:
    """The provider of this name, the default one for None or ""; None where it is not configured, which is logged once."""
    try:
        provider: ProctoringBackendProvider = get_backend_provider(name=name)
    except (NotImplementedError, ImproperlyConfigured):
        if name not in _reported:
            log.error("provider not configured: backend=%s", name)
            _reported.add(name)
        return None
    _reported.discard(name)
    return provider


def find_provider(exam: Any) -> ProctoringBackendProvider | None:
    """The provider of an exam, a row or its published dictionary.

    None for a timed exam, and where the provider is not configured, which is logged once.
    """
    is_proctored, name = _fields(exam)
    return provider_named(name) if is_proctored else None


def require_provider(exam: Any) -> ProctoringBackendProvider:
    """The provider that the exam names, whatever its type. BackendProviderNotConfigured."""
    _is_proctored, name = _fields(exam)
    return require_provider_named(name)


def require_provider_named(name: str | None) -> ProctoringBackendProvider:
    """As `provider_named`. BackendProviderNotConfigured where it is not configured."""
    provider = provider_named(name)
    if provider is None:
        raise BackendProviderNotConfigured(f"The proctoring provider {name!r} is not configured.")
    return provider


def has_secret_ids(exam: Any) -> bool:
    """Would the provider's id of an attempt in this exam let somebody post a review of it?

    Also after the exam was switched to a timed one: its attempts are still at the provider.
    """
    is_proctored, name = _fields(exam)
    provider = provider_named(name)
    return is_proctored if provider is None else provider.external_id_is_secret


def _fields(exam: Any) -> tuple[bool, str | None]:
    if isinstance(exam, Mapping):
        return exam["is_proctored"], exam["backend"]
    return exam.is_proctored, exam.backend


def name_of(exam: Any) -> str:
    """The name of the exam's provider, that of the default one where the exam names none; empty without either."""
    return full_name(exam.backend)


def full_name(stored: str | None) -> str:
    """The name of the provider that an exam means by `stored`: None and "" stand for the default one."""
    return stored or conf.default_provider() or ""


def names_with_onboarding() -> set[str]:
    """The names of the configured providers that have onboarding."""
    return {name for name, provider in _configured().items() if provider.supports_onboarding}


def attempts_at(names: Collection[str]) -> Q:
    """Which attempts are at these providers; exams that name none have the default one."""
    if conf.default_provider() not in names:
        return Q(proctored_exam__backend__same_id_in=[*names])
    named = Q(proctored_exam__backend__same_id_in=[*names, ""])
    return named | Q(proctored_exam__backend__isnull=True)


def provider_states() -> dict[str, State]:
    """What is known of the configured providers' health, by name: of what they are asked, and else of what they are told.

    Those that make no requests, and that no message could not reach, are left out.
    """
    states = {}
    for name, provider in _configured().items():
        where = _place(name, provider)
        asked = breaker.of_requests(where).state() if where else State()
        told = breaker.of_messages(name).state()
        if where or told.failures:
            states[name] = max(asked, told, key=lambda state: (state.is_down, state.failures))
    return states


def _configured() -> Mapping[str, ProctoringBackendProvider]:
    known: Mapping[str, ProctoringBackendProvider]
    known = apps.get_app_config("edx_proctoring").backends  # type: ignore[attr-defined]
    return known


def ping(name: str, provider: Any) -> Any:
    """Ask the provider's service whether it can be used, see `ProctoringBackendProvider.ping`; its answer.

    NotImplementedError where the class does not offer it. Requests of a provider with an address tell how it is; of any
    other provider `provider_states` knows what these questions found.
    """
    if not offers_ping(type(provider)):
        raise NotImplementedError(f"{type(provider).__name__} has no ping()")
    place = None if getattr(provider, "address", None) else _place(name, provider)
    try:
        answer = provider.ping()
    except Exception as error:
        if place and _is_outage(error):
            breaker.note(breaker.of_requests(place), failed=True)
        raise
    if place:
        breaker.note(breaker.of_requests(place), failed=False)
    return answer


def offers_ping(provider_class: Any) -> bool:
    """Does the class have a `ping` of its own?"""
    own = getattr(provider_class, "ping", None)
    return own is not None and own is not ProctoringBackendProvider.ping


def _place(name: str, provider: Any) -> str | None:
    """Under what the provider's health is remembered."""
    address: str | None = getattr(provider, "address", None)
    return address or (f"provider:{name}" if offers_ping(type(provider)) else None)


def _is_outage(error: Exception) -> bool:
    if isinstance(error, NotImplementedError):
        return False
    response = getattr(error, "response", None)
    return response is None or response.status_code in breaker.DOWN
