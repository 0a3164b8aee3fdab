"""The public Python interface for the LMS, Studio and plug-ins."""

import logging

from django.contrib.auth import get_user_model
from django.template import loader

from edx_proctoring import constants, patch_points
from edx_proctoring.api.allowances.bulk import (
    NO_EXAM,
    NOT_ACTIVE,
    OTHER_COURSE,
    add_bulk_allowances,
    grant_allowances,
)
from edx_proctoring.api.allowances.single import (
    add_allowance_for_user,
    get_allowances_for_course,
    get_allowances_page,
    grant_allowance,
    remove_allowance_for_user,
    take_allowance_back,
)
from edx_proctoring.api.attempts.changes import (
    JUMPTO_SUPPORTED_NAMESPACES,
    check_prerequisites,
    create_exam_attempt,
    mark_exam_attempt_as_ready,
    mark_exam_attempt_as_ready_to_resume,
    mark_exam_attempt_as_resumed,
    mark_exam_attempt_timeout,
    mark_ready_if_setting_up,
    planned_status,
    prerequisite_status,
    remove_exam_attempt,
    remove_exam_attempt_or_keep_at_provider,
    remove_exam_attempts,
    reset_practice_exam,
    retry_messages,
    start_exam_attempt,
    start_exam_attempt_by_code,
    stop_exam_attempt,
    tell_attempt_deleted,
    update_attempt_status,
    update_exam_attempt,
)
from edx_proctoring.api.attempts.exam_page import (
    get_exam_for_learner,
)
from edx_proctoring.api.attempts.learner_actions import (
    create_attempt_for_learner,
    find_attempt,
    learner_action,
)
from edx_proctoring.api.attempts.pages import (
    attempts_of_type,
    find_attempts,
    find_newest_attempts,
    get_grouped_attempts,
    shown_attempt,
)
from edx_proctoring.api.attempts.previews import (
    PlannedChange,
    plan_extensions,
    plan_giving_back,
    plan_pauses,
)
from edx_proctoring.api.attempts.reads import (
    allowed_minutes,
    can_update_credit_grades_and_email,
    create_proctoring_attempt_status_email,
    exam_due_date,
    get_active_exams_for_user,
    get_all_exam_attempts,
    get_course_of_attempt,
    get_current_exam_attempt,
    get_exam_attempt_by_code,
    get_exam_attempt_by_external_id,
    get_exam_attempt_by_id,
    get_exam_violation_report,
    get_filtered_exam_attempts,
    get_last_exam_completion_date,
    get_total_allowed_time_for_exam,
    get_user_attempts_by_exam_id,
    is_attempt_in_resume_process,
    is_attempt_ready_to_resume,
    is_exam_passed_due,
    is_state_transition_legal,
    locate_attempt_by_attempt_code,
    locate_attempt_by_external_id,
    was_registered_without_token,
)
from edx_proctoring.api.attempts.summaries import (
    PRACTICE_STATUS_SUMMARY_MAP,
    STATUS_SUMMARY_MAP,
    TIMED_EXAM_STATUS_SUMMARY_MAP,
    get_attempt_status_summaries,
    get_attempt_status_summary,
)
from edx_proctoring.api.attempts.time_changes import (
    AttemptClock,
    ShownPause,
    TimeChangeResult,
    clocks_of,
    continue_attempt,
    extend_attempt,
    give_back_time,
    is_attempt_paused,
    pause_attempt,
    recalculate_deadlines,
    recalculate_running,
    unless_paused,
)
from edx_proctoring.api.attempts.timer import (
    get_active_attempt_data,
    get_exam_attempt_data,
    get_polled_attempt,
)
from edx_proctoring.api.exams import (
    announce_exam,
    change_exam,
    create_exam,
    find_exams,
    get_all_exams_for_course,
    get_course_of_exams,
    get_exam_by_content_id,
    get_exam_by_id,
    get_exam_to_change,
    is_known_backend,
    leave_former_provider,
    register_exams,
    tell_exam_saved,
    type_of_exam,
    update_exam,
)
from edx_proctoring.api.idempotency import (
    abandon_request,
    begin_request,
    finish_request,
    forget_requests,
)
from edx_proctoring.api.legacy import (
    _are_prerequirements_satisfied,
    _calculate_allowed_mins,
    _check_for_attempt_timeout,
    _get_ordered_prerequisites,
    emit_event,
    get_exam_due_date,
    get_time_remaining_for_attempt,
    has_due_date_passed,
    has_end_date_passed,
    is_reattempting_exam,
    verify_and_add_wait_deadline,
)
from edx_proctoring.api.onboarding.course import get_onboarding_statuses
from edx_proctoring.api.onboarding.exams import (
    categorize_inaccessible_exams_by_date,
    does_backend_support_onboarding,
    get_onboarding_exam_link,
    get_user_course_outline_details,
)
from edx_proctoring.api.onboarding.status import (
    NoOnboardingProfile,
    get_onboarding_status,
)
from edx_proctoring.api.onboarding.validity import (
    get_last_verified_onboarding_attempts_per_user,
    get_onboarding_attempt_data_for_learner,
)
from edx_proctoring.api.providers.dashboards import (
    get_exam_configuration_dashboard_url,
    get_instructor_dashboard_url,
    is_backend_dashboard_available,
)
from edx_proctoring.api.providers.settings import (
    get_integration_specific_email,
    get_proctoring_settings_by_exam_id,
)
from edx_proctoring.api.reviews.anonymous import receive_anonymous_review
from edx_proctoring.api.reviews.policy_texts import (
    _get_review_policy_by_exam_id,
    create_exam_review_policy,
    get_review_policy_by_exam_id,
    remove_review_policy,
    update_review_policy,
)
from edx_proctoring.api.reviews.receive import (
    apply_saved_review,
    decide_review,
    lock_learner,
    receive_review,
)
from edx_proctoring.api.reviews.release import release_comments, withhold_comments
from edx_proctoring.api.student_view.screens import get_student_view
from edx_proctoring.api.users import (
    get_enrollments_can_take_proctored_exams,
    get_learner_by_name,
    get_user,
)
from edx_proctoring.backends import (
    get_backend_provider,
    has_secret_ids,
)
from edx_proctoring.crypto import (
    obscured_user_id,
)
from edx_proctoring.exam_types import (
    get_exam_type,
)
from edx_proctoring.exceptions import (
    AllowanceValueNotAllowedException,
    BackendProviderCannotRegisterAttempt,
    BackendProviderCannotRemoveAttempt,
    BackendProviderNotConfigured,
    BackendProviderOnboardingException,
    BackendProviderRemovalNotConfirmed,
    BackendProviderSentNoAttemptID,
    ProctoredBaseException,
    ProctoredExamAlreadyExists,
    ProctoredExamIllegalResumeUpdate,
    ProctoredExamIllegalStatusTransition,
    ProctoredExamNotActiveException,
    ProctoredExamNotFoundException,
    ProctoredExamPermissionDenied,
    ProctoredExamReviewPolicyAlreadyExists,
    ProctoredExamReviewPolicyNotFoundException,
    StudentExamAttemptAlreadyExistsException,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptedAlreadyStarted,
    StudentExamAttemptOnPastDueProctoredExam,
)
from edx_proctoring.links import (
    course_home_url as get_course_home_url,
)
from edx_proctoring.links import (
    exam_url as get_exam_url,
)
from edx_proctoring.models import (
    ALLOWANCE_ORDERINGS,
    ATTEMPT_ORDERINGS,
    TIME_VALUES,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.runtime import (
    get_runtime_service,
)
from edx_proctoring.serializers import (
    ProctoredExamReviewPolicySerializer,
    ProctoredExamSerializer,
    ProctoredExamStudentAllowanceSerializer,
    ProctoredExamStudentAttemptSerializer,
)
from edx_proctoring.signals import (
    exam_attempt_status_signal,
)
from edx_proctoring.statuses import (
    InstructorDashboardOnboardingAttemptStatus,
    ProctoredExamStudentAttemptStatus,
)
from edx_proctoring.timing import (
    humanized as humanized_time,
)

USER_MODEL = get_user_model()
SHOW_EXPIRY_MESSAGE_DURATION = 60  # seconds
APPROVED_STATUS = "approved"
REJECTED_GRADE_OVERRIDE_EARNED = 0.0
log = logging.getLogger(__name__)

# The published names. The package itself uses a few more.
__all__ = [
    "add_allowance_for_user",
    "add_bulk_allowances",
    "can_update_credit_grades_and_email",
    "check_prerequisites",
    "continue_attempt",
    "create_exam",
    "create_exam_attempt",
    "create_exam_review_policy",
    "create_proctoring_attempt_status_email",
    "does_backend_support_onboarding",
    "extend_attempt",
    "is_attempt_paused",
    "get_active_exams_for_user",
    "get_all_exam_attempts",
    "get_all_exams_for_course",
    "get_allowances_for_course",
    "get_attempt_status_summary",
    "get_current_exam_attempt",
    "get_enrollments_can_take_proctored_exams",
    "get_exam_attempt_by_code",
    "was_registered_without_token",
    "get_exam_attempt_by_external_id",
    "get_exam_attempt_by_id",
    "get_exam_attempt_data",
    "get_exam_by_content_id",
    "get_exam_by_id",
    "get_exam_configuration_dashboard_url",
    "get_exam_violation_report",
    "get_filtered_exam_attempts",
    "get_integration_specific_email",
    "get_last_exam_completion_date",
    "get_last_verified_onboarding_attempts_per_user",
    "get_onboarding_attempt_data_for_learner",
    "get_onboarding_exam_link",
    "get_proctoring_settings_by_exam_id",
    "get_review_policy_by_exam_id",
    "get_student_view",
    "get_total_allowed_time_for_exam",
    "get_user_attempts_by_exam_id",
    "is_attempt_in_resume_process",
    "is_attempt_ready_to_resume",
    "is_backend_dashboard_available",
    "is_exam_passed_due",
    "is_state_transition_legal",
    "mark_exam_attempt_as_ready",
    "mark_exam_attempt_as_ready_to_resume",
    "mark_exam_attempt_as_resumed",
    "mark_exam_attempt_timeout",
    "pause_attempt",
    "recalculate_deadlines",
    "remove_allowance_for_user",
    "remove_exam_attempt",
    "remove_review_policy",
    "reset_practice_exam",
    "start_exam_attempt",
    "start_exam_attempt_by_code",
    "stop_exam_attempt",
    "update_attempt_status",
    "update_exam",
    "update_exam_attempt",
    "update_review_policy",
    # values
    "APPROVED_STATUS",
    "JUMPTO_SUPPORTED_NAMESPACES",
    "PRACTICE_STATUS_SUMMARY_MAP",
    "REJECTED_GRADE_OVERRIDE_EARNED",
    "SHOW_EXPIRY_MESSAGE_DURATION",
    "STATUS_SUMMARY_MAP",
    "TIMED_EXAM_STATUS_SUMMARY_MAP",
    "USER_MODEL",
    # importable from here for older callers
    "TimeChangeResult",
    "AllowanceValueNotAllowedException",
    "BackendProviderCannotRegisterAttempt",
    "BackendProviderCannotRemoveAttempt",
    "BackendProviderNotConfigured",
    "BackendProviderOnboardingException",
    "BackendProviderRemovalNotConfirmed",
    "BackendProviderSentNoAttemptID",
    "InstructorDashboardOnboardingAttemptStatus",
    "ProctoredBaseException",
    "ProctoredExam",
    "ProctoredExamAlreadyExists",
    "ProctoredExamIllegalResumeUpdate",
    "ProctoredExamIllegalStatusTransition",
    "ProctoredExamNotActiveException",
    "ProctoredExamNotFoundException",
    "ProctoredExamPermissionDenied",
    "ProctoredExamReviewPolicy",
    "ProctoredExamReviewPolicyAlreadyExists",
    "ProctoredExamReviewPolicyNotFoundException",
    "ProctoredExamReviewPolicySerializer",
    "ProctoredExamSerializer",
    "ProctoredExamSoftwareSecureReview",
    "ProctoredExamStudentAllowance",
    "ProctoredExamStudentAllowanceSerializer",
    "ProctoredExamStudentAttempt",
    "ProctoredExamStudentAttemptSerializer",
    "ProctoredExamStudentAttemptStatus",
    "StudentExamAttemptAlreadyExistsException",
    "StudentExamAttemptDoesNotExistsException",
    "StudentExamAttemptOnPastDueProctoredExam",
    "StudentExamAttemptedAlreadyStarted",
    "categorize_inaccessible_exams_by_date",
    "emit_event",
    "exam_attempt_status_signal",
    "get_backend_provider",
    "get_course_home_url",
    "get_exam_due_date",
    "get_exam_type",
    "get_exam_url",
    "get_runtime_service",
    "get_time_remaining_for_attempt",
    "get_user_course_outline_details",
    "has_due_date_passed",
    "has_end_date_passed",
    "humanized_time",
    "is_reattempting_exam",
    "obscured_user_id",
    "verify_and_add_wait_deadline",
]

patch_points.watch(__name__)
