"""Tests with a lane of their own."""

import pytest

pytestmark = pytest.mark.needs("own-lane")
