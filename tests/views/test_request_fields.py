"""Fields of requests: the lenient input that clients may send, and the input that is refused."""

from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.fields import empty

from edx_proctoring.views.requests import fields
from edx_proctoring.views.requests.allowances import RevocationSerializer
from edx_proctoring.views.requests.base import RequestSerializer

LONG = "x" * 256
FLAG, ID, TEXT = fields.FlagField(), fields.IdField(), fields.TextField()
LISTED, LEARNER = fields.ListedField(), fields.LearnerField()
SWITCH, TRUE = fields.SwitchField(("1", "true")), fields.TrueField()


@pytest.mark.parametrize(
    ("field", "sent", "value"),
    [
        (FLAG, empty, False),
        (FLAG, None, False),
        (FLAG, True, True),
        (FLAG, "TRUE", True),
        (FLAG, "1", False),
        (ID, "12", 12),
        (fields.OptionalIdField(), "", None),
        (fields.OptionalIdField(), 0, None),
        (fields.OptionalIdField(), "7", 7),
        (fields.OptionalTextField(), [], None),
        (fields.PageField(required=False), empty, "1"),
        (fields.PageField(), "last", "last"),
        (fields.LookedUpIdField(), "abc", "abc"),
        (fields.PageSizeField(default=None), empty, None),
        (fields.PageSizeField(), "100", 100),
        (TEXT, " a ", " a "),
        (fields.PlainTextField(), " ", " "),
        (fields.CourseIdField(), 5, None),
        (fields.CutTextField(3), 12345, "123"),
        (fields.CutTextField(3), None, ""),
        (LEARNER, 12, 12),
        (LEARNER, "12", "12"),
        (fields.NumberOrTextField(), 1.5, "1.5"),
        (fields.NumberOrTextField(takes_blank=True), "", ""),
        (LISTED, "1, 2 ,,3", ["1", "2", "3"]),
        (LISTED, "", []),
        (LISTED, 4, ["4"]),
        (LISTED, [" a b ", 3, ""], ["a b", "3"]),
        (fields.WordsField(), "", None),
        (fields.WordsField(), "a,,b", ["a", "", "b"]),
        (fields.AttemptStatusesField(), "started,,submitted", ["started", "submitted"]),
        (SWITCH, "1", True),
        (SWITCH, "True", False),
        (SWITCH, empty, False),
        (TRUE, "tRue", True),
        (TRUE, "1", False),
        (fields.ActionField(["start"]), "start over", "start over"),
    ],
)
def test_accepted_input(field: Any, sent: Any, value: Any) -> None:
    found = field.run_validation(sent)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("field", "sent", "message"),
    [
        (FLAG, 1, "must be true or false."),
        *[(ID, sent, "must be an id.") for sent in (empty, None, "", "x", 1.0, True, 0, 2**31)],
        (fields.OptionalIdField(), "x", "must be an id."),
        *[(TEXT, sent, "is missing.") for sent in (empty, None, "", " ", 5, [])],
        (TEXT, LONG, "is longer than 255 characters."),
        (fields.OptionalTextField(), 5, "is missing."),
        (LEARNER, True, "is missing."),
        (fields.NumberOrTextField(), True, "is missing."),
        (fields.NumberOrTextField(), "", "is missing."),
        *[(fields.PageSizeField(), sent, "must be a number from 1 to 100.") for sent in ("0", "101", "x", "9" * 30)],
        *[(LISTED, sent, "must be a comma-separated text or a list.") for sent in (empty, None, True, 1.5, {})],
        (LISTED, ["1", None], "must contain texts or numbers."),
        (LISTED, [True], "must contain texts or numbers."),
        (LISTED, [1] * 1001, "must not contain more than 1000 entries."),
        (fields.AttemptStatusesField(), "started,unknown", "must contain statuses of attempts."),
        (fields.ActionField(["start"]), ["start"], "is missing."),
        (fields.ActionField(["start"]), empty, "is missing."),
    ],
)  # fmt: skip
def test_refused_input(field: Any, sent: Any, message: str) -> None:
    with pytest.raises(serializers.ValidationError) as caught:
        field.run_validation(sent)
    assert caught.value.detail == [message]


class Ordered(RequestSerializer):
    orderings = ("id", "user__email")
    exam = fields.IdField()
    ordering = fields.OrderingField(default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        raise serializers.ValidationError("Not today.")


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({}, "exam must be an id."),
        ({"ordering": "x"}, "exam must be an id."),
        ({"exam": 1, "ordering": "x"}, "ordering must be one of id, optionally with a leading minus."),
        ({"exam": 1, "ordering": "-user__email"}, "ordering must be one of id, optionally with a leading minus."),
        ({"exam": 1, "ordering": "-id"}, "Not today."),
    ],
)  # fmt: skip
def test_the_first_error_is_reported(sent: dict[str, Any], text: str) -> None:
    with pytest.raises(ParseError) as caught:
        Ordered(data=sent).valid()
    assert caught.value.detail == text


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ({"user_id": 3, "user_info": 5}, None),
        ({"user_id": None, "user_info": "owner"}, "user_id must be an id."),
        ({"user_info": 5}, "user_info is missing."),
        ({"user_info": "owner"}, None),
        ({}, "user_id must be an id."),
    ],
)
def test_identifying_the_learner_of_a_revocation(named: dict[str, Any], text: str | None) -> None:
    sent = RevocationSerializer(data={"exam_id": 1, "key": "a", **named})
    if text is None:
        assert len(sent.valid()) == 3
        return
    with pytest.raises(ParseError) as caught:
        sent.valid()
    assert caught.value.detail == text
