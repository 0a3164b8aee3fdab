"""`pytest -p tests.projects.plugin --ds tests.projects.<name>`: the suite, without what does not fit the project, and why.

What a test needs, it says itself: `@pytest.mark.needs("lms-urls")`, or `pytestmark` in its module or in the
`conftest.py` of its folder, which are then not even imported.
"""

import ast
from pathlib import Path

import pytest

NEEDS = {
    "contact-address": "a Studio has no contact address",
    "django-crum": "providers by REST need django-crum",
    "edx-when": "dates come from edx-when",
    "event-tracking": "events go to event-tracking",
    "lms": "asks what an LMS alone has, or leaves to a Studio",
    "lms-urls": "asks addresses of the LMS, or leads learners to them",
    "open-edx-packages": "some of the names are those of optional packages",
    "own-lane": "has a lane or a project of its own",
    "one-run": "no settings matter",
}
ALWAYS = {"own-lane", "one-run"}
ABSENT = {
    "lms": ALWAYS,
    "studio": ALWAYS | {"contact-address", "lms", "lms-urls"},
    "plain": ALWAYS | {"django-crum", "edx-when", "event-tracking", "open-edx-packages"},
}


def lacking(needs: set[str], config: pytest.Config) -> set[str]:
    """Which of these needs the project does not meet."""
    if needs - set(NEEDS):
        raise pytest.UsageError(f"Needs that nobody knows: {needs - set(NEEDS)}.")
    return needs & ABSENT[str(config.getoption("ds")).rpartition(".")[2]]


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
    return True if lacking(needs_of(collection_path), config) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Single tests."""
    gone = [
        item
        for item in items
        if lacking({need for mark in item.iter_markers("needs") for need in mark.args}, config)
    ]
    items[:] = [item for item in items if item not in set(gone)]
    config.hook.pytest_deselected(items=gone)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say it."""
    terminalreporter.section(f"left out under {config.getoption('ds')}")
    for need in sorted(lacking(set(NEEDS), config)):
        terminalreporter.line(f"{need}: {NEEDS[need]}")
