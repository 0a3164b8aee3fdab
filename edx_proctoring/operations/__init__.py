"""The work of operators: diagnose an installation, repair rows, end overdue attempts, retire learners.

Commands, Celery tasks, checks and the retirement views call these functions.
"""

from edx_proctoring.operations.diagnostics import Finding, diagnose
from edx_proctoring.operations.expiry import (
    SWEEP_BATCH_SIZE,
    Sweep,
    close_pauses,
    submit_expired_attempts,
    sweep_expired_attempts,
)
from edx_proctoring.operations.lateness import Late, find_late_work
from edx_proctoring.operations.repairs import (
    REPAIR_BATCH_SIZE,
    Repaired,
    deactivate_orphaned_reviews,
    forget_attempts,
    reapply_reviews,
    resend_credit_and_grades,
)
from edx_proctoring.operations.retirement import (
    personal_data_of_extensions,
    retire_user,
    retire_user_at_providers,
)

__all__ = [
    "REPAIR_BATCH_SIZE",
    "SWEEP_BATCH_SIZE",
    "Finding",
    "Late",
    "Repaired",
    "Sweep",
    "close_pauses",
    "deactivate_orphaned_reviews",
    "diagnose",
    "forget_attempts",
    "personal_data_of_extensions",
    "reapply_reviews",
    "resend_credit_and_grades",
    "retire_user",
    "retire_user_at_providers",
    "submit_expired_attempts",
    "sweep_expired_attempts",
    "find_late_work",
]
