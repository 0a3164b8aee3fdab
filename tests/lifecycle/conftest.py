"""Fixtures: a frozen clock at noon, and an attempt that starts at noon."""

import pytest
import time_machine

from edx_proctoring import lifecycle
from tests.lifecycle.noon import NOON


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def running(clock, attempt, make_exam):
    """Return an attempt that started at noon, for an hour."""
    exam = make_exam(time_limit_mins=60)
    return lifecycle.transition(attempt(exam=exam, status="ready_to_start"), "started")
