"""The published package and ours respond alike to the benchmarks' requests, except for its defects."""

import pytest

from benchmarks.__main__ import MEANT, compare
from tests.upgrade import environments

pytestmark = pytest.mark.upgrade


def test_both_respond_alike():
    if why := environments.prepare():
        pytest.skip(why)
    rows = compare("SQLite", learners=150, rounds=1, longest=5)
    assert [row.name for row in rows if not row.same] == list(MEANT)
    queries = {row.name: (row.theirs[-1]["queries"], row.ours[-1]["queries"]) for row in rows}
    assert queries["grouped attempts, page 1"][1] <= 6
    assert all(ours < theirs for name, (theirs, ours) in queries.items() if "review" not in name)
