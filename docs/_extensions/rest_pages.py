"""The pages of the REST interface, from the OpenAPI documents and the answers that tests recorded."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXCHANGES = Path(__file__).resolve().parents[1] / "reference" / "rest_v2_examples.json"

Operation = dict[str, Any]


def _document(version: str) -> dict[str, Any]:
    """Return the OpenAPI document of this version, `v1` or `v2`."""
    from edx_proctoring import openapi

    return openapi.document_v2() if version == "v2" else openapi.document()


def operations(version: str) -> list[str]:
    """Every operation by its tag: an object with an anchor, its answers, and what tests recorded of it."""
    by_tag: dict[str, list[str]] = {}
    for path, methods in _document(version)["paths"].items():
        for method, operation in methods.items():
            lines = by_tag.setdefault(operation["tags"][0], [])
            lines += _operation(method.upper(), path, operation)
    rows: list[str] = []
    for tag in sorted(by_tag):
        rows += [f".. rubric:: {tag.capitalize()}", "", *by_tag[tag]]
    return rows


def _operation(method: str, path: str, operation: Operation) -> list[str]:
    lines = [f".. operation:: {operation['operationId']}", ""]
    lines += [f"   ``{method} {path}``", ""]
    summary = f"{operation['summary']}. " if "summary" in operation else ""
    lines += [f"   {summary}{_one_line(operation.get('description', ''))}", ""]
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            about = _one_line(parameter.get("description", ""))
            lines += [f"   * ``?{parameter['name']}``: {about or 'required.'}"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        lines += [f"   * takes {shape(body['schema'])}"]
    for code, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json")
        kind = f" {shape(content['schema'])}" if content else ""
        lines += [f"   * {code}{kind} {_one_line(answer['description'])}".rstrip()]
    lines.append("")
    for line in _recorded(method, path, operation):
        lines.append(f"   {line}".rstrip())
    return [*lines, ""]


def _recorded(method: str, path: str, operation: Operation) -> Iterator[str]:
    """The first recorded answer that worked, and the first that did not, with the request as a curl command."""
    if operation["operationId"].startswith("v2_"):
        yield from _exchanges(operation["operationId"])
        return
    sent = _examples(operation.get("requestBody", {}))
    answers = [
        (code, example)
        for code, answer in operation["responses"].items()
        for example in _examples(answer)
    ]
    good = [one for one in answers if one[0] < "400"][:1]
    if not good:
        code = min(operation["responses"])
        body = next((one["value"] for one in sent if code in one.get("summary", "")), None)
        yield from _block("console", _curl(method, path, body))
        yield from _block("text", ["(no body)"], caption=code)
    for code, answer in [*good, *[one for one in answers if one[0] >= "400"][:1]]:
        body = next((one["value"] for one in sent if str(code) in one.get("summary", "")), None)
        yield from _block("console", _curl(method, path, body))
        yield from _block("json", json.dumps(answer["value"], indent=2).splitlines(), caption=code)


def _exchanges(name: str) -> Iterator[str]:
    """The exchanges of REST v2 that a test recorded, with path, headers and body."""
    for one in json.loads(EXCHANGES.read_text(encoding="utf-8")).get(name, []):
        lines = _curl(one["method"], one["path"], one["body"], one["headers"])
        yield from _block("console", lines)
        answer = one["answer"]
        if one["type"].endswith("json"):
            text = json.dumps(answer, indent=2, ensure_ascii=False).splitlines()
            yield from _block("json", text, caption=one["status"])
        elif answer:
            yield from _block("text", answer.splitlines(), caption=one["status"])


def _examples(part: Operation) -> list[Operation]:
    content = part.get("content", {}).get("application/json", {})
    return [{"summary": name, **example} for name, example in content.get("examples", {}).items()]


def _curl(method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> list[str]:
    lines = [f'$ curl -X {method} -H "Authorization: JWT $TOKEN"', f'    "$LMS{path}"']
    lines += [f'    -H "{name}: {value}"' for name, value in (headers or {}).items()]
    if isinstance(body, str):
        lines += ["    -H 'Content-Type: text/csv' --data-binary @accommodations.csv"]
    elif body is not None:
        text = json.dumps(body, ensure_ascii=False).replace("'", "'\\''")
        lines += [f"    -H 'Content-Type: application/json' -d '{text}'"]
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _block(language: str, lines: list[str], caption: str = "") -> Iterator[str]:
    yield f".. code-block:: {language}"
    if caption:
        yield f"   :caption: {caption}"
    yield ""
    for line in lines:
        yield f"   {line}"
    yield ""


def shape(schema: dict[str, Any]) -> str:
    """Describe a schema in a word."""
    if "items" in schema:
        return f"a list of {shape(schema['items'])}"
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return f"``{name}``" if name else f"``{schema.get('type', 'anything')}``"


def _one_line(text: str) -> str:
    """Markdown of several lines as one of reStructuredText."""
    return re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", " ".join(text.replace("*", "·").split()))


def shapes(version: str) -> list[str]:
    """The components."""
    found = _document(version)["components"]["schemas"]
    lines: list[str] = []
    for name, schema in found.items():
        lines += [f"``{name}``", f"   {_one_line(schema.get('description', ''))}", ""]
        required = schema.get("required", [])
        for key, value in schema.get("properties", {}).items():
            kind = value.get("type") or ("anything" if "$ref" not in value else shape(value))
            kinds = kind if isinstance(kind, str) else " or ".join(kind)
            lines += [f"   * ``{key}``: {kinds}{'' if key in required else ', optional'}"]
        lines += [""]
    return lines
