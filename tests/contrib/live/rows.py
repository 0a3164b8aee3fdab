"""Read rows of the board, in a world that began at noon."""

import datetime

from tests.lifecycle.noon import NOON


def at(minutes):
    """Return the moment this many minutes after noon."""
    return NOON + datetime.timedelta(minutes=minutes)


def codes(row):
    """Return why the row needs attention."""
    return [one["code"] for one in row["attention"]]
