"""How many practice attempts one learner may have the provider register."""

import datetime

from django.utils import timezone

from edx_proctoring import conf
from edx_proctoring.exceptions import TooManyPracticeAttempts
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt

HOUR = datetime.timedelta(hours=1)


def check_practice_limit(exam: ProctoredExam, user_id: int) -> None:
    """TooManyPracticeAttempts once the learner has made PRACTICE_ATTEMPTS_PER_HOUR within an hour, in all courses together.

    The history is counted: attempts that were removed or reset since count, and no cache need work.
    """
    limit = conf.proctoring.PRACTICE_ATTEMPTS_PER_HOUR
    if not exam.is_practice_exam or limit <= 0:
        return
    now = timezone.now()
    created = ProctoredExamStudentAttempt.history.filter(
        user_id=user_id, is_sample_attempt=True, history_type="+", history_date__gt=now - HOUR
    )
    moments = created.order_by("-history_date").values_list("history_date", flat=True)[:limit]
    if len(moments) == limit:
        refusal = TooManyPracticeAttempts()
        refusal.retry_after = int((moments[limit - 1] + HOUR - now).total_seconds()) + 1
        raise refusal
