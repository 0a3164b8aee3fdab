"""Random values for every parameter, and for every single value of an otherwise valid body."""

import re
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import strategies as st

from edx_proctoring.openapi import document
from edx_proctoring.testing.factories import COURSE_ID
from tests.fuzz.test_bodies import EXAMPLES, WORDS, send, values
from tests.fuzz.world import World, as_each
from tests.views.conftest import (
    E,
    psi,  # noqa: F401  fixtures
)

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]

ids = st.integers().map(str) | st.text(min_size=1, max_size=12) | WORDS


def parameters() -> Iterator[Any]:
    """Return every parameter of every operation."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            for one in operation.get("parameters", ()):
                name = one["name"]
                yield pytest.param(method, path, name, one["in"], id=f"{method} {path} {name}")


def address(path: str, query: dict[str, str], found: dict[str, Any]) -> str:
    """Return the path with these values."""
    parts = {name: _quoted(str(value)) for name, value in found.items()}
    filled = re.sub(r"{(\w+)}", lambda part: parts[part[1]], path)
    return f"{filled}?{urlencode(query, errors='surrogatepass')}"


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="+:")


@pytest.mark.parametrize(("method", "path", "name", "place"), [*parameters()])
def test_random_values_of_a_parameter(
    method: str, path: str, name: str, place: str, world: World
) -> None:
    def run(who: str, value: str, seed: int) -> None:
        found = world.values(Random(seed))
        query = {"course_id": COURSE_ID}
        if place == "query":
            query[name] = value
        else:
            found[name] = value
        send(world, who, method.upper(), address(path, query, found), {})

    as_each(run, EXAMPLES, ids, st.integers(0, 2**16))


EXAM = {
    "course_id": COURSE_ID, "content_id": "new", "external_id": "new", "exam_name": "New", "time_limit_mins": 90,
    "is_proctored": True, "is_practice_exam": False, "is_active": True, "hide_after_due": False,
    "due_date": "2030-01-01T00:00:00Z", "backend": "test",
}  # fmt: skip
BULK = {"exam_ids": "1", "user_ids": "owner", "allowance_type": "time_multiplier", "value": "1.5"}
COMMENT = {"comment": "A phone", "status": "suspicious", "start": 1, "stop": 2, "duration": 1}
BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", f"{E}/exam", EXAM),
    ("PUT", f"{E}/exam", {"exam_id": 1, **{k: v for k, v in EXAM.items() if "_id" not in k}}),
    ("PATCH", f"{E}/exam_registration/course_id/{COURSE_ID}", EXAM),
    ("POST", f"{E}/attempt", {"exam_id": 1, "attempt_proctored": True, "start_clock": True}),
    ("PUT", f"{E}/attempt/{{attempt}}", {"action": "start", "detail": "x"}),
    ("PUT", f"{E}/attempt/{{attempt}}", {"action": "mark_ready_to_resume", "user_id": 1}),
    ("POST", f"{E}/attempt/{{external}}/ready", {"status": "ready"}),
    (
        "POST",
        f"{E}/attempt/{{external}}/reviewed",
        {"status": "passed", "comments": [COMMENT], "reviewed_by": "staff@example.com", "payload": {"videoReviewLink": "x"}},
    ),
    ("PUT", f"{E}/allowance", {"exam_id": 1, "user_info": "owner", "key": "additional_time_granted", "value": "5"}),
    ("DELETE", f"{E}/allowance", {"exam_id": 1, "user_id": 1, "key": "additional_time_granted"}),
    ("PUT", f"{E}/bulk_allowance", BULK),
    ("PUT", f"{E}/bulk_allowance", {**BULK, "allowance_type": "additional_time_granted", "value": "5"}),
    ("PUT", f"{E}/{COURSE_ID}/bulk_allowance", BULK),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "good"), BODIES, ids=lambda one: one if isinstance(one, str) else "body"
)
def test_random_values_in_a_body(
    method: str, path: str, good: dict[str, Any], world: World
) -> None:
    url = world.filled(path)

    def run(who: str, name: str, value: Any, seed: int) -> None:
        body = {**world.with_real(good, Random(seed)), name: value}
        send(world, who, method, url, [body] if method == "PATCH" else body)

    as_each(run, EXAMPLES, st.sampled_from(sorted(good)), values, st.integers(0, 2**16))


def test_random_values_in_a_comment(world: World) -> None:
    url = f"{E}/attempt/{world.attempt_in('submitted').external_id}/reviewed"

    def run(who: str, name: str, value: Any) -> None:
        review = {"status": "passed", "comments": [COMMENT, {**COMMENT, name: value}]}
        send(world, who, "POST", url, review)

    as_each(run, EXAMPLES, st.sampled_from(sorted(COMMENT)), values)


def test_random_values_in_an_rpnow_review(world: World, psi: Any) -> None:  # noqa: F811  a fixture
    known = world.attempt_in("submitted")
    meta = {"examCode": known.attempt_code, "ssiRecordLocator": known.external_id}
    comment = {
        "eventStart": 1, "eventFinish": 2, "duration": 1, "comments": "A phone", "eventStatus": "Suspicious",
    }  # fmt: skip
    good = {"reviewStatus": "Suspicious", "videoReviewLink": "https://example.com"}
    parts = {"review": good, "meta": meta, "comment": comment}
    places = st.sampled_from([(part, key) for part, keys in parts.items() for key in keys])

    def run(who: str, place: tuple[str, str], value: Any) -> None:
        found = {name: {**part} for name, part in parts.items()}
        found[place[0]][place[1]] = value
        body = {
            **found["review"], "examMetaData": found["meta"], "webCamComments": [found["comment"]],
            "desktopComments": [found["comment"]],
        }  # fmt: skip
        send(world, who, "POST", "/api/edx_proctoring/proctoring_review_callback/", body)

    as_each(run, EXAMPLES, places, values)
