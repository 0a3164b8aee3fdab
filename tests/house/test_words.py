"""Sentences of docstrings and the size of the page "Where to change something"."""

import ast
import re

import pytest

from tests.house.test_house import ELSEWHERE, MODULES, ROOT

HEADLESS = re.compile(r"(What|Who|Whom)\b")
MOST_ROWS = 30
FOLDERS = sorted({path.relative_to(ROOT).parts[0] for path in [*MODULES, *ELSEWHERE]})


def docstrings(path):
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        text = ast.get_docstring(node) if isinstance(node, kinds) else None
        if text:
            yield getattr(node, "name", path.stem), text


@pytest.mark.parametrize("folder", FOLDERS)
def test_docstrings_are_sentences(folder):
    headless = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in [*MODULES, *ELSEWHERE]
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] == folder
        for name, text in docstrings(path)
        if HEADLESS.match(text)
    ]
    assert not headless, f"begin with a verb or a noun, not with What or Who: {headless}"


def test_the_page_where_stays_short():
    page = (ROOT / "docs" / "where.rst").read_text(encoding="utf-8")
    rows = page.count("\n   * - ") - 1
    assert 0 < rows <= MOST_ROWS
