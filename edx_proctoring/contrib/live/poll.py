"""The part of a poll that the learner's page shows: announcements, the learner's question, and how often to poll."""

from django.urls import reverse
from django.utils import timezone

from edx_proctoring.contrib.live import announcements, questions
from edx_proctoring.contrib.live.pending import pending
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import IN_PROGRESS, INCOMPLETE
from edx_proctoring.types import JSONObject

POLL_SECONDS = 30
BOARD = "edx_proctoring:proctoring_live.board"


def poll_data(attempt: ProctoredExamStudentAttempt) -> JSONObject:
    """Return the keys for the poll; none once the attempt has ended. One query, more when there is something to show."""
    if attempt.status not in INCOMPLETE:
        return {}
    now = timezone.now()
    found = pending(attempt, now)
    if found.late:
        known = announcements.waiting_for(attempt, now)
    else:
        known = announcements.received_by(attempt) if found.received else []
    question = questions.open_question(attempt.pk) if found.question else None
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
