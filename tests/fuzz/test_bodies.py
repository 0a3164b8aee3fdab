"""Random bodies, and random values as ids."""

import json
import os
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import strategies as st
from rest_framework.test import APIClient

from edx_proctoring.testing.factories import COURSE_ID
from tests.fuzz.world import World, as_each, signed_in
from tests.views.conftest import (
    E,
    psi,  # noqa: F401  fixtures
)

EXAMPLES = max(int(os.environ.get("FUZZ_EXAMPLES", "15")) // 5, 10)  # for each route
FORM = "application/x-www-form-urlencoded"

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]

WORDS = st.sampled_from(
    [
        "passed",
        "suspicious",
        "Clean",
        "Suspicious",
        "submit",
        "error",
        "1",
        "x",
        "\0",
        "\ud800",
        "²",
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS
KEYS = st.sampled_from(
    [
        "status",
        "comments",
        "comment",
        "start",
        "stop",
        "duration",
        "reviewed_by",
        "payload",
        "videoReviewLink",
        "examMetaData",
        "examCode",
        "ssiRecordLocator",
        "reviewStatus",
        "webCamComments",
        "desktopComments",
        "eventStart",
        "eventStatus",
        "action",
        "user_id",
        "exam_id",
        "course_id",
        "value",
        "key",
    ]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(KEYS, values, max_size=6) | values
REVIEW = st.fixed_dictionaries(
    {"status": st.just("suspicious") | values},
    optional={"comments": values | st.lists(st.dictionaries(KEYS, values)), "payload": values},
)


def send(world: World, who: str, method: str, path: str, body: Any, kind: str = "") -> None:
    """Send a body: already encoded if `kind` is given, else as JSON. The response is validated, too."""
    client = APIClient(raise_request_exception=False, headers=signed_in(who))
    data = body if kind else json.dumps(body)
    response = client.generic(method, path, data, kind or "application/json")
    world.settle(response.status_code)


routes = pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/edx_proctoring/proctoring_review_callback/"),
        ("POST", f"{E}/attempt/{{external}}/ready"),
        ("POST", f"{E}/attempt/{{external}}/reviewed"),
        ("PUT", f"{E}/attempt/{{attempt}}"),
        ("POST", f"{E}/attempt"),
        ("PUT", f"{E}/allowance"),
        ("DELETE", f"{E}/allowance"),
        ("PUT", f"{E}/bulk_allowance"),
        ("PUT", f"{E}/exam"),
        ("POST", f"{E}/exam"),
        ("PATCH", f"{E}/exam_registration/course_id/{COURSE_ID}"),
        ("PUT", f"{E}/attempt/{{attempt}}/review_status"),
    ],
)


@routes
def test_bodies_of_any_shape(method: str, path: str, world: World) -> None:
    url = world.filled(path)

    def run(who: str, body: Any) -> None:
        send(world, who, method, url, body)

    as_each(run, EXAMPLES, bodies)


@routes
def test_forms_and_files(method: str, path: str, world: World) -> None:
    url = world.filled(path)
    texts = st.text(st.characters(codec="utf-8"), max_size=20) | st.just("1")
    files = st.builds(SimpleUploadedFile, st.just("file"), st.binary(max_size=9))

    def run(who: str, fields: Any, file: Any) -> None:
        data = fields if file is None else {**fields, "payload": file}
        kind = MULTIPART_CONTENT if file is not None or "status" in fields else FORM
        body = encode_multipart(BOUNDARY, data) if kind == MULTIPART_CONTENT else urlencode(fields)
        send(world, who, method, url, body, kind)

    as_each(run, EXAMPLES, st.dictionaries(KEYS, texts, max_size=5), st.none() | files)


@routes
def test_bodies_of_any_depth(method: str, path: str, world: World) -> None:
    url = world.filled(path)

    def run(who: str, key: str, depth: int, kind: str) -> None:
        opened = "[" if kind == "[]" else '{"a":'
        deep = opened * depth + "1" + kind[1] * depth
        send(
            world, who, method, url, f'{{"status": "passed", "{key}": {deep}}}', "application/json"
        )

    as_each(run, EXAMPLES, KEYS, st.integers(0, 3000), st.sampled_from(["[]", "{}"]))


def test_reviews(world: World) -> None:
    known = world.attempt_in("submitted")

    def run(who: str, body: Any) -> None:
        send(world, who, "POST", f"{E}/attempt/{known.external_id}/reviewed", body)

    as_each(run, EXAMPLES, REVIEW)


def test_reviews_of_rpnow(world: World, psi: Any) -> None:  # noqa: F811  a fixture
    known = world.attempt_in("submitted")
    meta = {"examCode": known.attempt_code, "ssiRecordLocator": known.external_id}
    review = st.fixed_dictionaries(
        {"examMetaData": st.just(meta) | values, "reviewStatus": WORDS},
        optional={"webCamComments": values, "desktopComments": values, "videoReviewLink": values},
    )

    def run(who: str, body: Any) -> None:
        send(world, who, "POST", "/api/edx_proctoring/proctoring_review_callback/", body)

    as_each(run, EXAMPLES, review)
