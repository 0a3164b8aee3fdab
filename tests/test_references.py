"""The reference code of an attempt."""

import pytest

from edx_proctoring.references import SIGNS, attempt_id_of, reference_of


@pytest.mark.parametrize("attempt_id", [0, 1, 2, 4711, 2**31 - 1])
def test_a_code_can_be_turned_back(attempt_id):
    code = reference_of(attempt_id)
    first, second = code.split("-")
    assert len(first) == len(second) == 4
    assert set(first + second) <= set(SIGNS)
    assert attempt_id_of(code) == attempt_id
    assert attempt_id_of(f" {code.replace('-', '').lower()} ") == attempt_id


def test_neighbours_look_different():
    codes = [reference_of(number) for number in range(100)]
    assert len({code[:4] for code in codes}) > 90


@pytest.mark.parametrize("text", ["", "7F3K", "0000-0000", "7F3K-92QDX", "ÄÖÜß-92QD"])
def test_other_texts_are_no_codes(text):
    assert attempt_id_of(text) is None
