"""Limits for request bodies: size, nesting depth and permitted characters.

A body that is too large is refused before it is parsed and before authentication.
"""

import io
import re
from collections.abc import Mapping
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from edx_proctoring import conf
from edx_proctoring.types import JSON, JSONObject

TOO_DEEP = "The body is nested too deeply."
DEEPEST = 100
# PostgreSQL stores no NUL, and surrogates cannot be encoded in UTF-8.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class BodyTooLarge(APIException):
    """The body has more bytes than the setting allows."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE

    def __init__(self, setting: str) -> None:
        super().__init__(f"The body must not be larger than {_largest(setting)} bytes.")


class LimitedParser(BaseParser):
    """A parser that checks the size of the whole body and passes it to the host's parser."""

    def __init__(self, parser: BaseParser, setting: str) -> None:
        self.parser, self.setting = parser, setting
        self.media_type = parser.media_type

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Parse the body with the host's parser. Also handles bodies without a length header."""
        body = stream.read(_largest(self.setting) + 1)
        if len(body) > _largest(self.setting):
            raise BodyTooLarge(self.setting)
        try:
            return self.parser.parse(io.BytesIO(body), media_type, parser_context)
        except RecursionError as error:
            raise ParseError(TOO_DEEP) from error


def check_length(request: Request, setting: str) -> None:
    """Refuse a body whose header declares too large a size."""
    length = str(request.META.get("CONTENT_LENGTH") or "")
    # Python refuses to convert thousands of digits; 20 exceed every limit.
    if length.isdecimal() and int(length[:20]) > _largest(setting):
        raise BodyTooLarge(setting)


def _largest(setting: str) -> int:
    return int(getattr(conf.proctoring, setting))


def document(request: Request) -> JSON:
    """Return the parsed body: any JSON, or a form."""
    data: JSON = request.data
    check_texts(data)
    return data


def body(request: Request) -> JSONObject:
    """Return the body, JSON or a form, as a dictionary."""
    data: object = document(request)
    if isinstance(data, QueryDict):
        data = dict(data.items())
    if not isinstance(data, Mapping):
        raise ParseError("The body must be an object.")
    return dict(data)


def check_texts(data: object) -> None:
    """Refuse texts at any depth that databases cannot store, files, and bodies that are nested too deeply."""
    todo = [(data, 0)]  # not recursive, because the client chooses the depth
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
            raise ParseError("Files are not accepted.")
        elif isinstance(value, str) and UNSTORABLE.search(value):
            raise ParseError("The request contains characters that cannot be stored.")
