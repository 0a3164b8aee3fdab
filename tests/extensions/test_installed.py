"""A project with the toy among its apps."""

import os
import subprocess
import sys

CODE = """
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse
from edx_proctoring import extensions
assert extensions.get("proctoring_toy")
call_command("check")
call_command("makemigrations", "--check", "--dry-run", verbosity=0)
call_command("migrate", verbosity=0)
from tests.extensions.toy.models import Note
assert Note.objects.count() == 0
print(reverse("edx_proctoring:toy.notes", args=["course-v1:a+b+c"]))
"""


def test_an_app_registers_its_extension_and_migrates():
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.extensions.settings",
        "DATABASE_URL": "sqlite://:memory:",
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("/api/edx_proctoring/v2/courses/course-v1:a+b+c/notes/")
