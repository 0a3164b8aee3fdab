"""The first walk: an exam is registered, taken, reviewed and verified."""

from typing import Any

import requests

from demo.clients import API, Visitor
from demo.host.models import Answer, CreditRequirement, Told
from demo.host.seed import COURSE_ID
from demo.host.services import user
from demo.walk import MIDTERM, POLICY, Walk, registration, staff_list
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
)


def verified(trip: Walk) -> None:
    """Run all steps."""
    author = Visitor(trip.host, "avery")
    trip.step("register", "avery", "registers the course's exams", lambda: _register(trip, author))
    trip.step(
        "policy", "avery", "sets the instructions for reviewers", lambda: _policy(trip, author)
    )
    exam = ProctoredExam.objects.get(content_id=MIDTERM)
    take(trip, "alex", exam)
    attempt = newest("alex", exam)
    trip.step("review", "simulator", "reviews the session", lambda: _reviewed(trip, attempt))
    trip.step("credit", "host", "receives the credit requirement", lambda: _credit(attempt))
    trip.step("mail", "alex", "gets two e-mails", lambda: _mails(trip))
    trip.step("events", "host", "has the events of the attempt", lambda: _events(trip, attempt))
    trip.step("result", "alex", "sees the result", lambda: _result(trip, attempt))
    trip.step("list", "casey", "sees the attempt in the list", lambda: _list(trip, attempt))
    trip.step("admin", "robin", "sees the attempt in Django admin", lambda: _admin(trip, attempt))


def take(trip: Walk, username: str, exam: ProctoredExam) -> None:
    """Run the steps from the entrance page to the submission."""
    learner, attempt = begin(trip, username, exam)
    trip.step("answer", username, "answers a question", lambda: _answer(learner))
    finish(trip, learner, attempt)


def begin(
    trip: Walk, username: str, exam: ProctoredExam, minutes: int = 60
) -> tuple[Visitor, ProctoredExamStudentAttempt]:
    """Run the steps from the entrance page to the start, which leaves the learner these minutes."""
    learner = Visitor(trip.host, username)
    trip.step(
        "enter", username, "opens the exam and continues", lambda: _enter(trip, learner, exam)
    )
    attempt = newest(username, exam)
    trip.step(
        "set up",
        username,
        "reads the steps, opens the check",
        lambda: _set_up(trip, learner, attempt),
    )
    trip.step("ready", "simulator", "reports ready", lambda: _ready(trip, learner, attempt))
    trip.step(
        "start",
        username,
        "starts, and the clock runs",
        lambda: _start(learner, attempt, minutes),
    )
    trip.step(
        "notify", "simulator", "is notified of the start", lambda: told(trip, attempt, "started")
    )
    return learner, attempt


def finish(trip: Walk, learner: Visitor, attempt: ProctoredExamStudentAttempt) -> None:
    """Run the steps from the end to the submission."""
    username = learner.username
    trip.step("end", username, "ends the exam", lambda: _end(learner, attempt))
    trip.step("submit", username, "submits it", lambda: _submit(trip, learner, attempt))


def newest(username: str, exam: ProctoredExam) -> ProctoredExamStudentAttempt:
    """Return the learner's current attempt."""
    attempts = ProctoredExamStudentAttempt.objects.of_pair(exam.pk, user(username).pk)
    found = attempts.newest_first().first()
    assert found is not None, "the host has no attempt"
    return found


def status_of(attempt: ProctoredExamStudentAttempt) -> str:
    """Return the status in the host's row."""
    return ProctoredExamStudentAttempt.objects.values_list("status", flat=True).get(pk=attempt.pk)


def told(trip: Walk, attempt: ProctoredExamStudentAttempt, word: str) -> str:
    """Return whether the simulator has received this status."""
    external_id = attempt.external_id or ""
    words = trip.wait(
        f"the simulator to hear {word}",
        lambda: [heard for heard in trip.remote(external_id)["told"] if heard == word],
    )
    assert words == [word], f"heard {len(words)} times"
    return f"told {', '.join(trip.remote(external_id)['told'])}"


