"""Compare responses with the OpenAPI document."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.http import HttpResponse
from django.urls import URLResolver
from drf_spectacular.generators import EndpointEnumerator
from jsonschema import Draft202012Validator

from edx_proctoring.openapi import document, document_v2
from edx_proctoring.urls import app_name, urlpatterns

JSON = "application/json"
PROBLEM = "application/problem+json"
# A live server responds in threads, and drf-spectacular loads its classes when first used.
BUILDING = threading.Lock()
# Statuses for methods that a route does not have; the document describes only existing methods.
NO_SUCH_METHOD = {403, 404, 405, 406}


@cache
def _document() -> dict[str, Any]:
    """Return both documents with closed objects, so that undocumented keys are violations."""
    first, second = document(), document_v2()
    schemas = {**first["components"]["schemas"], **second["components"]["schemas"]}
    return _closed(
        {"paths": {**first["paths"], **second["paths"]}, "components": {"schemas": schemas}}
    )


def _closed(part: Any) -> Any:
    if isinstance(part, list):
        return [_closed(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {name: _closed(value) for name, value in part.items()}
    if found.get("type") == "object" and "properties" in found:
        found.setdefault("additionalProperties", False)
    return found


@cache
def _paths() -> dict[tuple[str, frozenset[str]], str]:
    """Return the path in the document by the route's name and the names of its parameters."""
    found = {}
    for name, regex in _routes(urlpatterns):
        path = EndpointEnumerator().get_path_from_regex(f"api/{regex}")
        for known in (path, f"{path}/"):
            if known in _document()["paths"]:
                found[name, frozenset(re.findall(r"{(\w+)}", path))] = known
    return found


def _routes(patterns: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and pattern of each route, including those of extensions."""
    for pattern in patterns:
        whole = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, whole)
        else:
            yield pattern.name, whole


@cache
def _content(path: str, method: str, code: str) -> dict[str, Any]:
    """Return the documented bodies by content type."""
    answer = _document()["paths"][path][method]["responses"].get(code)
    assert answer is not None, f"{code} is not documented"
    content: dict[str, Any] = answer.get("content", {})
    return content


@cache
def _validator(path: str, method: str, code: str, kind: str) -> Draft202012Validator:
    schema = _content(path, method, code)[kind]["schema"]
    return Draft202012Validator({**schema, "components": _document()["components"]})


def check(path: str, method: str, code: int, kind: str, body: bytes) -> None:
    """Fail if the document has no such response of this operation."""
    method = method.lower()
    if method == "head":
        method, body = "get", b""
    if method not in _document()["paths"][path]:
        assert method == "options" or code in NO_SUCH_METHOD, f"no such method, but {code}"
        return
    content = _content(path, method, str(code))
    if not body:
        return
    assert kind in content, f"{kind or 'a body'} is not documented for {code}"
    if kind in (JSON, PROBLEM):
        errors = _validator(path, method, str(code), kind).iter_errors(json.loads(body))
        problems = [error.message for error in errors]
        assert not problems, f"{code}: {problems[:3]}"


def check_answer(request: Any, response: Any) -> None:
    """Check Django's response if the request belongs to one of our routes."""
    match = request.resolver_match
    if match is None or match.app_names[:1] != [app_name] or match.url_name.startswith("pages."):
        return  # pages are not documented
    with BUILDING:
        path = _paths().get((match.url_name, frozenset(match.kwargs)))
    assert path, f"the route {match.url_name} is not documented"
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    is_page = match.url_name.startswith("anonymous.") and not hasattr(match.func, "view_class")
    method = "GET" if is_page else request.method  # a page accepts any method
    check(path, method, response.status_code, kind, b"" if response.streaming else response.content)


_changed = threading.Condition()
_requests: set[object] = set()
_closed_sessions: set[str] = set()


def _begin(request: Any) -> object | None:
    """Note the request as one in progress; return None if the page that sent it has been closed."""
    one = object()
    with _changed:
        if request.COOKIES.get(settings.SESSION_COOKIE_NAME) in _closed_sessions:
            return None
        _requests.add(one)
    return one


def _end(one: object) -> None:
    with _changed:
        _requests.discard(one)
        _changed.notify_all()


def _end_with(response: Any, one: object) -> None:
    """End the request when its response is complete; a live server closes one that it has streamed."""
    if not response.streaming or threading.current_thread() is threading.main_thread():
        _end(one)
        return
    close = response.close

    def close_and_end() -> None:
        try:
            close()
        finally:
            _end(one)

    response.close = close_and_end


def close_pages(*contexts: Any) -> None:
    """Close the pages of a browser's contexts; none of their requests reads the database after this.

    A closed page may have sent a request that the live server has not begun to handle: it would find a flushed
    database. Such requests get 503; the others are waited for. The contexts' sessions at this time count.
    """
    cookies = [cookie for context in contexts for cookie in context.cookies()]
    for context in contexts:
        context.close()
    with _changed:
        _closed_sessions.update(
            one["value"] for one in cookies if one["name"] == settings.SESSION_COOKIE_NAME
        )
        assert _changed.wait_for(lambda: not _requests, timeout=30)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect violations in all responses of Django within the block, in any thread."""
    get_response, found = BaseHandler.get_response, []

    def checked(self: Any, request: Any) -> Any:
        one = _begin(request)
        if one is None:
            return HttpResponse(status=503)
        try:
            response = get_response(self, request)
        except BaseException:
            _end(one)
            raise
        _end_with(response, one)
        try:
            check_answer(request, response)
        except AssertionError as problem:
            found.append(f"{request.method} {request.path}: {problem}")
        return response

    BaseHandler.get_response = checked  # type: ignore[method-assign]  # put back afterwards
    try:
        yield found
    finally:
        BaseHandler.get_response = get_response  # type: ignore[method-assign]  # put back afterwards
