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
    """Return `METHOD path` of each route by its role; of the core and of the package's extensions."""
    from edx_proctoring import urls
    from edx_proctoring.contrib.accommodations import urls as accommodations
    from edx_proctoring.contrib.live import urls as live
    from edx_proctoring.views.permissions import ROUTE_ROLES

    tables: list[tuple[Any, Any, str]] = [
        (ROUTE_ROLES, urls.urlpatterns, ""),
        (accommodations.ROLES, accommodations.urlpatterns, urls.V2),
        (live.ROLES, live.V2, urls.V2),
    ]
    found: dict[str, list[str]] = {}
    for roles, patterns, prefix in tables:
        paths = dict(_routes(patterns, prefix))
        for name, methods in roles.items():
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
