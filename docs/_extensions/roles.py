"""The table of roles: each route with its method, by the role that may call it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver

OWN_RULE = "a rule of its own"


def _routes(patterns: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for one in patterns:
        path = prefix + str(one.pattern).removeprefix("^")
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, path)
        elif isinstance(one, URLPattern) and one.name:
            yield one.name, path


def _readable(pattern: str) -> str:
    path = simplify_regex(pattern.replace(r"\Z", "$")).strip("/")
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path).removeprefix("edx_proctoring/")


def by_role() -> dict[str, list[str]]:
    """Return `METHOD path` of each route by its role; of the core and of the installed extensions."""
    from edx_proctoring import extensions, urls
    from edx_proctoring.views.permissions import ROUTE_ROLES

    paths = dict(_routes(urls.urlpatterns))
    found: dict[str, list[str]] = {}
    for name, methods in {**ROUTE_ROLES, **extensions.roles()}.items():
        for method, role in methods.items():
            line = f"{method.upper()} {_readable(paths[name])}"
            found.setdefault(role if isinstance(role, str) else OWN_RULE, []).append(line)
    return found


def table() -> list[str]:
    """A definition list: the role, and what it may call."""
    lines: list[str] = []
    for role, calls in by_role().items():
        lines += [f"{role[:1].upper()}{role[1:]}", ""]
        lines += [f"   * ``{call}``" for call in calls]
        lines.append("")
    return lines
