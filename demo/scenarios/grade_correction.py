"""The third walk: an exam in PSI's secure browser, a suspicious review, and its correction."""

from typing import Any

from demo.clients import Visitor
from demo.scenarios.verification import newest, status_of
from demo.walk import FINAL, Walk
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)

COMMENTS = [
    {"comment": "Looks away", "status": "Suspicious", "start": 20, "stop": 25},
    {
        "comment": "Opens a chat",
        "status": "Suspicious",
        "start": 30,
        "stop": 31,
        "source": "desktop",
    },
]


def corrected(trip: Walk) -> None:
    """Run all steps."""
    change = {"outcome": "suspicious", "mode": "corrected", "comments": COMMENTS}
    if trip.place.fault == "review":
        change["mode"] = "never"
    trip.script({"learners": {"alex@demo.example.com": {"review": change}}})
    exam = ProctoredExam.objects.get(content_id=FINAL)
    learner, secure = Visitor(trip.host, "alex"), Visitor(trip.host, "alex")
    trip.step(
        "sign up", "alex", "is registered at PSI, signed", lambda: _enter(trip, learner, exam)
    )
    attempt = newest("alex", exam)
    trip.step("code", "alex", "gets the code and the application", lambda: _code(learner, attempt))
    trip.step("strangers", "nobody", "registers without the key", lambda: _refused(trip, attempt))
    trip.step("launch", "alex", "opens the secure browser", lambda: _launch(trip, secure, attempt))
    trip.step("start", "alex", "starts there", lambda: _start(secure, attempt))
    trip.step("gate", "alex", "tries another browser", lambda: _gate(learner, secure))
    trip.step("submit", "alex", "answers and submits", lambda: _submit(secure, attempt))
    trip.step("close", "alex", "closes the secure browser", lambda: _close(trip, secure, attempt))
    trip.step("review", "simulator", "finds it suspicious", lambda: _reviewed(trip, attempt))
    trip.step("correction", "simulator", "corrects the review", lambda: _corrected(trip, attempt))
    trip.step("result", "alex", "sees the result", lambda: _result(trip, learner))


def _enter(trip: Walk, learner: Visitor, exam: ProctoredExam) -> str:
    assert learner.screen(FINAL) == "proctored-entrance", learner.screen(FINAL)
    attempt = ProctoredExamStudentAttempt.objects.get(pk=learner.enter(exam.pk))
    body = trip.remote(attempt.external_id or "")["body"]
    assert body["examCode"] == attempt.attempt_code, "another code"
    assert body["orgExtra"]["email"] == "alex@demo.example.com", "somebody else's"
    assert body["duration"] == exam.time_limit_mins, body["duration"]
    return attempt.status


def _code(learner: Visitor, attempt: ProctoredExamStudentAttempt) -> str:
    page = learner.page(FINAL)
    assert attempt.attempt_code in page, "the page does not show the code"
    assert str(attempt.external_id) not in page, "the page shows the record locator"
    learner.act(attempt.pk, "click_download_software")
    return status_of(attempt)


def _refused(trip: Walk, attempt: ProctoredExamStudentAttempt) -> str:
    """Check that both PSI and the host refuse the caller."""
    stranger = Visitor(trip.host, "sam")
    body = trip.remote(attempt.external_id or "")["body"]
    forged = stranger.request("POST", f"{trip.simulator}/psi/register", json=body)
    assert forged.status_code == 401, f"PSI answers {forged.status_code}"
    meta = {"examCode": attempt.attempt_code, "ssiRecordLocator": "guessed"}
    review = {"examMetaData": meta, "reviewStatus": "Clean"}
    path = "/api/edx_proctoring/proctoring_review_callback/"
    guessed = stranger.request("POST", path, json=review)
    assert guessed.status_code == 400, f"the host answers {guessed.status_code}"
    assert str(attempt.external_id) not in guessed.text, "the answer tells the locator"
    return "refused by both"


