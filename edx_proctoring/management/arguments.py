"""Types of the numbers that commands take as arguments."""

import argparse

from edx_proctoring.limits import LARGEST_INTEGER


def whole(text: str, least: int = 0) -> int:
    """Argument type for counts and ids."""
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not least <= number <= LARGEST_INTEGER:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number from {least} to {LARGEST_INTEGER}"
        )
    return number


def at_least_one(text: str) -> int:
    """Argument type for batch sizes."""
    return whole(text, 1)


def not_negative(text: str) -> float:
    """Argument type for pauses."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 86400:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds between 0 and one day"
        )
    return seconds
