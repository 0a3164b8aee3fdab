"""Filters of the host's pages."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """Return the value of a key that only the template knows; the key itself if there is none."""
    return mapping.get(key, key)


@register.filter
def place(usage_key: str) -> str:
    """Return the readable end of a usage key."""
    return str(usage_key).rsplit("@", 1)[-1]
