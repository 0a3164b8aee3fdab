"""Nothing is left out that is not there any more."""

import pytest

from tests.projects.plugin import LEFT_OUT, ROOT, Left


@pytest.mark.parametrize("project", LEFT_OUT)
def test_what_is_left_out_exists(project):
    for name in Left(project).reasons:
        path, _, test = name.partition("::")
        assert (ROOT / path).exists(), name
        assert not test or test.rpartition("::")[2] in (ROOT / path).read_text(), name


def test_parts_of_names():
    left = Left("studio")
    assert left.why("tests/views/test_users.py")
    assert left.why("tests/views")
    assert left.why("tests/defects/test_core_rows.py::test_70_a_kept_time_out_is_an_end[x]")
    assert left.why("tests/defects/test_core_rows.py") is None
    assert left.why("tests/views_of_ours.py") is None
