"""Keep the values of secret options out of logs, stored errors and the output of checks and `proctoring_doctor`.

A provider's API may take its key in the URL, exceptions of HTTP libraries contain URLs, and many modules log
exceptions. So the filter is attached to every logger of this package.
"""

import functools
import json
import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import requests
from django.apps import apps
from django.conf import settings

from edx_proctoring.backends.options import options_of, secret_names

MASK = "***"
SHORTEST = 4  # a shorter value is not a secret, and masking it would make the log unreadable
WHOLE_WORD = (
    8  # a shorter value is masked only as a separate word, because it may be part of ordinary words
)
PACKAGE = "edx_proctoring"
OTHER_LOGGERS = ("edx_proctoring_views", "urllib3.connectionpool")


def without_secrets(text: str) -> str:
    """Return the text without the values of secret options."""
    pattern = _pattern(tuple(sorted(set(_secrets()), key=lambda one: (-len(one), one))))
    return pattern.sub(MASK, text) if pattern else text


def _secrets() -> Iterator[str]:
    """Return the secrets of the configured providers, from the settings and from the instances."""
    config: Any = apps.get_app_config(PACKAGE)
    configured = getattr(settings, "PROCTORING_BACKENDS", None)
    configured = configured if isinstance(configured, dict) else {}
    for name, provider_class in getattr(config, "backend_classes", {}).items():
        yield from _values(provider_class, configured.get(name))
    for provider in getattr(config, "backends", {}).values():
        yield from _values(type(provider), getattr(provider, "__dict__", None))


def _values(provider_class: type, given: object) -> Iterator[str]:
    if not isinstance(given, dict):
        return
    try:
        names = secret_names(options_of(provider_class))
    except TypeError:  # an invalid declaration must not break logging
        names = secret_names({})
    for name in names & given.keys():
        value = given[name]
        yield value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")


@functools.lru_cache(maxsize=8)
def _pattern(secrets: tuple[str, ...]) -> re.Pattern[str] | None:
    forms = [_form(one) for one in secrets if len(one) >= SHORTEST]
    return re.compile("|".join(forms)) if forms else None


def _form(secret: str) -> str:
    """Return the secret as it is, and as encoded in URLs and JSON."""
    written = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    found = "|".join(re.escape(one) for one in sorted(written))
    return found if len(secret) >= WHOLE_WORD else rf"(?<!\w)(?:{found})(?!\w)"


class SecretsFilter(logging.Filter):
    """A filter that passes every record, with secrets removed from its message and traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record only if it contains a secret."""
        message = _message(record)
        hidden = without_secrets(message)
        if hidden != message:
            record.msg, record.args = hidden, None
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            hidden = without_secrets(trace)
            if hidden != trace:  # handlers that format the exception themselves would reveal it
                record.exc_text, record.exc_info = hidden, None
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # handlers report wrong arguments of a log call
        return str(record.msg)


FILTER = SecretsFilter()


def guard_logs() -> None:
    """Attach the filter to the loggers of this package, including those of modules not yet imported."""
    root = Path(__file__).resolve().parents[1]
    modules = (path.relative_to(root).with_suffix("").parts for path in root.rglob("*.py"))
    names = (".".join((PACKAGE, *parts)).removesuffix(".__init__") for parts in modules)
    _guard([*names, *OTHER_LOGGERS])


def guard_logs_of(provider_class: type) -> None:
    """Attach the filter to the existing loggers of the provider's package."""
    module = str(getattr(provider_class, "__module__", ""))
    package = module.partition(".")[0]
    known = list(logging.root.manager.loggerDict)
    _guard([module, *(name for name in known if name.partition(".")[0] == package)])


def _guard(names: Iterable[str]) -> None:
    for name in names:
        if name:
            logging.getLogger(name).addFilter(FILTER)


# Personal data in providers' responses

LOGGED_CHARACTERS = 500
PRIVATE = (
    (
        re.compile(
            r'("[^"]*(?:name|mail|token|secret|password|jwt|user|photo|locator|code)[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*"?',
            re.IGNORECASE,
        ),
        r'\1"***"',
    ),
    (re.compile(r"[^\s\"'<>@:]+@[^\s\"'<>@]+"), "***"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), "***"),
)


def masked_response(response: requests.Response) -> str:
    """Return the response for logging: shortened, with names, addresses, ids and secrets masked."""
    return f"{response.status_code} {_excerpt(response.text)!r}"


def masked_cause(error: Exception) -> str:
    """Return why a provider failed, for logging: its response, masked, if the exception has it."""
    content = getattr(error, "content", None)
    if content is None:
        return without_secrets(repr(error))
    text = content.decode(errors="replace") if isinstance(content, bytes) else str(content)
    status = getattr(error, "http_status", "")
    return f"{type(error).__name__} {status} {_excerpt(text)!r}"


def masked(text: str) -> str:
    """Return the text without the values of secret options and without anything that looks personal or secret."""
    return _impersonal(without_secrets(text))


def _excerpt(text: str) -> str:
    """Return the beginning of a provider's response, masked. Secrets are masked before cutting, because a secret cut in
    two would not be recognised.
    """
    beginning = without_secrets(text[: 16 * LOGGED_CHARACTERS])
    return _impersonal(beginning[:LOGGED_CHARACTERS])


def _impersonal(text: str) -> str:
    for pattern, replacement in PRIVATE:
        text = pattern.sub(replacement, text)
    return text
