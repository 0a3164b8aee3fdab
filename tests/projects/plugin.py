"""Run the suite under a project, without the tests that do not fit it.

`pytest -p tests.projects.plugin --ds tests.projects.<name>` runs the tests that fit the project.

`pytest -p tests.projects.plugin --rest-of <name>` runs the tests that this project left out, under the plain settings,
so that each version of Python and Django runs every test that may depend on it. The rest of a plain project excludes
the tests that need packages of Open edX: those run on the versions that Open edX supports.

`pytest -p tests.projects.plugin --only-once` runs the tests that no project and no rest runs. Together, these runs
cover the whole suite.

Tests declare what they need: `@pytest.mark.needs("lms-urls")`, or `pytestmark` in their module or in the `conftest.py`
of their folder. Modules and folders that are left out are not imported.
"""

import ast
import functools
import os
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
NEEDS = {
    "contact-address": "a Studio has no contact address",
    "django-crum": "providers by REST need django-crum",
    "edx-when": "dates come from edx-when",
    "event-tracking": "events go to event-tracking",
    "lms": "asks what an LMS alone has, or leaves to a Studio",
    "lms-urls": "asks addresses of the LMS, or leads learners to them",
    "open-edx-packages": "some of the names are those of optional packages",
    "own-lane": "has a lane or a project of its own",
    "one-project": "no settings matter, versions do",
    "one-run": "neither settings nor versions matter",
}
ONCE = {"own-lane", "one-run"}  # not on several versions, either
OPEN_EDX = {"django-crum", "edx-when", "event-tracking", "open-edx-packages"}
ALWAYS = ONCE | {"one-project"}
ABSENT = {
    "lms": ALWAYS,
    "studio": ALWAYS | {"contact-address", "lms", "lms-urls"},
    "plain": ALWAYS | OPEN_EDX,
}
# A plain project may use any version of Django; packages of Open edX require the versions of Open edX.
OF_NO_REST = {"lms": ONCE, "studio": ONCE, "plain": ONCE | OPEN_EDX}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    parser.addoption(
        "--rest-of", choices=sorted(ABSENT), help="run the tests that this project leaves out"
    )
    parser.addoption(
        "--only-once", action="store_true", help="run the tests that all projects leave out"
    )


def lacking(needs: set[str], config: pytest.Config) -> set[str]:
    """Return the needs that the run does not meet."""
    if needs - set(NEEDS):
        raise pytest.UsageError(f"Needs that nobody knows: {needs - set(NEEDS)}.")
    if project := config.getoption("rest_of"):
        return needs & OF_NO_REST[project]
    return needs & ABSENT[str(config.getoption("ds")).rpartition(".")[2]]


def has_run(needs: set[str], config: pytest.Config) -> bool:
    """Return whether the project of this rest has run the test."""
    project = config.getoption("rest_of")
    return bool(project) and not needs & ABSENT[project]


def fits(needs: set[str], config: pytest.Config) -> bool:
    """Return whether a test with these needs is part of the run."""
    if config.getoption("only_once"):
        return bool(needs & ONCE)
    return not lacking(needs, config) and not has_run(needs, config)


def needs_of(path: Path) -> set[str]:
    """Return the `pytestmark` of a module or of a folder's `conftest.py`, without importing the module."""
    module = path / "conftest.py" if path.is_dir() else path
    text = _text_of(module)
    if "pytestmark" not in text or "needs(" not in text:  # to parse all would take seconds
        return set()
    marks = [
        node.value
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    calls = [node for mark in marks for node in ast.walk(mark) if isinstance(node, ast.Call)]
    found = [call.args for call in calls if ast.unparse(call.func) == "pytest.mark.needs"]
    return {ast.literal_eval(need) for needs in found for need in needs}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import files and folders that are left out."""
    if config.getoption("only_once"):
        return None if collection_path.is_dir() or _may_need(collection_path, ONCE) else True
    if lacking(needs_of(collection_path), config):
        return True
    project = config.getoption("rest_of")
    if project and not collection_path.is_dir() and not _may_need(collection_path, ABSENT[project]):
        return True
    return None


def _may_need(module: Path, needs: set[str]) -> bool:
    """Return whether the module, one of its tests or its folder may have one of these needs."""
    if any(_of_folder(folder) & needs for folder in module.parents):
        return True
    text = _text_of(module)
    return any(f'"{need}"' in text for need in needs)


def _text_of(module: Path) -> str:
    is_there = module.suffix == ".py" and module.exists()
    return module.read_text(encoding="utf-8") if is_there else ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect single tests."""
    gone = {item for item in items if not fits(_of(item), config)}
    items[:] = [item for item in items if item not in gone]
    config.hook.pytest_deselected(items=list(gone))


def _of(item: pytest.Item) -> set[str]:
    """Return the needs of the test and of its folders, whose marks pytest does not apply to tests."""
    own = {need for mark in item.iter_markers("needs") for need in mark.args}
    return own.union(*(_of_folder(folder) for folder in item.path.parents))


@functools.cache
def _of_folder(folder: Path) -> set[str]:
    return needs_of(folder) if folder.is_relative_to(TESTS) else set()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail if a test skips itself although everything is required and available, since it would run nowhere."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter is not None and reporter.stats.get("skipped")
    is_whole = not session.config.getoption("only_once") and not lacking(
        set(NEEDS) - ALWAYS, session.config
    )
    if os.environ.get("REQUIRE_ALL") == "1" and skipped and is_whole and exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print which tests were left out."""
    if config.getoption("only_once"):
        return
    if rest_of := config.getoption("rest_of"):
        terminalreporter.section(f"what {rest_of} leaves out, under the plain settings")
        return
    terminalreporter.section(f"left out under {config.getoption('ds')}")
    for need in sorted(lacking(set(NEEDS), config)):
        terminalreporter.line(f"{need}: {NEEDS[need]}")
