"""Random requests generated from the OpenAPI document: none causes an undocumented error or a partial change."""

import os
from random import Random
from typing import Any
from urllib.parse import unquote

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.urls import Resolver404, resolve
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from edx_proctoring.openapi import document
from tests.fuzz.world import TROUBLES, World, as_each, signed_in

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))

load_all_checks()
BODIES = CHECKS.get_by_names(["content_type_conformance", "response_schema_conformance"])

FAILED = [
    "500",
    "502",
    "503",
]  # and which of them an operation may answer, status_code_conformance checks

# Refusals are a part of the contract that a schema cannot say: unknown ids are 400, and nobody learns more than 403.
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "302", "400", "403", "404", "412", "422", *FAILED]
            },
            "negative_data_rejection": {
                # Forms send texts for numbers and booleans, so more is read than the schema says.
                "expected-statuses": ["2xx", "302", "4xx", *FAILED]
            },
            "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", *FAILED]},
            "missing_required_header": {"expected-statuses": ["403"]},
        }
    }
)


def by_header(found: dict[str, Any]) -> dict[str, Any]:
    """Return the document for a host without sessions."""
    for path in found["paths"].values():
        for operation in path.values():
            if operation.get("security"):
                operation["security"] = [{"jwt": []}]
    return found


schema = schemathesis.openapi.from_dict(by_header(document()), config=CONFIG)
schema.app = get_wsgi_application()
operations = [result.ok() for result in schema.get_all_operations()]


def requests_to(operation: Any) -> Any:
    """Generate requests that the document describes, and others if possible."""
    modes = [
        GenerationMode.POSITIVE,
        *([GenerationMode.NEGATIVE] if can_be_wrong(operation) else []),
    ]
    return st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])


def can_be_wrong(operation: Any) -> bool:
    """Return whether the request has anything that could be invalid."""
    parts = (operation.path_parameters, operation.query, operation.body)
    return any(bool(list(part)) for part in parts)


def route_of(operation: Any, world: World) -> str:
    """Return the operation's own route."""
    return str(resolve(operation.path.format_map(world.values(Random(0)))).route)


def is_another(path: str, route: str) -> bool:
    """Return whether the path matches another route: a course id with more or fewer slashes may do so, such as `a/b` and
    `c/grouped`.
    """
    try:
        return bool(resolve(unquote(path)).route != route)
    except Resolver404:
        return False


@pytest.mark.fuzz
@pytest.mark.parametrize("operation", operations, ids=lambda one: f"{one.method} {one.path}")
def test_random_requests(operation: Any, world: World) -> None:
    checks = CHECKS.get_all()
    route = route_of(operation, world)

    def run(who: str, case: Any, trouble: str, seed: int) -> None:
        chance = Random(seed)
        case.path_parameters = world.with_real(case.path_parameters, chance)
        case.query = world.with_real(case.query, chance)
        case.body = world.with_real(case.body, chance)
        if is_another(case.formatted_path, route):
            return
        headers = signed_in(who)
        with world.trouble(trouble):
            response = case.call(headers=headers)
            # A refusal may be without a body; that this is described as it is, a schema cannot say.
            left_out = BODIES if response.status_code == 403 and not response.content else []
            case.validate_response(
                response, checks=checks, excluded_checks=left_out, headers=headers
            )
        world.settle(response.status_code)

    troubles = st.just("none") | st.sampled_from(list(TROUBLES))
    as_each(run, EXAMPLES, requests_to(operation), troubles, st.integers(0, 2**16))
