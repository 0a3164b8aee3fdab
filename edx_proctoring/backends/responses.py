"""Read the responses of providers: JSON, ids, and failures that show what a provider does not support."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeGuard

import requests

from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderOnboardingProfilesException,
)
from edx_proctoring.types import JSON, JSONObject

LONGEST_ID = 255  # characters of the column `external_id`


def is_removal_unsupported(error: BaseException) -> bool:
    """Return whether a failed removal means that this provider never removes attempts: 405, 501 or NotImplementedError."""
    response = getattr(error, "response", None)
    return isinstance(error, NotImplementedError) or (
        isinstance(error, requests.HTTPError)
        and response is not None
        and response.status_code in (405, 501)
    )


@contextmanager
def unanswered_as(
    kind: type[BackendProviderCannotRegisterAttempt | BackendProviderOnboardingProfilesException],
) -> Iterator[None]:
    """Raise this exception for a request without a response: with 504 if the time ran out, otherwise with 502."""
    try:
        yield
    except requests.Timeout as error:
        raise kind(repr(error), 504) from error
    except requests.RequestException as error:
        raise kind(repr(error), 502) from error


def json_of(response: requests.Response) -> JSON:
    """Return the response's JSON. Raises ValueError for anything else."""
    try:
        answer: JSON = response.json()
        return answer
    except RecursionError as error:
        raise ValueError("the response is nested too deeply") from error


def usable_id(value: object) -> TypeGuard[str | int]:
    """Return whether this can be stored as an id: text that fits into the column, or a number."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return bool(value) and (is_number or isinstance(value, str)) and len(str(value)) <= LONGEST_ID


def json_object(response: requests.Response) -> JSONObject:
    """Return the response's JSON object. Raises ValueError for anything else."""
    answer = json_of(response)
    if not isinstance(answer, dict):
        raise ValueError("the response is not a JSON object")
    return answer
