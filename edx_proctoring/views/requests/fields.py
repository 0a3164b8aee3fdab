"""Fields that accept everything that clients of this interface have always been allowed to send.

Error messages continue the field's name, which the serializer puts before them.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from rest_framework import serializers
from rest_framework.fields import Field, empty

from edx_proctoring.api.lookup import as_id
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.statuses import KNOWN

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LARGEST_PAGE = 100
LONGEST_TEXT = 255
MOST_LISTED = 1000
WHITE_SPACE = re.compile(r"\s+")
ADDRESS = "user__email"  # ordering by it would reveal addresses


def _messages(text: str, *keys: str, **others: str) -> "dict[str, StrOrPromise]":
    """Return `text` for each of DRF's message keys, and the other given messages."""
    return {**dict.fromkeys(keys, text), **others}


def _is_number(data: object, kinds: type | tuple[type, ...] = (int, float)) -> bool:
    return isinstance(data, kinds) and not isinstance(data, bool)


class FieldOptions(TypedDict, total=False):
    """Arguments that every field takes."""

    allow_null: bool
    help_text: str
    error_messages: dict[str, "StrOrPromise"]


class ChosenOptions(FieldOptions, total=False):
    """Arguments of choice fields that are optional."""

    default: str | None


class NumberOptions(FieldOptions, total=False):
    """Arguments of number fields."""

    required: bool
    default: int | None
    min_value: int
    max_value: int


class SizeOptions(FieldOptions, total=False):
    """Arguments of number fields that set their own limit."""

    required: bool
    default: int | None


class BlankOptions(FieldOptions, total=False):
    """Arguments of text fields that are never trimmed."""

    required: bool
    default: str | None
    allow_blank: bool
    max_length: int


class TextOptions(BlankOptions, total=False):
    """Arguments of text fields."""

    trim_whitespace: bool


class OptionalOptions(FieldOptions, total=False):
    """Arguments of text fields that are optional."""

    max_length: int
    trim_whitespace: bool


class FalsyAsNoneMixin(Field[object, object, object, object]):
    def run_validation(self, data: object = empty) -> object:
        return None if data is empty or not data else super().run_validation(data)


# Ids and numbers


class IdField(serializers.IntegerField):
    """A primary key: a number, or its digits as text."""

    default_error_messages = _messages("must be an id.", "required", "null", "invalid")

    def __init__(self, **options: Unpack[NumberOptions]) -> None:
        options.setdefault("min_value", 1)
        options.setdefault("max_value", LARGEST_INTEGER)
        super().__init__(**options)

    def to_internal_value(self, data: object) -> int:
        number = as_id(data)
        if number is None:
            self.fail("invalid")
        return number


class OptionalIdField(FalsyAsNoneMixin, IdField):
    """An optional primary key."""

    def __init__(self, **options: Unpack[FieldOptions]) -> None:
        super().__init__(required=False, **options)


class LookedUpIdField(IdField):
    """An id without validation; the look-up reports that nothing was found."""

    def run_validation(self, data: object = empty) -> object:
        return None if data is empty else data


class PageField(serializers.IntegerField):
    """A page number without validation; the paginator returns a page for any value."""

    def run_validation(self, data: object = empty) -> object:
        return "1" if data is empty else data


class PageSizeField(IdField):
    """The number of rows per page."""

    default_error_messages = _messages(
        f"must be a number from 1 to {LARGEST_PAGE}.", "invalid", "max_value"
    )

    def __init__(self, **options: Unpack[SizeOptions]) -> None:
        super().__init__(max_value=LARGEST_PAGE, **options)


# Texts


class TextField(serializers.CharField):
    """A text that is not blank, with its white space kept; numbers are refused."""

    default_error_messages = _messages(
        "is missing.",
        "required",
        "null",
        "invalid",
        "blank",
        max_length="is longer than {max_length} characters.",
    )

    def __init__(self, **options: Unpack[TextOptions]) -> None:
        options.setdefault("max_length", LONGEST_TEXT)
        options.setdefault("trim_whitespace", False)
        super().__init__(**options)

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str) or not data.strip():
            self.fail("invalid")
        return data


class OptionalTextField(FalsyAsNoneMixin, TextField):
    """An optional text of that kind."""

    def __init__(self, **options: Unpack[OptionalOptions]) -> None:
        super().__init__(required=False, allow_blank=True, **options)


class PlainTextField(serializers.CharField):
    """A text in a query, with any characters."""

    def __init__(self, **options: Unpack[BlankOptions]) -> None:
        if not options.get("required"):
            options.setdefault("default", None)
            options.setdefault("allow_blank", True)
        super().__init__(trim_whitespace=False, **options)


class CourseIdField(PlainTextField):
    """A text; anything else counts as absent."""

    def run_validation(self, data: object = empty) -> object:
        return super().run_validation(data) if isinstance(data, str) else None


