"""The second walk: a suspicious session, the second review, a rejection and its effects."""

from demo.clients import Visitor
from demo.host.models import Certificate, CreditRequirement, Grade, Told
from demo.scenarios.verification import newest, status_of, take
from demo.walk import MIDTERM, Walk, staff_list
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
)


def rejected(trip: Walk) -> None:
    """Run all steps."""
    exam = ProctoredExam.objects.get(content_id=MIDTERM)
    take(trip, "sam", exam)
    attempt = newest("sam", exam)
    trip.step(
        "suspicion", "simulator", "finds the session suspicious", lambda: _suspicion(trip, attempt)
    )
    trip.step(
        "decision", "robin", "saves the review: the second one", lambda: _decision(trip, attempt)
    )
    trip.step(
        "grade", "host", "zeroes the grade, invalidates the certificate", lambda: _grade(attempt)
    )
    trip.step("bad news", "sam", "gets the e-mail and sees the result", lambda: _bad_news(trip))
    trip.step("list", "casey", "sees the attempt in the list", lambda: _list(trip, attempt))


def _review(attempt: ProctoredExamStudentAttempt) -> ProctoredExamSoftwareSecureReview:
    return ProctoredExamSoftwareSecureReview.objects.get(attempt_code=attempt.attempt_code)


def _suspicion(trip: Walk, attempt: ProctoredExamStudentAttempt) -> str:
    trip.wait(
        "the status second_review_required",
        lambda: status_of(attempt) == "second_review_required",
    )
    assert _review(attempt).review_status == "Suspicious"
    comments = _review(attempt).proctoredexamsoftwaresecurecomment_set
    assert comments.get().comment == "A second person in the room"
    notified = Told.objects.filter(name="instructor.send_support_notification")
    trip.wait("the support notification", notified.exists)
    certificate = Certificate.objects.get(user_id=attempt.user_id)
    assert certificate.is_valid, "the certificate went before a person decided"
    return status_of(attempt)


def _decision(trip: Walk, attempt: ProctoredExamStudentAttempt) -> str:
    staff = Visitor(trip.host, "robin")
    review = _review(attempt)
    path = f"/admin/edx_proctoring/proctoredexamsoftwaresecurereview/{review.pk}/change/"
    form = staff.admin_form(path)
    assert form["review_status"] == "Suspicious", form
    staff.post(path, form).raise_for_status()
    review.refresh_from_db()
    assert review.reviewed_by is not None, "nobody has reviewed it"
    assert review.reviewed_by.get_username() == "robin"
    assert status_of(attempt) == "rejected", status_of(attempt)
    return "rejected"


def _grade(attempt: ProctoredExamStudentAttempt) -> str:
    grade = Grade.objects.get(user_id=attempt.user_id, content_id=MIDTERM)
    assert grade.override == 0, f"the grade is {grade.earned}, not overridden"
    assert grade.comment == "Failed Proctoring Simulator proctoring", grade.comment
    assert not Certificate.objects.get(user_id=attempt.user_id).is_valid, "the certificate is valid"
    credit = CreditRequirement.objects.get(user_id=attempt.user_id, name=MIDTERM)
    assert credit.status == "failed", credit.status
    return "0 points, invalidated"


def _bad_news(trip: Walk) -> str:
    address = "sam@demo.example.com"
    trip.wait(
        "the e-mail",
        lambda: [mail for mail in trip.mails(address) if "Proctoring attempt rejected" in mail],
    )
    learner = Visitor(trip.host, "sam")
    assert learner.screen(MIDTERM) == "proctored-rejected", learner.screen(MIDTERM)
    return "rejected"


def _list(trip: Walk, attempt: ProctoredExamStudentAttempt) -> str:
    statuses = {row["id"]: row["status"] for row in staff_list(trip, "casey")}
    assert statuses.get(attempt.pk) == "rejected", statuses
    trip.wait("the last message", lambda: not OutboxMessage.objects.unfinished().exists())
    return "rejected"
