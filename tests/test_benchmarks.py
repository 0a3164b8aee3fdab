"""Benchmarks: when they measure, and what they record with the results."""

import argparse
import os
import sys

import pytest

from benchmarks import conditions


@pytest.fixture
def load(monkeypatch):
    """Set the load of the machine, which has two cores, and the arguments; parse them."""
    before = vars(conditions._options).copy()

    def begin(load, *arguments):
        monkeypatch.setattr(os, "getloadavg", lambda: (load, 9.0, 9.0))
        monkeypatch.setattr(os, "cpu_count", lambda: 2)
        monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
        return conditions.parse(argparse.ArgumentParser())

    yield begin
    vars(conditions._options).update(before)


def test_nothing_is_measured_on_a_busy_machine(load, capsys):
    with pytest.raises(SystemExit) as ended:
        load(1.4)
    assert ended.value.code == 2
    assert "the load of this machine is 1.4; results count up to 1.0" in capsys.readouterr().err
    assert not conditions.are_recorded()


def test_what_is_measured_anyway_is_not_recorded(load):
    assert load(14, "--any-load").any_load
    assert not conditions.are_recorded()


def test_results_name_machine_versions_and_load(load):
    load(0.3)
    assert conditions.are_recorded()
    text = conditions.description("SQLite")
    for part in ("2 cores", "GiB", "Python 3.", "Django ", "edx-proctoring ", "SQLite 3."):
        assert part in text
    assert text.endswith("load 0.3 before the start and 0.3 at the end.")
