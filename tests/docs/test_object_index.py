"""Other projects can refer to each function, setting, command and operation: Sphinx's inventory has an anchor for it."""

import inspect
import posixpath
import re
import subprocess
import sys

import pytest
from django.core.management import get_commands
from sphinx.util.inventory import InventoryFile

from edx_proctoring import api, conf, openapi
from tests.docs.conftest import DOCS

pytestmark = pytest.mark.needs("one-run")

PAGES = ("settings", "api", "commands", "rest", "rest_v2")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages of the reference, built without the others."""
    target = tmp_path_factory.mktemp("docs")
    pages = ",".join(f"reference/{page}.rst" for page in PAGES)
    build = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-D", f"include_patterns={pages}"]
    root = ["-D", "root_doc=reference/settings"]
    done = subprocess.run([*build, *root, str(DOCS), str(target)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def objects(site):
    """{kind: {name: address}}."""
    with (site / "objects.inv").open("rb") as file:
        found = InventoryFile.load(file, "", posixpath.join)
    return {kind: {name: entry.uri for name, entry in one.items()} for kind, one in found.items()}


def operations():
    for document in (openapi.document(), openapi.document_v2()):
        for methods in document["paths"].values():
            yield from (one["operationId"] for one in methods.values())


def test_each_has_an_anchor(site, objects):
    functions = {
        f"edx_proctoring.api.{name}"
        for name in api.__all__
        if inspect.isfunction(getattr(api, name))
        and getattr(api, name).__module__.startswith("edx_proctoring.api.")
    }
    commands = {name for name, app in get_commands().items() if app == "edx_proctoring"}
    wanted = {
        "py:function": functions,
        "std:setting": {setting.name for setting in conf.SETTINGS},
        "std:command": commands,
        "std:operation": set(operations()),
    }
    for kind, names in wanted.items():
        assert names, kind
        assert names - set(objects[kind]) == set(), kind
        for name in names:
            page, _, anchor = objects[kind][name].partition("#")
            assert f'id="{anchor}"' in (site / page).read_text("utf-8"), name


def test_each_operation_shows_a_request_and_its_answer(site):
    """They are recorded by the tests of the REST interface."""
    for page in ("rest", "rest_v2"):
        html = (site / "reference" / f"{page}.html").read_text("utf-8")
        parts = re.split(r'<dl class="std operation">', html)[1:]
        assert len(parts) > 20
        bare = [re.search(r'id="([^"]+)"', one)[1] for one in parts if "curl" not in one]
        assert bare == []


def test_the_title_has_the_version_and_blocks_can_be_copied(site):
    from edx_proctoring import __version__

    html = (site / "reference" / "settings.html").read_text("utf-8")
    assert re.search(rf"<title>.*edx-proctoring {re.escape(__version__)}.*</title>", html)
    assert "copybutton.js" in html
