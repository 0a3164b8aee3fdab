"""The tests that are left out under each project."""

import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.projects.plugin import (
    ABSENT,
    NEEDS,
    OF_NO_REST,
    ONCE,
    fits,
    has_run,
    lacking,
    needs_of,
)

TESTS = Path(__file__).resolve().parents[1]


def under(project, rest_of=None, only_once=False):
    options = {"ds": f"tests.projects.{project}", "rest_of": rest_of, "only_once": only_once}
    return SimpleNamespace(getoption=options.get)


def test_every_declared_need_is_absent_from_some_project():
    assert set().union(*ABSENT.values()) == set(NEEDS)


@pytest.mark.parametrize(
    ("needs", "left_out_of"),
    [
        (set(), set()),
        ({"lms-urls"}, {"studio"}),
        ({"django-crum", "lms"}, {"studio", "plain"}),
        ({"one-run"}, {"lms", "studio", "plain"}),
        ({"one-project"}, {"lms", "studio", "plain"}),
    ],
)
def test_a_test_is_left_out_of_projects_that_do_not_meet_its_needs(needs, left_out_of):
    assert {project for project in ABSENT if lacking(needs, under(project))} == left_out_of


@pytest.mark.parametrize(
    ("needs", "run_by"),
    [
        (set(), set()),
        ({"lms-urls"}, {"studio"}),
        ({"django-crum", "lms"}, {"studio"}),
        ({"one-project"}, {"lms", "studio", "plain"}),
        ({"one-run"}, set()),
        ({"lms-urls", "own-lane"}, set()),
    ],
)
def test_the_rest_of_a_project_has_the_tests_that_depend_on_its_versions(needs, run_by):
    runs = {
        project
        for project in ABSENT
        if not lacking(needs, under(None, project)) and not has_run(needs, under(None, project))
    }
    assert runs == run_by


def test_each_test_runs_in_exactly_one_of_project_rest_and_single_run():
    pairs = [set(), *({one, other} for one in NEEDS for other in NEEDS)]
    for project, needs in itertools.product(ABSENT, pairs):
        runs = [under(project), under(None, rest_of=project), under(None, only_once=True)]
        never = bool(needs & (OF_NO_REST[project] - ONCE)) and not needs & ONCE
        assert [fits(needs, run) for run in runs].count(True) == (not never), (project, needs)
        assert fits(needs, runs[-1]) == bool(needs & ONCE), (project, needs)


def test_the_versions_of_open_edx_run_every_test():
    assert OF_NO_REST["lms"] == OF_NO_REST["studio"] == ONCE


def test_an_unknown_need_is_an_error():
    with pytest.raises(pytest.UsageError, match="something"):
        lacking({"something"}, under("lms"))


def test_modules_and_folders_declare_needs(tmp_path):
    mark = 'pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms", "edx-when")]'
    (tmp_path / "test_dates.py").write_text(mark)
    (tmp_path / "test_other.py").write_text("pytestmark = pytest.mark.django_db")
    assert needs_of(tmp_path / "test_dates.py") == {"lms", "edx-when"}
    assert needs_of(tmp_path / "test_other.py") == needs_of(tmp_path) == set()
    assert needs_of(TESTS / "views") == {"lms-urls"}
