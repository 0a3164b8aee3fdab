"""Uses of `Any`, casts, and silenced checkers."""

import ast
import re

import pytest

from tests.house.test_house import ELSEWHERE, MODULES, PACKAGE, ROOT

# Uses of `Any` per 1,000 lines of the package, of its test support and of its commands. Never raise these limits.
MOST_PER_1000_LINES = {"": 11, "testing": 7.5, "management": 2}
LOOSE_MAPPINGS = {"dict", "Mapping", "MutableMapping"}


def is_loose(node):
    """Return whether this is `Any` or its equivalent: `dict[str, object]`, a cast."""
    if isinstance(node, ast.Name):
        return node.id == "Any"
    if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") in LOOSE_MAPPINGS:
        values = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice
        return getattr(values, "id", "") == "object"
    if isinstance(node, ast.Call):
        return "cast" in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))
    return False


@pytest.mark.parametrize("part", MOST_PER_1000_LINES)
def test_uses_of_Any_stay_below_the_limit(part):
    uses, lines = {}, 0
    for path in MODULES:
        if not path.is_relative_to(PACKAGE / part):
            continue
        text = path.read_text(encoding="utf-8")
        found = sum(is_loose(node) for node in ast.walk(ast.parse(text)))
        uses[str(path.relative_to(PACKAGE))] = found
        lines += len(text.splitlines())
    most = sorted(uses.items(), key=lambda item: -item[1])[:10]
    assert sum(uses.values()) * 1000 / lines <= MOST_PER_1000_LINES[part], most


SILENCED = re.compile(
    r"#\s*(?:type: ignore|noqa)(?:\[[\w, -]+\]|: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*)?"
)


def silenced_without_reason(path):
    before, found = "", []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        silenced = list(SILENCED.finditer(line))
        if silenced:
            names_rule = all(one.group()[-1] not in "ae" or "]" in one.group() for one in silenced)
            reason = line[silenced[-1].end() :].strip(" #")
            if not names_rule or not (reason or before.strip().startswith("#")):
                found.append(f"{path.relative_to(ROOT)}:{number}")
        before = line
    return found


def test_a_silenced_checker_has_a_reason():
    """A `type: ignore` or `noqa` names its rule and its reason, in the same comment or on the line above."""
    paths = [path for path in [*MODULES, *ELSEWHERE] if path.suffix == ".py"]
    assert not [line for path in paths for line in silenced_without_reason(path)]
