"""Helpers for HTTP requests to providers."""

import re
from typing import Any
from urllib.parse import quote

import requests

from edx_proctoring.backends.masking import without_secrets

LOGGED_CHARACTERS = 500
LONGEST_ID = 255
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


def filled(template: str, **parts: Any) -> str:
    """Return the address with its parts quoted; course keys keep their colons and pluses."""
    return template.format(**{name: quote(str(part), safe=":+@") for name, part in parts.items()})


def is_removal_unsupported(error: BaseException) -> bool:
    """Return whether a failed removal means that this provider never removes attempts: 405, 501 or NotImplementedError."""
    response = getattr(error, "response", None)
    return isinstance(error, NotImplementedError) or (
        isinstance(error, requests.HTTPError)
        and response is not None
        and response.status_code in (405, 501)
    )


def json_of(response: requests.Response) -> Any:
    """Return the response's JSON. Raises ValueError for anything else."""
    try:
        return response.json()
    except RecursionError as error:
        raise ValueError("the response is nested too deeply") from error


def usable_id(value: Any) -> bool:
    """Return whether this can be stored as an id: text that fits into the column, or a number."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return bool(value) and (is_number or isinstance(value, str)) and len(str(value)) <= LONGEST_ID


def json_object(response: requests.Response) -> dict[str, Any]:
    """Return the response's JSON object. Raises ValueError for anything else."""
    answer = json_of(response)
    if not isinstance(answer, dict):
        raise ValueError("the response is not a JSON object")
    return answer


def short(response: requests.Response) -> str:
    """Return the response for logging: shortened, with names, addresses, ids and secrets masked."""
    return f"{response.status_code} {_excerpt(response.text)!r}"


def cause(error: Exception) -> str:
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
