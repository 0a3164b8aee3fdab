"""Look up the provider of an exam, in the app's configuration at every use.

The package itself uses `find_provider`, `require_provider` and `provider_named`; `get_backend_provider` is the
published function, which hosts patch.
"""

import datetime
import logging
from collections.abc import Collection, Mapping
from typing import Any, Protocol

import requests
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q

from edx_proctoring import conf
from edx_proctoring.backends import breaker
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.circuit_breaker import State
from edx_proctoring.exceptions import BackendProviderNotConfigured
from edx_proctoring.types import ExamDict

log = logging.getLogger(__name__)

_reported: set[str | None] = set()  # unconfigured names already logged by this process


class ProvidedExam(Protocol):
    """An object that names a provider: an exam, or one of its history records."""

    is_proctored: bool
    backend: str | None


AnyExam = ProvidedExam | ExamDict


class Registry(Protocol):
    """The providers of the app's configuration."""

    backends: dict[str, ProctoringBackendProvider]
    backend_classes: dict[str, type[ProctoringBackendProvider]]
    backend_errors: dict[str, str]

    def get_backend(self, name: str | None = None) -> ProctoringBackendProvider: ...


def registry() -> Registry:
    """Return the app's configuration, which holds the providers."""
    config: Any = apps.get_app_config("edx_proctoring")
    found: Registry = config
    return found


def get_backend_provider(
    exam: ExamDict | None = None, name: str | None = None
) -> ProctoringBackendProvider | None:
    """Return the provider of an exam (dictionary with `backend`, optionally `is_proctored`) or by name; by default the
    default one.

    Returns None for exams that are not proctored. Raises NotImplementedError if the provider is not configured,
    ImproperlyConfigured if there is no default provider.
    """
    if exam:
        if not exam.get("is_proctored", True):
            return None
        name = exam["backend"] or name
    return registry().get_backend(name=name or None)


def provider_named(name: str | None) -> ProctoringBackendProvider | None:
    """Return the provider of this name, or the default one for None or ""; None, logged once, if it is not configured."""
    try:
        provider = get_backend_provider(name=name)
    except (NotImplementedError, ImproperlyConfigured):
        if name not in _reported:
            log.error("provider not configured: backend=%s", name)
            _reported.add(name)
        return None
    _reported.discard(name)
    return provider


def find_provider(exam: AnyExam) -> ProctoringBackendProvider | None:
    """Return the provider of an exam, given as a row or as its published dictionary.

    Returns None for a timed exam, and (logged once) if the provider is not configured.
    """
    is_proctored, name = _fields(exam)
    return provider_named(name) if is_proctored else None


def require_provider(exam: AnyExam) -> ProctoringBackendProvider:
    """Return the provider named by the exam, whatever the exam's type. Raises BackendProviderNotConfigured."""
    _is_proctored, name = _fields(exam)
    return require_provider_named(name)


def require_provider_named(name: str | None) -> ProctoringBackendProvider:
    """Return the same as `provider_named`. Raises BackendProviderNotConfigured."""
    provider = provider_named(name)
    if provider is None:
        raise BackendProviderNotConfigured(f"The proctoring provider {name!r} is not configured.")
    return provider


def has_secret_ids(exam: AnyExam) -> bool:
    """Return whether knowing the provider's id of an attempt in this exam is enough to post a review of it.

    This also holds after the exam became a timed one, because its attempts are still known to the provider.
    """
    is_proctored, name = _fields(exam)
    provider = provider_named(name)
    return is_proctored if provider is None else provider.external_id_is_secret


def _fields(exam: AnyExam) -> tuple[bool, str | None]:
    if isinstance(exam, Mapping):
        return exam["is_proctored"], exam["backend"]
    return exam.is_proctored, exam.backend


def name_of(exam: Any) -> str:
    """Return the name of the exam's provider, or of the default one if the exam names none; empty without either."""
    return full_name(exam.backend)


def full_name(stored: str | None) -> str:
    """Return the name of the provider stored with an exam: None and "" stand for the default one."""
    return stored or conf.default_provider() or ""


def names_with_onboarding() -> set[str]:
    """Return the names of the configured providers that support onboarding."""
    return {name for name, provider in _configured().items() if provider.supports_onboarding}


def attempts_at(names: Collection[str], exam: str = "proctored_exam__") -> Q:
    """Return a filter for attempts at these providers; exams without a provider name use the default one.

    `exam`: the prefix of the exam's columns; without one, it is a filter for exams.
    """
    if conf.default_provider() not in names:
        return Q((f"{exam}backend__same_id_in", [*names]))
    named = Q((f"{exam}backend__same_id_in", [*names, ""]))
    return named | Q((f"{exam}backend__isnull", True))


def provider_states() -> dict[str, State]:
    """Return the known health of the configured providers by name: from requests, else from notices.

    Providers that make no HTTP requests and have no failed notices are left out.
    """
    states = {}
    for name, provider in _configured().items():
        where = _place(name, provider)
        asked = breaker.of_requests(where).state() if where else State()
        told = breaker.of_messages(name).state()
        if where or told.failures or told.unanswered_since:
            states[name] = max(asked, told, key=_severity)
    return states


def unreachable_since(
    stored: str | None, provider: ProctoringBackendProvider
) -> datetime.datetime | None:
    """Return since when this provider has answered no request, in UTC; None if it answers or nothing is known."""
    where = _place(full_name(stored), provider)
    return breaker.of_requests(where).state().last_known_down_since if where else None


def _severity(state: State) -> tuple[bool, bool, int]:
    return state.is_down, state.unanswered_since is not None, state.failures


def _configured() -> Mapping[str, ProctoringBackendProvider]:
    return registry().backends


def ping(name: str, provider: ProctoringBackendProvider) -> requests.Response | None:
    """Check whether the provider's service is available, see `ProctoringBackendProvider.ping`; return its response.

    Raises NotImplementedError if the class does not implement it. Providers with an address record their health with
    every request; for the others, `provider_states` uses the results of these checks.
    """
    if not has_ping(type(provider)):
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


def has_ping(provider_class: type) -> bool:
    own = getattr(provider_class, "ping", None)
    return own is not None and own is not ProctoringBackendProvider.ping


def _place(name: str, provider: ProctoringBackendProvider) -> str | None:
    """Return the cache key of the provider's health."""
    address: str | None = getattr(provider, "address", None)
    return address or (f"provider:{name}" if has_ping(type(provider)) else None)


def _is_outage(error: Exception) -> bool:
    if isinstance(error, NotImplementedError):
        return False
    response = getattr(error, "response", None)
    return response is None or response.status_code in breaker.DOWN
