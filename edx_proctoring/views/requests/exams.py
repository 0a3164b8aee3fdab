"""Requests about exams. Forms are read as DRF reads them: an absent checkbox is unchecked."""

from collections.abc import Mapping
from typing import Any, Self, Unpack

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from edx_proctoring import api
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.serializers import (
    ProctoredExamRegistrationSerializer,
    ProctoredExamSerializer,
)
from edx_proctoring.views.bodies import body, document
from edx_proctoring.views.requests.base import BodySerializer
from edx_proctoring.views.requests.fields import (
    LONGEST_TEXT,
    LookedUpIdField,
    SizeOptions,
)

NO_LIST: dict[str, str] = {}  # a form would count as an empty list and deactivate all exams
IGNORED = {"id", "course_id"}  # of an item in the registration of a course


def minutes(**options: Unpack[SizeOptions]) -> serializers.IntegerField:
    """Return a field for at least one minute."""
    return serializers.IntegerField(min_value=1, max_value=LARGEST_INTEGER, **options)


def check_backend(values: Mapping[str, Any]) -> None:
    """Check that a proctored exam has a configured provider, before the exam is stored."""
    name = values.get("backend")
    if name and values.get("is_proctored", True) and not api.is_known_backend(name):
        raise serializers.ValidationError({"backend": ["There is no such provider."]})


class NewExamSerializer(BodySerializer, ProctoredExamSerializer):
    """The body that creates an exam. `id` is validated but has no effect."""

    time_limit_mins = minutes()

    class Meta(ProctoredExamSerializer.Meta):
        ref_name = "Exam"

    @classmethod
    def sent(cls, request: Request) -> object:
        return document(request)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        check_backend(attrs)
        return {name: value for name, value in attrs.items() if name != "id"}


class ExamChangesSerializer(BodySerializer):
    """Absent and null fields stay unchanged, except that null clears `due_date`."""

    exam_id = LookedUpIdField()
    exam_name = serializers.CharField(required=False, allow_null=True)
    time_limit_mins = minutes(required=False, allow_null=True)
    is_proctored = serializers.BooleanField(required=False, allow_null=True)
    is_practice_exam = serializers.BooleanField(required=False, allow_null=True)
    external_id = serializers.CharField(required=False, allow_null=True, max_length=LONGEST_TEXT)
    is_active = serializers.BooleanField(required=False, allow_null=True)
    hide_after_due = serializers.BooleanField(required=False, allow_null=True)
    due_date = serializers.DateTimeField(required=False, allow_null=True)
    backend = serializers.CharField(required=False, allow_null=True, max_length=LONGEST_TEXT)

    @classmethod
    def of(cls, request: Request) -> Self:
        body(request)  # raises an error unless it is an object
        return cls(data=document(request), partial=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        check_backend(attrs)
        return attrs

    def refusal(self) -> Exception:
        """Return all errors in one sentence."""
        texts = {name: " ".join(map(str, found)) for name, found in self.errors.items()}
        return ParseError(" ".join(f"{name}: {text}" for name, text in texts.items()))


class RegisteredExamsSerializer(serializers.ListSerializer[Any]):
    """All exams of a course; each content id may occur once."""

    def validate(self, attrs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = {item["content_id"] for item in attrs}
        if len(names) < len(attrs):
            raise serializers.ValidationError("The same content_id is listed more than once.")
        return attrs


class RegisteredExamSerializer(ProctoredExamRegistrationSerializer):
    """One exam of a course."""

    time_limit_mins = minutes()

    class Meta(ProctoredExamRegistrationSerializer.Meta):
        list_serializer_class = RegisteredExamsSerializer

    @classmethod
    def of(cls, request: Request, course_id: str) -> Self:
        """Return the serializer of the whole list with the request's data."""
        data = document(request)
        listed = data if isinstance(data, list) else NO_LIST
        return cls(data=listed, many=True, context={"course_id": course_id})

    def validate_course_id(self, value: str) -> str:
        if value != self.context["course_id"]:
            raise serializers.ValidationError("This is not the course of the request.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values to store: without `due_date` it is cleared, without `external_id` or `backend` they are
        kept.
        """
        check_backend(attrs)
        kept = {name for name in ("external_id", "backend") if attrs.get(name) is None}
        values = {name: value for name, value in attrs.items() if name not in kept | IGNORED}
        return {"due_date": None, **values}
