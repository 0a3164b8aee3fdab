"""The callers of the REST interface, as `tests/views` has them, and a database that orders nothing by itself."""

import pytest
from django.db import connection

from tests.views.conftest import (  # noqa: F401
    anonymous,
    as_global_staff,
    as_learner,
    as_reviewer,
    as_staff,
    clients,
    course_staff,
    foreign_reviewer,
    foreign_staff,
    global_staff,
    onboarding,
    onboarding_provider,
    psi,
    retirement,
    reviewer,
)


@pytest.fixture
def disorder(db):
    """What no query orders comes the wrong way round: `disorder(rows)` also stores the rows anew, the last one first."""

    def turn(rows=()):
        for row in sorted(rows, key=lambda one: -one.pk):
            row.save()
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA reverse_unordered_selects = ON")

    yield turn
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA reverse_unordered_selects = OFF")
