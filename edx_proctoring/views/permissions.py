"""Permissions. The requested object, not the caller's parameters, determines whose staff the caller must be."""

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api, conf, extensions, host
from edx_proctoring.api.users import signed_in
from edx_proctoring.backends import full_name
from edx_proctoring.exceptions import (
    ProctoredExamNotFoundException,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.types import AnyUser, AttemptDict, JSONObject, User
from edx_proctoring.views.bodies import body
from edx_proctoring.views.requests.allowances import ListedExamsSerializer

NOT_STAFF = "Must be a Staff User to Perform this request."
SIGNED_OUT = "Authentication credentials were not provided."
NO_COURSE = "The course of this request cannot be determined."

View = Callable[..., HttpResponseBase]

THE_WORLD = "anybody, without authentication"
ANY_USER = "any active user, for the user's own data or data about nobody"
OWNER = "the learner whose attempt it is"
COURSE_STAFF = "global staff, and staff of the course of the requested object"
GLOBAL_STAFF = "global staff"
REVIEWER = "reviewers of the attempt: the provider's review group and global staff"
REVIEW_READER = "global staff, staff of the review's course, and the review group of its provider"
REVIEW_DECIDER = (
    "global staff, and the review group of the review's provider except for members' own attempts"
)
RETIREMENT = "users permitted by the host's rule accounts.can_retire_user"

# The role for each route name and method. `tests/views/test_roles.py` tests every cell with every kind of caller.
ROUTE_ROLES: Mapping[str, Mapping[str, str]] = {
    # exams
    "proctored_exam.exam":                         {"post": GLOBAL_STAFF, "put": GLOBAL_STAFF},
    "proctored_exam.exam_by_id":                   {"get": ANY_USER},
    "proctored_exam.exam_by_content_id":           {"get": ANY_USER},
    "proctored_exam.exams_by_course_id":           {"get": ANY_USER},
    "proctored_exam.register_exams_by_course_id":  {"patch": GLOBAL_STAFF},
    "proctored_exam.proctoring_settings":          {"get": ANY_USER},
    "proctored_exam.review_policy":                {"get": ANY_USER},
    # attempts
    "proctored_exam.attempt":                      {"get": OWNER, "put": OWNER, "delete": COURSE_STAFF},
    "proctored_exam.attempt.collection":           {"get": ANY_USER, "post": ANY_USER},
    "proctored_exam.attempt.review_status":        {"put": OWNER},
    "proctored_exam.exam_attempts":                {"get": ANY_USER},
    "proctored_exam.active_attempt":               {"get": ANY_USER},
    "proctored_exam.active_exams_for_user":        {"get": ANY_USER},
    "proctored_exam.attempts.grouped.course":      {"get": COURSE_STAFF},
    "proctored_exam.attempts.grouped.search":      {"get": COURSE_STAFF},
    "proctored_exam.attempts.reset":               {"delete": COURSE_STAFF},
    # allowances
    "proctored_exam.allowance":                    {"get": COURSE_STAFF, "put": COURSE_STAFF, "delete": COURSE_STAFF},
    "proctored_exam.bulk_allowance":               {"put": COURSE_STAFF},
    "proctored_exam.allowance.grouped.course":     {"get": COURSE_STAFF},
    # onboarding, dashboards
    "user_onboarding.status":                      {"get": ANY_USER},
    "user_onboarding.status.course":               {"get": COURSE_STAFF},
    "instructor_dashboard_course":                 {"get": COURSE_STAFF},
    "instructor_dashboard_exam":                   {"get": COURSE_STAFF},
    # providers, and the learner's browser returning from them
    "proctored_exam.attempt.ready_callback":       {"post": REVIEWER},
    "proctored_exam.attempt.callback":             {"post": REVIEWER},
    "anonymous.proctoring_review_callback":        {"post": THE_WORLD},
    "anonymous.proctoring_launch_callback.start_exam": {"get": THE_WORLD},
    # retirement of learners
    "backend_user_deletion_api":                   {"post": RETIREMENT},
    "user_retirement_api":                         {"post": RETIREMENT},
    # the second version and its pages
    "v2.exams":                                    {"get": COURSE_STAFF},
    "v2.exam":                                     {"get": COURSE_STAFF, "patch": COURSE_STAFF},
    "v2.exam.review_policy":                       {"get": COURSE_STAFF, "patch": COURSE_STAFF},
    "v2.attempts":                                 {"get": COURSE_STAFF},
    "v2.attempt":                                  {"get": COURSE_STAFF},
    "v2.attempt.ledger":                           {"get": COURSE_STAFF},
    "v2.attempt.reset":                            {"post": COURSE_STAFF},
    "v2.attempt.resume":                           {"post": COURSE_STAFF},
    "v2.attempt.end":                              {"post": COURSE_STAFF},
    "v2.attempts.actions":                         {"post": COURSE_STAFF},
    "v2.attempts.action":                          {"get": COURSE_STAFF},
    "v2.allowances":                               {"get": COURSE_STAFF, "post": COURSE_STAFF},
    "v2.allowance":                                {"get": COURSE_STAFF, "patch": COURSE_STAFF, "delete": COURSE_STAFF},
    "v2.allowances.actions":                       {"post": COURSE_STAFF},
    "v2.allowances.action":                        {"get": COURSE_STAFF},
    "v2.onboarding":                               {"get": COURSE_STAFF},
    "v2.reviews":                                  {"get": COURSE_STAFF},
    "v2.review":                                   {"get": REVIEW_READER, "patch": REVIEW_DECIDER},
    "v2.attempts.export":                          {"get": COURSE_STAFF},
    "v2.allowances.export":                        {"get": COURSE_STAFF},
    "v2.onboarding.export":                        {"get": COURSE_STAFF},
    "v2.attempt.extend":                           {"post": COURSE_STAFF},
    "v2.attempt.pause":                            {"post": COURSE_STAFF},
    "v2.attempt.continue":                         {"post": COURSE_STAFF},
    "v2.time_changes":                             {"get": COURSE_STAFF, "post": COURSE_STAFF},
    "v2.time_change":                              {"get": COURSE_STAFF},
    "v2.time_change.undo":                         {"post": COURSE_STAFF},
    "v2.health":                                   {"get": GLOBAL_STAFF},  # or HEALTH_TOKEN
    "v2.health.ready":                             {"get": THE_WORLD},
    "pages.texts":                                 {"get": THE_WORLD},
    "pages.my_exams":                              {"get": ANY_USER},
    "pages.my_exams.json":                         {"get": ANY_USER},
    "pages.my_exams.html":                         {"get": ANY_USER},
    "pages.special_exams":                         {"get": COURSE_STAFF},
    "pages.special_exams.parts":                   {"get": COURSE_STAFF},
}  # fmt: skip

# The role for naming another learner by `user_id` or `username`; course staff must also name their course.
WHO_MAY_FOR_OTHERS: Mapping[tuple[str, str], str] = {
    ("proctored_exam.attempt", "put"):              COURSE_STAFF,  # only mark_ready_to_resume
    ("proctored_exam.active_exams_for_user", "get"): COURSE_STAFF,
    ("user_onboarding.status", "get"):              COURSE_STAFF,
    ("proctored_exam.exam_attempts", "get"):        GLOBAL_STAFF,
    ("proctored_exam.active_attempt", "get"):       GLOBAL_STAFF,
}  # fmt: skip


def is_user_course_or_global_staff(user: AnyUser, course_id: object) -> bool:
    """Return whether the user is global staff or staff of the course."""
    return host.is_course_or_global_staff(user, course_id)


def role_of(route: str | None, method: str) -> extensions.Role | None:
    """Return the role for a route of the second version or a page, ours or an extension's; None: nobody has access."""
    name, method = route or "", "get" if method == "HEAD" else method.lower()
    rows = ROUTE_ROLES.get(name) or extensions.roles().get(name, {})
    return rows.get(method)


def has_role(user: User, role: extensions.Role, course_id: str) -> bool:
    """Return whether the signed-in user has the role in this course."""
    if not isinstance(role, str):
        return role(user, course_id)
    if role in (COURSE_STAFF, REVIEW_READER) and is_user_course_or_global_staff(user, course_id):
        return True
    if role in (REVIEW_READER, REVIEW_DECIDER):
        return reviewed_backends(user) != []  # the view compares the provider with the review's
    return role == ANY_USER or (role == GLOBAL_STAFF and bool(user.is_staff))


def may_call(request: HttpRequest | Request, course_id: str) -> bool:
    """Return whether the signed-in user may call the request's route. Routes that are not in the table refuse
    everybody; users whose account is inactive are refused everywhere.
    """
    user, match = caller(request), request.resolver_match
    role = role_of(match.url_name if match else None, str(request.method))
    return bool(user.is_active) and role is not None and has_role(user, role, course_id)


def caller(request: HttpRequest | Request) -> User:
    """Return the signed-in user of the request."""
    return signed_in(request.user)


def caller_id(request: Request) -> int:
    """Return the caller's id; the view lets in only signed-in users."""
    return int(caller(request).pk)


def refusal(detail: str = NOT_STAFF) -> Response:
    """Return the response for callers without permission."""
    return Response(status=status.HTTP_403_FORBIDDEN, data={"detail": detail})


def require_staff(func: View) -> View:
    """Restrict `func(request, …)` to global staff."""

    @wraps(func)
    def wrapped(request: Request, *args: object, **kwargs: object) -> HttpResponseBase:
        return func(request, *args, **kwargs) if request.user.is_staff else refusal()

    return wrapped


def require_course_or_global_staff(func: View) -> View:
    """Restrict `func(request, …)` to global staff and staff of the request's course."""
    return _for_staff_of(_course_of, func)


def require_staff_of_the_exams(func: View) -> View:
    """Do the same for bodies that list exams (`exam_ids`)."""
    return _for_staff_of(course_of_the_exams, func)


def _for_staff_of(course_of: Callable[..., str | None], func: View) -> View:
    @wraps(func)
    def wrapped(request: Request, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.user.is_staff:
            return func(request, *args, **kwargs)
        data = body(request)
        course_id = course_of(kwargs, data)
        if course_id is None:
            return refusal(NO_COURSE)
        is_other = data.get("course_id") not in (None, "", course_id)
        if is_other or not is_user_course_or_global_staff(request.user, course_id):
            return refusal()
        return func(request, *args, **kwargs)

    return wrapped


def course_of_the_exams(
    kwargs: Mapping[str, Any], data: JSONObject, user: AnyUser | None = None
) -> str | None:
    """Return the course that the exams must belong to: from the URL, the body or the first exam; any course for global
    staff.
    """
    named = kwargs.get("course_id") or data.get("course_id")
    if named:
        return named if isinstance(named, str) else None
    if user is not None and user.is_staff:
        return None
    listed = ListedExamsSerializer(data=data).valid()["exam_ids"]
    return api.get_course_of_exams(listed)


def _course_of(kwargs: Mapping[str, Any], data: JSONObject) -> str | None:
    """Return the course of the URL, of its attempt or exam, of the exam in the body, or the course in the body."""
    if kwargs.get("course_id"):
        return str(kwargs["course_id"])
    try:
        if kwargs.get("attempt_id") is not None:
            return api.get_course_of_attempt(kwargs["attempt_id"])
        exam_id = kwargs.get("exam_id", data.get("exam_id"))
        if exam_id is not None:
            return str(api.get_exam_by_id(exam_id)["course_id"])
    except (ProctoredExamNotFoundException, StudentExamAttemptDoesNotExistsException):
        return None
    course_id = data.get("course_id")
    return course_id if isinstance(course_id, str) and course_id else None


def check_may_read_course(user: AnyUser, course_id: str) -> None:
    """With REQUIRE_ENROLLMENT, only learners and staff of the course may see its exams."""
    if not conf.proctoring.REQUIRE_ENROLLMENT:
        return
    if is_user_course_or_global_staff(user, course_id):
        return
    if not host.is_enrolled(user, course_id):
        raise PermissionDenied("You are not enrolled in this course.")


# User accounts of providers

REVIEWERS = "_review"  # suffix of a review group's name, after the provider's name


def reviewed_backends(user: AnyUser) -> list[str] | None:
    """Return the providers whose attempts the user may review; None means all."""
    if user.is_staff:
        return None
    names = user.groups.filter(name__endswith=REVIEWERS).values_list("name", flat=True)
    return [name.removesuffix(REVIEWERS) for name in names]


def may_decide(
    user: AnyUser,
    review: api.ProctoredExamSoftwareSecureReview,
    backends: Collection[str] | None,
) -> bool:
    """Return whether the user may decide about the review, given the user's `reviewed_backends`."""
    if backends is None:
        return True
    if review.exam is None or review.student_id == user.pk:
        return False
    return full_name(review.exam.backend) in backends


def may_review(user: AnyUser, attempt: AttemptDict) -> bool:
    """Return whether the user may report on this attempt (a dictionary) for its provider."""
    return bool(user.has_perm("edx_proctoring.can_review_attempt", attempt))  # type: ignore[arg-type]  # rules take any object


def may_retire_users(user: AnyUser) -> bool:
    """Return whether the host lets the user retire others."""
    return bool(user.has_perm("accounts.can_retire_user"))
