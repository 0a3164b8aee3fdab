"""Kinds, keys and ordering keys of outbox messages are spelled in one module."""

import ast
from pathlib import Path

import pytest

from edx_proctoring import outbox
from edx_proctoring.api import bulk_actions
from edx_proctoring.effects import messages
from edx_proctoring.effects.deliver import HANDLERS
from edx_proctoring.lifecycle import bulk, recalculation

PACKAGE = Path(__file__).resolve().parents[2] / "edx_proctoring"
MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if "migrations" not in path.parts and path != PACKAGE / "effects" / "messages.py"
)

KINDS = {kind.name for kind in messages.KINDS}
UNMISTAKABLE = {name for name in KINDS if "_" in name}
BEGINNINGS = tuple(f"{name}:" for name in (*KINDS, "host", "publish", "provider"))
# Calls and arguments in which a string is the kind of a message, even a common word such as "email".
CALLS = {"Draft", "MessageKind", "cancel", "is_waiting", "register"}
ARGUMENTS = {"kind", "kind__in"}


def texts(node):
    return [
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]


def spelled(tree):
    """Return the kinds and the prefixes of keys and ordering keys that are spelled in the source."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and node.values:
            yield from (one for one in texts(node.values[0]) if one.startswith(BEGINNINGS))
        elif isinstance(node, ast.Constant) and node.value in UNMISTAKABLE:
            yield node.value
        elif isinstance(node, ast.Constant) and str(node.value).endswith(":"):
            yield from (one for one in texts(node) if one.startswith(BEGINNINGS))
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = node.args if name in CALLS else []
            given = given + [one.value for one in node.keywords if one.arg in ARGUMENTS]
            yield from (text for one in given for text in texts(one) if text in KINDS)


@pytest.mark.parametrize(
    "source",
    [
        "lane = f'host:{exam}:{user}'",
        "key = f'event:exam:{history_id}'",
        "rows.filter(lane__startswith='host:')",
        "outbox.cancel(lane, 'email')",
        "Draft('email', key, lane)",
        "rows.filter(kind__in=['email'])",
        "kind = 'provider_notice'",
    ],
)
def test_a_spelled_kind_is_found(source):
    assert list(spelled(ast.parse(source)))


@pytest.mark.parametrize(
    "source", ["fields = ('id', 'email')", "name = f'{kind}:{key}'", "log.info('event: %s', name)"]
)
def test_other_strings_are_not_mistaken_for_kinds(source):
    assert not list(spelled(ast.parse(source)))


def test_messages_are_spelled_in_one_module():
    found = {
        str(path.relative_to(PACKAGE)): sorted(set(spelled(ast.parse(path.read_text("utf-8")))))
        for path in MODULES
    }
    found = {path: names for path, names in found.items() if names}
    # The name of a circuit breaker, not of a message.
    assert found == {"backends/__init__.py": ["provider:"]}


def test_each_kind_has_a_handler():
    assert {*HANDLERS, *recalculation.HANDLERS, *bulk.HANDLERS, *bulk_actions.HANDLERS} == set(
        messages.KINDS
    )
    assert set(outbox.kinds()) >= KINDS
    assert len(KINDS) == len(messages.KINDS)


STORED = {"exam_id": 3, "user_id": 4, "attempt_id": 5, "history_id": 6}


@pytest.mark.parametrize(
    ("draft", "kind", "key", "order"),
    [
        (messages.host_update(messages.CREDIT, STORED), "reconcile_credit", "reconcile_credit:3:4", "host:3:4"),
        (messages.host_update(messages.GRADE, STORED), "reconcile_grade", "reconcile_grade:3:4", "host:3:4"),
        (messages.completion(STORED, None), "completion", "completion:5", "host:3:4"),
        (messages.learner_state(6, STORED), "learner_state", "learner_state:6", "host:3:4"),
        (messages.support_notification("c:1", 3, 4, {}), "support_notification", "support_notification:c:1", "host:3:4"),
        (messages.email(STORED, None), "email", "email:6", "email:5"),
        (messages.signal(6, STORED), "signal", "signal:6", "publish:attempt:5"),
        (messages.attempt_event(6, 5, "started", {}), "event", "event:6:started", "publish:attempt:5"),
        (messages.review_event("c:1", 5, {}), "event", "event:review:c:1", "publish:attempt:5"),
        (messages.allowance_event(7, 8, "added", {}), "event", "event:allowance:7:8:added", "publish:allowance:7"),
        (messages.exam_event(6, 3, "created", {}), "event", "event:exam:6:created", "publish:exam:3"),
        (messages.option_event(3, 4, "2030-01-02", {}), "event", "event:option:3:4:2030-01-02", "publish:exam:3:4"),
        (messages.provider_notice(6, STORED), "provider_notice", "provider_notice:6", "provider:5"),
        (messages.extension_change("toy", 6, 5, {}), "extension_change", "extension_change:toy:6", "extension:toy:5"),
        (messages.exam_saved(3, "test"), "exam_saved", "exam_saved:3:test", "exam_saved:3:test"),
    ],
)  # fmt: skip
def test_stored_kinds_and_prefixes_are_not_changed(draft, kind, key, order):
    """Messages stored by other versions use them."""
    assert (draft.kind, draft.key, draft.ordering_key) == (kind, key, order)


def test_the_key_of_a_removal_has_provider_and_external_id():
    draft = messages.provider_removal("test", "e", "a", 3, 4)
    assert draft.key == draft.ordering_key
    assert draft.key.startswith("provider_removal:")
    assert messages.provider_removal("test", "e", "A", 3, 4).key != draft.key
    assert len(draft.key) == len("provider_removal:") + 64
