"""The options of providers in PROCTORING_BACKENDS: their names, their types, and which of them are secret.

A provider class declares its options in `provider_options`. The registry (`edx_proctoring.apps`) passes an option to
the constructor if the class or one of its base classes declares it, or if it is in the published list.
"""

import builtins
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

ENTRY_POINTS = "openedx.proctoring"
NO_DEFAULT = object()

# Passed to every provider, whether declared or not. The registry reads the list at each use, because hosts extend it in
# place.
BACKEND_CONFIGURATION_ALLOW_LIST = [
    "base_url",
    "client_id",
    "client_secret",
    "crypto_key",
    "default_rules",
    "exam_register_endpoint",
    "exam_sponsor",
    "has_dashboard",
    "help_center_article_url",
    "integration_specific_email",
    "learner_notification_from_email",
    "needs_oauth",
    "organization",
    "passing_statuses",
    "ping_interval",
    "secret_key",
    "secret_key_id",
    "send_email",
    "software_download_url",
    "supports_onboarding",
    "tech_support_email",
    "tech_support_phone",
    "timeout",
    "token_expiration_time",
    "verbose_name",
    "video_review_aes_key",
]
# Secret even if a class does not declare them.
PUBLISHED_SECRETS = frozenset({"client_secret", "crypto_key", "secret_key", "video_review_aes_key"})
# Read from the same dictionaries by the host or by other parts of this package.
TOLERATED_OPTIONS = frozenset(
    {
        "LINK_URLS",
        "allow_honor_mode",
        "requires_escalation_email",
        "show_review_rules",
        "help_center_url",
        "npm_module",
    }
)


@dataclass(frozen=True)
class ProviderOption:
    """One option of a provider.

    `type` is a type or a tuple of types. If there is no `default` and the operator sets nothing, the constructor does
    not get the argument. The value of a `secret` option is masked in logs and in the output of checks and
    `proctoring_doctor`.
    """

    name: str
    type: type | tuple[type, ...] = str
    default: object = field(default=NO_DEFAULT, repr=False)
    secret: bool = False
    why: str = ""

    def types(self) -> tuple["builtins.type", ...]:
        """Return the types as a tuple."""
        return self.type if isinstance(self.type, tuple) else (self.type,)

    def kinds(self) -> str:
        """Return the types as text."""
        return " or ".join(one.__name__ for one in self.types())

    def fits(self, value: object) -> bool:
        """Return whether the value has the right type. None counts as not set; texts may be lazily translated."""
        if value is None:
            return True
        if isinstance(value, bool):  # bool is an int in Python, but not for operators
            return bool in self.types()
        return isinstance(value, self.types()) or (
            str in self.types() and isinstance(value, Promise)
        )


TIMEOUT = ProviderOption(
    "timeout",
    (int, float, list, tuple),
    why="Seconds that a request may take, or [connect, read]; the caller's deadline may be shorter.",
)


def options_of(provider_class: type) -> dict[str, ProviderOption]:
    """Return the options declared by a class and its base classes, by name. Raises TypeError for an invalid
    declaration.
    """
    found = {}
    for base in reversed(getattr(provider_class, "__mro__", ())):
        for option in _declared(base):
            found[option.name] = option
    return found


def _declared(base: type) -> Iterable[ProviderOption]:
    declared = vars(base).get("provider_options", ())
    if not isinstance(declared, list | tuple) or not all(
        isinstance(one, ProviderOption) for one in declared
    ):
        raise TypeError(f"provider_options of {base.__qualname__} is not a tuple of ProviderOption")
    return declared


def secret_names(known: Mapping[str, ProviderOption]) -> set[str]:
    """Return the names of the secret options."""
    return {*PUBLISHED_SECRETS, *(name for name, option in known.items() if option.secret)}


def unknown_options(known: Mapping[str, ProviderOption], given: Iterable[object]) -> list[str]:
    """Return the options that no code reads."""
    read = {*BACKEND_CONFIGURATION_ALLOW_LIST, *TOLERATED_OPTIONS, *known}
    return sorted(str(name) for name in given if name not in read)


def wrong_types(known: Mapping[str, ProviderOption], given: Mapping[str, Any]) -> Iterator[str]:
    """Describe options whose type differs from the declared one; values are not shown because they may be secret."""
    for name, option in known.items():
        value = given.get(name)
        if not option.fits(value):
            yield f"{name} is of type {type(value).__name__}, not {option.kinds()}"


def constructor_arguments(
    known: Mapping[str, ProviderOption], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments for the constructor. A value of the wrong type is passed unchanged; a system check reports
    it.
    """
    defaults = {
        name: option.default for name, option in known.items() if option.default is not NO_DEFAULT
    }
    passed = {*BACKEND_CONFIGURATION_ALLOW_LIST, *known}
    return {**defaults, **{name: value for name, value in given.items() if name in passed}}
