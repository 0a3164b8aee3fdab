"""Markers of tests that create projects."""

import pytest

pytestmark = pytest.mark.needs("own-lane")