class CutTextField(serializers.CharField):
    """Any value as text, truncated."""

    def __init__(self, kept: int, **options: Unpack[OptionalOptions]) -> None:
        self.kept = kept
        super().__init__(required=False, **options)

    def run_validation(self, data: object = empty) -> object:
        return "" if data is empty or not data else str(data)[: self.kept]


class LearnerField(TextField):
    """A user's id (a number), or a username or e-mail address (a text, even one of digits)."""

    def run_validation(self, data: object = empty) -> object:
        return data if _is_number(data, int) else super().run_validation(data)


class NumberOrTextField(TextField):
    """A text, or a number, which is converted to text. `takes_blank`: "" is accepted, too."""

    def __init__(self, *, takes_blank: bool = False, **options: Unpack[TextOptions]) -> None:
        self.takes_blank = takes_blank
        super().__init__(**options)

    def run_validation(self, data: object = empty) -> object:
        if _is_number(data) or (self.takes_blank and data == ""):
            return str(data)
        return super().run_validation(data)


# Comma-separated lists


class ListedField(serializers.CharField):
    """A comma-separated text without white space, or a list whose entries may contain commas; empty entries are
    dropped.
    """

    default_error_messages = _messages(
        "must be a comma-separated text or a list.",
        "required",
        "null",
        "invalid",
        entry="must contain texts or numbers.",
        too_many=f"must not contain more than {MOST_LISTED} entries.",
    )

    def run_validation(self, data: object = empty) -> object:
        return Field.run_validation(self, data)  # an empty text is an empty list

    def to_internal_value(self, data: object) -> Any:
        texts = [str(part).strip() for part in self._parts(data)]
        if len(texts) > MOST_LISTED:
            self.fail("too_many")
        return [text for text in texts if text]

    def _parts(self, data: object) -> Sequence[object]:
        if isinstance(data, str):
            return WHITE_SPACE.sub("", data).split(",")
        parts = data if isinstance(data, list) else [data]
        if parts is not data and not _is_number(data, int):
            self.fail("invalid")
        if not all(isinstance(part, str) or _is_number(part, int) for part in parts):
            self.fail("entry")
        return parts


class WordsField(serializers.CharField):
    """Comma-separated words; None if there are none."""

    def __init__(self, **options: Unpack[OptionalOptions]) -> None:
        super().__init__(required=False, allow_blank=True, **options)

    def run_validation(self, data: object = empty) -> list[str] | None:
        return data.split(",") if isinstance(data, str) and data else None


class AttemptStatusesField(WordsField):
    """Comma-separated statuses of attempts."""

    default_error_messages = _messages("must contain statuses of attempts.", "invalid")

    def run_validation(self, data: object = empty) -> list[str]:
        found = [word for word in super().run_validation(data) or () if word]
        if not KNOWN.issuperset(found):
            self.fail("invalid")
        return found


# Booleans and choices


class FlagField(serializers.BooleanField):
    """True, or the text "true" in any case; absent, null and other texts mean false."""

    default_error_messages = _messages("must be true or false.", "invalid")

    def __init__(self, **options: Unpack[FieldOptions]) -> None:
        super().__init__(required=False, **options)

    def run_validation(self, data: object = empty) -> object:
        if data is empty or data is None or isinstance(data, bool):
            return data is True
        if not isinstance(data, str):
            self.fail("invalid")
        return data.lower() == "true"


class SwitchField(serializers.ChoiceField):
    """A switch in a query that each of the choices turns on; anything else leaves it off."""

    def __init__(self, choices: Sequence[str], **options: Unpack[FieldOptions]) -> None:
        super().__init__(choices, required=False, **options)

    def run_validation(self, data: object = empty) -> object:
        return data in self.choices


class TrueField(SwitchField):
    """A switch in a query that the text "true" in any case turns on."""

    def __init__(self, **options: Unpack[FieldOptions]) -> None:
        super().__init__(("true", "True"), **options)

    def run_validation(self, data: object = empty) -> object:
        return isinstance(data, str) and data.lower() == "true"


class ActionField(serializers.ChoiceField):
    """One of the choices. Other texts are accepted, because the action itself reports that it is unknown."""

    default_error_messages = _messages("is missing.", "required", "null", "invalid_choice")

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid_choice")
        return data


class OrderingField(serializers.ChoiceField):
    """One of the serializer's `orderings`, optionally with a leading minus."""

    default_error_messages = _messages(
        "must be one of {names}, optionally with a leading minus.", "invalid_choice"
    )

    def __init__(self, **options: Unpack[ChosenOptions]) -> None:
        super().__init__((), **options)

    def bind(self, field_name: str, parent: Any) -> None:
        super().bind(field_name, parent)
        self.names = [name for name in parent.orderings if name != ADDRESS]
        self.choices = [*self.names, *(f"-{name}" for name in self.names)]

    def to_internal_value(self, data: object) -> str:
        if data not in self.choices:
            self.fail("invalid_choice", names=", ".join(self.names))
        return str(data)
