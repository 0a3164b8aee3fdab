"""How large and how deep the body of a request may be. It is refused before it is parsed, and before anybody signs in."""

import io
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from edx_proctoring import conf

TOO_DEEP = "The body is nested too deeply."


class BodyTooLarge(APIException):
    """More bytes than the setting allows."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE

    def __init__(self, setting: str) -> None:
        super().__init__(f"The body must not be larger than {_largest(setting)} bytes.")


class LimitedParser(BaseParser):
    """A parser of the host's choice, which gets the whole body, if that is not too large."""

    def __init__(self, parser: BaseParser, setting: str) -> None:
        self.parser, self.setting = parser, setting
        self.media_type = parser.media_type

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """What the parser makes of it. Also where no header says how large the body is."""
        body = stream.read(_largest(self.setting) + 1)
        if len(body) > _largest(self.setting):
            raise BodyTooLarge(self.setting)
        try:
            return self.parser.parse(io.BytesIO(body), media_type, parser_context)
        except RecursionError as error:
            raise ParseError(TOO_DEEP) from error


def check_length(request: Request, setting: str) -> None:
    """Refuse a body that is too large by its own account."""
    length = str(request.META.get("CONTENT_LENGTH") or "")
    if length.isdecimal() and int(length[:20]) > _largest(setting):
        raise BodyTooLarge(setting)


def _largest(setting: str) -> int:
    return int(getattr(conf.proctoring, setting))
