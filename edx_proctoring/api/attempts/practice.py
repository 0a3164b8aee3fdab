"""Limit how many practice attempts one learner may register with providers."""

import datetime

from django.utils import timezone

from edx_proctoring import conf
from edx_proctoring.exceptions import TooManyPracticeAttempts
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt

HOUR = datetime.timedelta(hours=1)


def check_practice_limit(exam: ProctoredExam, user_id: int) -> None:
    """Raise TooManyPracticeAttempts if the learner has made PRACTICE_ATTEMPTS_PER_HOUR in the last hour, over all
    courses.

    Counts the history, which includes removed and reset attempts and does not depend on the cache.
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
