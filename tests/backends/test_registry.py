"""Loading providers, and finding the provider of an exam."""

import json
import stat
import threading
import warnings
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction

from edx_proctoring import backends, conf, constants
from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST, make_worker_config
from edx_proctoring.backends import mock
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.mock import MockProctoringBackendProvider
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.testing.providers import FakeProvider


def test_by_exam_and_by_name(provider):
    find = backends.get_backend_provider
    assert find() is provider
    assert find(name="null").verbose_name == "Null Backend"
    assert find({"is_proctored": False, "backend": "gone"}) is None
    assert find({"is_proctored": True, "backend": None}) is provider
    assert find({"backend": "null"}, name="test").verbose_name == "Null Backend"
    assert find({}) is provider


def test_unknown_and_missing_names(settings):
    with pytest.raises(NotImplementedError, match="gone"):
        backends.get_backend_provider(name="gone")
    settings.PROCTORING_BACKENDS = {}
    assert conf.default_provider() is None
    with pytest.raises(ImproperlyConfigured):
        backends.get_backend_provider()


def test_configured_providers_are_loaded_with_their_options(settings, caplog):
    config = apps.get_app_config("edx_proctoring")
    settings.PROCTORING_BACKENDS = {
        "DEFAULT": "null",
        "null": {"verbose_name": "Nobody", "LINK_URLS": {}, "colour": "blue"},
    }
    loaded = dict(config._load_backends())
    assert list(loaded) == ["null"]
    assert loaded["null"].verbose_name == "Nobody"
    assert "colour" in caplog.text
    assert "LINK_URLS" not in caplog.text


def test_choices(provider):
    choices = dict(apps.get_app_config("edx_proctoring").get_backend_choices())
    assert choices["test"] == provider.verbose_name
    assert len(BACKEND_CONFIGURATION_ALLOW_LIST) == 26  # as published


class Worker:
    """A provider with a script."""

    def __init__(self, npm_module):
        self.npm_module = npm_module


def module(root, name, **package):
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps(package))


def test_the_workers_file(tmp_path, settings):
    settings.NODE_MODULES_ROOT = str(tmp_path)
    module(tmp_path, "@edx/mockprock", main="static/index.js")
    out = tmp_path / "workers.json"
    assert make_worker_config([Worker("@edx/mockprock"), object()], out=str(out))
    main = str(tmp_path / "@edx/mockprock" / "static/index.js")
    assert json.loads(out.read_text()) == {"@edx/mockprock": ["babel-polyfill", main]}
    assert stat.S_IMODE(out.stat().st_mode) == 0o664


def test_modules_that_cannot_be_used(tmp_path, settings):
    settings.NODE_MODULES_ROOT = str(tmp_path)
    module(tmp_path, "no-main")
    out = tmp_path / "workers.json"
    with pytest.warns(UserWarning):
        assert not make_worker_config([Worker("no-main"), Worker("missing")], out=str(out))
    assert not out.exists()
    module(tmp_path, "good", main="a.js")
    with pytest.warns(UserWarning, match="Could not write"):
        assert not make_worker_config([Worker("good")], out=str(tmp_path / "no" / "folder.json"))


def test_without_node_modules_nothing_is_written(settings, tmp_path):
    settings.NODE_MODULES_ROOT = None
    assert not make_worker_config([Worker("x")], out=str(tmp_path / "workers.json"))


def test_the_provider_that_does_nothing():
    null = NullBackendProvider()
    assert null.register_exam_attempt({}, {}) is None
    assert null.remove_exam_attempt("E", "A") is True
    for verb in ("start_exam_attempt", "stop_exam_attempt", "mark_erroneous_exam_attempt"):
        assert getattr(null, verb)("E", "A") is None
    assert null.get_software_download_url() is None
    assert null.on_review_callback({}, {}) is None
    assert null.on_exam_saved({}) is None


@pytest.mark.django_db
def test_the_mock_provider_reports_ready_by_itself(attempt, monkeypatch):
    from edx_proctoring.backends import mock

    monkeypatch.setattr(mock, "READY_AFTER_SECONDS", 0)
    known = attempt(status="created", attempt_code="CODE")
    provider = MockProctoringBackendProvider(1, ping_interval=5)
    assert (provider.args, provider.kwargs, provider.ping_interval) == (
        (1,),
        {"ping_interval": 5},
        5,
    )
    assert provider.register_exam_attempt({}, {"attempt_code": "CODE"}) == "CODE"
    import threading

    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join(10)
    known.refresh_from_db()
    assert known.status == "ready_to_start"
    assert provider.get_software_download_url() == "mockurl"
    assert provider.remove_exam_attempt("E", "A") is True


