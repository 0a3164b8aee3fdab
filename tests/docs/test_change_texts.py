"""The guide on changing texts: its catalog and its template change e-mails."""

import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import trans_real

from edx_proctoring import emails

pytestmark = [pytest.mark.django_db, pytest.mark.needs("one-run")]

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guide" / "change-texts.rst").read_text("utf-8")
BLOCK = re.compile(
    r"^\.\. code-block:: \S+\n   :caption: (.+)\n\n((?:(?:   .*)?\n)+)", re.MULTILINE
)
BLOCKS = {caption: textwrap.dedent(text) for caption, text in BLOCK.findall(PAGE)}
TEMPLATE = "templates/emails/proctoring_attempt_submitted_email.html"


@pytest.fixture
def project(tmp_path, settings):
    """Create a project with the guide's files."""
    for name in ("locale/en/LC_MESSAGES/django.po", TEMPLATE):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(BLOCKS[name], encoding="utf-8")
    po = tmp_path / "locale/en/LC_MESSAGES/django.po"
    assert shutil.which("msgfmt")
    subprocess.run(["msgfmt", "--check-format", po, "-o", po.with_suffix(".mo")], check=True)
    names = {"BASE_DIR": tmp_path, "TEMPLATES": [{}]}
    exec(BLOCKS["school/settings.py, at the end"], names)
    settings.LOCALE_PATHS = names["LOCALE_PATHS"]
    settings.TEMPLATES = [{**settings.TEMPLATES[0], **names["TEMPLATES"][0]}]
    yield tmp_path
    trans_real._translations.clear()


def test_subject_and_text_come_from_the_project(project, attempt, capsys):
    attempt(status="submitted")
    trans_real._translations.clear()
    with translation.override("en"):
        exec(BLOCKS["show_email.py"], {})
    printed = capsys.readouterr().out
    assert printed.startswith("We have received your exam")
    assert "we have received" in printed
    assert "Demo course" in printed


def test_all_emails_and_their_contexts_are_listed(attempt):
    folder = ROOT / "edx_proctoring" / "templates" / "emails"
    assert {path.name for path in folder.glob("*.html")} == set(
        re.findall(r"``(\w+_email\.html)``\n     - ", PAGE)
    )
    context = emails._context(attempt(), "Demo course", "submitted")
    named = set(
        re.findall(r"``([a-z_]+)``", PAGE.partition("Its context:")[2].partition("code-block")[0])
    )
    of_some = {"granted_time", "has_started", "time_left", "result_by"}
    assert set(context) == named - of_some
