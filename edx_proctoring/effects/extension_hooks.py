"""Call the extensions inside the transaction of a change; if one fails, the outbox calls it again later.

An extension cannot stop a change: a bug in an extension must never cost a learner's submission.
"""

import logging
from dataclasses import asdict

from django.contrib.auth import get_user_model
from django.db import transaction

from edx_proctoring import extensions, outbox, transactions
from edx_proctoring.backends.provider_info import ProviderInfo
from edx_proctoring.effects import messages
from edx_proctoring.effects.plan import Change
from edx_proctoring.extensions import Extension
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt
from edx_proctoring.outbox import Draft

log = logging.getLogger(__name__)

# Fields of a change that cannot be read from the history row when the hook is repeated: strings, flags and ids.
STORED = (
    "before",
    "after",
    "others",
    "first_start",
    "first_completion",
    "cascade",
    "override_active",
    "resets_learner_state",
    "external_id",
)


def tell_extensions(change: Change) -> None:
    """Run the `on_change` hook of every extension that defines one, each in its own savepoint."""
    for extension in extensions.with_hook("on_change"):
        try:
            _run(extension, change)
        except Exception as error:
            # A faulty extension must not stop a learner's change; the hook is run again later.
            transactions.reraise_if_broken(error)
            log.exception("extension failed, queued for retry: %s.on_change", extension.name)
            outbox.put(_replay_of(extension, change))


def _run(extension: Extension, change: Change) -> None:
    with transaction.atomic():
        outbox.put(*extension.on_change(change))
        if transaction.get_rollback():
            raise RuntimeError("the extension broke its savepoint and swallowed the error")


def _replay_of(extension: Extension, change: Change) -> Draft:
    history_id, attempt_id = change.history_id, change.attempt.pk
    payload = {
        "extension": extension.name,
        "history_id": history_id,
        "by": getattr(change.by, "pk", None),
        "provider": asdict(change.provider) if change.provider else None,
        **{name: getattr(change, name) for name in STORED},
    }
    return messages.extension_change(extension.name, history_id, attempt_id, payload)


def deliver_replay(message: OutboxMessage) -> None:
    """Run the hook again with the attempt as it was after the change."""
    payload = message.payload
    extension = extensions.get(payload["extension"])
    if extension is None:
        raise outbox.WrongProcess(f"the extension {payload['extension']} is not installed here")
    history = ProctoredExamStudentAttempt.history.filter(history_id=payload["history_id"]).first()
    if history is None:
        log.warning("extension hook not repeated, the history row is gone: key=%s", message.key)
        return
    attempt = history.instance
    stored = {name: payload[name] for name in STORED}
    by = get_user_model()._default_manager.filter(pk=payload["by"]).first()
    provider = ProviderInfo(**payload["provider"]) if payload["provider"] else None
    change = Change(
        attempt=attempt,
        exam=attempt.proctored_exam,
        history_id=history.history_id,
        by=by,
        provider=provider,
        **stored,
    )
    transactions.run(lambda: _run(extension, change))
