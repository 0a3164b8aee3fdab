"""Questions that learners ask during an exam: a learner raises a hand, staff answer or close it."""

import datetime
import math

from django.db.models import QuerySet
from django.utils import timezone

from edx_proctoring import lifecycle
from edx_proctoring.contrib.live.models import LONGEST_QUESTION, Announcement, Question
from edx_proctoring.contrib.live.rooms import Scope, id_of, seated_in
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import IN_PROGRESS
from edx_proctoring.types import User

WAIT = datetime.timedelta(seconds=30)  # between two questions of an attempt
MOST, WITHIN = 10, datetime.timedelta(hours=1)  # questions of an attempt


class QuestionNotAllowed(ProctoredBaseException):
    """The question cannot be asked like this."""

    http_status = 400


class QuestionOpen(QuestionNotAllowed):
    """The attempt already has a question that waits for an answer."""

    http_status = 409


class TooManyQuestions(QuestionNotAllowed):
    """The learner asks too often; `seconds` until the next question may be asked."""

    http_status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(f"You may ask again in {seconds} seconds.")
        self.seconds = seconds


def ask(attempt: ProctoredExamStudentAttempt, text: str) -> Question:
    """Store the question of a learner whose exam runs. Raises QuestionNotAllowed."""
    plain = text.strip()
    if not 0 < len(plain) <= LONGEST_QUESTION:
        raise QuestionNotAllowed(f"A question has 1 to {LONGEST_QUESTION} characters.")

    def store() -> Question:
        attempt.refresh_from_db(fields=["status"])
        if attempt.status not in IN_PROGRESS:
            raise QuestionNotAllowed("The exam is not running.")
        _check_rate(attempt.pk)
        return Question.objects.create(
            course_id=attempt.proctored_exam.course_id,
            attempt=attempt,
            user_id=attempt.user_id,
            text=plain,
            asked_at=timezone.now(),
        )

    return lifecycle.locked(attempt.user_id, store)


def _check_rate(attempt_id: int) -> None:
    """Under the learner's lock, so that parallel requests are counted, too."""
    now = timezone.now()
    asked = Question.objects.filter(attempt_id=attempt_id).order_by("-pk")
    recent = list(asked.filter(asked_at__gt=now - WITHIN)[:MOST])
    if asked.filter(closed_at__isnull=True).exists():
        raise QuestionOpen("Your question has not been answered yet.")
    ends = [recent[0].asked_at + WAIT] if recent else []
    if len(recent) == MOST:
        ends.append(recent[-1].asked_at + WITHIN)
    seconds = max((math.ceil((end - now).total_seconds()) for end in ends), default=0)
    if seconds > 0:
        raise TooManyQuestions(seconds)


def questions_of_course(course_id: str, scope: Scope) -> QuerySet[Question]:
    """Return the questions of the learners within the scope, newest first."""
    found = Question.objects.in_course(course_id)
    if scope.rooms is not None:
        found = found.filter(user_id__in=seated_in(course_id, scope.rooms))
    return found.order_by("-pk")


def open_question(attempt_id: int) -> Question | None:
    """Return the question that waits for an answer. One query."""
    rows = Question.objects.filter(attempt_id=attempt_id, closed_at__isnull=True)
    return rows.order_by("-pk").first()


def close(question: Question, *, by: User | None = None) -> None:
    """Close the question without an answer: by staff, or by its learner. Repeating this changes nothing."""
    if question.closed_at is None:
        question.closed_at, question.closed_by_id = timezone.now(), id_of(by)
        question.save(update_fields=["closed_at", "closed_by"])


def close_answered(
    question_id: int, attempt_id: int, answer: Announcement, by: User | None
) -> None:
    """Close the attempt's question with this answer. Raises QuestionNotAllowed if the attempt has no such question."""
    question = Question.objects.filter(pk=question_id, attempt_id=attempt_id).first()
    if question is None:
        raise QuestionNotAllowed("This learner has not asked this question.")
    question.closed_at, question.closed_by_id = timezone.now(), id_of(by)
    question.answer = answer
    question.save(update_fields=["closed_at", "closed_by", "answer"])
