"""The state machine as a whole: every pair of statuses, and random walks."""

import datetime
from itertools import pairwise, product

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edx_proctoring import lifecycle
from edx_proctoring.exceptions import ProctoredExamIllegalStatusTransition
from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt

pytestmark = pytest.mark.django_db

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
    """Where the contract says that a request leads: a status, or ILLEGAL."""
    if to == "timed_out":
        return before if before in COMPLETED else "submitted"
    if before in ("started", "ready_to_submit") and to in INCOMPLETE[1:4]:
        return "submitted"
    return ILLEGAL if before in COMPLETED and to in INCOMPLETE else to


def columns(status: str) -> dict:
    """An attempt that can really have this status."""
    begun = status in ("started", "ready_to_submit")
    return {"started_at": timezone.now(), "allowed_time_limit_mins": 90} if begun else {}


@pytest.mark.parametrize(("before", "to"), list(product(ALL, ALL)))
def test_every_pair_of_statuses(attempt, before, to):
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
def test_unknown_words_are_refused(attempt, before, word):
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
def test_random_walks_never_go_back_and_tell_each_change_once(attempt, walk):
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
    for kind in ("signal", "event"):
        told = OutboxMessage.objects.filter(kind=kind, payload__attempt_id=known.pk)
        if kind == "signal":
            assert [message.payload["status"] for message in told.order_by("id")] == statuses[1:]
    notices = OutboxMessage.objects.filter(kind="provider_notice", payload__attempt_id=known.pk)
    stops = [row.payload["verb"] for row in notices].count("stop_exam_attempt")
    assert stops <= statuses.count("submitted") + statuses.count("timed_out")
    mails = OutboxMessage.objects.filter(kind="email", payload__attempt_id=known.pk)
    mailed = {row.payload["history_id"]: row.payload["status"] for row in mails}
    assert len(mailed) == mails.count()
    assert set(mailed.values()) <= set(statuses)


def test_kept_time_outs_end_the_attempt(attempt, settings):
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "ALLOW_TIMED_OUT_STATE": True}
    moment = timezone.now() - datetime.timedelta(minutes=3)
    known = attempt(status="started", **columns("started"))
    ended = lifecycle.transition(known, "timed_out", at=moment)
    assert (ended.status, ended.completed_at) == ("timed_out", moment)
    notices = OutboxMessage.objects.filter(kind="provider_notice", payload__attempt_id=known.pk)
    assert [notice.payload["verb"] for notice in notices] == ["stop_exam_attempt"]


def test_a_status_that_the_attempt_has_already_is_no_change(attempt):
    known = attempt(status="submitted", completed_at=timezone.now())
    again = lifecycle.transition(known, "submitted")
    assert again.completed_at == known.completed_at
    assert ProctoredExamStudentAttempt.history.filter(id=known.pk).count() == 1
    assert not OutboxMessage.objects.exclude(kind="exam_saved").exists()


def test_the_history_says_who_and_why(attempt, staff):
    known = attempt(status="submitted")
    lifecycle.transition(known, "rejected", reason=lifecycle.STAFF, user=staff)
    newest = ProctoredExamStudentAttempt.history.filter(id=known.pk).latest("history_id")
    assert (newest.status, newest.history_change_reason) == ("rejected", "staff")
    assert newest.history_user == staff
