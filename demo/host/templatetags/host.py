"""Filters of the host's pages."""

from typing import Any

from django import template

from demo.host.seed import COURSE_ID
from edx_proctoring.runtime import get_runtime_service

register = template.Library()


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """Return the value of a key that only the template knows; the key itself if there is none."""
    return mapping.get(key, key)


@register.filter
def place(usage_key: str) -> str:
    """Return the readable end of a usage key."""
    return str(usage_key).rsplit("@", 1)[-1]


@register.filter
def is_course_team(user: Any) -> bool:
    """Return whether the user is course staff or global staff."""
    staff = get_runtime_service("instructor")
    return bool(user.is_staff or staff.is_course_staff(user, COURSE_ID))
