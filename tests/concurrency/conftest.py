"""After each race the whole database is looked over."""

import pytest
from django.db import connection

from edx_proctoring import transactions
from tests.torture import audit

pytestmark = pytest.mark.needs("own-lane")


@pytest.fixture(autouse=True)
def _audited(transactional_db, record_property):
    """Nothing lost, stuck or done twice; the counts go to whoever reads the results."""
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("SQLite in memory has one connection; the races run on a file and on servers")
    yield
    audit.check(record_property)


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """On a busy machine those who race wait for one another longer than a learner would."""
    monkeypatch.setattr(transactions, "LOCK_SECONDS", 120)
