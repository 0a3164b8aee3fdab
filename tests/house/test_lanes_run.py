"""`make test` as a whole, with small lanes: order, parallel lanes, and the end of the output."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scripts import environments, lanes, run_tests
from scripts.lanes import Lane

ROOT = Path(__file__).resolve().parents[2]

GREEN = """
def test_good():
    assert True
"""
RANDOM = """
from hypothesis import given, settings, strategies

@settings(database=None, print_blob=True)
@given(strategies.integers())
def test_random(number):
    assert number < 1000
"""
RED = """
def test_bad():
    assert False
"""
KEEPING = """
import importlib.util
from pathlib import Path
from scripts import failures

def test_compiled_modules_are_kept():
    kept = importlib.util.cache_from_source(failures.__file__)
    assert Path(kept).exists()
    assert "pycache" in Path(kept).parts
"""
RUN = """
import sys
from scripts import environments
from scripts.lanes import Lane, nothing, pytest
from scripts.run_tests import main
quick = ["-p", "no:cacheprovider", "-c", "pytest.ini"]
instead = [pytest(*quick, {tests!r})]
def command(path):  # only the words of a red lane are of interest
    return pytest(*quick, path) if path else [sys.executable, "-c", "pass"]
lanes = [
    Lane("first", nothing, [command({first!r})]),
    Lane("second", {missing}, [command({second!r})], cores=2, otherwise={otherwise}),
]
sys.exit(main(lanes, pytest(*quick, {tests!r}), {names!r}))
"""


@pytest.fixture
def run(tmp_path):
    """Run all lanes with one test each; return the exit status and the printed lines."""

    def work(first=GREEN, second=GREEN, tests=GREEN, required="", **more):
        options = {"missing": "nothing", "otherwise": "[]", "names": "", **more}
        # In a separate folder, because this repository's pytest settings are for its own tests.
        (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        paths = {}
        for name, text in {"first": first, "second": second, "tests": tests}.items():
            path = tmp_path / f"test_{name}.py"
            path.write_text(text, encoding="utf-8")
            paths[name] = str(path) if name == "tests" or text != GREEN else ""
        script = RUN.format(**options, **paths).replace("pytest.ini", f"{tmp_path}/pytest.ini")
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "REQUIRE_ALL": required, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
        )
        return done.returncode, (done.stdout or done.stderr).rstrip().splitlines()

    return work


def test_lanes_keep_compiled_modules_where_the_environment_forbids_it(run, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    assert run(first=KEEPING)[0] == 0
    assert run(tests=KEEPING)[0] == 0


def test_a_green_run_ends_with_the_summary_of_pytest(run):
    status, lines = run()
    assert status == 0
    assert re.fullmatch(r"1 passed in [\d.]+s", lines[-1])


@pytest.mark.parametrize(
    ("names", "ran"),
    [
        ("second", ["second"]),
        ("second; first", ["first", "second"]),
        ("first;tests", ["first", "tests"]),
        (" ; ", ["first", "second", "tests"]),
    ],
)
def test_lanes_can_be_chosen_by_name(run, names, ran):
    """`make test LANES="lint; PostgreSQL"`: the table has the rows of these only."""
    status, lines = run(names=names)
    rows = [line.split()[0] for line in lines if re.search(r"^\w+ +passed +[\d.]+ s", line)]
    assert (status, rows) == (0, ran)


def test_a_red_lane_that_was_chosen_is_red(run):
    assert run(second=RED, names="first")[0] == 0
    status, lines = run(second=RED, names="second")
    assert (status, lines[-1]) == (1, "RED: second")


def test_an_unknown_name_of_a_lane_runs_nothing_and_lists_the_names(run):
    status, lines = run(names="second; thrid")
    assert status == 2
    assert lines == ["No lane is called thrid. Lanes: first; second; tests."]


@pytest.mark.parametrize("red", ["first", "second", "tests"])
def test_a_red_lane_is_the_last_thing_that_is_printed(run, red):
    status, lines = run(**{red: RED})
    assert status == 1
    assert lines[-1] == f"RED: {red}"
    last = "\n".join(lines[-3:])
    assert f"FAILED: {red}: " in last
    assert f"test_{red}.py::test_bad" in last


def test_all_red_lanes_are_listed_at_the_end(run):
    assert run(first=RED, tests=RED)[1][-1] == "RED: first, tests"


@pytest.mark.parametrize("red", ["first", "tests"])
def test_the_counterexample_of_a_random_test_is_printed_at_the_end(run, red):
    """The output of a lane may be far above, and other runs draw other examples."""
    lines = run(**{red: RANDOM})[1]
    end = [line.strip() for line in lines[lines.index(f"RED: {red}") - 12 :]]
    begin = end.index("Failing test case: test_random(")
    assert end[begin + 1 : begin + 3] == ["number=1000,", ")"]
    assert any("@reproduce_failure(" in line for line in end[begin:])


def test_a_required_lane_that_cannot_run_is_red(run):
    missing = "lambda: 'nothing listens'"
    assert run(missing=missing)[0] == 0
    status, lines = run(missing=missing, required="1")
    assert (status, lines[-1]) == (1, "RED: second")
    assert "FAILED: second: nothing listens" in lines


def test_a_lane_whose_Python_is_missing_runs_on_the_current_Python(run):
    """No distribution has every version of Python; the table names the version used."""
    missing = "lambda: 'Python 3.13 is not installed'"
    status, lines = run(missing=missing, required="1", otherwise="instead")
    assert status == 0
    noted = "second +passed .* Python 3.13 is not installed, so with this Python and its Django"
    assert any(re.match(noted, line) for line in lines), lines
    status, lines = run(missing=missing, tests=RED, otherwise="instead")
    assert (status, lines[-1]) == (1, "RED: second, tests")


@pytest.mark.parametrize("required", ["", "1"])
def test_a_lane_that_cannot_be_prepared_is_red(run, required):
    """It is not run on another Python instead: only a missing Python is a reason for that."""
    missing = (
        "lambda: (_ for _ in ()).throw(environments.NotInstalled('Django could not be installed'))"
    )
    status, lines = run(missing=missing, required=required, otherwise="[[]]")
    assert (status, lines[-1]) == (1, "RED: second")
    assert "FAILED: second: Django could not be installed" in lines


@pytest.fixture
def new_environment(monkeypatch, tmp_path):
    """Return a function that makes an environment from a Python and additional requirements."""

    def make(versions, over=()):
        monkeypatch.setattr(environments, "FOLDER", tmp_path)
        monkeypatch.setitem(environments.ENVIRONMENTS, "newest", (versions, list(over)))

    return make


def test_a_missing_python_is_reported(new_environment, capsys):
    new_environment(("4.99", "4.98"))
    assert environments.main("newest") == 0
    assert capsys.readouterr().out == "Python 4.99 or 4.98 is not installed\n"


def test_a_failed_installation_is_reported_as_a_failure(
    new_environment, capsys, monkeypatch, tmp_path
):
    """Without network and cache, nothing can be installed."""
    new_environment((f"{sys.version_info.major}.{sys.version_info.minor}",))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    assert environments.main("newest") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "-r requirements/test.txt failed: " in said.err
    assert not (tmp_path / "newest" / "complete").exists()
    lane = Lane("newest Django", lanes.no_environment("newest"), [], otherwise=[[]])
    assert run_tests.run_lane(lane).outcome == "failed"


def test_a_lane_whose_pytest_is_interrupted_is_red(run):
    status, lines = run(tests="import os\nos._exit(3)\n")
    assert (status, lines[-1]) == (3, "RED: tests")


MEET = """
import pathlib, sys, time
own, other = map(pathlib.Path, sys.argv[1:])
print("begins", flush=True)
own.touch()
until = time.monotonic() + 60
while not other.exists():
    assert time.monotonic() < until
    time.sleep(0.01)
