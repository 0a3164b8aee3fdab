"""A learner with accommodations: more time by a profile, a grant, a break of their own, and an outage."""

import datetime
from typing import Any

from django.utils import timezone

from demo.clients import Visitor
from demo.scenarios.verification import begin, finish, newest
from demo.walk import MIDTERM, Walk
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt, TimeAdjustment

LEE = "lee"
FILE = "username,factor,break_count,break_minutes\nlee,1.5,1,5\n"
MINUTE = datetime.timedelta(minutes=1)


def accommodated(trip: Walk) -> None:
    """Run all steps. The walk moves times into the past where it would have to wait for minutes."""
    staff = Visitor(trip.host, "casey")
    trip.step("preview", "casey", "previews a file of profiles", lambda: _preview(staff))
    trip.step("import", "casey", "imports it, and once more", lambda: _import(staff))
    exam = ProctoredExam.objects.get(content_id=MIDTERM)
    learner, attempt = begin(trip, LEE, exam, minutes=90)
    began = _move_start(attempt)
    trip.step("grant", "casey", "adds 10 minutes", lambda: _grant(staff, attempt, began))
    trip.step("break", LEE, "takes a break", lambda: _break(learner, attempt))
    trip.step("return", LEE, "is back when its 5 minutes are over", lambda: _return(learner, began))
    trip.step("outage", "casey", "gives 7 minutes back", lambda: _outage(staff, attempt, began))
    trip.step("clock", LEE, "sees the same end to the second", lambda: _clock(learner, began))
    trip.step("provider", "simulator", "has been notified of it all", lambda: _told(trip, attempt))
    finish(trip, learner, attempt)


def _preview(staff: Visitor) -> str:
    found = _send(staff, "accommodations/import/preview/")
    assert [row["outcome"] for row in found["rows"]] == ["created"], found
    return f"factor {found['rows'][0]['changes']['factor'][1]}"


def _import(staff: Visitor) -> str:
    first, again = (_send(staff, "accommodations/import/") for _ in range(2))
    assert (first["created"], again["unchanged"]) == (1, 1), (first, again)
    return "1 created, then 1 unchanged"


def _send(staff: Visitor, path: str) -> Any:
    return staff.once(path, data=FILE.encode(), headers={"Content-Type": "text/csv"})


def _move_start(attempt: ProctoredExamStudentAttempt) -> datetime.datetime:
    """Move the start of the attempt half an hour back; return the new start."""
    row = ProctoredExamStudentAttempt.objects.get(pk=attempt.pk)
    assert row.started_at is not None, "not started"
    began = row.started_at - 30 * MINUTE
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(started_at=began)
    return began


def _grant(staff: Visitor, attempt: ProctoredExamStudentAttempt, began: datetime.datetime) -> str:
    body = {"seconds": 600, "reason": "The microphone had to be replaced"}
    answer = staff.once(f"attempts/{attempt.pk}/extend/", json=body)
    assert answer["gained"] == 600, answer
    _require_end(answer["ends_at"], began, 100)
    return "90 + 10 minutes"


def _break(learner: Visitor, attempt: ProctoredExamStudentAttempt) -> str:
    answer = learner.once(f"attempts/{attempt.pk}/break/begin/")
    assert answer["paused"], answer
    assert learner.screen(MIDTERM) == "break", learner.screen(MIDTERM)
    first, second = (learner.attempt(attempt.pk)["time_remaining_seconds"] for _ in range(2))
    assert first == second, "the clock runs during the break"
    began_at = timezone.now() - 6 * MINUTE
    TimeAdjustment.objects.filter(attempt_id=attempt.pk, kind="break").update(began_at=began_at)
    return "paused, questions hidden"


def _return(learner: Visitor, began: datetime.datetime) -> str:
    assert learner.screen(MIDTERM) == "questions", learner.screen(MIDTERM)
    left = _clock_of(learner, began, 105)
    return f"{left // 60:.0f} minutes left, 5 more"


def _outage(staff: Visitor, attempt: ProctoredExamStudentAttempt, began: datetime.datetime) -> str:
    body = {
        "exam": attempt.proctored_exam_id,
        "began_at": (began + 5 * MINUTE).isoformat(),
        "ended_at": (began + 12 * MINUTE).isoformat(),
        "whole": True,
        "reason": "No network in the hall",
    }
    outage = staff.once("outages/", json=body)
    found = staff.once(f"outages/{outage['id']}/credit/", json={"attempts": [attempt.pk]})
    [credited] = found["attempts"]
    assert (credited["outcome"], credited["gained"]) == ("credited", 420), credited
    _require_end(credited["ends_at"], began, 112)
    return "420 s given back"


def _clock(learner: Visitor, began: datetime.datetime) -> str:
    _clock_of(learner, began, 112)
    attempt = newest(LEE, ProctoredExam.objects.get(content_id=MIDTERM))
    assert attempt.allowed_time_limit_mins == 112, attempt.allowed_time_limit_mins
    return "90 + 10 + 5 + 7 minutes"


def _clock_of(learner: Visitor, began: datetime.datetime, minutes: int) -> float:
    """Require that the learner's clock ends these minutes after the start; return the seconds left."""
    attempt = newest(LEE, ProctoredExam.objects.get(content_id=MIDTERM))
    end = began + minutes * MINUTE
    most = (end - timezone.now()).total_seconds()
    left = float(learner.attempt(attempt.pk)["time_remaining_seconds"])
    least = (end - timezone.now()).total_seconds()
    assert least - 1 <= left <= most + 1, f"{left} s left, not {least:.1f} to {most:.1f}"
    return left


def _require_end(text: str, began: datetime.datetime, minutes: int) -> None:
    off = datetime.datetime.fromisoformat(text) - (began + minutes * MINUTE)
    assert abs(off.total_seconds()) < 1, f"the end is off by {off}"


def _told(trip: Walk, attempt: ProctoredExamStudentAttempt) -> str:
    expected = ["started", "extend 600", "pause", "continue", "extend 420"]
    heard = lambda: trip.remote(attempt.external_id or "")["told"]  # noqa: E731  a local shorthand
    trip.wait("the simulator to hear of each change", lambda: len(heard()) >= len(expected))
    assert heard() == expected, heard()
    return "extend, pause, continue"
