"""The documentation agrees with the code."""

import ast
import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands

from edx_proctoring import conf, tasks
from edx_proctoring.settings.schedule import BEAT_SCHEDULE
from edx_proctoring.statuses import COMPLETED, INCOMPLETE, KNOWN, is_transition_legal

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

NAMING_FILES = [DOCS / "where.rst", DOCS / "guide" / "how-it-works.rst", *ROOT.glob("*.rst")]
PATHS = sorted(
    {
        path
        for page in NAMING_FILES
        if page.name != "CHANGELOG.rst"
        for path in re.findall(
            r"``((?:edx_proctoring|demo|docs|frontend|scripts|tests)/[\w/.-]*)``",
            page.read_text(encoding="utf-8"),
        )
    }
)


@pytest.mark.parametrize("path", PATHS)
def test_the_paths_on_the_page_where_exist(path):
    assert (ROOT / path).exists()


def test_every_setting_that_the_code_reads_is_declared():
    declared = {setting.name for setting in conf.SETTINGS}
    read = set()
    for path in (ROOT / "edx_proctoring").rglob("*.py"):
        read |= set(
            re.findall(r"conf\.(?:proctoring|django)\.(\w+)", path.read_text(encoding="utf-8"))
        )
    assert read <= declared


def test_every_declared_setting_is_explained():
    for setting in conf.SETTINGS:
        assert len(setting.why) > 8
        assert setting.why[-1] != "."


def test_statuses_are_explained():
    text = (DOCS / "reference" / "statuses.rst").read_text(encoding="utf-8")
    assert not {status for status in KNOWN if f"``{status}``" not in text}


def test_signals_are_explained():
    text = (DOCS / "reference" / "events.rst").read_text(encoding="utf-8")
    for argument in ("attempt_id", "user_id", "status", "full_name", "profile_name"):
        assert f"``{argument}``" in text


