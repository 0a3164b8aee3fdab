"""Check the consistency of the whole database after each race."""

import pytest
from django.db import connection

from edx_proctoring import transactions
from tests.torture import audit

pytestmark = pytest.mark.needs("own-lane")


@pytest.fixture(autouse=True)
def _audited(transactional_db, record_property):
    """Check that nothing was lost, stuck or repeated; store the counts for the report."""
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("SQLite in memory has one connection; the races run on a file and on servers")
    yield
    audit.check(record_property)


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """On a busy machine, racing threads wait for one another longer than a learner would."""
    monkeypatch.setattr(transactions, "LOCK_SECONDS", 120)
