"""All routes. If two routes share a view, each accepts only its own methods."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from django.urls import URLResolver, include, path, re_path

from edx_proctoring import callbacks, extensions, instructor_dashboard_exam_urls, views
from edx_proctoring.views import AuthenticatedAPIView
from edx_proctoring.views.my_exams import MyExams, MyExamsHtml, MyExamsJson
from edx_proctoring.views.pages import ScriptTexts, StaffPage, StaffPageParts
from edx_proctoring.views.v2.actions import ActionViewSet, BulkActionViewSet
from edx_proctoring.views.v2.allowance_actions import AllowanceActionViewSet
from edx_proctoring.views.v2.allowances import AllowanceViewSet
from edx_proctoring.views.v2.attempt_details import AttemptDetailsViewSet
from edx_proctoring.views.v2.attempts import AttemptViewSet
from edx_proctoring.views.v2.bulk_time_changes import BulkTimeChangeViewSet
from edx_proctoring.views.v2.exams import ExamViewSet
from edx_proctoring.views.v2.exports import AllowanceExport, AttemptExport, OnboardingExport
from edx_proctoring.views.v2.health import HealthView, ReadyView
from edx_proctoring.views.v2.ledger import LedgerViewSet
from edx_proctoring.views.v2.onboarding import OnboardingViewSet
from edx_proctoring.views.v2.review_policies import ReviewPolicyViewSet
from edx_proctoring.views.v2.reviews import ReviewViewSet
from edx_proctoring.views.v2.time_changes import TimeChangeViewSet

app_name = "edx_proctoring"

# A usage key in the new or old format, or any other name.
CONTENT_ID_PATTERN = (
    r"(?P<content_id>([A-z0-9]+|(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+)))"
)
COURSE = settings.COURSE_ID_PATTERN
V1 = "edx_proctoring/v1"
V2 = rf"edx_proctoring/v2/courses/{COURSE}/"
PAGES = rf"edx_proctoring/pages/courses/{COURSE}/"
EXAMS = f"{V1}/proctored_exam"


def _view(view: type[AuthenticatedAPIView], *methods: str) -> Callable[..., HttpResponseBase]:
    """Return the view restricted to these methods."""
    readable = [*methods, "head"] if "get" in methods else list(methods)
    limited: Callable[..., HttpResponseBase] = view.as_view(
        http_method_names=[*readable, "options"]
    )
    return limited


def _regex(pattern: str, view: Any, name: str) -> Any:
    return re_path(rf"^{pattern}$", view, name=name)


def _with_or_without_slash(pattern: str, view: Any, name: str) -> list[Any]:
    """Also serve requests without the slash; URLs are reversed to the last pattern with the same name."""
    return [_regex(pattern, view, name), _regex(f"{pattern}/", view, name)]


def routes_of_extensions() -> list[URLResolver]:
    """Return the routes that extensions add below v2 and pages."""
    added = extensions.urls()
    mounts = ((V2, added.v2), (PAGES, added.pages))
    return [re_path(rf"^{prefix}", include(list(routes))) for prefix, routes in mounts if routes]


urlpatterns = [
    path(
        f"{EXAMS}/exam",
        _view(views.ProctoredExamView, "post", "put"),
        name="proctored_exam.exam",
    ),
    path(
        f"{EXAMS}/exam/exam_id/<int:exam_id>",
        _view(views.ProctoredExamView, "get"),
        name="proctored_exam.exam_by_id",
    ),
    _regex(
        f"{EXAMS}/exam/course_id/{COURSE}/content_id/{CONTENT_ID_PATTERN}",
        _view(views.ProctoredExamView, "get"),
        name="proctored_exam.exam_by_content_id",
    ),
    _regex(
        f"{EXAMS}/exam/course_id/{COURSE}",
        _view(views.ProctoredExamView, "get"),
        name="proctored_exam.exams_by_course_id",
    ),
    _regex(
        f"{EXAMS}/exam_registration/course_id/{COURSE}",
        views.RegisterProctoredExamsView.as_view(),
        name="proctored_exam.register_exams_by_course_id",
    ),
    path(
        f"{EXAMS}/attempt/<int:attempt_id>",
        views.StudentProctoredExamAttempt.as_view(),
        name="proctored_exam.attempt",
    ),
    _regex(
        f"{EXAMS}/attempt/grouped/course_id/{COURSE}",
        views.StudentProctoredGroupedExamAttemptsByCourse.as_view(),
        name="proctored_exam.attempts.grouped.course",
    ),
    _regex(
        rf"{EXAMS}/attempt/grouped/course_id/{COURSE}/search/(?P<search_by>.+)",
        views.StudentProctoredGroupedExamAttemptsByCourse.as_view(),
        name="proctored_exam.attempts.grouped.search",
    ),
    path(
        f"{EXAMS}/attempt",
        views.StudentProctoredExamAttemptCollection.as_view(),
        name="proctored_exam.attempt.collection",
    ),
    path(
        f"{EXAMS}/attempt/<int:attempt_id>/review_status",
        views.ProctoredExamAttemptReviewStatus.as_view(),
        name="proctored_exam.attempt.review_status",
    ),
    path(
        f"{EXAMS}/attempt/<slug:external_id>/ready",
        views.ExamReadyCallback.as_view(),
        name="proctored_exam.attempt.ready_callback",
    ),
    path(
        f"{EXAMS}/attempt/<slug:external_id>/reviewed",
        views.ProctoredExamReviewCallback.as_view(),
        name="proctored_exam.attempt.callback",
    ),
    _regex(
        f"{EXAMS}/{COURSE}/allowance",
        _view(views.ExamAllowanceView, "get"),
        name="proctored_exam.allowance",
    ),
    path(
        f"{EXAMS}/allowance",
        _view(views.ExamAllowanceView, "put", "delete"),
        name="proctored_exam.allowance",
    ),
    _regex(
        f"{EXAMS}/{COURSE}/bulk_allowance",
        views.ExamBulkAllowanceView.as_view(),
        name="proctored_exam.bulk_allowance",
    ),
    path(
        f"{EXAMS}/bulk_allowance",
        views.ExamBulkAllowanceView.as_view(),
        name="proctored_exam.bulk_allowance",
    ),
    _regex(
        f"{EXAMS}/{COURSE}/grouped/allowance",
        views.GroupedExamAllowancesByStudent.as_view(),
        name="proctored_exam.allowance.grouped.course",
    ),
    path(
        f"{EXAMS}/active_exams_for_user",
        views.ActiveExamsForUserView.as_view(),
        name="proctored_exam.active_exams_for_user",
    ),
    path(
        f"{V1}/user_onboarding/status",
        views.StudentOnboardingStatusView.as_view(),
        name="user_onboarding.status",
    ),
    _regex(
        f"{V1}/user_onboarding/status/course_id/{COURSE}",
        views.StudentOnboardingStatusByCourseView.as_view(),
        name="user_onboarding.status.course",
    ),
    _regex(
        f"{V1}/instructor/{COURSE}",
        views.InstructorDashboard.as_view(),
        name="instructor_dashboard_course",
    ),
    *_with_or_without_slash(
        rf"{V1}/retire_backend_user/(?P<user_id>\d+)",
        views.BackendUserManagementAPI.as_view(),
        name="backend_user_deletion_api",
    ),
    *_with_or_without_slash(
        rf"{V1}/retire_user/(?P<user_id>\d+)",
        views.UserRetirement.as_view(),
        name="user_retirement_api",
    ),
    _regex(
        f"{EXAMS}/attempt/course_id/{COURSE}",
        views.ProctoredExamAttemptView.as_view(),
        name="proctored_exam.exam_attempts",
    ),
    path(
        f"{EXAMS}/active_attempt",
        views.ProctoredExamActiveAttemptView.as_view(),
        name="proctored_exam.active_attempt",
    ),
    path(
        f"{EXAMS}/settings/exam_id/<int:exam_id>/",
        views.ProctoredSettingsView.as_view(),
        name="proctored_exam.proctoring_settings",
    ),
    path(
        f"{EXAMS}/review_policy/exam_id/<int:exam_id>/",
        views.ProctoredExamReviewPolicyView.as_view(),
        name="proctored_exam.review_policy",
    ),
    path(
        "edx_proctoring/proctoring_launch_callback/start_exam/<slug:attempt_code>",
        callbacks.start_exam_callback,
        name="anonymous.proctoring_launch_callback.start_exam",
    ),
    path(
        "edx_proctoring/proctoring_review_callback/",
        views.AnonymousReviewCallback.as_view(),
        name="anonymous.proctoring_review_callback",
    ),
    _regex(
        rf"{EXAMS}/exam_id/(?P<exam_id>\d+)/user_id/(?P<user_id>\d+)/reset_attempts",
        views.StudentProctoredExamResetAttempts.as_view(),
        name="proctored_exam.attempts.reset",
    ),
    *instructor_dashboard_exam_urls.urlpatterns,
    path("edx_proctoring/v2/health/", _view(HealthView, "get"), name="v2.health"),
    path("edx_proctoring/v2/health/ready/", _view(ReadyView, "get"), name="v2.health.ready"),
    _regex(f"{V2}exams/", ExamViewSet.as_view({"get": "list"}), name="v2.exams"),
    _regex(
        rf"{V2}exams/(?P<exam_id>\d{{1,20}})/",
        ExamViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="v2.exam",
    ),
    _regex(
        rf"{V2}exams/(?P<exam_id>\d{{1,20}})/review-policy/",
        ReviewPolicyViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="v2.exam.review_policy",
    ),
    _regex(f"{V2}attempts/", AttemptViewSet.as_view({"get": "list"}), name="v2.attempts"),
    _regex(
        rf"{V2}attempts/(?P<attempt_id>\d{{1,20}})/",
        AttemptDetailsViewSet.as_view({"get": "retrieve"}),
        name="v2.attempt",
    ),
    _regex(
        rf"{V2}attempts/(?P<attempt_id>\d{{1,20}})/ledger/",
        LedgerViewSet.as_view({"get": "list"}),
        name="v2.attempt.ledger",
    ),
    *(
        _regex(
            rf"{V2}attempts/(?P<attempt_id>\d{{1,20}})/{action.rstrip('_')}/",
            TimeChangeViewSet.as_view({"post": action}),
            name=f"v2.attempt.{action.rstrip('_')}",
        )
        for action in TimeChangeViewSet.body_classes
    ),
    *(
        _regex(
            rf"{V2}attempts/(?P<attempt_id>\d{{1,20}})/{action}/",
            ActionViewSet.as_view({"post": action}),
            name=f"v2.attempt.{action}",
        )
        for action in ActionViewSet.body_classes
    ),
    _regex(
        f"{V2}attempts/actions/",
        BulkActionViewSet.as_view({"post": "act"}),
        name="v2.attempts.actions",
    ),
    _regex(
        rf"{V2}attempts/actions/(?P<action_id>\d{{1,20}})/",
        BulkActionViewSet.as_view({"get": "retrieve"}),
        name="v2.attempts.action",
    ),
    _regex(
        f"{V2}allowances/",
        AllowanceViewSet.as_view({"get": "list", "post": "grant"}),
        name="v2.allowances",
    ),
    _regex(
        rf"{V2}allowances/(?P<allowance_id>\d{{1,20}})/",
        AllowanceViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
        name="v2.allowance",
    ),
    _regex(
        f"{V2}allowances/actions/",
        AllowanceActionViewSet.as_view({"post": "act"}),
        name="v2.allowances.actions",
    ),
    _regex(
        rf"{V2}allowances/actions/(?P<action_id>\d{{1,20}})/",
        AllowanceActionViewSet.as_view({"get": "retrieve"}),
        name="v2.allowances.action",
    ),
    *(
        _regex(
            f"{V2}{export.resource}/export/",
            export.as_view({"get": "export"}),
            name=f"v2.{export.resource}.export",
        )
        for export in (AttemptExport, AllowanceExport, OnboardingExport)
    ),
    _regex(f"{V2}onboarding/", OnboardingViewSet.as_view({"get": "list"}), name="v2.onboarding"),
    _regex(f"{V2}reviews/", ReviewViewSet.as_view({"get": "list"}), name="v2.reviews"),
    _regex(
        rf"{V2}reviews/(?P<review_id>\d{{1,20}})/",
        ReviewViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="v2.review",
    ),
    _regex(
        f"{V2}time-changes/",
        BulkTimeChangeViewSet.as_view({"get": "list", "post": "create"}),
        name="v2.time_changes",
    ),
    _regex(
        rf"{V2}time-changes/(?P<change_id>\d{{1,20}})/",
        BulkTimeChangeViewSet.as_view({"get": "retrieve"}),
        name="v2.time_change",
    ),
    _regex(
        rf"{V2}time-changes/(?P<change_id>\d{{1,20}})/undo/",
        BulkTimeChangeViewSet.as_view({"post": "undo"}),
        name="v2.time_change.undo",
    ),
    path("edx_proctoring/pages/texts/<slug:language>", ScriptTexts.as_view(), name="pages.texts"),
    path("edx_proctoring/pages/my-exams/", MyExams.as_view(), name="pages.my_exams"),
    path(
        "edx_proctoring/pages/my-exams/data.json", MyExamsJson.as_view(), name="pages.my_exams.json"
    ),
    path(
        "edx_proctoring/pages/my-exams/data.html", MyExamsHtml.as_view(), name="pages.my_exams.html"
    ),
    _regex(f"{PAGES}special-exams/", StaffPage.as_view(), name="pages.special_exams"),
    _regex(
        f"{PAGES}special-exams/parts/",
        StaffPageParts.as_view(),
        name="pages.special_exams.parts",
    ),
    *routes_of_extensions(),
]