def _register(trip: Walk, author: Visitor) -> str:
    path = f"{API}/exam_registration/course_id/{COURSE_ID}"
    response = author.request("PATCH", path, json=registration())
    assert response.ok, f"{response.status_code} {response.text[:300]}"
    exams = ProctoredExam.objects.in_course(COURSE_ID).filter(backend="simulator")
    exams = exams.filter(is_proctored=True)
    trip.wait("the provider's ids", lambda: not exams.filter(external_id=None).exists())
    remote = {exam["id"]: exam["exam_name"] for exam in trip.state()["exams"]}
    for exam in exams:
        assert remote.get(exam.external_id or "") == exam.exam_name, "unknown at the simulator"
    return f"{len(response.json())} exams, {len(remote)} at the provider"


def _policy(trip: Walk, author: Visitor) -> str:
    exam = ProctoredExam.objects.get(content_id=MIDTERM)
    fields = {"exam_name": exam.exam_name, "time_limit_mins": exam.time_limit_mins}
    form = {**fields, "kind": "proctored", "is_active": "on", "policy": POLICY}
    author.post(f"/studio/{exam.pk}", form).raise_for_status()

    def rules() -> bool:
        rows = [row for row in trip.state()["exams"] if row["id"] == exam.external_id]
        return bool(rows) and rows[0]["body"].get("rule_summary") == POLICY

    trip.wait("the policy at the simulator", rules)
    return "known to the provider"


def _enter(trip: Walk, learner: Visitor, exam: ProctoredExam) -> str:
    assert learner.screen(MIDTERM) == "proctored-entrance", learner.screen(MIDTERM)
    attempt_id = learner.enter(exam.pk)
    attempt = ProctoredExamStudentAttempt.objects.get(pk=attempt_id)
    remote = trip.remote(attempt.external_id or "")
    assert remote["exam_id"] == exam.external_id, "registered in another exam"
    assert remote["email"] == learner.username + "@demo.example.com", "somebody else's"
    assert remote["body"]["review_policy"] == POLICY, "without the policy"
    return attempt.status


def _set_up(trip: Walk, learner: Visitor, attempt: ProctoredExamStudentAttempt) -> str:
    assert learner.screen(MIDTERM) == "instructions", learner.screen(MIDTERM)
    learner.act(attempt.pk, "click_download_software")
    exam_id = attempt.proctored_exam.external_id
    page = requests.get(
        f"{trip.simulator}/download",
        params={"attempt": attempt.external_id or "", "exam": exam_id or ""},
        timeout=10,
    )
    assert page.ok, f"the provider's page answers {page.status_code}"
    return status_of(attempt)


def _ready(trip: Walk, learner: Visitor, attempt: ProctoredExamStudentAttempt) -> str:
    trip.wait("the status ready_to_start", lambda: status_of(attempt) == "ready_to_start")
    calls = [
        call for call in trip.state()["callbacks"] if call["attempt_id"] == attempt.external_id
    ]
    assert any(call["kind"] == "ready" for call in calls), "the simulator did not call"
    assert learner.screen(MIDTERM) == "ready-to-start", learner.screen(MIDTERM)
    return status_of(attempt)


def _start(learner: Visitor, attempt: ProctoredExamStudentAttempt, minutes: int) -> str:
    learner.act(attempt.pk, "start")
    data = learner.attempt(attempt.pk)
    assert data["status"] == "started", data["status"]
    seconds = data["time_remaining_seconds"]
    assert minutes * 60 - 30 < seconds <= minutes * 60, seconds
    assert learner.screen(MIDTERM) == "questions", learner.screen(MIDTERM)
    return f"started, {seconds:.0f} s left"


def _answer(learner: Visitor) -> str:
    data = {"content_id": MIDTERM, "question": 0, "text": "Riga"}
    learner.post("/answer", data).raise_for_status()
    answers = Answer.objects.filter(user__username=learner.username, content_id=MIDTERM)
    assert answers.get().text == "Riga"
    return "stored"


