"""Only some modules may write an attempt's status or look up a service of the host."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "edx_proctoring"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)

WRITING_CALLS = {
    "AttemptChanges", "acreate", "aupdate", "bulk_create", "create", "filter_update", "get_or_create", "update",
    "update_or_create",
}  # fmt: skip
# Published methods of the model that write; only `lifecycle` may call them.
PRIMITIVES = {"clear_onboarding_errors", "delete_exam_attempt"}


def targets(node):
    """Yield the targets of an assignment."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return [one for element in node.elts for one in targets(element)]
    return [node]


def assigned(node):
    if isinstance(node, ast.Assign):
        return [one for target in node.targets for one in targets(target)]
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        return [node.target]
    return []


def says_status(node):
    """Return whether the constant "status" occurs in the node."""
    constants = (one for one in ast.walk(node) if isinstance(one, ast.Constant))
    return any(one.value == "status" for one in constants)


def called(node):
    """Return the name of the called function, without the part before the dot."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def writes_status(node):
    name = called(node)
    if name == "setattr":
        return says_status(node.args[1])
    if name == "bulk_update":
        return says_status(node)
    if name in WRITING_CALLS:
        named = any(keyword.arg == "status" for keyword in node.keywords)
        unpacked = [keyword.value for keyword in node.keywords if keyword.arg in (None, "defaults")]
        keys = [key for value in unpacked if isinstance(value, ast.Dict) for key in value.keys]
        return named or any(key is not None and says_status(key) for key in keys)
    return any(isinstance(one, ast.Attribute) and one.attr == "status" for one in assigned(node))


def lines(source, matches):
    return [node.lineno for node in ast.walk(ast.parse(source)) if matches(node)]


def modules_where(matches):
    return {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if lines(path.read_text(encoding="utf-8"), matches)
    }


@pytest.mark.parametrize(
    "source",
    [
        "attempt.status = 'submitted'",
        "attempt.started_at, attempt.status = now, 'started'",
        "attempt.status: str = 'submitted'",
        "attempt.status += 'x'",
        "setattr(attempt, 'status', 'submitted')",
        "attempts.filter(pk=1).update(status='submitted')",
        "attempts.update(**{'status': 'submitted'})",
        "attempts.create(user=user, status='created')",
        "attempts.update_or_create(user=user, defaults={'status': 'created'})",
        "attempts.bulk_update(rows, ['status'])",
    ],
)
def test_a_writer_is_found(source):
    assert lines(source, writes_status) == [1]


@pytest.mark.parametrize(
    "source",
    ["attempts.filter(status='submitted')", "was = attempt.status", "values.update(exam=exam)"],
)
def test_reading_a_status_does_not_count_as_writing(source):
    assert not lines(source, writes_status)


def test_only_lifecycle_writes_an_attempts_status():
    writers = modules_where(writes_status)
    # An exception carries a status; the published create_exam_attempt of the model is kept for hosts; reviewers'
    # remarks have one, too; `deadlines.as_ended` shows an overdue attempt as ended and stores nothing; the status of a
    # stored answer is HTTP's.
    elsewhere = {"api/idempotency.py", "operations/retirement.py"}
    allowed = {"deadlines.py", "exceptions.py", "models/attempts.py", *elsewhere}
    assert {path for path in writers if not path.startswith("lifecycle/")} <= allowed
    assert "lifecycle/change.py" in writers


def test_only_lifecycle_calls_methods_that_write_attempts():
    callers = modules_where(lambda node: called(node) in PRIMITIVES)
    assert {path.split("/")[0] for path in callers} <= {"lifecycle", "models"}


def test_only_the_module_host_looks_up_services():
    callers = modules_where(lambda node: called(node) == "get_runtime_service")
    # The test doubles restore the former services.
    assert callers == {
        "host.py",
        "handlers.py",
        "testing/host.py",
    }  # handlers: for suites that replace it there


def test_only_one_module_uses_the_hosts_cache():
    """The others use its functions, so that none of them fails or waits if the cache does."""

    def imports(node):
        names = [node.module] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        return any(str(name).startswith(("django.core.cache", "waffle")) for name in names)

    allowed = {"cache.py", "views/__init__.py", "views/switches.py"}
    assert {path for path in modules_where(imports) if not path.startswith("testing/")} == allowed
