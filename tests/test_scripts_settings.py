"""Settings for hosts, and scripts."""

import csv
import json
from types import SimpleNamespace

import pytest

from edx_proctoring.scripts import obscure_user, version_check
from edx_proctoring.settings import common, production, test


def test_defaults_do_not_overwrite_the_hosts_settings():
    fresh = SimpleNamespace(PIPELINE={})
    common.plugin_settings(fresh)
    assert fresh.PROCTORING_SETTINGS == {}
    assert fresh.PROCTORING_BACKENDS == {"DEFAULT": "null", "null": {}}
    assert "proctoring" in fresh.PIPELINE["JAVASCRIPT"]
    own = SimpleNamespace(
        PROCTORING_SETTINGS={"a": 1}, PROCTORING_BACKENDS={"b": 2}, PIPELINE_JS={}
    )
    common.plugin_settings(own)
    assert (own.PROCTORING_SETTINGS, own.PROCTORING_BACKENDS) == ({"a": 1}, {"b": 2})
    assert "proctoring" in own.PIPELINE_JS
    common.plugin_settings(SimpleNamespace())


@pytest.mark.parametrize(
    ("before", "steps"),
    [
        (None, []),
        ({}, []),
        ("a.Step", ["a.Step"]),
        (["a.Step"], ["a.Step"]),
        ({"pipeline": ["a.Step"], "fail_silently": False}, ["a.Step"]),
        ({"pipeline": [common.TABS_STEP]}, []),
    ],
)
@pytest.mark.parametrize("module", [common, production])
def test_the_dashboard_tab_comes_after_the_hosts_pipeline_steps(module, before, steps):
    others = {"another": {"pipeline": []}}
    config = {**others, common.TABS_FILTER: before} if before is not None else others
    host = SimpleNamespace(OPEN_EDX_FILTERS_CONFIG=config)
    module.plugin_settings(host)
    module.plugin_settings(host)
    found = host.OPEN_EDX_FILTERS_CONFIG
    assert found["another"] == {"pipeline": []}
    assert found[common.TABS_FILTER]["pipeline"] == [*steps, common.TABS_STEP]
    silently = before.get("fail_silently", True) if isinstance(before, dict) else True
    assert found[common.TABS_FILTER].get("fail_silently", True) is silently


def test_the_operators_configuration_files():
    settings = SimpleNamespace(
        ENV_TOKENS={"PROCTORING_SETTINGS": {"a": 1}, "PROCTORING_BACKENDS": {"env": 1}},
        AUTH_TOKENS={"PROCTORING_BACKENDS": {"auth": 1}},
    )
    production.plugin_settings(settings)
    assert (settings.PROCTORING_SETTINGS, settings.PROCTORING_BACKENDS) == ({"a": 1}, {"auth": 1})
    empty = SimpleNamespace(ENV_TOKENS={"PROCTORING_SETTINGS": {}})
    production.plugin_settings(empty)
    assert not hasattr(empty, "PROCTORING_SETTINGS")
    test.plugin_settings(empty)
    assert empty.PROCTORING_BACKENDS["DEFAULT"] == "mock"


@pytest.mark.parametrize(
    ("version", "npm"),
    [("7.0.0.dev0", "7.0.0-dev.0"), ("7.0.0rc1", "7.0.0-rc.1"), ("7.0.0", "7.0.0")],
)
def test_versions(version, npm):
    assert version_check.npm_version(version) == npm


def test_the_version_check(tmp_path, capsys):
    package = tmp_path / "package.json"
    package.write_text(json.dumps({"version": "1.0.0"}))
    assert version_check.main(str(package)) == 1
    assert "1.0.0" in capsys.readouterr().out
    package.write_text(json.dumps({"version": version_check.npm_version("7.0.0.dev0")}))
    assert version_check.main(str(package)) == 0


def test_learners_get_new_ids(tmp_path, monkeypatch, capsys):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("email,user_id\na@example.com,42\n")
    arguments = [str(source), str(target), "--backend", "mockprock"]
    monkeypatch.delenv("DJANGO_SECRET_KEY", raising=False)
    assert obscure_user.main(arguments) == 1
    monkeypatch.setenv("DJANGO_SECRET_KEY", "old")
    monkeypatch.setenv("PROCTORING_USER_OBFUSCATION_KEY", "obfuscation-key")
    assert obscure_user.main(arguments) == 0
    (row,) = csv.DictReader(target.read_text().splitlines())
    assert row["target_user_id"] == "09635582f2d6a5d061c08df80e10f02f97827b56"
    assert row["existing_user_id"] != row["target_user_id"]
