"""Benchmarks: when they measure, and what they record with the results."""

import argparse
import os
import re
import sys
import time

import pytest

from benchmarks import all as all_benchmarks
from benchmarks import conditions, pictures, recorded, summary, where
from benchmarks.__main__ import HEADER, as_table


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
    assert ended.value.code == conditions.BUSY
    assert "the load of this machine is 1.40; results count up to 1.00" in capsys.readouterr().err
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


def test_a_benchmark_after_another_one_does_not_count_its_load(load, monkeypatch):
    for name, value in conditions.following().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(conditions, "busy_cores", lambda: 0.1)
    load(1.9)
    assert conditions.are_recorded()
    monkeypatch.setattr(conditions, "busy_cores", lambda: 1.3)
    with pytest.raises(SystemExit):
        load(0.1)


def test_short_runs_and_busy_machines_record_nothing():
    options = argparse.Namespace(short=False, any_load=False)
    commands = [part.command(options) for part in all_benchmarks.parts()]
    assert commands
    assert not any("--any-load" in one for one in commands)
    for which in ({"short": True}, {"any_load": True}):
        changed = argparse.Namespace(**{**vars(options), **which})
        assert all("--any-load" in part.command(changed) for part in all_benchmarks.parts())


def test_each_database_is_measured():
    parts = list(all_benchmarks.parts())
    for server in all_benchmarks.SERVERS:
        modules = {part.module for part in parts if part.server == server}
        assert {"", "learner", "lists"} <= modules
        for real in ("start", "where", "live"):
            assert (real in modules) == (server != "SQLite")


def test_each_part_can_be_measured_alone():
    names = {part.name for part in all_benchmarks.parts()}
    assert {"operations", "outbox", "start"} <= names
    parser = all_benchmarks.arguments()
    assert set(parser.parse_args([]).only) == names
    for name in names:
        assert parser.parse_args(["--only", name]).only == [name]


def test_a_part_that_takes_too_long_is_interrupted_and_may_clean_up(tmp_path):
    begun, cleaned = tmp_path / "begun", tmp_path / "cleaned"
    code = f"""if True:
        import pathlib, signal
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            pathlib.Path({str(begun)!r}).touch()
            signal.pause()
        finally:
            pathlib.Path({str(cleaned)!r}).touch()
    """
    command = [sys.executable, "-c", code]
    seconds = 1.0
    while not begun.exists():  # a busy machine may need longer to begin
        assert all_benchmarks.run(command, os.environ, seconds) is None
        seconds *= 2
    assert cleaned.exists()


def test_parts_of_the_cpu_time():
    seconds = {"session and user": 0.3, "the app": 0.9}
    assert where.rows(seconds, 300) == [
        ["the app", "3.0", "75"],
        ["session and user", "1.0", "25"],
        ["all", "4.0", "100"],
    ]


def test_no_part_begins_when_time_is_over(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    assert all_benchmarks.run(command, os.environ, 60) == 3
    assert all_benchmarks.run(command, os.environ, 0) is None


def test_a_part_waits_until_the_machine_is_quiet(tmp_path):
    seen = tmp_path / "seen"
    script = (
        "import pathlib, sys; from benchmarks import conditions; "
        f"seen = pathlib.Path({str(seen)!r}); again = seen.exists(); seen.touch(); "
        "sys.exit(3 if again else conditions.BUSY)"
    )
    command = [sys.executable, "-c", script]
    assert all_benchmarks.run_when_quiet(command, os.environ, time.monotonic() + 60) == 3


def test_results_are_of_a_quiet_machine():
    for path in recorded.RESULTS.glob("*.rst"):
        if path.stem != "summary":
            began = re.search(r"load ([\d.]+) before the start", recorded.when(path.stem))
            assert began, path.name
            assert float(began[1]) <= 2 * conditions.MOST_LOAD, path.name


def test_pictures_and_summary_belong_to_the_recorded_results():
    """Otherwise, run `python -m benchmarks.summary` and `python -m benchmarks.pictures`."""
    drawn = {
        path.name: path.read_text(encoding="utf-8")
        for pattern in pictures.PATTERNS
        for path in pictures.FOLDER.glob(pattern)
    }
    assert "speed-sqlite.svg" in drawn
    assert drawn == pictures.pictures()
    written = (recorded.RESULTS / "summary.rst").read_text(encoding="utf-8")
    assert written == summary.text()


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Record results in another folder: milliseconds of 6.1.4 and ours by size of course."""
    monkeypatch.setattr(recorded, "RESULTS", tmp_path)

    def record(**sizes):
        for size, (theirs, ours) in sizes.items():
            learners = int(size.removeprefix("of_"))
            row = ["grouped attempts, page 1", "128", theirs, "5", ours, "2.0", ""]
            publish(f"mariadb-{learners}", f"MariaDB, {learners:,} learners", HEADER, row)
        return tmp_path

    def publish(name, title, *table):
        head, *rows = table
        text = f"today\n\n{title}\n{'~' * len(title)}\n\n{as_table(head, rows)}\n"
        (tmp_path / f"{name}.rst").write_text(text, encoding="utf-8")

    return record


def test_growth_is_drawn_when_several_sizes_were_measured(results):
    results(of_1000=("200.0", "10.0"))
    assert set(pictures.pictures()) == {"speed-mariadb.svg"}
    results(of_10000=("1,000.0", "11.0"))
    assert set(pictures.pictures()) == {"speed-mariadb.svg", "growth-mariadb.svg"}
    picture = pictures.pictures()["growth-mariadb.svg"]
    assert picture.count('<path class="theirs"') == picture.count('<path class="ours"') == 1
    assert ">1,000<" in picture
    assert ">10,000<" in picture


def test_the_summary_shows_both_versions_and_their_ratio(results):
    results(of_1000=("200.0", "10.0"))
    (row,) = summary.rows()
    assert row[1:] == ["MariaDB", "10.0 ms", "200.0 ms", "20.0", "≥ 20×"]


def test_each_target_has_a_result():
    for server in summary.SERVERS:
        few = next(iter(recorded.tables(f"lists-{server.lower()}").values()))
        assert {*summary.LISTS} <= {row["page"] for row in few}
        learner = next(iter(recorded.tables(f"learner-{server.lower()}").values()))
        assert {*summary.RATIOS} <= {row["requests"] for row in learner}
        delivered = next(iter(recorded.tables(f"outbox-{server.lower()}").values()))
        assert {*summary.DELIVERED} == {row["messages"] for row in delivered}
        compared = next(iter(recorded.tables(f"{server.lower()}-1000").values()))
        assert {*summary.COMPARED} <= {row["operation"] for row in compared}