print("ends", flush=True)
"""


def test_two_lanes_of_one_core_run_in_parallel_with_separate_output(tmp_path, capsys):
    def lane(own, other):
        command = [sys.executable, "-c", MEET, str(tmp_path / own), str(tmp_path / other)]
        return Lane(own, lanes.nothing, [command])

    results = run_tests.run_lanes([lane("a", "b"), lane("b", "a")])
    assert [(result.lane, result.outcome) for result in results] == [
        ("a", "passed"),
        ("b", "passed"),
    ]
    blocks = re.findall(r"--- (\w)\nbegins\nends\n", capsys.readouterr().out)
    assert sorted(blocks) == ["a", "b"]


def python(text, **more):
    """Return a lane that runs this code."""
    name = more.pop("name", "lane")
    return Lane(name, more.pop("missing", lanes.nothing), [[sys.executable, "-c", text]], **more)


def test_a_killed_lane_is_red_and_its_row_names_the_signal(capsys):
    kill = "import os, signal; print('begun', flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    killed, other = run_tests.run_lanes([python(kill, name="killed"), python("pass", name="other")])
    assert (killed.outcome, other.outcome) == ("failed", "passed")
    assert killed.why.endswith("(killed by SIGKILL)")
    assert "begun\n--- killed failed after" in capsys.readouterr().out


def test_a_lane_whose_requirement_check_fails_is_red_and_delays_no_other_lane():
    def broken():
        raise OSError("no such server")

    lost, other = run_tests.run_lanes(
        [python("pass", name="lost", missing=broken), python("pass", name="other")]
    )
    assert (lost.outcome, lost.why) == ("failed", "OSError('no such server')")
    assert other.outcome == "passed"


@pytest.mark.parametrize("required", ["", "1"])
def test_a_lane_of_marked_tests_is_red_if_a_required_test_is_skipped(
    required, monkeypatch, tmp_path
):
    """A browser that is missing leaves a lane out on a developer's machine only."""
    path = tmp_path / "test_skipped.py"
    path.write_text("import pytest\ndef test_page():\n    pytest.skip('no browser')\n", "utf-8")
    monkeypatch.setenv("REQUIRE_ALL", required)
    command = lanes.marked("browser")
    command[command.index("-m", 3) : command.index("-m", 3) + 2] = ["-c", os.devnull]
    lane = Lane("browser", lanes.nothing, [[*command[:-1], str(path)]])
    (result,) = run_tests.run_lanes([lane])
    assert result.outcome == ("failed" if required else "passed")


