"""Old import paths of functions that live elsewhere."""

from edx_proctoring.api.attempts.reads import locate_attempt_by_attempt_code
from edx_proctoring.api.legacy import (
    _emit_event,
    emit_event,
    get_course_end_date,
    get_exam_due_date,
    get_time_remaining_for_attempt,
    has_due_date_passed,
    has_end_date_passed,
    is_reattempting_exam,
    resolve_exam_url_for_learning_mfe,
    verify_and_add_wait_deadline,
)
from edx_proctoring.api.onboarding.exams import (
    categorize_inaccessible_exams_by_date,
    get_user_course_outline_details,
    get_visibility_check_date,
)
from edx_proctoring.crypto import (
    AES_BLOCK_SIZE_BYTES,
    aes_decrypt,
    aes_encrypt,
    decode_and_decrypt,
    encrypt_and_encode,
    generate_aes_iv,
    obscured_user_id,
    pad,
    unpad,
)
from edx_proctoring.exam_types import get_exam_type
from edx_proctoring.links import course_home_url as get_course_home_url
from edx_proctoring.links import exam_url as get_exam_url
from edx_proctoring.timing import humanized as humanized_time
from edx_proctoring.views.base import AuthenticatedAPIView

__all__ = [
    "AES_BLOCK_SIZE_BYTES",
    "AuthenticatedAPIView",
    "_emit_event",
    "aes_decrypt",
    "aes_encrypt",
    "categorize_inaccessible_exams_by_date",
    "decode_and_decrypt",
    "emit_event",
    "encrypt_and_encode",
    "generate_aes_iv",
    "get_course_end_date",
    "get_course_home_url",
    "get_exam_due_date",
    "get_exam_type",
    "get_exam_url",
    "get_time_remaining_for_attempt",
    "get_user_course_outline_details",
    "get_visibility_check_date",
    "has_due_date_passed",
    "has_end_date_passed",
    "humanized_time",
    "is_reattempting_exam",
    "locate_attempt_by_attempt_code",
    "obscured_user_id",
    "pad",
    "resolve_exam_url_for_learning_mfe",
    "unpad",
    "verify_and_add_wait_deadline",
]