def _launch(trip: Walk, secure: Visitor, attempt: ProctoredExamStudentAttempt) -> str:
    page = secure.post(f"{trip.simulator}/psi/launch", {"code": attempt.attempt_code or ""})
    assert page.ok, f"the exam's page answers {page.status_code}"
    assert page.url.startswith(trip.host), f"the secure browser is at {page.url}"
    assert secure.session.cookies.get("exam"), "no cookie"
    assert status_of(attempt) == "ready_to_start", status_of(attempt)
    assert trip.remote(attempt.external_id or "")["status"] == "launched"
    return status_of(attempt)


def _start(secure: Visitor, attempt: ProctoredExamStudentAttempt) -> str:
    assert secure.screen(FINAL) == "ready-to-start", secure.screen(FINAL)
    secure.act(attempt.pk, "start")
    return status_of(attempt)


def _gate(learner: Visitor, secure: Visitor) -> str:
    """Check that questions are shown only in the secure browser."""
    assert learner.screen(FINAL) == "wrong-browser", learner.screen(FINAL)
    assert "Riga" not in learner.page(FINAL)
    assert secure.screen(FINAL) == "questions", secure.screen(FINAL)
    return "wrong browser"


def _submit(secure: Visitor, attempt: ProctoredExamStudentAttempt) -> str:
    data = {"content_id": FINAL, "question": 0, "text": "Riga"}
    secure.post("/answer", data).raise_for_status()
    secure.act(attempt.pk, "stop")
    secure.act(attempt.pk, "submit")
    assert status_of(attempt) == "submitted", status_of(attempt)
    return status_of(attempt)


def _close(trip: Walk, secure: Visitor, attempt: ProctoredExamStudentAttempt) -> str:
    page = secure.post(f"{trip.simulator}/psi/session/{attempt.attempt_code}", {})
    assert page.ok, f"PSI answers {page.status_code}"
    return str(trip.remote(attempt.external_id or "")["status"])


def _review(attempt: ProctoredExamStudentAttempt) -> ProctoredExamSoftwareSecureReview:
    return ProctoredExamSoftwareSecureReview.objects.get(attempt_code=attempt.attempt_code)


def _reviewed(trip: Walk, attempt: ProctoredExamStudentAttempt) -> str:
    reached = "second_review_required"
    history = ProctoredExamStudentAttempt.history.filter(id=attempt.pk, status=reached)
    trip.wait(f"the status {reached}", history.exists)
    review = _review(attempt)
    comments = review.proctoredexamsoftwaresecurecomment_set.order_by("id")
    said = list(comments.values_list("comment", "start_time", "stop_time"))
    assert said == [("Looks away", 20, 25), ("Opens a chat", 30, 31)], said
    assert review.encrypted_video_url, "the link to the video was not kept"
    assert b"DirectLink" not in bytes(review.encrypted_video_url), "it can be read"
    assert "DirectLink" not in review.raw_data, "it can be read in the payload"
    return reached


def _corrected(trip: Walk, attempt: ProctoredExamStudentAttempt) -> str:
    trip.wait("the status verified", lambda: status_of(attempt) == "verified")
    assert _review(attempt).review_status == "Clean", _review(attempt).review_status
    archived = ProctoredExamSoftwareSecureReviewHistory.objects.filter(
        attempt_code=attempt.attempt_code
    )
    assert [row.review_status for row in archived] == ["Suspicious"], "the first one is not kept"
    remote: dict[str, Any] = trip.wait(
        "the simulator to note it",
        lambda: (
            (trip.remote(attempt.external_id or "")["reviewed"] or {}).get("reviewStatus")
            == "Clean"
            and trip.remote(attempt.external_id or "")
        ),
    )
    calls = [row for row in trip.state()["callbacks"] if row["attempt_id"] == remote["id"]]
    assert [row["state"] for row in calls] == ["done", "done"], calls
    return "verified"


def _result(trip: Walk, learner: Visitor) -> str:
    assert learner.screen(FINAL) == "proctored-verified", learner.screen(FINAL)
    trip.wait("the last message", lambda: not OutboxMessage.objects.unfinished().exists())
    return "Passed Proctoring"
