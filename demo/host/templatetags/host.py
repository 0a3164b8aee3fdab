"""Filters of the host's pages."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """The value of a key that is known only to the template; the key where there is none."""
    return mapping.get(key, key)


@register.filter
def place(usage_key: str) -> str:
    """The readable end of a usage key."""
    return str(usage_key).rsplit("@", 1)[-1]
