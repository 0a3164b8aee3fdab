"""How a request becomes validated data; bad input is a 400 that says what is wrong."""

from typing import Any, Self

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.settings import api_settings

from edx_proctoring.views.bodies import body


class RequestSerializer(serializers.Serializer[Any]):
    """The content of one request. Of several mistakes the answer names the first, in the order of the fields."""

    @classmethod
    def sent(cls, request: Request) -> Any:
        """The part of the request that is read."""
        raise NotImplementedError

    @classmethod
    def of(cls, request: Request) -> Self:
        """The serializer with what was sent, for views that decide who may ask before they validate."""
        return cls(data=cls.sent(request))

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The content, validated."""
        return cls.of(request).valid()

    def valid(self) -> dict[str, Any]:
        """The validated data, or the refusal."""
        if not self.is_valid():
            raise self.refusal()
        return dict(self.validated_data)

    def refusal(self) -> Exception:
        """The first error; messages of fields go on after the field's name, others are whole sentences."""
        name, messages = next(iter(self.errors.items()))
        text = str(messages[0])
        whole = name == api_settings.NON_FIELD_ERRORS_KEY
        return ParseError(text if whole else f"{name} {text}")


class BodySerializer(RequestSerializer):
    """A body: JSON or a form, which are read alike."""

    @classmethod
    def sent(cls, request: Request) -> Any:
        return body(request)


class QuerySerializer(RequestSerializer):
    """A query; of a parameter that is there twice the last one counts."""

    @classmethod
    def sent(cls, request: Request) -> Any:
        return request.GET.dict()
