"""Which tests each kind of host leaves out."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.projects.plugin import ABSENT, NEEDS, lacking, needs_of

TESTS = Path(__file__).resolve().parents[1]


def under(project):
    return SimpleNamespace(getoption=lambda _name: f"tests.projects.{project}")


def test_what_is_absent_may_be_needed():
    assert set().union(*ABSENT.values()) == set(NEEDS)


@pytest.mark.parametrize(
    ("needs", "left_out_of"),
    [
        (set(), set()),
        ({"lms-urls"}, {"studio"}),
        ({"django-crum", "lms"}, {"studio", "plain"}),
        ({"one-run"}, {"lms", "studio", "plain"}),
    ],
)
def test_a_test_is_left_out_where_something_is_absent(needs, left_out_of):
    assert {project for project in ABSENT if lacking(needs, under(project))} == left_out_of


def test_a_need_that_nobody_knows_is_an_error():
    with pytest.raises(pytest.UsageError, match="something"):
        lacking({"something"}, under("lms"))


def test_modules_and_folders_say_what_they_need(tmp_path):
    mark = 'pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms", "edx-when")]'
    (tmp_path / "test_dates.py").write_text(mark)
    (tmp_path / "test_other.py").write_text("pytestmark = pytest.mark.django_db")
    assert needs_of(tmp_path / "test_dates.py") == {"lms", "edx-when"}
    assert needs_of(tmp_path / "test_other.py") == needs_of(tmp_path) == set()
    assert needs_of(TESTS / "views") == {"lms-urls"}
