"""The table of all operations: parameters, responses and errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.types import OpenApiTypes

from edx_proctoring.openapi import shapes
from edx_proctoring.views.requests import (
    allowances,
    attempts,
    dashboard,
    exams,
    onboarding,
    reviews,
)
from edx_proctoring.views.requests.base import QuerySerializer

COURSE_ID = "course_id"

# Path parameters: type and description.
ID = (int, {"description": "An id."})
PATHS: Mapping[str, tuple[Any, dict[str, Any]]] = {
    "exam_id": ID,
    "attempt_id": ID,
    "user_id": ID,
    "external_id": (
        str,
        {"pattern": "^[-a-zA-Z0-9_]+$", "description": "The provider's id of the attempt."},
    ),
    "attempt_code": (str, {"pattern": "^[-a-zA-Z0-9_]+$"}),
    "content_id": (str, {"pattern": "^[^/]+$", "description": "The subsection's usage key."}),
    "search_by": (str, {"description": "Part of a username or an e-mail address."}),
}


@dataclass(frozen=True)
class Operation:
    """One method of one route."""

    name: str
    tag: str
    summary: str
    answers: Mapping[int, Any]
    body: Any = None
    # In addition to the responses of every route, see generator.GENERAL.
    errors: Sequence[int] = (403,)
    query: type[QuerySerializer] | None = None
    description: str = ""
    error_shapes: Mapping[int, Any] = field(default_factory=dict)
    framed: bool = False  # clients that prefer HTML get errors as a page


EXAMS = "proctored_exam/exam"
ATTEMPTS = "proctored_exam/attempt"
# Errors of operations that change something, and of those that also call a provider; 415 if the body is read.
CHANGES = (403, 415, 503)
ASKS = (403, 415, 500, 502, 503)
COURSE_STAFF = "For global staff and staff of the course."
GLOBAL_STAFF = "For global staff."
OBJECT = OpenApiTypes.OBJECT
ANY = OpenApiTypes.ANY  # an object or text
TEXT = OpenApiTypes.STR
NOTHING: Mapping[int, Any] = {200: None}
TO_DASHBOARD = Operation(
    "dashboard_of_course",
    "instructors",
    "Redirect to the provider's dashboard for the course",
    {302: None},
    errors=(403, 415, 502),
    error_shapes={400: ANY, 404: ANY, 502: TEXT},
    description=f"{COURSE_STAFF} Errors are shown as a page for clients that prefer HTML.",
    framed=True,
)
BULK = Operation(
    "grant_allowances",
    "allowances",
    "Grant many learners the same allowance in many exams",
    {200: None, 207: shapes.BulkOutcomeSerializer(many=True)},
    body=allowances.BulkGrantSerializer,
    errors=CHANGES,
    error_shapes={400: shapes.FieldErrorSerializer},
    description=COURSE_STAFF,
)
GROUPED = Operation(
    "list_attempts",
    "attempts",
    "A page of the newest attempt per learner and exam",
    {200: shapes.GroupedAttemptsSerializer},
    query=attempts.AttemptListQuery,
    description=COURSE_STAFF,
    errors=(403, 415),
)


def renamed(operation: Operation, **changes: Any) -> Operation:
    """Return the fields with these renamed."""
    return Operation(**{**vars(operation), **changes})


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    (EXAMS, "post"): Operation(
        "create_exam",
        "exams",
        "Create an exam",
        {200: shapes.ExamIdSerializer},
        body=exams.NewExamSerializer,
        errors=CHANGES,
        error_shapes={400: OBJECT},
        description=GLOBAL_STAFF,
    ),
    (EXAMS, "put"): Operation(
        "change_exam",
        "exams",
        "Change an exam",
        {200: shapes.ExamIdSerializer},
        body=exams.ExamChangesSerializer,
        errors=CHANGES,
        description=GLOBAL_STAFF,
    ),
    (f"{EXAMS}/exam_id/{{exam_id}}", "get"): Operation(
        "get_exam", "exams", "An exam by its id", {200: shapes.ExamSerializer}
    ),
    (f"{EXAMS}/course_id/{{course_id}}/content_id/{{content_id}}", "get"): Operation(
        "get_exam_of_content",
        "exams",
        "The exam of a subsection",
        {200: shapes.ExamSerializer},
        errors=(403,),
    ),
    (f"{EXAMS}/course_id/{{course_id}}", "get"): Operation(
        "list_exams",
        "exams",
        "The active exams of a course",
        {200: shapes.ExamSerializer(many=True)},
        errors=(403,),
    ),
    ("proctored_exam/exam_registration/course_id/{course_id}", "patch"): Operation(
        "register_exams",
        "exams",
        "Replace the exams of the course, in one transaction",
        {200: shapes.ExamIdSerializer(many=True)},
        body=exams.RegisteredExamSerializer(many=True),
        errors=(403, 415, 422, 503),
        error_shapes={422: ANY},
        description=f"{GLOBAL_STAFF} Active exams that are not listed are deactivated.",
    ),
    ("proctored_exam/settings/exam_id/{exam_id}/", "get"): Operation(
        "get_settings",
        "exams",
        "Contacts and links of the platform and of the exam's provider",
        {200: shapes.SettingsSerializer},
        errors=(403, 500),
    ),
    ("proctored_exam/review_policy/exam_id/{exam_id}/", "get"): Operation(
        "get_review_policy",
        "exams",
        "Instructions for the reviewers of the exam",
        {200: shapes.PolicySerializer},
    ),
    (ATTEMPTS, "get"): Operation(
        "get_running_attempt",
        "attempts",
        "The caller's running attempt, for the timer",
        {200: shapes.TimerSerializer},
        errors=(403, 503),
    ),
    (ATTEMPTS, "post"): Operation(
        "create_attempt",
        "attempts",
        "Create an attempt for the caller",
        {200: shapes.AttemptIdSerializer},
        body=attempts.NewAttemptSerializer,
        errors=(*ASKS, 429),
        description="429 if the learner has created too many practice attempts within the hour.",
    ),
    (f"{ATTEMPTS}/{{attempt_id}}", "get"): Operation(
        "poll_attempt",
        "attempts",
        "The caller's attempt and the remaining time",
        {200: shapes.PolledAttemptSerializer},
        errors=(403, 503),
    ),
    (f"{ATTEMPTS}/{{attempt_id}}", "put"): Operation(
        "act_on_attempt",
        "attempts",
        "Perform an action on the attempt",
        {200: shapes.ActionOutcomeSerializer},
        body=attempts.ActionSerializer,
        errors=(*ASKS, 429),
        description="`reset_attempt` returns 429 in the same cases as the creation of a practice attempt. "
        "`mark_ready_to_resume` is for staff of the course, with the learner's `user_id`.",
    ),
    (f"{ATTEMPTS}/{{attempt_id}}", "delete"): Operation(
        "remove_attempt",
        "attempts",
        "Remove an attempt, here and at its provider",
        NOTHING,
        errors=(403, 415, 502, 503),
        query=attempts.RemovalQuery,
        description=COURSE_STAFF,
    ),
    (f"{ATTEMPTS}/{{attempt_id}}/review_status", "put"): Operation(
        "acknowledge_result",
        "attempts",
        "Acknowledge the result",
        NOTHING,
        errors=(403, 503),
        description="404 unless PROCTORED_EXAM_VIEWABLE_PAST_DUE is set. The body is not read.",
    ),
    (f"{ATTEMPTS}/grouped/course_id/{{course_id}}", "get"): GROUPED,
    (f"{ATTEMPTS}/grouped/course_id/{{course_id}}/search/{{search_by}}", "get"): renamed(
        GROUPED,
        name="search_attempts",
        summary="The same for learners whose name or e-mail address contains the text",
    ),
    ("proctored_exam/exam_id/{exam_id}/user_id/{user_id}/reset_attempts", "delete"): Operation(
        "remove_attempts",
        "attempts",
        "Remove all attempts of a learner in an exam",
        NOTHING,
        errors=(403, 415, 502, 503),
        query=attempts.RemovalQuery,
        error_shapes={404: ANY},
        description=COURSE_STAFF,
    ),
    (f"{ATTEMPTS}/course_id/{{course_id}}", "get"): Operation(
        "get_exam_page",
        "attempts",
        "An exam and a learner's attempt in it, for the learning micro-frontend",
        {200: shapes.ExamPageSerializer},
        errors=(403, 503),
        query=attempts.ExamPageQuery,
    ),
    ("proctored_exam/active_attempt", "get"): Operation(
        "get_active_attempt",
        "attempts",
        "A learner's running attempt, for the learning micro-frontend",
        {200: shapes.TimerSerializer},
        query=attempts.LearnerQuery,
        errors=(403, 503),
    ),
    ("proctored_exam/active_exams_for_user", "get"): Operation(
        "list_running_exams",
        "attempts",
        "A learner's running exams, with their allowances",
        {200: shapes.RunningExamSerializer(many=True)},
        query=attempts.RunningExamsQuery,
        errors=(403, 415),
    ),
    (f"{ATTEMPTS}/{{external_id}}/ready", "post"): Operation(
        "report_ready",
        "providers",
        "The provider's software is set up",
        {200: TEXT},
        body=reviews.ReadySerializer,
        errors=(403, 503),
        error_shapes={403: ANY, 404: ANY},
    ),
    (f"{ATTEMPTS}/{{external_id}}/reviewed", "post"): Operation(
        "deliver_review",
        "providers",
        "The provider delivers a review",
        {200: TEXT, 412: TEXT},
        body=reviews.ReviewSerializer,
        errors=ASKS,
        error_shapes={403: ANY},
        description="412 if the exam is no longer proctored.",
    ),
    ("proctoring_review_callback/", "post"): Operation(
        "deliver_rpnow_review",
        "providers",
        "RPNow delivers a review, without authentication",
        {200: TEXT, 412: TEXT},
        body=reviews.RpnowReviewSerializer,
        errors=(400, 502, 503),
    ),
    ("proctoring_launch_callback/start_exam/{attempt_code}", "get"): Operation(
        "launch_exam",
        "providers",
        "RPNow's browser arrives: mark the attempt as ready and redirect to the exam",
        {302: None},
        errors=(404, 503),
        description="Without the attempt's token, only redirects to the exam.",
    ),
    ("proctored_exam/{course_id}/allowance", "get"): Operation(
        "list_allowances",
        "allowances",
        "All allowances of a course",
        {200: shapes.AllowanceSerializer(many=True)},
        errors=(403, 415),
        query=allowances.AllowanceListQuery,
        description=COURSE_STAFF,
    ),
    ("proctored_exam/{course_id}/grouped/allowance", "get"): Operation(
        "list_allowances_by_learner",
        "allowances",
        "All allowances of a course by username",
        {200: OBJECT},
        errors=(403, 415),
        query=allowances.AllowanceListQuery,
        description=COURSE_STAFF,
    ),
    ("proctored_exam/allowance", "put"): Operation(
        "grant_allowance",
        "allowances",
        "Grant an allowance, or replace it",
        NOTHING,
        body=allowances.GrantSerializer,
        errors=CHANGES,
        description=COURSE_STAFF,
    ),
    ("proctored_exam/allowance", "delete"): Operation(
        "take_allowance_back",
        "allowances",
        "Remove an allowance",
        NOTHING,
        body=allowances.RevocationSerializer,
        errors=CHANGES,
        description=COURSE_STAFF,
    ),
    ("proctored_exam/bulk_allowance", "put"): BULK,
    ("proctored_exam/{course_id}/bulk_allowance", "put"): renamed(
        BULK, name="grant_allowances_in_course"
    ),
    ("user_onboarding/status", "get"): Operation(
        "get_onboarding_status",
        "onboarding",
        "A learner's onboarding status",
        {200: shapes.OnboardingStatusSerializer},
        errors=(403,),
        error_shapes={404: ANY},
        query=onboarding.OnboardingStatusQuery,
    ),
    ("user_onboarding/status/course_id/{course_id}", "get"): Operation(
        "list_onboarding_statuses",
        "onboarding",
        "A page of the onboarding statuses of the course's learners",
        {200: shapes.OnboardingPageSerializer},
        errors=CHANGES,
        query=onboarding.OnboardingListQuery,
        description=COURSE_STAFF,
    ),
    ("instructor/{course_id}", "get"): TO_DASHBOARD,
    ("instructor/{course_id}/{exam_id}", "get"): renamed(
        TO_DASHBOARD,
        name="dashboard_of_exam",
        summary="Redirect to the provider's dashboard for an exam",
        query=dashboard.DashboardQuery,
    ),
    ("retire_backend_user/{user_id}/", "post"): Operation(
        "retire_user_at_providers",
        "users",
        "Have all providers delete the user's data",
        {200: OBJECT},
        errors=(403, 500),
        error_shapes={403: ANY, 500: OBJECT},
        description="Returns the result by provider name. For users who may retire users.",
    ),
    ("retire_user/{user_id}/", "post"): Operation(
        "retire_user",
        "users",
        "Blank the user's personal data",
        {204: None},
        errors=(403, 503),
        error_shapes={403: ANY},
        description="For users who may retire users.",
    ),
}
OPERATIONS = {
    (path if path.startswith("proctoring_") else f"v1/{path}", method): operation
    for (path, method), operation in OPERATIONS.items()
}
