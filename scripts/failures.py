"""Excerpts of pytest's output for the end of a run: the tests that failed, and how to make them fail again."""

import re
from collections.abc import Iterable, Iterator

SUMMARY = ("FAILED ", "ERROR ")
# Hypothesis' notes at an exception, as pytest prints them: alone, or in a group of exceptions.
NOTE = re.compile(r"(?:E|[ |+]*\|)(?: {1,3}(?P<text>.*)|$)")
FALSIFIES = re.compile(r"(Falsifying|Failing) .*(example|test case)")  # older and newer versions
SEED = re.compile(r"--(randomly|hypothesis)-seed=\d+")
LINES_OF_AN_EXAMPLE = 200  # a walk through a state machine is long


def summary(lines: Iterable[str]) -> list[str]:
    """Return pytest's summary lines of failed tests, and after them their examples; nothing if no test failed."""
    known = [line.rstrip() for line in lines]
    failed = [line for line in known if line.startswith(SUMMARY)]
    return [*failed, *examples(known), *filter(SEED.search, known)] if failed else []


def examples(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of the examples with which Hypothesis has falsified tests, and how to reproduce them."""
    left = 0
    for line in lines:
        note = NOTE.match(line)
        text = (note and note["text"]) or ""
        if FALSIFIES.match(text.lstrip()):
            left = LINES_OF_AN_EXAMPLE
        if not note or not left:
            left = 0
            continue
        left -= 1
        yield text.rstrip()
