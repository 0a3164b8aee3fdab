"""The guide for providers without Open edX: its code works, and providers can only authenticate with tokens."""

import base64
import json
import re
import subprocess
import sys
import textwrap
import time
import types
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.test import Client, RequestFactory

pytestmark = [pytest.mark.django_db, pytest.mark.needs("one-run")]

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "guide" / "connect-without-openedx.rst"
BLOCK = re.compile(
    r"^\.\. code-block:: python\n   :caption: (.+)\n\n((?:(?:   .*)?\n)+)", re.MULTILINE
)
BLOCKS = {
    caption: textwrap.dedent(text) for caption, text in BLOCK.findall(PAGE.read_text("utf-8"))
}
REVIEW = {"status": "passed", "comments": []}


def run(caption: str, **names: Any) -> dict[str, Any]:
    """Run a code block and return its names."""
    found = {"__name__": caption, **names}
    exec(BLOCKS[caption], found)
    return found


def module(monkeypatch: pytest.MonkeyPatch, name: str, caption: str) -> None:
    """Make a code block importable."""
    found = types.ModuleType(name)
    monkeypatch.setitem(sys.modules, name, found)
    exec(BLOCKS[caption], found.__dict__)


@pytest.fixture
def submitted(make_exam: Any, attempt: Any, provider: Any) -> Any:
    """Return an attempt that waits for the provider's review, and one of another provider."""
    apps.get_app_config("edx_proctoring").backends["mock"] = provider  # as in the tutorial
    run("make_provider.py")
    one = attempt(exam=make_exam(backend="mock"), status="submitted", external_id="of-acme")
    attempt(exam=make_exam(backend="test"), status="submitted", external_id="of-another")
    return one


def review(external_id: str, authorization: str) -> int:
    address = f"/api/edx_proctoring/v1/proctored_exam/attempt/{external_id}/reviewed"
    headers = {"Authorization": authorization} if authorization else {}
    client = Client(enforce_csrf_checks=True)
    answer = client.post(address, REVIEW, content_type="application/json", headers=headers)
    return answer.status_code


def only_its_own(submitted: Any, authorization: str) -> None:
    assert review("of-acme", "") in (401, 403)
    assert review("of-another", authorization) == 403
    assert review("of-acme", authorization) == 200
    submitted.refresh_from_db()
    assert submitted.status != "submitted"  # the test double interprets the review


def test_with_json_web_tokens(
    submitted: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module(monkeypatch, "exams", "exams/tokens.py")
    module(monkeypatch, "exams.tokens", "exams/tokens.py")
    names = run("school/settings.py, at the end, for JSON web tokens", PROCTORING_SETTINGS={})
    key = names["PROVIDER_KEYS"]["acme"]
    settings.PROVIDER_KEYS = names["PROVIDER_KEYS"]
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **names["PROCTORING_SETTINGS"]}
    soon = int(time.time()) + 60

    def signed(with_key: str = key, **claims: Any) -> str:
        token = jwt.encode({"iss": "acme", "exp": soon, **claims}, with_key, algorithm="HS256")
        return f"JWT {token}"

    unsigned = jwt.encode({"iss": "acme", "exp": soon}, "", algorithm="none")
    forever = jwt.encode({"iss": "acme"}, key, algorithm="HS256")
    for wrong in (
        signed("another key of at least 32 characters"),
        signed(exp=soon - 120),
        signed(iss="else"),
        f"JWT {unsigned}",
        f"JWT {forever}",
        "JWT rubbish",
    ):
        assert review("of-acme", wrong) in (401, 403), wrong
    only_its_own(submitted, signed())


def test_with_oauth2_in_a_separate_project_with_the_toolkit() -> None:
    project = ["--ds", "tests.docs.oauth2_settings", "-p", "no:randomly", "-n", "0", "-q"]
    test = f"{Path(__file__)}::test_with_oauth2"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *project, test], cwd=ROOT, capture_output=True, text=True
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


if apps.is_installed("oauth2_provider"):  # as in the project above

    def test_with_oauth2(submitted: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        module(monkeypatch, "exams", "exams/oauth2.py")
        module(monkeypatch, "exams.oauth2", "exams/oauth2.py")
        names = run(
            "school/settings.py, at the end, for OAuth2", INSTALLED_APPS=[], PROCTORING_SETTINGS={}
        )
        classes = names["PROCTORING_SETTINGS"]["AUTHENTICATION_CLASSES"]
        settings.OAUTH2_PROVIDER = names["OAUTH2_PROVIDER"]
        settings.PROCTORING_SETTINGS = {
            **settings.PROCTORING_SETTINGS,
            "AUTHENTICATION_CLASSES": classes,
        }
        run("make_application.py")
        credentials = base64.b64encode(b"acme-client:acme-secret").decode()
        request = RequestFactory().post(
            "/oauth2/access_token",
            {"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {credentials}"},
        )
        urls = run("school/urls.py, at the end, for OAuth2", urlpatterns=[])["urlpatterns"]
        token = json.loads(urls[0].callback(request).content)["access_token"]
        assert get_user_model().objects.filter(username="acme").exists()
        assert review("of-acme", "Bearer wrong") in (401, 403)
        only_its_own(submitted, f"Bearer {token}")
