"""After each fault the whole database is looked over."""

import pytest

from tests.torture import audit

pytestmark = pytest.mark.needs("own-lane")


@pytest.fixture(autouse=True)
def _audited(transactional_db, provider, record_property):
    """Nothing lost, stuck or done twice."""
    yield
    audit.check(record_property)
