"""Fixtures: the Sphinx extensions of the documentation."""

import importlib
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs("one-run")

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def extension(monkeypatch):
    """Return a function that imports an extension for one test."""
    monkeypatch.syspath_prepend(str(DOCS / "_extensions"))
    loaded = []

    def load(name):
        loaded.append(name)
        return importlib.import_module(name)

    yield load
    for name in loaded:
        sys.modules.pop(name, None)
