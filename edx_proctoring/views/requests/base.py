"""Validate requests; invalid input is a 400 that says what is wrong."""

from typing import Any, Self

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.settings import api_settings

from edx_proctoring.views.bodies import body


class RequestSerializer(serializers.Serializer[object]):
    """The content of one request. If there are several errors, the response has the first one in the order of the
    fields.
    """

    @classmethod
    def sent(cls, request: Request) -> object:
        """Return the part of the request to validate."""
        raise NotImplementedError

    @classmethod
    def of(cls, request: Request) -> Self:
        """Return the serializer with the request's data, for views that check permissions before validating."""
        return cls(data=cls.sent(request))

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """Return the validated content."""
        return cls.of(request).valid()

    def valid(self) -> dict[str, Any]:
        """Return the validated data, or raise the error."""
        if not self.is_valid():
            raise self.refusal()
        return dict(self.validated_data)

    def refusal(self) -> Exception:
        """Return the first error. Messages of fields continue the field's name; others are whole sentences."""
        name, messages = next(iter(self.errors.items()))
        text = str(messages[0])
        whole = name == api_settings.NON_FIELD_ERRORS_KEY
        return ParseError(text if whole else f"{name} {text}")


class BodySerializer(RequestSerializer):
    """A body, either JSON or a form, with the same result."""

    @classmethod
    def sent(cls, request: Request) -> object:
        return body(request)


class QuerySerializer(RequestSerializer):
    """A query; if a parameter occurs twice, the last one counts."""

    @classmethod
    def sent(cls, request: Request) -> object:
        return request.GET.dict()
