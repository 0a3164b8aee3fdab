"""Tests of the sources."""

import pytest

pytestmark = pytest.mark.needs("one-run")
