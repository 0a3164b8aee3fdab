"""The REST interface."""

import waffle

from edx_proctoring import patch_points
from edx_proctoring.backends import get_backend_provider
from edx_proctoring.constants import (
    ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API,
    PING_FAILURE_PASSTHROUGH_TEMPLATE,
    REDS_API_REDIRECT,
)
from edx_proctoring.views.allowances import (
    ExamAllowanceView,
    ExamBulkAllowanceView,
    GroupedExamAllowancesByStudent,
)
from edx_proctoring.views.attempts import (
    ActiveExamsForUserView,
    ProctoredExamActiveAttemptView,
    ProctoredExamAttemptReviewStatus,
    ProctoredExamAttemptView,
    StudentProctoredExamAttempt,
    StudentProctoredExamAttemptCollection,
    StudentProctoredExamResetAttempts,
    StudentProctoredGroupedExamAttemptsByCourse,
)
from edx_proctoring.views.base import (
    ATTEMPTS_PER_PAGE,
    LOG,
    AuthenticatedAPIView,
    ProctoredAPIView,
    handle_proctored_exception,
)
from edx_proctoring.views.dashboard import InstructorDashboard
from edx_proctoring.views.exams import (
    ProctoredExamReviewPolicyView,
    ProctoredExamView,
    ProctoredSettingsView,
    RegisterProctoredExamsView,
)
from edx_proctoring.views.onboarding import (
    StudentOnboardingStatusByCourseView,
    StudentOnboardingStatusView,
)
from edx_proctoring.views.permissions import (
    is_user_course_or_global_staff,
    require_course_or_global_staff,
    require_staff,
)
from edx_proctoring.views.reviews import (
    AnonymousReviewCallback,
    BaseReviewCallback,
    ExamReadyCallback,
    IgnoreClientContentNegotiation,
    ProctoredExamReviewCallback,
)
from edx_proctoring.views.users import BackendUserManagementAPI, UserRetirement

__all__ = [
    "ATTEMPTS_PER_PAGE",
    "LOG",
    "ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API",
    "PING_FAILURE_PASSTHROUGH_TEMPLATE",
    "REDS_API_REDIRECT",
    "ActiveExamsForUserView",
    "AnonymousReviewCallback",
    "AuthenticatedAPIView",
    "BackendUserManagementAPI",
    "BaseReviewCallback",
    "ExamAllowanceView",
    "ExamBulkAllowanceView",
    "ExamReadyCallback",
    "GroupedExamAllowancesByStudent",
    "IgnoreClientContentNegotiation",
    "InstructorDashboard",
    "ProctoredAPIView",
    "ProctoredExamActiveAttemptView",
    "ProctoredExamAttemptReviewStatus",
    "ProctoredExamAttemptView",
    "ProctoredExamReviewCallback",
    "ProctoredExamReviewPolicyView",
    "ProctoredExamView",
    "ProctoredSettingsView",
    "RegisterProctoredExamsView",
    "StudentOnboardingStatusByCourseView",
    "StudentOnboardingStatusView",
    "StudentProctoredExamAttempt",
    "StudentProctoredExamAttemptCollection",
    "StudentProctoredExamResetAttempts",
    "StudentProctoredGroupedExamAttemptsByCourse",
    "UserRetirement",
    "get_backend_provider",
    "handle_proctored_exception",
    "is_user_course_or_global_staff",
    "require_course_or_global_staff",
    "require_staff",
    "waffle",
]

patch_points.watch(__name__)
