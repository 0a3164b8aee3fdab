"""Fields that read what clients of this interface have always been allowed to send.

Error messages go on after the field's name, which the serializer puts before them.
"""

import re
from typing import Any

from rest_framework import serializers
from rest_framework.fields import Field, empty

from edx_proctoring.api.lookup import as_id
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.statuses import KNOWN

LARGEST_PAGE = 100
LONGEST_TEXT = 255
MOST_LISTED = 1000
WHITE_SPACE = re.compile(r"\s+")
ADDRESS = "user__email"  # an order by it would tell addresses


def _messages(text: str, *keys: str, **others: str) -> dict[str, Any]:
    """`text` for each of the keys of DRF, and what others say."""
    return {**dict.fromkeys(keys, text), **others}


def _is_number(data: Any, kinds: type | tuple[type, ...] = (int, float)) -> bool:
    return isinstance(data, kinds) and not isinstance(data, bool)


class FalseIsAbsent(Field):  # type: ignore[type-arg]  # any values
    """None where it is absent, null, empty, zero or false."""

    def run_validation(self, data: Any = empty) -> Any:
        return None if data is empty or not data else super().run_validation(data)


# Ids and numbers


class IdField(serializers.IntegerField):
    """A primary key: a number, or its digits as text."""

    default_error_messages = _messages("must be an id.", "required", "null", "invalid")

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": LARGEST_INTEGER, **options})

    def to_internal_value(self, data: Any) -> int:
        number = as_id(data)
        if number is None:
            self.fail("invalid")
        return number


class OptionalIdField(FalseIsAbsent, IdField):
    """A primary key that need not be there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)


class LookedUpIdField(IdField):
    """An id that is taken as it comes: whoever looks it up says that there is no such thing."""

    def run_validation(self, data: Any = empty) -> Any:
        return None if data is empty else data


class PageField(serializers.IntegerField):
    """The number of a page, taken as it comes: the paginator knows a page for anything."""

    def run_validation(self, data: Any = empty) -> Any:
        return "1" if data is empty else data


class PageSizeField(IdField):
    """How many rows are on a page."""

    default_error_messages = _messages(
        f"must be a number from 1 to {LARGEST_PAGE}.", "invalid", "max_value"
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(max_value=LARGEST_PAGE, **options)


# Texts


class TextField(serializers.CharField):
    """A text that is not blank, kept with its white space; a number is none."""

    default_error_messages = _messages(
        "is missing.",
        "required",
        "null",
        "invalid",
        "blank",
        max_length="is longer than {max_length} characters.",
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": LONGEST_TEXT, "trim_whitespace": False, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not data.strip():
            self.fail("invalid")
        return data


class OptionalTextField(FalseIsAbsent, TextField):
    """Such a text that need not be there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_blank=True, **options)


class PlainTextField(serializers.CharField):
    """A text of a query, of whichever characters."""

    def __init__(self, **options: Any) -> None:
        if not options.get("required"):
            options = {"default": None, "allow_blank": True, **options}
        super().__init__(trim_whitespace=False, **options)


class CourseIdField(PlainTextField):
    """A text; anything else counts as absent."""

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation(data) if isinstance(data, str) else None


class CutTextField(serializers.CharField):
    """Anything as text, of which only the beginning is kept."""

    def __init__(self, kept: int, **options: Any) -> None:
        self.kept = kept
        super().__init__(required=False, **options)

    def run_validation(self, data: Any = empty) -> Any:
        return "" if data is empty or not data else str(data)[: self.kept]


class LearnerField(TextField):
    """A user's id (a number), or their name or e-mail address (a text, even of digits)."""

    def run_validation(self, data: Any = empty) -> Any:
        return data if _is_number(data, int) else super().run_validation(data)


class NumberOrTextField(TextField):
    """A text, or a number, which becomes its text. `takes_blank`: "" is taken, too."""

    def __init__(self, *, takes_blank: bool = False, **options: Any) -> None:
        self.takes_blank = takes_blank
        super().__init__(**options)

    def run_validation(self, data: Any = empty) -> Any:
        if _is_number(data) or (self.takes_blank and data == ""):
            return str(data)
        return super().run_validation(data)


# Lists in one text


class ListedField(serializers.CharField):
    """A text with commas, without its white space, or a list, whose entries may hold some; no empty ones."""

    default_error_messages = _messages(
        "must be a text with commas or a list.",
        "required",
        "null",
        "invalid",
        entry="must hold texts or numbers.",
        too_many=f"must not hold more than {MOST_LISTED} entries.",
    )

    def run_validation(self, data: Any = empty) -> Any:
        return Field.run_validation(self, data)  # an empty text is an empty list

    def to_internal_value(self, data: Any) -> Any:
        texts = [str(part).strip() for part in self._parts(data)]
        if len(texts) > MOST_LISTED:
            self.fail("too_many")
        return [text for text in texts if text]

    def _parts(self, data: Any) -> list[Any]:
        if isinstance(data, str):
            return WHITE_SPACE.sub("", data).split(",")
        parts = data if isinstance(data, list) else [data]
        if parts is not data and not _is_number(data, int):
            self.fail("invalid")
        if not all(isinstance(part, str) or _is_number(part, int) for part in parts):
            self.fail("entry")
        return parts


class WordsField(serializers.CharField):
    """Words with commas; None where there are none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_blank=True, **options)

    def run_validation(self, data: Any = empty) -> Any:
        return data.split(",") if data is not empty and data else None


class AttemptStatusesField(WordsField):
    """Statuses of attempts with commas."""

    default_error_messages = _messages("must hold statuses of attempts.", "invalid")

    def run_validation(self, data: Any = empty) -> Any:
        found = [word for word in super().run_validation(data) or () if word]
        if not KNOWN.issuperset(found):
            self.fail("invalid")
        return found


# Switches and choices


class FlagField(serializers.BooleanField):
    """True, or the text "true" in any case; absent, null and other texts mean no."""

    default_error_messages = _messages("must be true or false.", "invalid")

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def run_validation(self, data: Any = empty) -> Any:
        if data is empty or data is None or isinstance(data, bool):
            return data is True
        if not isinstance(data, str):
            self.fail("invalid")
        return data.lower() == "true"


class SwitchField(serializers.ChoiceField):
    """A switch of a query, on for each of the choices; for anything else it is off."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(choices, required=False, **options)

    def run_validation(self, data: Any = empty) -> Any:
        return data in self.choices


class TrueField(SwitchField):
    """A switch of a query, on for the text "true" in any case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(("true", "True"), **options)

    def run_validation(self, data: Any = empty) -> Any:
        return isinstance(data, str) and data.lower() == "true"


class ActionField(serializers.ChoiceField):
    """One of the choices; of any other text whoever acts says that there is no such action."""

    default_error_messages = _messages("is missing.", "required", "null", "invalid_choice")

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice")
        return data


class OrderingField(serializers.ChoiceField):
    """One of the serializer's `orderings`, perhaps with a minus."""

    default_error_messages = _messages(
        "must be one of {names}, perhaps with a minus.", "invalid_choice"
    )

    def __init__(self, **options: Any) -> None:
        super().__init__((), **options)

    def bind(self, field_name: str, parent: Any) -> None:
        super().bind(field_name, parent)
        self.names = [name for name in parent.orderings if name != ADDRESS]
        self.choices = [*self.names, *(f"-{name}" for name in self.names)]

    def to_internal_value(self, data: Any) -> Any:
        if data not in self.choices:
            self.fail("invalid_choice", names=", ".join(self.names))
        return data
