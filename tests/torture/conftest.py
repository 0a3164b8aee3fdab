"""Check the consistency of the whole database after each fault."""

import pytest

from tests.torture import audit

pytestmark = pytest.mark.needs("own-lane")


@pytest.fixture(autouse=True)
def _audited(transactional_db, provider, record_property):
    """Check that nothing was lost, is stuck or was repeated."""
    yield
    audit.check(record_property)