def extension(name):
    """Return a function that imports a module that draws a diagram."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "_extensions" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_diagram_of_the_deadline_shows_the_results_of_the_package():
    """`python docs/_extensions/deadline.py` updates the diagram."""
    deadline = extension("deadline")
    ends = [f"{step.deadline.ends_at:%H:%M}" for step in deadline.steps()]
    assert ends == ["13:00", "13:10", "13:17", "13:32", "13:20"]
    assert deadline.FILE.read_text(encoding="utf-8") == deadline.picture()


@pytest.fixture(scope="module")
def families():
    return extension("families")


def test_the_diagram_of_the_layers_has_each_package_and_only_arrows_downwards():
    pytest.importorskip("grimp", reason="grimp is absent")
    architecture = extension("architecture")
    rows = architecture.layers()
    depth = {name: place for place, row in enumerate(rows) for name in row}
    upwards = {
        (importer, imported)
        for importer, imported in architecture.imports()
        if depth[importer] > depth[imported]
    }
    assert upwards == set()
    picture = architecture.picture()
    assert all(f">{name}</text>" in picture for name in depth)


def test_the_diagram_of_the_statuses_follows_the_code(families):
    pairs = [(one, two) for one in families.FAMILIES for two in families.FAMILIES if one != two]
    assert set(pairs) == set(families.ARROWS)
    for one, two in pairs:
        for before in families.FAMILIES[one]:
            for after in families.FAMILIES[two]:
                assert is_transition_legal(before, after) is families.is_legal(one, two)
    assert families.picture().count('class="legal"') == len(pairs) - 1
    assert families.ARROWS["ended", "on the way"] not in families.picture()
    assert families.FAMILIES["ended"] == sorted(COMPLETED)
    assert families.FAMILIES["on the way"] == sorted(INCOMPLETE)


def test_tasks_and_commands_named_in_the_documentation_exist():
    text = (DOCS / "operate.rst").read_text(encoding="utf-8")
    named = set(re.findall(r"edx_proctoring\.tasks\.(\w+)", text))
    assert {name for name in dir(tasks) if hasattr(getattr(tasks, name), "delay")} == named
    ours = {name for name, app in get_commands().items() if app == "edx_proctoring"}
    assert ours <= set(re.findall(r"manage\.py (\w+)", text))


def test_system_checks_are_explained():
    source = (ROOT / "edx_proctoring" / "checks.py").read_text(encoding="utf-8")
    constants = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    ids = {str(node.value) for node in constants}
    known = {found for one in ids for found in re.findall(r"^edx_proctoring\.([EWI]\d{3})$", one)}
    text = (DOCS / "reference" / "checks.rst").read_text(encoding="utf-8")
    explained = re.findall(r"^``edx_proctoring\.([EWI]\d{3})``$", text, re.MULTILINE)
    assert known
    assert sorted(known) == sorted(explained)


@pytest.mark.parametrize("name", ["base", "openedx", "demo", "mysql"])
def test_each_dependency_is_explained(name):
    lines = (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8").splitlines()
    wanted = {re.split(r"[\[<>=]", line)[0] for line in lines if line and line[0] not in "#-"}
    reasons = (DOCS / "decisions" / "0005-dependencies.rst").read_text(encoding="utf-8")
    assert wanted
    assert {package for package in wanted if package not in reasons} == set()


def test_pictures_and_links_of_the_readme_exist():
    text = (ROOT / "README.rst").read_text(encoding="utf-8")
    pictures = re.findall(r"\.\. image:: (\S+)", text)
    assert len(pictures) == 4
    links = re.findall(r" <(\S+\.rst)>`_", text)
    assert all((ROOT / path).exists() for path in [*pictures, *links])


def test_the_documented_schedules_submit_overdue_attempts_within_a_minute():
    guide = (DOCS / "operate.rst").read_text(encoding="utf-8")
    assert "from edx_proctoring.settings.schedule import BEAT_SCHEDULE" in guide
    demo = (ROOT / "demo" / "host" / "settings.py").read_text(encoding="utf-8")
    assert "CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE\n" in demo
    entries = {entry["task"]: entry for entry in BEAT_SCHEDULE.values()}
    assert all(hasattr(tasks, task.removeprefix("edx_proctoring.tasks.")) for task in entries)
    sweep = entries["edx_proctoring.tasks.submit_expired_attempts"]
    assert sweep["schedule"] <= 30


def test_the_figures_of_the_readme_were_measured():
    measured = (ROOT / "benchmarks" / "results" / "sqlite-1000.rst").read_text(encoding="utf-8")

    def row(operation):
        """Return queries and milliseconds of 6.1.4 and of this version."""
        (cells,) = re.findall(rf"\* - {re.escape(operation)}\n((?:     - .+\n){{4}})", measured)
        return [float(cell) for cell in re.findall(r"- (\S+)", cells)]

    before, before_ms, queries, ms = row("grouped attempts, page 1")
    _, report_before_ms, _, report_ms = row("violation report (Python API)")
    readme = " ".join((ROOT / "README.rst").read_text(encoding="utf-8").split())
    for claim in (
        f"takes {queries:.0f} queries and {ms:.0f} ms instead of {before:.0f} and {before_ms:.0f}",
        f"violation report {report_ms / 1000:.2f} s instead of {report_before_ms / 1000:.0f} s",
    ):
        assert claim in readme


def test_the_readme_counts_no_more_differences_than_there_are():
    differences = tomllib.loads((DOCS / "differences.toml").read_text(encoding="utf-8"))
    access = [name for name, difference in differences.items() if difference["area"] == "access"]
    readme = " ".join((ROOT / "README.rst").read_text(encoding="utf-8").split())
    ((total, about_access),) = re.findall(
        r"more than (\d+), over (\d+) of them about who may do what", readme
    )
    assert len(differences) > int(total)
    assert len(access) > int(about_access)
