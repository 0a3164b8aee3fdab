"""Actions on the board during submissions by learners: each attempt has one outcome, reported to both."""

import uuid

import pytest

from edx_proctoring import api, lifecycle
from edx_proctoring.contrib.live import api as live
from edx_proctoring.contrib.live.models import Invigilator, RoomChange, Seat
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ProctoredExamStudentAttempt, TimeAdjustment
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, UserFactory
from tests.concurrency.conftest import _audited, patience  # noqa: F401  fixtures
from tests.concurrency.parallel import together
from tests.contrib.live.conftest import LIVE
from tests.lifecycle.noon import stored

pytestmark = pytest.mark.django_db
ATTEMPTS = "proctoring_proctoredexamstudentattempt"


@pytest.fixture
def three(make_exam):
    """Start attempts of three learners."""
    exam = make_exam(time_limit_mins=60)
    new = [
        AttemptFactory(proctored_exam=exam, user=UserFactory(), status="ready_to_start")
        for _ in range(3)
    ]
    return [lifecycle.transition(one, "started") for one in new]


@pytest.fixture
def race(three, client_for, course_staff):
    """Let staff act on all three while two submit; return outcomes by attempt, and the responses to learners."""
    client = client_for(course_staff)

    def run(path, **body):
        body = {**body, "reason": "alarm", "attempt_ids": [one.pk for one in three]}
        key = {"Idempotency-Key": uuid.uuid4().hex}
        answer, *submitted = together(
            lambda: client.post(f"{LIVE}{path}/", body, format="json", headers=key),
            *[lambda pk=one.pk: api.update_attempt_status(pk, "submitted") for one in three[:2]],
            meet_at=ATTEMPTS,
        )
        assert answer.status_code in (200, 207), answer.content
        found = answer.json()
        rows = found.get("rows", found.get("results"))
        return {one["attempt_id"]: one["outcome"] for one in rows}, submitted

    return run


def ledger(attempt, kind):
    return TimeAdjustment.objects.filter(attempt_id=attempt.pk, kind=kind).count()


def test_minutes_during_submissions(race, three):
    outcomes, submitted = race("time-changes", action="extend", seconds=600)
    assert submitted == [one.pk for one in three[:2]]
    assert [stored(one).status for one in three] == ["submitted", "submitted", "started"]
    given = {one.pk: "done" if ledger(one, "grant") else "refused" for one in three}
    assert outcomes == given
    assert outcomes[three[2].pk] == "done"


def test_a_pause_during_submissions(race, three):
    outcomes, submitted = race("time-changes", action="pause")
    paused = {one.pk: "done" if ledger(one, "pause") else "refused" for one in three}
    assert outcomes == paused
    for one, answer in zip(three, submitted, strict=False):
        is_refused = isinstance(answer, ProctoredBaseException)
        assert stored(one).status == ("started" if is_refused else "submitted")
        assert not (is_refused and outcomes[one.pk] == "refused")  # exactly one of the two happened
    assert (outcomes[three[2].pk], stored(three[2]).status) == ("done", "started")


def test_an_end_during_submissions(race, three):
    outcomes, _ = race("actions", action="end")
    assert set(outcomes) == {one.pk for one in three}
    assert outcomes[three[2].pk] == "done"
    for one in three:
        changes = ProctoredExamStudentAttempt.history.filter(id=one.pk, status="submitted")
        assert (stored(one).status, changes.count()) == ("submitted", 1)


def test_learners_are_assigned_to_rooms_by_several_people(three):
    names = [one.user.username for one in three]
    rooms = ["A", "B", "C"]
    answers = together(
        *[lambda room=room: live.seat_learners(COURSE_ID, room, names) for room in rooms],
        *[lambda room=room: live.seat_learners(COURSE_ID, room, names[::-1]) for room in rooms],
        meet_at=Seat._meta.db_table,
    )
    assert all(isinstance(one, list) for one in answers), answers
    assert {one.outcome for answer in answers for one in answer} <= {"seated", "unchanged"}
    assert Seat.objects.count() == 3
    last = [RoomChange.objects.filter(user=one.user).latest("pk").room for one in three]
    assert last == [Seat.objects.get(user=one.user).room for one in three]


def test_an_invigilator_is_appointed_by_two_people(three):
    name = three[0].user.username
    answers = together(
        *[lambda: live.appoint(COURSE_ID, "A", name) for _ in range(3)],
        meet_at=Invigilator._meta.db_table,
    )
    assert {type(one) for one in answers} == {Invigilator}
    assert (Invigilator.objects.count(), RoomChange.objects.count()) == (1, 1)
