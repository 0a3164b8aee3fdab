"""Facts that only one module spells out; the others import them from it."""

import re

import pytest

from tests.house.test_writers import MODULES, PACKAGE, called, modules_where

FACTS = {
    "the largest id": (r"2\*\*31|2 \*\* 31|2_?147_?483_?64[78]", {"limits.py"}),
    "the default provider": (
        r"""PROCTORING_BACKENDS.{0,20}DEFAULT["']""",
        # These report a wrong setting, and set one.
        {"conf.py", "checks.py", "settings/common.py", "testing/check.py"},
    ),
    "an exam's provider": (r"\.backend or ", {"backends/__init__.py"}),
    "the cookie of the start callback": (
        r"""EXAM_COOKIE ?=|_cookie\(\s*["']""",
        {"exam_cookie.py"},
    ),
    "the contact of the platform": (r"""["']CONTACT_EMAIL["']""", {"conf.py", "constants.py"}),
    "ordering keys of messages": (
        r"""f["'](host|provider|email|publish|extension):""",
        # Here it is the name of a circuit breaker.
        {"effects/messages.py", "backends/__init__.py"},
    ),
    "notes that a row carries to a receiver or to its history": (
        r"(?<!history)_change_reason|_history_user|last_history|instance\.__dict__",
        {"models/saving.py", "testing/factories.py"},
    ),
}


@pytest.mark.parametrize(("pattern", "allowed"), FACTS.values(), ids=FACTS)
def test_a_fact_is_spelled_once(pattern, allowed):
    found = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if re.search(pattern, path.read_text(encoding="utf-8"))
    }
    assert found <= allowed


def test_only_one_module_looks_providers_up():
    """`get_backend_provider` is published; the package itself calls `find_provider` or `require_provider`."""
    assert modules_where(lambda node: called(node) == "get_backend_provider") == {
        "backends/__init__.py"
    }
    assert modules_where(lambda node: called(node) == "get_backend") == {"backends/__init__.py"}
