"""The closing table of `make test`, which includes failures and skipped lanes of the whole run."""

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import lanes, quick_tests, run_tests
from tests.projects import plugin

ROOT = Path(__file__).resolve().parents[2]

TESTS = {
    "good": "def test_good():\n    assert True\n",
    "bad": "def test_bad():\n    assert False\n",
    "skipped": "import pytest\n\ndef test_skipped():\n    pytest.skip('nothing listens')\n",
    "random": "from hypothesis import given, settings, strategies\n\n"
    "@settings(database=None, print_blob=True)\n@given(strategies.integers())\n"
    "def test_random(number):\n    assert number < 1000\n",
}


@pytest.fixture
def close(tmp_path):
    """Run small tests after one lane; returns exit status and what was printed."""

    def run(*names, lane="passed", required="", more=()):
        for name in names:
            (tmp_path / f"test_{name}.py").write_text(TESTS[name], encoding="utf-8")
        lanes = tmp_path / "lanes.json"
        before = {"lane": "types", "outcome": lane, "why": "", "seconds": 1.5, "red": []}
        lanes.write_text(json.dumps([before]), encoding="utf-8")
        (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        plugins = ["-p", "scripts.closing_table", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *plugins, *more, str(tmp_path)],
            cwd=tmp_path,
            env={
                **os.environ,
                "LANES_TABLE": str(lanes),
                "PYTHONPATH": str(ROOT),
                "REQUIRE_ALL": required,
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            },
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout

    return run


@pytest.mark.parametrize(
    ("names", "options", "status"),
    [
        (["good"], {}, 0),
        (["good", "bad"], {}, 1),
        (["good"], {"lane": "failed"}, 1),
        (["good", "skipped"], {}, 0),
        (["good", "skipped"], {"required": "1"}, 1),
    ],
)
def test_what_makes_a_run_fail(close, names, options, status):
    assert close(*names, **options)[0] == status


def test_the_table_names_each_lane_and_why_it_was_left_out(close):
    status, text = close("good", "skipped", lane="left out")
    assert status == 0
    assert re.search(r"^types +left out +1\.5 s$", text, re.M)
    assert re.search(r"^tests +passed .* 1 left out: Skipped: nothing listens$", text, re.M)
    assert text.count("what ran and what was left out") == 1


def test_workers_of_xdist_add_no_rows(close):
    text = close("good", "skipped", more=["-p", "xdist.plugin", "-n", "2"])[1]
    assert len(re.findall(r"^tests +passed", text, re.M)) == 1


def test_the_row_of_a_random_test_has_its_counterexample(close, tmp_path):
    close("random")
    (row,) = json.loads((tmp_path / "lanes.json").read_text(encoding="utf-8"))[1:]
    assert row["red"][0].endswith("test_random.py::test_random")
    assert [line.strip() for line in row["red"][1:4]] == [
        "Failing test case: test_random(",
        "number=1000,",
        ")",
    ]


def test_the_last_line_is_the_summary_of_pytest(close):
    last = close("good", "bad")[1].rstrip().splitlines()[-1]
    assert re.fullmatch(r"=+ 1 failed, 1 passed in [\d.]+s =+", last)


def test_every_test_marked_for_a_database_server_has_a_lane():
    """Tests that are skipped on SQLite in memory run on PostgreSQL and MariaDB."""
    elsewhere = re.compile(r"mark\.databases\((?![^)]*sqlite)")
    files = [path for path in (ROOT / "tests").rglob("*.py") if elsewhere.search(path.read_text())]
    with_a_lane = [ROOT / path for path in (*lanes.ON_DATABASES, "tests/contrib")]
    here = Path(__file__)
    lost = [one for one in files if one != here and not {one, *one.parents} & set(with_a_lane)]
    assert (bool(files), lost) == (True, [])


def test_tests_with_a_lane_of_their_own_are_left_out_of_the_lanes_for_versions():
    for path in lanes.WALKS:
        assert "one-run" in plugin.needs_of(ROOT / path)


@pytest.mark.parametrize("path", sorted({*lanes.ON_DATABASES, *lanes.WALKS, *quick_tests.SLOW}))
def test_the_paths_that_lanes_run_exist(path):
    assert (ROOT / path).exists()


def test_each_marked_test_is_in_the_folder_of_its_lane():
    """The lane of a marker runs its folder; the extensions' lane runs pages of its own."""
    for name in lanes.MARKED_LANES:
        marks = re.compile(rf"pytest\.mark\.{name}\b")
        files = [path for path in (ROOT / "tests").rglob("*.py") if marks.search(path.read_text())]
        assert files
        assert all(path.is_relative_to(ROOT / "tests" / name) for path in files)


def test_lanes_that_wait_leave_a_core_to_others():
    """Beside a lane of one core there is room for two that wait for a server or for processes."""
    waiting = [lane for lane in lanes.LANES if lane.cores < 1]
    assert {"PostgreSQL", "MariaDB", "demo", "browser"} <= {lane.name for lane in waiting}
    assert max(lane.cores for lane in waiting) <= 0.5


def test_the_guide_for_contributors_has_each_lane_and_its_minutes():
    text = (ROOT / "CONTRIBUTING.rst").read_text(encoding="utf-8")
    rows = re.findall(r"^     - (``.*``)\n     - (\d+)$", text, re.M)
    found = {tuple(re.findall(r"``(.+?)``", names)): int(minutes) for names, minutes in rows}
    seconds = {lane.name: lane.seconds for lane in lanes.LANES}
    named = [name for row in found for name in row]
    assert sorted(named) == sorted([*seconds, run_tests.TESTS_NAME])
    del found[run_tests.TESTS_NAME,]  # after the lanes; nothing is planned by its duration
    wanted = {row: math.ceil(sum(seconds[name] for name in row) / 60) for row in found}
    assert found == wanted
