"""Answers of providers are used only in the right form."""

import pytest

from edx_proctoring.backends.responses import LONGEST_ID, usable_id


@pytest.mark.parametrize(
    ("value", "usable"),
    [
        ("a", True),
        (7, True),
        ("é" * LONGEST_ID, True),
        ("a" * (LONGEST_ID + 1), False),
        (10**LONGEST_ID, False),
        ("", False),
        (0, False),
        (None, False),
        (True, False),
        (1.5, False),
        (["a"], False),
        ({"id": "a"}, False),
    ],
)
def test_ids_are_texts_and_numbers_that_fit_into_the_column(value, usable):
    assert usable_id(value) is usable
