"""URLs of courses, exams and the LMS."""

import logging

from django.urls import NoReverseMatch, reverse
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring import conf, constants

log = logging.getLogger(__name__)


def reverse_or_empty(name: str, args: list[object] | None = None) -> str:
    """Return the path of a route, or '' if the host has no such route."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        log.warning("route not found in the host's URLs: %s", name)
        return ""


def progress_path(course_id: object, user_id: int) -> str | None:
    """Return the path of the host's page with the learner's progress in the course, or None if there is no such page."""
    try:
        return reverse(conf.proctoring.PROGRESS_ROUTE, args=[course_id, user_id])
    except NoReverseMatch:
        return None


def learning_mfe_exam_url(course_id: object, content_id: object) -> str:
    """Return the exam's URL in the learning micro-frontend. Raises InvalidKeyError for ids that are not keys."""
    course_key = CourseKey.from_string(str(course_id))
    usage_key = UsageKey.from_string(str(content_id))
    return f"{conf.django.LEARNING_MICROFRONTEND_URL}/course/{course_key}/{usage_key}"


def course_home_url(course_id: object) -> str:
    """Return the URL of the course's home in the learning micro-frontend."""
    return f"{conf.django.LEARNING_MICROFRONTEND_URL}/course/{course_id}/home"


def exam_url(course_id: object, content_id: object, is_learning_mfe: bool) -> str:
    """Return the URL of the exam for the learner."""
    if is_learning_mfe:
        return learning_mfe_exam_url(course_id, content_id)
    return reverse_or_empty("jump_to", args=[course_id, content_id])


def exam_url_or_none(course_id: object, content_id: object, is_learning_mfe: bool) -> str | None:
    """Do the same; None for content unknown to the micro-frontend, or without a route."""
    try:
        return exam_url(course_id, content_id, is_learning_mfe) or None
    except InvalidKeyError:
        return None


def site_url() -> str:
    """Return scheme and host of the site, for providers and e-mails."""
    scheme = "https" if conf.django.HTTPS == "on" else "http"
    return f"{scheme}://{constants.SITE_NAME}"


def lms_url(path: str) -> str:
    """Return an absolute URL in the LMS."""
    return f"{str(conf.django.LMS_ROOT_URL or site_url()).rstrip('/')}{path}"


def course_url_for_mail(course_id: object, content_id: object) -> str:
    """Return the course's home, or the exam's page without a learning micro-frontend; e-mails need absolute URLs."""
    if conf.django.LEARNING_MICROFRONTEND_URL:
        return course_home_url(course_id)
    return lms_url(reverse_or_empty("jump_to", args=[course_id, content_id]))
