"""There are no import circles, and imports in functions have a reason."""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.house.test_house import MODULES, PACKAGE, ROOT

# function → why it imports late
LATE = {
    "apps.EdxProctoringConfig.message_handlers": "start-up does not pay for what delivers messages",
    "apps.EdxProctoringConfig.ready": "models can be imported only once the apps are loaded",
    "checks.check_lateness": "imports models; Django imports the checks before them",
    "contrib.accommodations.apps.AccommodationsConfig.ready": "models can be imported only once the apps are loaded",
    "contrib.live.apps.LiveConfig.ready": "models can be imported only once the apps are loaded",
    "host.ask_edx_when": "its models can be imported only where the host has its app",
    "openapi.generator.document": "the URL conf reads settings",
    "openapi.generator.document_v2": "the URL conf reads settings",
    "testing.__getattr__": "provider authors import the package before Django is set up",
    "testing.check._suite": "what it imports needs the project that it has just configured",
    "testing.check.configure": "the command explains its options without Django",
    "testing.check.suite_of": "the checks need Django to be set up",
    "testing.contract.wire.Wire.answering": "responses is installed only where providers are checked",
    "tracking.emit": "event-tracking is optional",
    "views.v2.spreadsheets._xlsx": "XlsxWriter is optional",
}


# Modules that rarely use others, and import them only then.
STAND_INS = {
    "admin.allowances",
    "admin.attempts",
    "admin.exams",
    "admin.filters",
    "admin.labels",
    "admin.outbox",
    "admin.review_comments",
    "admin.reviews",
    "admin.timeline",
    "backends.mock",
    "checks",
    "handlers",
    "tasks",
}


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


def is_for_types_only(node):
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def nodes(tree):
    """Yield all nodes with their enclosing functions and classes, except imports for type checkers only."""
    todo = [(tree, ())]
    while todo:
        node, around = todo.pop()
        if is_for_types_only(node):
            continue
        yield node, around
        names = getattr(node, "name", None) if isinstance(node, SCOPES) else None
        inner = (*around, node) if names else around
        todo += [(child, inner) for child in ast.iter_child_nodes(node)]


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*FUNCTIONS, ast.ClassDef)


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree, names):
    """Return the modules among `names` that a tree imports, also in functions."""
    found = set()
    for node, _ in nodes(tree):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            whole = [f"{node.module}.{one.name}" for one in node.names]
            found |= {one if one in names else node.module for one in whole}
    return found & set(names)


def circle(graph):
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def late(tree, module):
    """Return the functions of a module that contain imports."""
    return {
        ".".join([module, *(one.name for one in around)])
        for node, around in nodes(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(isinstance(one, FUNCTIONS) for one in around)
    }


def test_no_circle():
    graph = {name: imported(parsed(path), NAMES) - {name} for name, path in NAMES.items()}
    assert circle(graph) is None


def test_a_circle_through_an_import_in_a_function_is_found():
    first = ast.parse("def late():\n    from pack import second")
    second = ast.parse("from pack.first import late")
    names = {"pack.first": first, "pack.second": second}
    graph = {name: imported(tree, names) for name, tree in names.items()}
    assert circle(graph)


def test_only_listed_functions_contain_imports():
    found = set()
    for name, path in NAMES.items():
        found |= late(parsed(path), name.removeprefix(f"{PACKAGE.name}."))
    assert found == set(LATE)


def test_only_modules_imported_at_start_up_have_lazy_substitutes():
    found = {
        name.removeprefix(f"{PACKAGE.name}.")
        for name, path in NAMES.items()
        if "late_module(" in path.read_text(encoding="utf-8")
    }
    assert found - {"late_imports"} == STAND_INS


@pytest.mark.parametrize("function", LATE)
def test_each_listed_function_has_a_reason(function):
    assert len(LATE[function]) > 20
