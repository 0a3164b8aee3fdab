"""Tests with a separate lane."""

import pytest

pytestmark = pytest.mark.needs("own-lane")
