"""The list of differences from 6.1.4 is well formed, and as complete as tests can tell."""

import re

import pytest
from django.db import models

from edx_proctoring import checks, conf
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
)

KNOWN = {setting.name: setting for setting in conf.PROCTORING}
# Settings that are not a plain switch, or that are off by default.
FURTHER_GUARDS = {"PRACTICE_ATTEMPTS_PER_HOUR", "REQUIRE_ENROLLMENT", "THROTTLES"}
# The published setting, which counts with DEBUG only; the row is that of the switch that lets it count elsewhere.
NO_SWITCH_OF_OURS = {"ALLOW_CALLBACK_SIMULATION"}


@pytest.fixture
def differences(extension):
    """Return the Sphinx extension that generates the page."""
    return extension("differences")


def test_each_row_is_complete(differences):
    for row in differences.rows():
        assert set(row) == set(differences.FIELDS), row
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9.]+)*", row["id"]), row
        assert row["area"] in differences.AREAS, row
        for field in ("published", "ours", "why"):
            assert row[field].endswith("."), (row["id"], field)


def test_switches_are_declared_settings(differences):
    named = {row["switch"] for row in differences.rows()} - {""}
    assert named <= set(KNOWN)


def test_each_switch_that_restores_behaviour_of_the_published_package_has_a_row(differences):
    named = {row["switch"] for row in differences.rows()}
    restoring = {name for name, one in KNOWN.items() if one.why.startswith("as in 6.1.4")}
    assert restoring
    assert FURTHER_GUARDS | restoring <= named
    assert set(checks.SWITCHES) - NO_SWITCH_OF_OURS <= named


@pytest.mark.parametrize(
    "model", [ProctoredExamSoftwareSecureReview, ProctoredExamSoftwareSecureReviewHistory]
)
def test_the_differences_of_the_schema_are_listed(differences, model):
    assert model._meta.get_field("reviewed_by").remote_field.on_delete is models.SET_NULL
    (row,) = [row for row in differences.rows() if "SET_NULL" in row["ours"]]
    assert "reviewed_by" in row["ours"]


def test_the_page_shows_every_row_and_every_default(differences):
    page = "\n".join(differences.page())
    for row in differences.rows():
        assert f"- {differences.as_rst(row['ours'])}" in page
        if row["switch"]:
            assert f"``{row['switch']}`` (``{KNOWN[row['switch']].default!r}``)" in page
    assert page.count("   * - 6.1.4") == len({row["area"] for row in differences.rows()})


def test_a_switch_that_is_not_a_setting_is_an_error(differences):
    with pytest.raises(LookupError, match="no key NO_SUCH_SWITCH"):
        differences.default_of("NO_SUCH_SWITCH")


def test_the_page_lists_the_names_that_hosts_replace(differences):
    from edx_proctoring import patch_points

    page = "\n".join(differences.patch_points())
    for table in (patch_points.HONOURED, patch_points.GIVEN_UP):
        for module, names in table.items():
            for name in names:
                assert f"``{module}.{name}``" in page
