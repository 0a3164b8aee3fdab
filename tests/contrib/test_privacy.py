"""The page of personal data lists every column of the extensions."""

from pathlib import Path

from django.apps import apps

import edx_proctoring.contrib
from tests.personal_data import mistakes

NAMES = sorted(
    path.parent.name for path in Path(edx_proctoring.contrib.__file__).parent.glob("*/apps.py")
)


def test_every_column_of_the_extensions_is_classified():
    found = [
        mistake
        for name in NAMES
        for mistake in mistakes(
            name, apps.get_app_config(f"proctoring_{name}").get_models(include_auto_created=True)
        )
    ]
    assert found == []
