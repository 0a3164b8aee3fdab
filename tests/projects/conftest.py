"""Tests that make projects themselves."""

import pytest

pytestmark = pytest.mark.needs("own-lane")