def test_no_command_runs_after_a_failed_one(tmp_path):
    file = tmp_path / "ran"
    after = [sys.executable, "-c", f"open({str(file)!r}, 'w')"]
    lane = Lane("lane", lanes.nothing, [[sys.executable, "-c", "raise SystemExit(3)"], after])
    (result,) = run_tests.run_lanes([lane])
    assert (result.outcome, file.exists()) == ("failed", False)


def test_the_longest_lane_starts_first_and_running_lanes_never_need_more_cores_than_available(
    monkeypatch,
):
    """There are three cores, and lanes of two, one and a half cores."""
    running, most, order = [], [], []
    free = threading.Condition()

    def run(lane):
        with free:
            order.append(lane.name)
            running.append(lane.cores)
            most.append(sum(running))
            if (
                len(order) < 3
            ):  # the first two wait for the third, so all three run at the same time
                assert free.wait_for(lambda: len(order) >= 3, timeout=60)
            free.notify_all()
            running.remove(lane.cores)
        return run_tests.Result(lane.name, "passed")

    monkeypatch.setattr(run_tests, "run_lane", run)
    sizes = {"short": (1, 1), "long": (30, 2), "half": (20, 0.5), "other half": (10, 0.5)}
    todo = [
        Lane(name, lanes.nothing, [], seconds=seconds, cores=cores)
        for name, (seconds, cores) in sizes.items()
    ]
    results = run_tests.run_lanes(todo, cores=3)
    assert [result.lane for result in results] == list(sizes)
    assert order == ["long", "half", "other half", "short"]
    assert max(most) == 3


def test_a_lane_that_needs_more_cores_than_available_runs_alone(monkeypatch):
    monkeypatch.setattr(run_tests, "run_lane", lambda lane: run_tests.Result(lane.name, "passed"))
    todo = [Lane("large", lanes.nothing, [], cores=8), Lane("small", lanes.nothing, [])]
    assert [result.lane for result in run_tests.run_lanes(todo, cores=2)] == ["large", "small"]


def test_the_table_has_the_processor_time_of_a_lane():
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    (result,) = run_tests.run_lanes([python(burn)])
    assert result.cpu >= 0.3


def test_lanes_have_databases_of_their_own():
    """Other checkouts and parallel lanes use the same servers."""
    names = [lane.environment.get("DATABASE_URL") for lane in lanes.LANES]
    names = [*filter(None, names), lanes.POSTGRESQL, lanes.MARIADB]
    assert len(set(names)) == len(names)
    servers = [name for name in names if not name.startswith("sqlite")]
    assert all(f"proctoring_{lanes.CHECKOUT}_" in name for name in servers)