def test_optional_methods_of_a_provider():
    class Least(ProctoringBackendProvider):
        register_exam_attempt = start_exam_attempt = stop_exam_attempt = None
        mark_erroneous_exam_attempt = remove_exam_attempt = get_software_download_url = None
        on_review_callback = on_exam_saved = None

    least = Least(tech_support_email="x")
    assert least.tech_support_email == "x"
    assert least.get_javascript() == ""
    assert least.get_exam("exam") == "exam"
    assert least.get_attempt("attempt") == "attempt"
    assert least.get_instructor_url("course", {}) is None
    assert least.retire_user("u") is None
    assert least.should_block_access_to_exam_material() is False
    assert least.get_onboarding_profile_info("course") is None
    assert least.get_proctoring_config() is None
    assert least.get_video_review_aes_key() is None


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("register_exam_attempt", ({}, {})),
        ("start_exam_attempt", ("E", "A")),
        ("stop_exam_attempt", ("E", "A")),
        ("mark_erroneous_exam_attempt", ("E", "A")),
        ("remove_exam_attempt", ("E", "A")),
        ("get_software_download_url", ()),
        ("on_review_callback", ({}, {})),
        ("on_exam_saved", ({},)),
    ],
)
def test_required_methods_of_a_provider(name, arguments):
    method = getattr(ProctoringBackendProvider, name)
    with pytest.raises(NotImplementedError):
        method(FakeProvider(), *arguments)


class Faulty:
    """A provider whose package is broken."""

    def __init__(self, **_kwargs):
        raise KeyError("client_id")


@pytest.mark.defect("BACKENDS-C9")
def test_providers_are_found_by_entry_points(monkeypatch, settings, caplog):
    config = apps.get_app_config("edx_proctoring")
    settings.PROCTORING_BACKENDS = {
        "DEFAULT": "mock",
        "mock": {"verbose_name": "Try it", "has_dashbord": True},
        "null": {},
        "nobody's": {},
    }
    monkeypatch.setattr(config, "backend_errors", {})
    loaded = dict(config._load_backends())
    assert loaded["mock"].verbose_name == "Try it"  # options are applied
    ids = {one.id.rpartition(".")[2]: one.msg for one in run_checks(tags=["edx_proctoring"])}
    assert "has_dashbord" in ids["W002"]
    assert "nobody's" in ids["W009"]
    monkeypatch.setattr(mock, "MockProctoringBackendProvider", Faulty)
    loaded = dict(config._load_backends())
    assert list(loaded) == ["null"]  # and the site has started
    assert "client_id" in config.backend_errors["mock"]
    assert "E002" in {one.id.rpartition(".")[2] for one in run_checks(tags=["edx_proctoring"])}
    monkeypatch.setattr(config, "backends", loaded)
    with pytest.raises(NotImplementedError, match="mock"):
        config.get_backend()


@pytest.mark.defect("BACKENDS-C10")
@pytest.mark.parametrize(
    "package", ["{", "[]", "null", '{"main": ["a.js"]}', '{"name": "x"}', None]
)
def test_the_workers_file_is_written_atomically(package, tmp_path, settings):
    settings.NODE_MODULES_ROOT = str(tmp_path)
    for name, text in (("bad", package), ("good", '{"main": "a.js"}')):
        (tmp_path / name).mkdir()
        if text is not None:
            (tmp_path / name / "package.json").write_text(text)
    workers = [SimpleNamespace(npm_module=name) for name in ("bad", None, "good")]
    out = tmp_path / "workers.json"
    with pytest.warns(UserWarning, match="Proctoring worker without"):
        assert make_worker_config(workers, out=str(out)) is True
    assert json.loads(out.read_text()) == {"good": ["babel-polyfill", f"{tmp_path}/good/a.js"]}
    first = out.stat()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make_worker_config(workers, out=str(out))
    assert out.stat().st_ino == first.st_ino  # not written anew
    assert {path.name for path in tmp_path.iterdir()} == {"bad", "good", "workers.json"}


BASE = "https://provider.example.com"


@pytest.mark.defect("BACKENDS-C11")
def test_settings_are_read_when_they_are_used(settings):
    changed = {"ALLOW_REVIEW_UPDATES": False, "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS": 7}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **changed}
    assert constants.ALLOW_REVIEW_UPDATES is False
    assert BaseRestProctoringProvider("id", "secret", base_url=BASE).ping_interval == 7


@pytest.mark.defect("BACKENDS-C12", "PYTHON-124")
@pytest.mark.django_db
def test_the_mock_provider_reports_ready_after_the_commit(monkeypatch):
    """Its thread leaves no connection open, and its options work."""
    monkeypatch.setattr(mock, "READY_AFTER_SECONDS", 0)
    reported, closed = [], threading.Event()

    def report(request, code):
        reported.append((request, code, threading.current_thread() is threading.main_thread()))
        connections["default"].close = closed.set  # this thread's own

    monkeypatch.setattr(mock, "start_exam_callback", report)
    provider = mock.MockProctoringBackendProvider(verbose_name="Try it", ping_interval=3)
    assert (provider.verbose_name, provider.ping_interval) == ("Try it", 3)
    with transaction.atomic():
        assert provider.register_exam_attempt({}, {"attempt_code": "CODE"}) == "CODE"
        assert not closed.wait(0.2)  # nobody knows the attempt yet
    assert closed.wait(10)
    assert reported == [(None, "CODE", False)]