def _end(learner: Visitor, attempt: ProctoredExamStudentAttempt) -> str:
    learner.act(attempt.pk, "stop")
    assert learner.screen(MIDTERM) == "proctored-ready-to-submit", learner.screen(MIDTERM)
    return status_of(attempt)


def _submit(trip: Walk, learner: Visitor, attempt: ProctoredExamStudentAttempt) -> str:
    learner.act(attempt.pk, "submit")
    current = ProctoredExamStudentAttempt.objects.get(pk=attempt.pk)
    assert current.completed_at is not None, "not completed"
    completed = Told.objects.filter(name="instructor.complete_student_attempt")
    trip.wait(
        "the completion",
        lambda: completed.filter(data__username=learner.username).exists(),
    )
    told(trip, attempt, "submitted")
    return "submitted, told the provider"


def _reviewed(trip: Walk, attempt: ProctoredExamStudentAttempt) -> str:
    trip.wait("the status verified", lambda: status_of(attempt) == "verified")
    review = ProctoredExamSoftwareSecureReview.objects.get(attempt_code=attempt.attempt_code)
    assert review.review_status == "Clean", review.review_status
    remote: dict[str, Any] = trip.wait(
        "the simulator to note it", lambda: trip.remote(attempt.external_id or "")["reviewed"]
    )
    assert remote["status"] == "passed", remote
    return "verified"


def _credit(attempt: ProctoredExamStudentAttempt) -> str:
    row = CreditRequirement.objects.get(user_id=attempt.user_id, name=MIDTERM)
    assert row.status == "satisfied", row.status
    return row.status


def _mails(trip: Walk) -> str:
    address = "alex@demo.example.com"
    mails = trip.wait(
        "two e-mails", lambda: trip.mails(address)[:2] if len(trip.mails(address)) > 1 else []
    )
    subjects = [mail.split("Subject: ")[1].splitlines()[0] for mail in mails]
    assert subjects == ["Proctoring attempt submitted", "Proctoring attempt verified"], subjects
    assert "with the Proctoring Simulator" in mails[1], "not by the provider's own template"
    return "submitted, verified"


def _events(trip: Walk, attempt: ProctoredExamStudentAttempt) -> str:
    prefix = "edx.special_exam.proctored.attempt."
    expected = ("created", "ready_to_start", "started", "submitted", "verified", "review_received")

    def missing() -> list[str]:
        rows = Told.objects.filter(kind="event", data__attempt_id=str(attempt.pk))
        names = set(rows.values_list("name", flat=True))
        return [name for name in expected if prefix + name not in names]

    trip.wait("the events", lambda: not missing())
    signals = Told.objects.filter(kind="signal", data__attempt_id=str(attempt.pk))
    statuses = list(signals.order_by("id").values_list("data__status", flat=True))
    assert statuses[0] == "created", statuses
    assert statuses[-1] == "verified", statuses
    trip.wait("the last message", lambda: not OutboxMessage.objects.unfinished().exists())
    return f"{len(expected)} events, {len(statuses)} signals"


def _result(trip: Walk, attempt: ProctoredExamStudentAttempt) -> str:
    learner = Visitor(trip.host, "alex")
    assert learner.screen(MIDTERM) == "proctored-verified", learner.screen(MIDTERM)
    page = learner.get(f"/courses/{COURSE_ID}/").text
    assert "Passed Proctoring" in page, "no badge in the outline"
    return "Passed Proctoring"


def _list(trip: Walk, attempt: ProctoredExamStudentAttempt) -> str:
    rows = [row for row in staff_list(trip, "casey") if row["id"] == attempt.pk]
    assert rows, "the attempt is not in the list"
    assert rows[0]["status"] == "verified", rows[0]["status"]
    return str(rows[0]["status"])


def _admin(trip: Walk, attempt: ProctoredExamStudentAttempt) -> str:
    staff = Visitor(trip.host, "robin")
    page = staff.get(f"/admin/edx_proctoring/proctoredexamstudentattempt/{attempt.pk}/change/")
    assert page.ok, page.status_code
    assert 'value="verified" selected' in page.text, "another status"
    return "verified"
