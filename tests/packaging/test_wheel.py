"""A wheel contains everything and works outside of the repository."""

import email
import email.policy
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.packaging

PACKED = {".py", ".html", ".js", ".css", ".po", ".mo", ".json", ".typed"}

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


@pytest.fixture
def wheel(built):
    return built["wheel"]


@pytest.fixture
def metadata(wheel):
    """Return the metadata as PyPI reads it."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name), policy=email.policy.default)


def test_the_content_of_the_wheel(wheel):
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
        "edx_proctoring/static/proctoring/js/staff.js",
        "edx_proctoring/static/proctoring/css/staff.css",
        "edx_proctoring/templates/proctoring/staff/page.html",
        "edx_proctoring/locale/de/LC_MESSAGES/djangojs.mo",
        "edx_proctoring/locale/de/LC_MESSAGES/django.mo",
        "edx_proctoring/migrations/0001_squashed_0025_auto_20230727_2112.py",
        "edx_proctoring/testing/providers.py",
        "edx_proctoring/py.typed",
    ):
        assert expected in names
    outside = [
        name for name in names if not name.startswith(("edx_proctoring/", "edx_proctoring-"))
    ]
    assert not outside


def test_the_content_of_the_source_distribution(built):
    """The wheel contains its sources and no tests, because these need the whole repository."""
    with tarfile.open(built["sdist"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert not [name for name in names if name.startswith("tests")]
    for expected in ("LICENSE", "README.rst", "CHANGELOG.rst", "requirements/base.in", "setup.py"):
        assert expected in names
    assert "edx_proctoring/tests/test_services.py" in names  # test support that hosts import


def test_pypi_renders_it(built):
    check = [sys.executable, "-m", "twine", "check", "--strict", *map(str, built.values())]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


def test_the_metadata_on_pypi(metadata):
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert metadata["Keywords"]
    links = dict(line.split(", ", 1) for line in metadata.get_all("Project-URL"))
    assert {"Source", "Documentation", "Changelog", "Issues"} <= set(links)
    pictures = re.findall(r"\.\. image:: (\S+)", metadata.get_payload())
    assert pictures
    assert all(picture.startswith("https://") for picture in pictures)
    targets = re.findall(r" <(\S+)>`_", metadata.get_payload())
    assert len(targets) >= 5
    assert all(target.startswith("https://") for target in targets)


def test_django_has_an_upper_bound_below_the_first_untested_one(metadata):
    wanted = [Requirement(line) for line in metadata.get_all("Requires-Dist")]
    (django,) = [one for one in wanted if one.name.lower() == "django"]
    named = re.findall(
        r"Framework :: Django :: (\d+)\.(\d+)", "\n".join(metadata.get_all("Classifier"))
    )
    newest = max((int(major), int(minor)) for major, minor in named)
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    for major, minor in named:
        assert f"{major}.{minor}.0" in django.specifier
        assert f"django{major}{minor}" in tox
    following = f"{newest[0]}.{newest[1] + 1}" if newest[1] < 2 else f"{newest[0] + 1}.0"
    assert following not in django.specifier


def test_the_content_of_the_npm_package():
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    done = subprocess.run(
        ["npm", "pack", "--dry-run", "--json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (packed,) = json.loads(done.stdout)
    static = ROOT / "edx_proctoring" / "static"
    files = {str(path.relative_to(ROOT)) for path in static.rglob("*") if path.is_file()}
    assert "edx_proctoring/static/index.js" in files
    assert {one["path"] for one in packed["files"]} == {
        *files,
        "LICENSE",
        "README.rst",
        "package.json",
    }


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_it_works_outside_of_the_repository(built, kind, tmp_path):
    python = tmp_path / "venv" / "bin" / "python"
    # With PYTHONPATH pip would take the checkout's metadata for an installed package.
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    venv = [sys.executable, "-m", "venv", str(tmp_path / "venv")]
    for command in (venv, [str(python), "-m", "pip", "install", "-q", str(built[kind])]):
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
