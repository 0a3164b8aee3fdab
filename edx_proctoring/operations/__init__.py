"""The work of operators: diagnose an installation, repair rows, end overdue attempts, retire learners.

Commands, Celery tasks, checks and the retirement views call these functions.
"""

from edx_proctoring.operations.cleaning import forget_old_rows
from edx_proctoring.operations.diagnostics import diagnose
from edx_proctoring.operations.expiry import (
    SWEEP_BATCH_SIZE,
    Sweep,
    close_pauses,
    submit_expired_attempts,
    sweep_expired_attempts,
)
from edx_proctoring.operations.health import Health, is_ready, report_health
from edx_proctoring.operations.lateness import Late, find_late_work
from edx_proctoring.operations.probes import Finding
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
    "Health",
    "Late",
    "Repaired",
    "Sweep",
    "close_pauses",
    "deactivate_orphaned_reviews",
    "diagnose",
    "forget_attempts",
    "forget_old_rows",
    "is_ready",
    "personal_data_of_extensions",
    "reapply_reviews",
    "report_health",
    "resend_credit_and_grades",
    "retire_user",
    "retire_user_at_providers",
    "submit_expired_attempts",
    "sweep_expired_attempts",
    "find_late_work",
]
