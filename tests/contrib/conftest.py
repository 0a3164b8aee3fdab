"""Tests of an extension are collected only where the extension is installed."""

from pathlib import Path

from django.conf import settings

HERE = Path(__file__).parent

collect_ignore = [
    path.name
    for path in HERE.iterdir()
    if path.is_dir() and f"edx_proctoring.contrib.{path.name}" not in settings.INSTALLED_APPS
]
if collect_ignore:
    collect_ignore += [  # these need all extensions
        "test_docs.py",
        "test_examples.py",
        "test_privacy.py",
        "test_time_results.py",
    ]

from tests.views.conftest import (  # noqa: E402, F401  callers of the REST interface
    as_global_staff,
    as_learner,
    as_staff,
    clients,
    course_staff,
    foreign_reviewer,
    foreign_staff,
    global_staff,
    retirement,
    reviewer,
)
