"""A wheel holds everything and works away from the repository."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.packaging

PACKED = {".py", ".html", ".js", ".css", ".po", ".mo", ".json"}

USE = """
import sys
from django.conf import settings
settings.configure(
    SECRET_KEY="x", USE_TZ=True, ROOT_URLCONF="host_urls", ENV_ROOT="{folder}",
    COURSE_ID_PATTERN=r"(?P<course_id>[^/+]+(/|\\\\+)[^/+]+(/|\\\\+)[^/]+)",
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "rest_framework", "waffle", "simple_history", "edx_proctoring"],
    TEMPLATES=[{{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}}],
    PROCTORING_BACKENDS={{"DEFAULT": "null", "null": {{}}}},
    PROCTORING_SETTINGS={{"DELIVERY": "inline"}},
)
import django
django.setup()
import edx_proctoring
assert "site-packages" in edx_proctoring.__file__, edx_proctoring.__file__
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.auth.models import User
from edx_proctoring import api
learner = User.objects.create(username="learner")
exam_id = api.create_exam("course-v1:a+b+c", "content", "Exam", 10, is_proctored=False)
context = {{"due_date": None}}
html = api.get_student_view(learner.pk, "course-v1:a+b+c", "content", context)
assert 'data-screen="timed-entrance"' in html
attempt_id = api.create_exam_attempt(exam_id, learner.pk)
api.start_exam_attempt(exam_id, learner.pk)
api.update_attempt_status(attempt_id, "submitted")
print(api.get_exam_attempt_by_id(attempt_id)["status"])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    # A copy: setuptools would put what is left in the checkout's build/ into the wheel, too.
    source = folder / "source"
    leave = shutil.ignore_patterns("__pycache__", "*.egg-info", "node_modules")
    for part in ("edx_proctoring", "requirements"):
        shutil.copytree(ROOT / part, source / part, ignore=leave)
    for name in (
        "setup.py",
        "pyproject.toml",
        "MANIFEST.in",
        "README.rst",
        "CHANGELOG.rst",
        "LICENSE",
    ):
        shutil.copy(ROOT / name, source)
    # Without --wheel: the wheel is made from the source distribution, so that one holds everything, too.
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder), str(source)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BuildBackendWarning" not in done.stdout + done.stderr
    (found,) = folder.glob("edx_proctoring-*.whl")
    return found


def test_what_is_in_it(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    package = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "edx_proctoring").rglob("*")
        if path.suffix in PACKED
    }
    assert package == {name for name in names if name.startswith("edx_proctoring/")}
    for expected in (
        "edx_proctoring/templates/proctored_exam/entrance.html",
        "edx_proctoring/templates/emails/proctoring_attempt_submitted_email.html",
        "edx_proctoring/static/index.js",
        "edx_proctoring/static/proctoring/js/learner.js",
        "edx_proctoring/locale/de/LC_MESSAGES/django.mo",
        "edx_proctoring/migrations/0001_squashed_0025_auto_20230727_2112.py",
        "edx_proctoring/testing/providers.py",
    ):
        assert expected in names
    outside = [
        name for name in names if not name.startswith(("edx_proctoring/", "edx_proctoring-"))
    ]
    assert not outside


def test_it_works_away_from_the_repository(wheel, tmp_path):
    python = tmp_path / "venv" / "bin" / "python"
    # With PYTHONPATH pip would take the checkout's metadata for an installed package.
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    venv = [sys.executable, "-m", "venv", str(tmp_path / "venv")]
    for command in (venv, [str(python), "-m", "pip", "install", "-q", str(wheel)]):
        subprocess.run(command, check=True, cwd=tmp_path, env=clean)
    script = tmp_path / "use.py"
    urls = "from django.urls import include, path\n"
    urls += 'urlpatterns = [path("api/", include("edx_proctoring.urls", "edx_proctoring"))]\n'
    (tmp_path / "host_urls.py").write_text(urls, encoding="utf-8")
    script.write_text(USE.format(folder=tmp_path), encoding="utf-8")
    done = subprocess.run(
        [str(python), str(script)], cwd=tmp_path, env=clean, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "submitted"
