"""The models. Import them from here; the modules below are private and import one another in this order."""

from edx_proctoring.constants import VERIFICATION_DAYS_VALID
from edx_proctoring.models.adjustments import TimeAdjustment
from edx_proctoring.models.allowances import (
    LARGEST_FACTOR,
    TIME_VALUES,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceManager,
    QuerySetWithUpdateOverride,
    extra_time,
    find_user_id,
    parse_factor,
    parse_minutes,
    store_allowances,
)
from edx_proctoring.models.attempts import (
    ProctoredExamStudentAttempt,
    ProctoredExamStudentAttemptManager,
)
from edx_proctoring.models.bulk_actions import BulkAction
from edx_proctoring.models.bulk_time_changes import BulkTimeChange
from edx_proctoring.models.exact import exactly, exactly_one_of
from edx_proctoring.models.exams import ProctoredExam, ProctoredExamReviewPolicy
from edx_proctoring.models.history import (
    ProctoredExamReviewPolicyHistory,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowanceHistory,
    archive_copy,
    archive_model,
)
from edx_proctoring.models.idempotency import IdempotentRequest
from edx_proctoring.models.locks import ProctoringLearner, ProctoringReservation
from edx_proctoring.models.ordering import (
    ALLOWANCE_ORDERINGS,
    ATTEMPT_ORDERINGS,
    EXAM_ORDERINGS,
    in_order,
)
from edx_proctoring.models.outbox import OutboxMessage
from edx_proctoring.models.reviews import (
    NOTE,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ReleasedComment,
)
from edx_proctoring.models.saving import (
    HistoryNote,
    delete_with_history,
    handled,
    is_handled,
    note_for_post_save,
    save_with_history,
    take_note_of_pre_save,
)
from edx_proctoring.models.scheduled_runs import ScheduledRun
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus

# History models, as hosts and data exports import them.
HistoricalProctoredExam = ProctoredExam.history.model
HistoricalProctoredExamStudentAttempt = ProctoredExamStudentAttempt.history.model

__all__ = [
    "HistoricalProctoredExam",
    "HistoricalProctoredExamStudentAttempt",
    "HistoryNote",
    "LARGEST_FACTOR",
    "NOTE",
    "ALLOWANCE_ORDERINGS",
    "ATTEMPT_ORDERINGS",
    "EXAM_ORDERINGS",
    "IdempotentRequest",
    "OutboxMessage",
    "ProctoredExam",
    "ProctoredExamReviewPolicy",
    "ProctoredExamReviewPolicyHistory",
    "ProctoredExamSoftwareSecureComment",
    "ProctoredExamSoftwareSecureReview",
    "ProctoredExamSoftwareSecureReviewHistory",
    "ProctoredExamStudentAllowance",
    "ProctoredExamStudentAllowanceHistory",
    "ProctoredExamStudentAllowanceManager",
    "ProctoredExamStudentAttempt",
    "ProctoredExamStudentAttemptManager",
    "ProctoredExamStudentAttemptStatus",
    "ProctoringLearner",
    "ProctoringReservation",
    "QuerySetWithUpdateOverride",
    "ReleasedComment",
    "ScheduledRun",
    "TIME_VALUES",
    "TimeAdjustment",
    "BulkAction",
    "BulkTimeChange",
    "VERIFICATION_DAYS_VALID",
    "archive_copy",
    "archive_model",
    "delete_with_history",
    "exactly",
    "exactly_one_of",
    "extra_time",
    "find_user_id",
    "handled",
    "in_order",
    "is_handled",
    "note_for_post_save",
    "parse_factor",
    "parse_minutes",
    "save_with_history",
    "store_allowances",
    "take_note_of_pre_save",
]
