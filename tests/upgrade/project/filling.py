"""Fills a database with everything that the package can store."""

import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
)

COURSE = "course-v1:edX+Upgrade+2026"
ONBOARDING = ("onboarding_missing", "onboarding_pending", "onboarding_failed", "onboarding_expired")
WAYS = {  # through which statuses one gets there
    "created": (),
    "download_software_clicked": ("download_software_clicked",),
    "ready_to_start": ("ready_to_start",),
    "started": ("ready_to_start", "started"),
    "ready_to_submit": ("started", "ready_to_submit"),
    "declined": ("declined",),
    "submitted": ("started", "submitted"),
    "second_review_required": ("started", "submitted", "second_review_required"),
    "verified": ("started", "submitted", "verified"),
    "rejected": ("started", "submitted", "rejected"),
    "error": ("started", "error"),
}
STORED = ("eligible", "timed_out", "expired", "onboarding_reset")  # what no transition leads to


def block(name: str) -> str:
    return f"block-v1:edX+Upgrade+2026+type@sequential+block@{name}"


def new_exam(name: str, **more: Any) -> int:
    return api.create_exam(COURSE, block(name), f"Exam “{name}” ✓", 90, **more)


def new_user(name: str) -> Any:
    return get_user_model().objects.create(username=name, email=f"{name}@example.com")


def attempt_in(exam_id: int, status: str, provider: Any, proctored: bool = True) -> int:
    user = new_user(f"{status}-{exam_id}")
    provider.onboarding = status if status in ONBOARDING else ""
    attempt_id = api.create_exam_attempt(exam_id, user.pk, taking_as_proctored=proctored)
    provider.onboarding = ""
    for step in WAYS.get(status, ()):
        # One exam only: the cascade would decline others, too.
        api.update_attempt_status(attempt_id, step, cascade_effects=False)
    if status in STORED:
        attempt = ProctoredExamStudentAttempt.objects.get(pk=attempt_id)
        attempt.status = status
        attempt.save()
    return attempt_id


def fill(provider: Any) -> dict[str, Any]:
    """Fill the database; return the ids."""
    soon = timezone.now() + datetime.timedelta(days=30)
    exams = {
        "timed": new_exam("timed", is_proctored=False),
        "practice": new_exam("practice", is_practice_exam=True),
        "proctored": new_exam("proctored", due_date=soon),
        "inactive": new_exam("inactive", is_active=False, hide_after_due=True),
    }
    statuses = [*WAYS, *STORED]
    found = {
        "exams": exams,
        "author": new_user("author").pk,
        "proctored": {
            status: attempt_in(exams["proctored"], status, provider)
            for status in (*statuses, *ONBOARDING)
        },
        "practice": {
            status: attempt_in(exams["practice"], status, provider) for status in statuses
        },
        "timed": {
            status: attempt_in(exams["timed"], status, provider, False)
            for status in ("created", "started", "submitted")
        },
    }
    allow(exams, found)
    review(found)
    resume(found)
    removed = attempt_in(exams["proctored"], "submitted-removed", provider)
    ProctoredExamStudentAttempt.objects.get(pk=removed).delete_exam_attempt()
    return found


def allow(exams: dict[str, int], found: dict[str, Any]) -> None:
    """Create policies and allowances, both with a history."""
    for name in ("proctored", "practice"):
        api.create_exam_review_policy(exams[name], found["author"], "Notes are allowed ✓")
        api.update_review_policy(exams[name], found["author"], "No notes")
    api.remove_review_policy(exams["practice"])
    for value in ("10", "20"):
        api.add_allowance_for_user(
            exams["proctored"], f"created-{exams['proctored']}", "additional_time_granted", value
        )
    api.add_allowance_for_user(
        exams["timed"], found["author"], "review_policy_exception", "Bottle of water ✓"
    )
    api.add_allowance_for_user(exams["timed"], found["author"], "additional_time_granted", "5")
    api.remove_allowance_for_user(exams["timed"], found["author"], "additional_time_granted")


def review(found: dict[str, Any]) -> None:
    """Create reviews with comments, and a second version of each."""
    for status, verdict in (
        ("verified", "Clean"),
        ("second_review_required", "Suspicious"),
        ("rejected", "Suspicious"),
    ):
        attempt = ProctoredExamStudentAttempt.objects.get(pk=found["proctored"][status])
        stored = ProctoredExamSoftwareSecureReview(
            attempt_code=attempt.attempt_code, exam=attempt.proctored_exam, student=attempt.user,
            review_status="Not Reviewed", raw_data='{"session": "…"}', encrypted_video_url=b"\x00\xffvideo",
        )  # fmt: skip
        stored.save()
        stored.review_status = verdict
        if status == "rejected":
            stored.reviewed_by_id = found["author"]
        stored.save()
        for second in (3, 7):
            ProctoredExamSoftwareSecureComment.objects.create(
                review=stored, start_time=second, stop_time=second + 2, duration=2, comment="Looks away ✓", status=verdict
            )  # fmt: skip


def resume(found: dict[str, Any]) -> None:
    """Create an interrupted attempt, and the one that resumes it."""
    broken = ProctoredExamStudentAttempt.objects.get(pk=found["practice"]["error"])
    proctored = ProctoredExamStudentAttempt.objects.get(pk=found["proctored"]["error"])
    api.update_exam_attempt(proctored.pk, time_remaining_seconds=754)
    api.update_exam_attempt(broken.pk, time_remaining_seconds=99)
    api.mark_exam_attempt_as_ready_to_resume(broken.pk)
    found["resumed"] = api.create_exam_attempt(
        broken.proctored_exam_id, broken.user_id, taking_as_proctored=True
    )
