"""Patches of host suites at the import paths of 6.1.4 take effect, or emit a warning."""

import ast
import functools
import importlib
import warnings
from pathlib import Path
from unittest import mock

import pytest

from edx_proctoring import api, backends, patch_points
from edx_proctoring.testing.providers import FakeProvider

PACKAGE = Path(patch_points.__file__).parent
HONOURED = [(at, name) for at, names in patch_points.HONOURED.items() for name in names]
GIVEN_UP = [(at, name) for at, names in patch_points.GIVEN_UP.items() for name in names]


@functools.cache
def looked_up():
    """Return what the package looks up through modules, as (`module`, `name`)."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.add((node.value.id, node.attr))
    return found


@pytest.mark.parametrize("module", [api.__name__, "edx_proctoring.views"])
def test_a_replaced_provider_is_called(module, timed_exam, exam, learner):
    double = FakeProvider()
    with mock.patch(f"{module}.get_backend_provider", return_value=double):
        api.create_exam_attempt(exam.pk, learner.pk, True)
    assert [call.method for call in double.calls].count("register_exam_attempt") == 1


@pytest.mark.parametrize(("module", "name"), HONOURED)
def test_the_original_is_restored(module, name, monkeypatch):
    origin = importlib.import_module(patch_points.HONOURED[module][name])
    before = getattr(origin, name)
    with monkeypatch.context() as patched:
        patched.setattr(f"{module}.{name}", mock.sentinel.double)
        assert getattr(origin, name) is mock.sentinel.double
    assert getattr(origin, name) is before
    assert backends.get_backend_provider is api.get_backend_provider


@pytest.mark.parametrize(("module", "name"), GIVEN_UP)
def test_a_replacement_without_effect_emits_a_warning(module, name):
    with pytest.warns(
        patch_points.PatchHasNoEffect, match=f"{module}.{name} changes nothing"
    ) as told:
        with mock.patch(f"{module}.{name}"):
            pass
    assert len(told) == 1


@pytest.mark.parametrize(("module", "name"), GIVEN_UP)
def test_names_listed_as_without_effect_have_none(module, name):
    assert (module.rpartition(".")[2], name) not in looked_up()


def test_functions_that_hosts_call_may_be_replaced():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with mock.patch("edx_proctoring.api.get_attempt_status_summary", return_value=None):
            assert api.get_attempt_status_summary(1, "c", "x") is None
