"""The part of a poll that the learner's page shows: announcements, the learner's question, and how often to poll."""

from django.urls import reverse
from django.utils import timezone

from edx_proctoring.contrib.live import announcements, questions
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import IN_PROGRESS, INCOMPLETE
from edx_proctoring.types import JSONObject

POLL_SECONDS = 30
BOARD = "edx_proctoring:proctoring_live.board"


def poll_data(attempt: ProctoredExamStudentAttempt) -> JSONObject:
    """Return the keys for the poll; none once the attempt has ended. Two queries, more when an announcement is new."""
    if attempt.status not in INCOMPLETE:
        return {}
    known = announcements.waiting_for(attempt, timezone.now())
    question = questions.open_question(attempt.pk)
    return {
        "announcements": [
            {
                "id": one.pk,
                "text": one.text,
                "at": one.at.isoformat(),
            }
            for one in known
        ],
        "questions": {
            "enabled": attempt.status in IN_PROGRESS,
            "open": {
                "id": question.pk,
                "text": question.text,
                "asked_at": question.asked_at.isoformat(),
            }
            if question
            else None,
        },
        "live_url": f"{_board(attempt)}mine/{attempt.pk}/",
        "poll_seconds": POLL_SECONDS,
    }


def _board(attempt: ProctoredExamStudentAttempt) -> str:
    return reverse(BOARD, args=[attempt.proctored_exam.course_id])
