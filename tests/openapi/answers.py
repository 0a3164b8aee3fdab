"""Whether answers are as the OpenAPI document says."""

import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from edx_proctoring.openapi import document


@cache
def _document() -> dict[str, Any]:
    return document()


@cache
def _paths() -> list[tuple[re.Pattern[str], str]]:
    """The literal ones first: `attempt/grouped` is no attempt's id."""
    paths = sorted(_document()["paths"], key=lambda path: (path.count("{"), -len(path)))
    return [(re.compile(_pattern(path)), path) for path in paths]


def _pattern(path: str) -> str:
    parts = re.split(r"({\w+})", path)
    known = {"{course_id}": r"[^/+]+[/+][^/+]+[/+][^/+]+", "{search_by}": ".+"}
    ids = dict.fromkeys(("{exam_id}", "{attempt_id}", "{user_id}"), r"\d+")
    patterns = {**known, **ids}
    return "".join(
        patterns.get(part, "[^/]+") if part[:1] == "{" else re.escape(part) for part in parts
    )


@cache
def _validator(path: str, method: str, code: str) -> Draft202012Validator | None:
    answer = _document()["paths"][path][method]["responses"].get(code)
    assert answer is not None, f"{method} {path} answers {code}, which is not documented"
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return None
    return Draft202012Validator({**schema, "components": _document()["components"]})


def check(method: str, path: str, response: Any) -> None:
    """Fail if the answer to the request is not one that the document has."""
    found = next((one for pattern, one in _paths() if pattern.fullmatch(path)), None)
    operation = found and _document()["paths"][found].get(method.lower())
    if operation is None or response.status_code == 405:
        return
    validator = _validator(found, method.lower(), str(response.status_code))
    if validator is not None and response.headers.get("Content-Type") == "application/json":
        problems = [error.message for error in validator.iter_errors(response.json())]
        assert not problems, f"{method} {path} {response.status_code}: {problems[:3]}"
