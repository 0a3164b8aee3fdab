"""Ids."""

from typing import Any

import pytest

from edx_proctoring.api.lookup import as_id


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1),
        ("12", 12),
        ("00000000000000000012", 12),
        (2**31 - 1, 2**31 - 1),
        (2**31, None),
        ("1" * 5000, None),
        (0, None),
        (-1, None),
        (True, None),
        (1.0, None),
        ("1.0", None),
        (" 1", None),
        ("1\n", None),
        ("²", None),
        ("１", None),
        (None, None),
        ([1], None),
    ],
)
def test_ids(value: Any, number: int | None) -> None:
    assert as_id(value) == number
