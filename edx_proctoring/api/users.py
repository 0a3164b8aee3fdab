"""Find learners by id or name, and those who may take proctored exams."""

import logging
from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q

from edx_proctoring import conf, host
from edx_proctoring.api.course_members import is_stranger
from edx_proctoring.exceptions import UserNotFoundException
from edx_proctoring.models import (
    ProctoredExamStudentAttempt,
)
from edx_proctoring.protocols import Enrollment
from edx_proctoring.types import User

log = logging.getLogger(__name__)

Attempt = ProctoredExamStudentAttempt
NO_USER = "There is no such user."


class NoSuchUser(UserNotFoundException):
    """There is no such user (HTTP 404)."""

    http_status = 404


def signed_in(user: User | AnonymousUser) -> User:
    """Return the user of an authenticated request, or raise PermissionDenied."""
    if isinstance(user, AnonymousUser):
        raise PermissionDenied
    return user


def get_user(user_id: int) -> User:
    """Return the user. Raises UserNotFoundException (404)."""
    return _user(pk=user_id)


def get_learner_by_name(username: str, course_id: object, *, of_course: bool = False) -> User:
    """Return the user, with REQUIRE_ENROLLMENT only if enrolled in the course. Raises UserNotFoundException (404).

    `of_course`: refuse users who, according to the host, are not enrolled and have no attempt in the course.
    """
    user = _user(username=username)
    if of_course and is_stranger(course_id, user.pk):
        raise NoSuchUser(NO_USER)
    if conf.proctoring.REQUIRE_ENROLLMENT and not host.is_enrolled(user, course_id):
        raise NoSuchUser(NO_USER)
    return user


def _user(**what: int | str) -> User:
    found = get_user_model()._default_manager.filter(Q(**what)).first()
    if found is None:
        raise NoSuchUser(NO_USER)
    return found


def get_enrollments_can_take_proctored_exams(
    course_id: object, text_search: str | None = None
) -> Iterable[Enrollment]:
    """Return the users of the course who may take proctored exams, as objects with `.user` and `.mode`, in the host's
    order.

    `text_search` is searched in names and e-mail addresses. Returns an empty list if the host cannot tell.
    """
    return host.enrollments(course_id, text_search)
