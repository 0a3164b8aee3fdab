"""The messages that changes leave in the outbox."""

import pytest

from edx_proctoring.effects import messages

ABOUT = {"attempt_id": 7, "exam_id": 3, "user_id": 5, "history_id": 11}

# Messages to providers and the recalculation need no code of the host; all others are for a process of the same kind.
FOR_ANY_PROCESS = {
    "a notice": messages.provider_notice(11, ABOUT),
    "a change of time": messages.time_notice("v", ABOUT),
    "a removal": messages.provider_removal("acme", "exam", "attempt", 3, 5),
    "an exam": messages.exam_saved(3, "acme"),
    "a recalculation": messages.recalculation("limit", 3, 10, None),
}
FOR_THE_SAME_ORIGIN = {
    "credit": messages.host_update(messages.CREDIT, ABOUT),
    "answers": messages.learner_state(11, ABOUT),
    "a support request": messages.support_notification("v", 3, 5, ABOUT),
    "a signal": messages.signal(11, ABOUT),
    "an event": messages.attempt_event(11, 7, "submitted", {}),
    "an e-mail about time": messages.time_email("v", ABOUT),
    "an e-mail about a pause": messages.pause_email(9, 7, 5),
    "an extension": messages.extension_change("toy", 11, 7, {}),
}


@pytest.mark.parametrize("draft", FOR_ANY_PROCESS.values(), ids=FOR_ANY_PROCESS)
def test_messages_that_any_process_can_deliver(draft):
    assert draft.any_process


@pytest.mark.parametrize("draft", FOR_THE_SAME_ORIGIN.values(), ids=FOR_THE_SAME_ORIGIN)
def test_messages_that_need_the_process_of_the_host(draft):
    assert not draft.any_process


def test_messages_that_replace_one_still_pending():
    drafts = [*FOR_ANY_PROCESS.values(), *FOR_THE_SAME_ORIGIN.values()]
    replacing = {draft.kind for draft in drafts if draft.coalesce}
    assert replacing == {"reconcile_credit", "provider_removal", "exam_saved"}
