"""`pytest -p tests.projects.plugin --ds tests.projects.<name>`: the suite, without what does not fit the project, and why.

`pytest -p tests.projects.plugin --rest-of <name>` runs under the plain settings what that project leaves out, so that the
versions of Python and Django that it runs on meet all of the suite that may depend on them. The rest of a plain project
is without the tests that need packages of Open edX: those run on the versions that Open edX has.

`pytest -p tests.projects.plugin --only-once` runs what no project and no rest of one runs. Together these are the suite.

What a test needs, it says itself: `@pytest.mark.needs("lms-urls")`, or `pytestmark` in its module or in the
`conftest.py` of its folder, which are then not even imported.
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
ONCE = {"own-lane", "one-run"}  # on no other versions, either
OPEN_EDX = {"django-crum", "edx-when", "event-tracking", "open-edx-packages"}
ALWAYS = ONCE | {"one-project"}
ABSENT = {
    "lms": ALWAYS,
    "studio": ALWAYS | {"contact-address", "lms", "lms-urls"},
    "plain": ALWAYS | OPEN_EDX,
}
# A plain project may have any version of Django; packages of Open edX run on the versions of Open edX.
OF_NO_REST = {"lms": ONCE, "studio": ONCE, "plain": ONCE | OPEN_EDX}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The other half."""
    parser.addoption("--rest-of", choices=sorted(ABSENT), help="run what this project leaves out")
    parser.addoption("--only-once", action="store_true", help="run what all projects leave out")


def lacking(needs: set[str], config: pytest.Config) -> set[str]:
    """Which of these needs the project does not meet; of the rest of a project, those for which it is left out again."""
    if needs - set(NEEDS):
        raise pytest.UsageError(f"Needs that nobody knows: {needs - set(NEEDS)}.")
    if project := config.getoption("rest_of"):
        return needs & OF_NO_REST[project]
    return needs & ABSENT[str(config.getoption("ds")).rpartition(".")[2]]


def has_run(needs: set[str], config: pytest.Config) -> bool:
    """Did the project that this is the rest of run it?"""
    project = config.getoption("rest_of")
    return bool(project) and not needs & ABSENT[project]


def fits(needs: set[str], config: pytest.Config) -> bool:
    """Is a test with these needs part of the run?"""
    if config.getoption("only_once"):
        return bool(needs & ONCE)
    return not lacking(needs, config) and not has_run(needs, config)


def needs_of(path: Path) -> set[str]:
    """Return the `pytestmark` of a module or of a folder's `conftest.py`, without importing the module."""
    module = path / "conftest.py" if path.is_dir() else path
    if module.suffix != ".py" or not module.exists():
        return set()
    marks = [
        node.value
        for node in ast.parse(module.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    calls = [node for mark in marks for node in ast.walk(mark) if isinstance(node, ast.Call)]
    found = [call.args for call in calls if ast.unparse(call.func) == "pytest.mark.needs"]
    return {ast.literal_eval(need) for needs in found for need in needs}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whole files and folders are not even imported."""
    if config.getoption("only_once"):
        return True if not collection_path.is_dir() and not _may_run_once(collection_path) else None
    return True if lacking(needs_of(collection_path), config) else None


def _may_run_once(module: Path) -> bool:
    """Return whether the module's folders, it or one of its tests need what no project has."""
    if any(_of_folder(folder) & ONCE for folder in module.parents):
        return True
    text = module.read_text(encoding="utf-8") if module.suffix == ".py" else ""
    return any(f'"{need}"' in text for need in ONCE)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Single tests."""
    gone = {item for item in items if not fits(_of(item), config)}
    items[:] = [item for item in items if item not in gone]
    config.hook.pytest_deselected(items=list(gone))


def _of(item: pytest.Item) -> set[str]:
    """Return what the test needs itself, and what its folders do: pytest hands their marks on to no test."""
    own = {need for mark in item.iter_markers("needs") for need in mark.args}
    return own.union(*(_of_folder(folder) for folder in item.path.parents))


@functools.cache
def _of_folder(folder: Path) -> set[str]:
    return needs_of(folder) if folder.is_relative_to(TESTS) else set()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where everything is required and nothing is absent, a test that skips itself runs nowhere: that is a failure."""
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
    """Say it."""
    if config.getoption("only_once"):
        return
    if rest_of := config.getoption("rest_of"):
        terminalreporter.section(f"what {rest_of} leaves out, under the plain settings")
        return
    terminalreporter.section(f"left out under {config.getoption('ds')}")
    for need in sorted(lacking(set(NEEDS), config)):
        terminalreporter.line(f"{need}: {NEEDS[need]}")
