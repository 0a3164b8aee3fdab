"""Follow the guides step by step."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from django.utils import timezone

from edx_proctoring import conf
from tests.projects.absent import OPTIONAL

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guide" / "django.rst"
GRANTS = ROOT / "docs" / "guide" / "grant-time.rst"
REVIEWS = ROOT / "docs" / "guide" / "handle-reviews.rst"
TESTS = ROOT / "docs" / "guide" / "test-your-host.rst"
ASKED = "with the password of ``admin``"
BLOCK = re.compile(
    r"^\.\. code-block:: (\S+)\n   :caption: (.+)\n\n((?:(?:   .*)?\n)+)", re.MULTILINE
)
ELSEWHERE = ("python -m venv", "pip install", "python manage.py runserver")
BLOCKER = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.projects.absent import block
block(*{sorted({*OPTIONAL.values()} - {"crum"})!r})
"""


def blocks(guide=GUIDE):
    """Return (language, caption, text) of each block of the guide, in order."""
    for language, caption, text in BLOCK.findall(guide.read_text(encoding="utf-8")):
        yield language, caption, textwrap.dedent(text)


def shell(python, project, environment):
    """Return a function that runs a command line of the guide in the project."""
    project.mkdir()

    def command(line):
        words = shlex.split(line)
        assert words[0] == "python"
        return subprocess.run(
            [python, *words[1:]],
            cwd=project,
            env={
                "PATH": os.environ["PATH"],
                "DJANGO_SUPERUSER_PASSWORD": "secret",
                **environment,
            },
            input="",
            capture_output=True,
            text=True,
            timeout=120,
        )

    command.project = project
    return command


@pytest.fixture
def run(tmp_path):
    """Run it without the optional packages of Open edX."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(BLOCKER)
    return shell(sys.executable, tmp_path / "project", {"PYTHONPATH": str(site)})


def write(project, caption, text):
    """Write a file of the guide."""
    path = project / caption.removesuffix(", at the end")
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text() if caption.endswith("at the end") else ""
    path.write_text(before + text)


def follow(run):
    """Follow the guide except its installation and its second window; return the output on stderr."""
    printed, errors = "", ""
    for language, caption, text in blocks():
        if language != "console":
            if caption != "for example":
                write(run.project, caption, text)
            continue
        for line in text.strip().splitlines():
            if line.startswith(ELSEWHERE):
                continue
            more = " --noinput" if "createsuperuser" in line else ""
            done = run(line + more)
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
            printed, errors = done.stdout, errors + done.stderr
    lines = [line for line in printed.splitlines() if re.match(r"[a-z]+:? ?\w*$", line)]
    assert lines == [
        "entrance: True",
        "start 200",
        "question: True",
        "stop 200",
        "submit 200",
        "submitted",
    ]
    assert "Proctoring attempt submitted" in printed
    return errors


def test_the_guide_for_django_leads_to_a_taken_exam_and_a_test(run):
    follow(run)
    ((_, path, text),) = [one for one in blocks(TESTS) if one[1]]
    write(run.project, path, text)
    done = run("python manage.py test exams")
    assert done.returncode == 0, done.stderr
    assert "Ran 1 test" in done.stderr


def test_the_example_of_a_service_runs(host):
    from edx_proctoring.runtime import get_runtime_service

    (text,) = [text for _, caption, text in blocks() if caption == "for example"]
    exec(text, {})
    assert get_runtime_service("instructor").is_course_staff(
        type("User", (), {"is_staff": True}), "course"
    )


def test_settings_in_the_guides_are_declared():
    known = {setting.name for setting in conf.SETTINGS}
    for guide in ("django.rst", "openedx.rst", "connect-a-provider.rst"):
        text = (ROOT / "docs" / "guide" / guide).read_text(encoding="utf-8")
        named = set(re.findall(r"\b(PROCTORING_\w+|DELIVERY|LINK_URLS|NODE_MODULES_ROOT)\b", text))
        assert named - {"PROCTORING_SETTINGS"} <= known


@pytest.fixture
def ask(live_server, django_user_model, tmp_path):
    """Run a guide's requests as ``admin`` against the course of the tutorial; returns what they print."""
    django_user_model.objects.create_superuser("admin", "admin@example.com", "secret")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def work(guide):
        (text,) = [text for _, caption, text in blocks(guide) if caption == ASKED]
        done = subprocess.run(
            ["sh", "-e", "-c", text.replace("http://127.0.0.1:8000", live_server.url)],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return work


@pytest.fixture
def tutorial_exam(make_exam):
    """The exam of the tutorial."""
    return make_exam(course_id="course-v1:School+Math+1", time_limit_mins=30)


with_curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")


@with_curl
@pytest.mark.needs("one-run")
@pytest.mark.django_db(transaction=True)
def test_the_guide_for_granting_time_works_with_curl(ask, tutorial_exam):
    (text,) = [text for _, caption, text in blocks(GRANTS) if caption == "begin_exam.py"]
    exec(text, {})
    assert "Fire alarm" in ask(GRANTS)
    (running,) = tutorial_exam.proctoredexamstudentattempt_set.all()
    assert running.allowed_time_limit_mins == 40


@with_curl
@pytest.mark.needs("one-run")
@pytest.mark.django_db(transaction=True)
def test_the_guide_for_reviews_works_with_curl(ask, tutorial_exam, attempt, provider):
    now = timezone.now()
    waiting = attempt(exam=tutorial_exam, status="submitted", started_at=now, completed_at=now)
    (text,) = [text for _, caption, text in blocks(REVIEWS) if caption == "make_review.py"]
    exec(text, {})
    waiting.refresh_from_db()
    assert waiting.status == "second_review_required"
    assert '"reviewed_by":"admin"' in ask(REVIEWS)
    waiting.refresh_from_db()
    assert waiting.status == "verified"
