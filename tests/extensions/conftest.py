"""The toy, registered, with its table."""

from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.state import ProjectState

from edx_proctoring import extensions

INITIAL = "tests.extensions.toy.migrations.0001_initial"
TEMPLATES = Path(__file__).parent / "toy" / "templates"


@pytest.fixture
def register():
    """Registers extensions for one test."""
    names = []

    def add(extension):
        extensions.register(extension)
        names.append(extension.name)
        return extension

    yield add
    for name in names:
        extensions.unregister(name)


@pytest.fixture
def toy(transactional_db, register, settings):
    """The toy as its AppConfig registers it; its migration makes its table."""
    from tests.extensions.toy.extension import Toy

    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [TEMPLATES]}]
    settings.CELERY_BEAT_SCHEDULE = {}
    migration = import_module(INITIAL).Migration("0001_initial", "proctoring_toy")
    with connection.schema_editor() as editor:
        migration.apply(ProjectState(), editor)
    yield register(Toy())
    with connection.schema_editor() as editor:
        migration.unapply(ProjectState(), editor)
