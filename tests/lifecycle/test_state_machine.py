"""The state machine as a whole: every pair of statuses, and random walks."""

import datetime
from itertools import pairwise, product

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from edx_proctoring import lifecycle
from edx_proctoring.exceptions import ProctoredExamIllegalStatusTransition
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt

pytestmark = [pytest.mark.django_db, pytest.mark.needs("one-run")]

INCOMPLETE = (
    "eligible",
    "created",
    "download_software_clicked",
    "ready_to_start",
    "started",
    "ready_to_submit",
)
COMPLETED = (
    "declined",
    "timed_out",
    "submitted",
    "second_review_required",
    "verified",
    "rejected",
    "error",
    "onboarding_missing",
    "onboarding_pending",
    "onboarding_failed",
    "onboarding_expired",
)
OUTSIDE = ("expired", "onboarding_reset")
ALL = INCOMPLETE + COMPLETED + OUTSIDE
ILLEGAL = "illegal"


def expected(before: str, to: str) -> str:
    """Return the status that the contract states for a request, or ILLEGAL."""
    if to == "timed_out":
        return before if before in COMPLETED else "submitted"
    if before in ("started", "ready_to_submit") and to in INCOMPLETE[1:4]:
        return "submitted"
    return ILLEGAL if before in COMPLETED and to in INCOMPLETE else to


def columns(status: str) -> dict:
    """Return the columns that an attempt in this status has."""
    begun = status in ("started", "ready_to_submit")
    return {"started_at": timezone.now(), "allowed_time_limit_mins": 90} if begun else {}


@pytest.mark.parametrize(("before", "to"), list(product(ALL, ALL)))
def test_every_pair_of_statuses_follows_the_contract(attempt, before, to):
    known = attempt(status=before, **columns(before))
    outcome = expected(before, to)
    if outcome == ILLEGAL:
        with pytest.raises(ProctoredExamIllegalStatusTransition):
            lifecycle.transition(known, to)
        outcome = before
    else:
        assert lifecycle.transition(known, to).status == outcome
    stored = ProctoredExamStudentAttempt.objects.get(pk=known.pk)
    assert stored.status == outcome
    told = OutboxMessage.objects.filter(kind="signal", payload__attempt_id=known.pk)
    assert told.count() == (outcome != before)


@pytest.mark.parametrize("before", ALL)
@pytest.mark.parametrize("word", ["", "finished", "Started", None])
def test_unknown_statuses_are_refused(attempt, before, word):
    known = attempt(status=before)
    with pytest.raises(ProctoredExamIllegalStatusTransition):
        lifecycle.transition(known, word)
    known.refresh_from_db()
    assert known.status == before


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(walk=st.lists(st.sampled_from(ALL), min_size=1, max_size=12))
@example(walk=["started", "error"])
@example(walk=["declined", "started", "error"])
def test_random_walks_never_reactivate_an_attempt_and_send_each_change_once(attempt, host, walk):
    host.calls.clear()
    known = attempt(status="created")
    statuses = ["created"]
    for to in walk:
        try:
            changed = lifecycle.transition(known, to)
        except ProctoredExamIllegalStatusTransition:
            changed = ProctoredExamStudentAttempt.objects.get(pk=known.pk)
            assert changed.status == statuses[-1]
        if changed.status != statuses[-1]:
            statuses.append(changed.status)
    for before, after in pairwise(statuses):
        assert not (before in COMPLETED and after in INCOMPLETE)
    rows = ProctoredExamStudentAttempt.history.filter(id=known.pk).order_by("history_id")
    recorded = [row.status for row in rows]
    assert recorded == statuses
    told = {kind: messages(known, kind) for kind in ("signal", "event", "email", "provider_notice")}
    assert [one["status"] for one in told["signal"]] == statuses[1:]
    assert [one["name"].rpartition(".")[2] for one in told["event"]] == statuses[1:]
    mails, notices, credit = consequences(statuses)
    assert [one["status"] for one in told["email"]] == mails
    assert [one["verb"] for one in told["provider_notice"]] == notices
    calls = [one.kwargs for one in host.calls if one.method == "set_credit_requirement_status"]
    ours = [one for one in calls if one["req_name"] == known.proctored_exam.content_id]
    assert [one["status"] for one in ours] == credit


CREDIT = {
    "verified": "satisfied",
    "submitted": "submitted",
    "declined": "declined",
    "rejected": "failed",
    "error": "failed",
}
NOTICES = {
    "submitted": "stop_exam_attempt",
    "timed_out": "stop_exam_attempt",
    "error": "mark_erroneous_exam_attempt",
}


def consequences(statuses):
    """Return the emails, provider notices and credit statuses expected for this sequence of a single graded attempt."""
    mails, notices, credit = [], [], []
    proctored, begun = True, False
    for before, status in pairwise(statuses):
        if status in CREDIT:
            credit.append(CREDIT[status])
        if status == "declined":
            proctored = False  # from here on without emails and provider notices
        if proctored and status in ("submitted", "verified", "rejected"):
            mails.append(status)
        if proctored and status == "error" and before in ("started", "ready_to_submit"):
            mails.append(status)  # INTERRUPTION_EMAILS
        if proctored and status == "started" and not begun:
            notices.append("start_exam_attempt")
        if proctored and status in NOTICES:
            notices.append(NOTICES[status])
        begun = begun or status == "started"
    return mails, notices, credit


def messages(attempt, kind):
    """Return the payloads of the attempt's messages of one kind, in order."""
    rows = OutboxMessage.objects.filter(kind=kind).order_by("id")
    found = [row.payload for row in rows]
    return [
        one
        for one in found
        if attempt.pk in (one.get("attempt_id"), one.get("data", {}).get("attempt_id"))
    ]


def test_with_ALLOW_TIMED_OUT_STATE_a_time_out_ends_the_attempt(attempt, settings):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "ALLOW_TIMED_OUT_STATE": True}
    moment = timezone.now() - datetime.timedelta(minutes=3)
    known = attempt(status="started", **columns("started"))
    ended = lifecycle.transition(known, "timed_out", at=moment)
    assert (ended.status, ended.completed_at) == ("timed_out", moment)
    notices = OutboxMessage.objects.filter(kind="provider_notice", payload__attempt_id=known.pk)
    assert [notice.payload["verb"] for notice in notices] == ["stop_exam_attempt"]


def test_the_current_status_again_is_no_change(attempt):
    known = attempt(status="submitted", completed_at=timezone.now())
    again = lifecycle.transition(known, "submitted")
    assert again.completed_at == known.completed_at
    assert ProctoredExamStudentAttempt.history.filter(id=known.pk).count() == 1
    assert not OutboxMessage.objects.exclude(kind="exam_saved").exists()


def test_the_history_has_the_user_and_the_reason(attempt, staff):
    known = attempt(status="submitted")
    lifecycle.transition(known, "rejected", reason=lifecycle.STAFF, user=staff)
    newest = ProctoredExamStudentAttempt.history.filter(id=known.pk).latest("history_id")
    assert (newest.status, newest.history_change_reason) == ("rejected", "staff")
    assert newest.history_user == staff
