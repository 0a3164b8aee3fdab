"""Rules for the source code that no other tool checks."""

import ast
import importlib
import json
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "edx_proctoring"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
DOORS = ["callbacks.py", "handlers.py", "services.py", "tasks.py", "views", "management"]

ELSEWHERE = sorted(
    path
    for folder, suffixes in {
        "benchmarks": {".py"},
        "demo": {".py"},
        "docs": {".py"},
        "frontend/src": {".ts"},
        "frontend/tests": {".ts"},
        "scripts": {".py"},
        "tests": {".py"},
    }.items()
    for path in (ROOT / folder).rglob("*")
    if path.suffix in suffixes and not {"migrations", "_build"} & set(path.parts)
)

MODULE_LINES, FUNCTION_LINES, DOOR_LINES = 400, 50, 25
USUAL_LINES = 16  # of nine functions in ten


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def length(node):
    return node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_are_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES, f"{lines} lines: split the file"
    parts = path.relative_to(PACKAGE).parts
    limit = DOOR_LINES if parts[0] in DOORS else FUNCTION_LINES
    long = {node.name: length(node) for node in functions(path) if length(node) > limit}
    assert not long, f"more than {limit} lines: {long}"


def test_nine_of_ten_functions_are_short():
    found = [
        (length(node), node.name, path.relative_to(ROOT))
        for path in MODULES
        for node in functions(path)
    ]
    longer = sorted(one for one in found if one[0] > USUAL_LINES)
    allowed = len(found) // 10
    nearest = [f"{name} in {path} ({lines} lines)" for lines, name, path in longer[:10]]
    assert len(longer) <= allowed, (
        f"{len(longer)} of {len(found)} functions have more than {USUAL_LINES} lines, {allowed} may: give a step of one"
        f" that you have changed its own name, or begin with those just above the limit: {', '.join(nearest)}"
    )


def test_layers():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", ELSEWHERE, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_outside_the_package_are_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES, f"{lines} lines: split the file"


def declared():
    text = (ROOT / "setup.py").read_text(encoding="utf-8")
    return re.findall(r'"(\w+) = (edx_proctoring[\w.]*):(\w+)"', text)


@pytest.mark.parametrize(("name", "module", "target"), declared())
def test_every_entry_point_imports(name, module, target):
    assert callable(getattr(importlib.import_module(module), target))


def test_the_installed_entry_points_are_the_declared_ones():
    names = {point.name for point in entry_points(group="openedx.proctoring")}
    assert {"mock", "null", "rpnow4", "software_secure"} <= names


def test_all_files_name_the_same_version():
    from edx_proctoring import __version__
    from edx_proctoring.scripts.version_check import npm_version

    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    assert package["name"] == "@edx/edx-proctoring"
    assert package["version"] == npm_version(__version__)


def test_templates_hold_no_scripts_and_no_handlers():
    for path in (PACKAGE / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\son\w+=", text), path
        assert not re.search(r"<script(?! type=\"(text/plain\"|module\" src=))", text), path


def test_weak_algorithms_are_used_in_one_module_only():
    weak = re.compile(r"\b(sha1|md5|TripleDES|ECB|Blowfish|ARC4)\(")
    users = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if weak.search(path.read_text(encoding="utf-8"))
    }
    assert users == {"crypto.py"}
    by_name = re.compile(r"hashlib\.(sha1|md5)\b")
    named = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if by_name.search(path.read_text(encoding="utf-8"))
    }
    # The script runs without Django.
    assert named == {"crypto.py", "scripts/obscure_user.py"}
