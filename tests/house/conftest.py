"""Markers of the tests of the source code."""

import pytest

pytestmark = pytest.mark.needs("one-run")
