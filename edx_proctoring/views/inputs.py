"""What requests say, checked: bad input is a 400 that says what is wrong."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from edx_proctoring.statuses import KNOWN
from edx_proctoring.views.bodies import TOO_DEEP

LARGEST_PAGE = 100
LARGEST_ID = 2**31 - 1
LONGEST_TEXT = 255
LONGEST_NUMBER = 20  # digits that are looked at
DIGITS = re.compile("[0-9]+")
WHITE_SPACE = re.compile(r"\s+")
MOST_LISTED = 1000
DEEPEST = 100
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def document(request: Request) -> Any:
    """The body as it was parsed: JSON of any kind, or a form."""
    data = request.data
    check_texts(data)
    return data


def body(request: Request) -> dict[str, Any]:
    """The body, JSON or a form, as a dictionary."""
    data = document(request)
    if isinstance(data, QueryDict):
        data = dict(data.items())
    if not isinstance(data, Mapping):
        raise ParseError("The body must be an object.")
    return dict(data)


def check_texts(data: Any) -> None:
    """Refuse texts, at any depth, that no database can store; files; and what is nested too deeply."""
    todo = [(data, 0)]
    while todo:
        value, depth = todo.pop()
        if depth > DEEPEST:
            raise ParseError(TOO_DEEP)
        if isinstance(value, Mapping):
            todo.extend((one, depth + 1) for one in value)
            todo.extend((one, depth + 1) for one in value.values())
        elif isinstance(value, list | tuple):
            todo.extend((one, depth + 1) for one in value)
        elif isinstance(value, UploadedFile):
            raise ParseError("Files are not taken.")
        elif isinstance(value, str) and UNSTORABLE.search(value):
            raise ParseError("The request contains characters that cannot be stored.")


def as_id(value: Any) -> int | None:
    """A primary key from a number or its text, else None."""
    if isinstance(value, str) and len(value) <= LONGEST_NUMBER and DIGITS.fullmatch(value):
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 < value <= LARGEST_ID else None


def listed(data: Mapping[str, Any], name: str) -> list[str]:
    """The parts of a text with commas, without white space, or of a list, where names may hold some; no empty ones."""
    given = data.get(name)
    if isinstance(given, bool) or not isinstance(given, str | int | list):
        raise ParseError(f"{name} must be a text with commas or a list.")
    parts = WHITE_SPACE.sub("", given).split(",") if isinstance(given, str) else given
    parts = parts if isinstance(parts, list) else [parts]
    if not all(isinstance(part, str | int) and not isinstance(part, bool) for part in parts):
        raise ParseError(f"{name} must hold texts or numbers.")
    texts = [str(part).strip() for part in parts]
    if len(texts) > MOST_LISTED:
        raise ParseError(f"{name} must not hold more than {MOST_LISTED} entries.")
    return [text for text in texts if text]


def required_id(data: Mapping[str, Any], name: str) -> int:
    """The primary key called `name`."""
    number = as_id(data.get(name))
    if number is None:
        raise ParseError(f"{name} must be an id.")
    return number


def required_text(data: Mapping[str, Any], name: str) -> str:
    """The text called `name`; not empty."""
    text = data.get(name)
    if not isinstance(text, str) or not text.strip():
        raise ParseError(f"{name} is missing.")
    if len(text) > LONGEST_TEXT:
        raise ParseError(f"{name} is longer than {LONGEST_TEXT} characters.")
    return text


def flag(data: Mapping[str, Any], name: str) -> bool:
    """A switch: true, or the text "true" in any case; absent, null and other text mean no."""
    value = data.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    if not isinstance(value, str):
        raise ParseError(f"{name} must be true or false.")
    return value.lower() == "true"


def query_flag(request: Request, name: str) -> bool:
    """A switch of the query: 1, true or True."""
    return request.GET.get(name) in ("1", "true", "True")


@dataclass(frozen=True)
class ListOptions:
    """What of a list is wanted; nothing changes where nothing is said."""

    page: str
    page_size: int | None
    ordering: str | None
    exam_id: int | None
    statuses: list[str]
    text: str


def list_options(request: Request, orderings: Collection[str]) -> ListOptions:
    """`page`, `page_size`, `ordering` (one of `orderings`), `exam`, `status` (with commas) and `text` of the query."""
    given = request.GET
    size, exam, ordering = given.get("page_size"), given.get("exam"), given.get("ordering")
    if size is not None and (as_id(size) or LARGEST_ID) > LARGEST_PAGE:
        raise ParseError(f"page_size must be a number from 1 to {LARGEST_PAGE}.")
    if exam is not None and as_id(exam) is None:
        raise ParseError("exam must be an id.")
    names = [name for name in orderings if name != "user__email"]  # would tell addresses
    if ordering is not None and ordering.removeprefix("-") not in names:
        raise ParseError(f"ordering must be one of {', '.join(names)}, perhaps with a minus.")
    statuses = [word for word in given.get("status", "").split(",") if word]
    if not KNOWN.issuperset(statuses):
        raise ParseError("status must hold statuses of attempts.")
    page = given.get("page", "1")
    text = given.get("text", "")
    if len(text) > LONGEST_TEXT:
        raise ParseError(f"text must not be longer than {LONGEST_TEXT}.")
    return ListOptions(page, as_id(size), ordering, as_id(exam), statuses, text)


def valid(serializer: BaseSerializer[Any]) -> Any:
    """The serializer's validated data; its errors in one sentence."""
    if not serializer.is_valid():
        errors = dict(serializer.errors)
        raise ParseError(
            " ".join(
                f"{name}: {' '.join(str(message) for message in messages)}"
                for name, messages in errors.items()
            )
        )
    return serializer.validated_data
