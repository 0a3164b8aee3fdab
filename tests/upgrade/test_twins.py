"""The published package and ours give the same responses to the same requests, except for the listed differences."""

import json
import os
import tomllib
from contextlib import suppress

import pytest
from django.urls import Resolver404, resolve

from tests.upgrade import environments, sides, twin_requests, twin_staff_requests, twins

pytestmark = pytest.mark.upgrade

STEPS = [
    *twin_requests.EXAM_STEPS,
    *twin_requests.LEARNER_STEPS,
    *twin_staff_requests.STEPS,
]
STATED = environments.ROOT / "tests" / "upgrade" / "twins.txt"
NAMES = environments.ROOT / "tests" / "compat" / "urls.json"
LISTED = tomllib.loads((environments.ROOT / "docs" / "differences.toml").read_text())


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Return [(request, response of 6.1.4, ours)], and the final content of both databases."""
    if why := environments.prepare():
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("twins")
    more = sides.PROJECT / "twin.py"
    found = []
    with (
        sides.running(environments.python_of("6.1.4"), folder, "published", more) as theirs,
        sides.running(sides.OURS, folder, "ours", more) as ours,
    ):
        pair = (twins.Twin(theirs), twins.Twin(ours))
        for step in STEPS:
            if isinstance(step, twins.Do):
                for twin in pair:
                    twin.do(step)
            else:
                found.append((step, *(twin.ask(step) for twin in pair)))
        return found, theirs.stored(), ours.stored()


def shown(step, published, ours):
    return f"{step}\n    6.1.4: {json.dumps(published)[:600]}\n    ours:  {json.dumps(ours)[:600]}"


def test_every_difference_is_listed(answers):
    unlisted = [shown(*found) for found in answers[0] if found[1] != found[2] and not found[0].row]
    assert not unlisted, "\n".join(unlisted)


def test_differences_are_limited_to_the_stated_fields(answers):
    """A row lists the statuses or fields of a response that may differ; nothing else may."""
    lines = [
        f"{step.row}: {step.who or 'nobody'} {step.method} {step.path}: {twins.difference(published, ours)}"
        for step, published, ours in answers[0]
        if step.row
    ]
    if os.environ.get("PROCTORING_WRITE_TWINS"):
        STATED.write_text("\n".join(lines) + "\n", "utf-8")
    assert lines == STATED.read_text("utf-8").splitlines()
    assert not [line for line in lines if line.endswith(": ")]


def test_the_named_rows_exist():
    assert {step.row for step in STEPS if isinstance(step, twins.Ask) and step.row} <= set(LISTED)


def test_every_route_is_requested():
    paths = [twins.NAMED.sub("1", step.path) for step in STEPS if isinstance(step, twins.Ask)]
    asked = set()
    for path in paths:
        with suppress(Resolver404):
            asked.add(resolve(path.partition("?")[0]).url_name)
    assert {url["name"] for url in json.loads(NAMES.read_text())["lms"]} <= asked


def test_the_tables_are_equal_in_the_end(answers):
    _, published, ours = answers
    assert ours == published
    assert all(ours.values())


def test_our_server_errors_are_unavoidable(answers):
    """Registration and removal while the provider is down."""
    failed = [(step.method, ours[0]) for step, _, ours in answers[0] if ours[0] >= 500]
    assert sorted(failed) == [("DELETE", 502), ("POST", 502)]
    assert len(answers[0]) >= 200
