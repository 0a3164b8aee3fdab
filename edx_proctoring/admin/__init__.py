"""Django admin."""

from edx_proctoring.admin.allowances import ProctoredExamStudentAllowanceAdmin
from edx_proctoring.admin.attempts import (
    ProctoredExamAttemptForm,
    ProctoredExamStudentAttemptAdmin,
)
from edx_proctoring.admin.exams import (
    ProctoredExamAdmin,
    ProctoredExamForm,
    ProctoredExamReviewPolicyAdmin,
)
from edx_proctoring.admin.filters import (
    ExamAttemptFilterByCourseId,
    ProctoredExamCoursesListFilter,
    ProctoredExamListFilter,
    ReviewListFilter,
    prettify_course_id,
)
from edx_proctoring.admin.outbox import OutboxMessageAdmin
from edx_proctoring.admin.review_comments import ReviewCommentAdmin
from edx_proctoring.admin.reviews import (
    ProctoredExamSoftwareSecureReviewAdmin,
    ProctoredExamSoftwareSecureReviewForm,
    ProctoredExamSoftwareSecureReviewHistoryAdmin,
)
