"""Start-up of the app: providers, settings, the workers file, imports."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import call_command

from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST, make_worker_config
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.settings import common

pytestmark = pytest.mark.django_db


class Faulty(NullBackendProvider):
    """A provider that cannot be instantiated."""

    def __init__(self, **kwargs):
        raise KeyError("client_id")


def load(monkeypatch, settings, configured):
    """Load the app's providers with these settings."""
    config = apps.get_app_config("edx_proctoring")
    settings.PROCTORING_BACKENDS = configured
    monkeypatch.setattr(config, "backend_errors", {})
    return config, dict(config._load_backends())


@pytest.mark.defect("PYTHON-116")
def test_a_faulty_provider_is_logged_and_affects_no_other(monkeypatch, settings, caplog):
    import edx_proctoring.backends.mock as module

    monkeypatch.setattr(module, "MockProctoringBackendProvider", Faulty)
    config, loaded = load(monkeypatch, settings, {"DEFAULT": "null", "null": {}, "mock": {}})
    assert set(loaded) == {"null"}
    assert "client_id" in config.backend_errors["mock"]
    assert "provider mock cannot be used" in caplog.text
    assert "edx_proctoring.E002" in [one.id for one in run_checks(tags=["edx_proctoring"])]
    _, loaded = load(monkeypatch, settings, {"DEFAULT": "null", "null": {}})
    assert set(loaded) == {"null"}  # what is not configured is not even tried


@pytest.mark.defect("PYTHON-117")
def test_the_workers_file_is_written_atomically_and_only_if_it_changes(tmp_path, settings):
    package = tmp_path / "modules" / "worker"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"main": "index.js"}))
    settings.NODE_MODULES_ROOT = str(tmp_path / "modules")
    out = tmp_path / "out" / "workers.json"
    out.parent.mkdir()
    provider = SimpleNamespace(npm_module="worker")
    assert make_worker_config([provider], out=str(out)) is True
    written = out.stat()
    assert json.loads(out.read_text()) == {"worker": ["babel-polyfill", str(package / "index.js")]}
    assert make_worker_config([provider], out=str(out)) is True
    assert (out.stat().st_ino, out.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    (package / "package.json").write_text(json.dumps({"main": "other.js"}))
    assert make_worker_config([provider], out=str(out)) is True
    assert out.stat().st_ino != written.st_ino
    assert [path.name for path in out.parent.iterdir()] == ["workers.json"]


@pytest.mark.defect("PYTHON-118")
def test_the_hosts_settings_are_kept():
    own = SimpleNamespace(PROCTORING_SETTINGS={"a": 1}, PROCTORING_BACKENDS={"DEFAULT": "x"})
    common.plugin_settings(own)  # neither PIPELINE nor PIPELINE_JS
    assert own.PROCTORING_SETTINGS == {"a": 1}
    assert own.PROCTORING_BACKENDS == {"DEFAULT": "x"}
    assert not hasattr(own, "PIPELINE")
    assert not hasattr(own, "PIPELINE_JS")


@pytest.mark.defect("PYTHON-119")
def test_unknown_options_are_logged(monkeypatch, settings, caplog):
    options = {"base_ur": "https://x", "LINK_URLS": {}, "allow_honor_mode": True}
    load(monkeypatch, settings, {"DEFAULT": "null", "null": options})
    assert "options of provider null ignored: ['base_ur']" in caplog.text
    assert "LINK_URLS" not in BACKEND_CONFIGURATION_ALLOW_LIST


@pytest.mark.defect("PYTHON-120")
def test_models_and_migrations_agree():
    call_command("makemigrations", "edx_proctoring", check=True, dry_run=True, verbosity=0)
    found = [one for one in run_checks() if "auto" in one.msg.lower()]
    assert found == []


ROOT = Path(__file__).resolve().parents[1]


# These modules are imported by the first request, message or command that needs them, not at start-up.
LATER = "api callbacks effects emails lifecycle openapi operations outbox serializers testing views"
MOST_MODULES = 70  # of the package in `django.setup()`; 163 took three times as long


@pytest.mark.defect("PYTHON-121")
@pytest.mark.parametrize("first", ["api", "models", "handlers", "utils", "views", "backends.mock"])
def test_start_up_imports_little_and_then_any_module_may_be_first(first):
    work = (
        "import sys, django; django.setup(); "
        f"early = {{f'edx_proctoring.{{one}}' for one in {LATER.split()}}} & {{*sys.modules}}; assert not early, early; "
        "own = [one for one in sys.modules if one.split('.')[0] == 'edx_proctoring']; "
        f"assert len(own) <= {MOST_MODULES}, own; "
        f"import edx_proctoring.{first}"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", work],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    before = "from edx_proctoring import runtime; from edx_proctoring.signals import exam_attempt_status_signal"
    assert subprocess.run([sys.executable, "-c", before], cwd=ROOT).returncode == 0
