"""The cookie of the browser that takes the exam: its name, age and content. The start callback sets it."""

from django.utils.crypto import salted_hmac

EXAM_COOKIE = "exam"  # contains an exam pass
EXAM_COOKIE_SECONDS = 24 * 60 * 60


def exam_pass(attempt_code: str, user_id: int) -> str:
    """Return the value of EXAM_COOKIE, which proves that a browser was sent here for this attempt of this learner."""
    value = f"{attempt_code}:{user_id}"
    return salted_hmac("edx_proctoring.exam_pass", value, algorithm="sha256").hexdigest()


def exam_passes(attempt_code: str, user_id: int) -> tuple[str, ...]:
    """Return all accepted cookie values, including the plain code in cookies of version 6."""
    return exam_pass(attempt_code, user_id), attempt_code
