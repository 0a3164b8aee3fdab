"""Random requests, by the OpenAPI document: none gives an error that is not documented or leaves half a change."""

import os
import random
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from edx_proctoring.openapi import document
from tests.fuzz import world

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))
KNOWN_ATTEMPTS = 8

load_all_checks()

# Refusals are a part of the contract that a schema cannot say: unknown ids are 400, and nobody learns more than 403.
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "302", "400", "403", "404", "412", "422", "500", "502"]
            },
            "negative_data_rejection": {
                # Forms send texts for numbers and booleans, so more is read than the schema says.
                "expected-statuses": ["2xx", "302", "4xx", "500", "502"]
            },
            # Which errors of the server an operation may answer is what status_code_conformance checks.
            "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "500", "502", "503"]},
            "missing_required_header": {"expected-statuses": ["403"]},
        }
    }
)


def by_header(found: dict[str, Any]) -> dict[str, Any]:
    """The document, for a host without sessions."""
    for path in found["paths"].values():
        for operation in path.values():
            if operation.get("security"):
                operation["security"] = [{"jwt": []}]
    return found


schema = schemathesis.openapi.from_dict(by_header(document()), config=CONFIG)
schema.app = get_wsgi_application()
operations = [result.ok() for result in schema.get_all_operations()]


def real_ids(parameters: dict[str, Any]) -> dict[str, Any]:
    """Ids that exist, often."""
    found = dict(parameters)
    for name in ("attempt_id", "exam_id", "user_id"):
        if isinstance(found.get(name), int) and random.Random(found[name]).random() < 0.7:
            found[name] = abs(found[name]) % KNOWN_ATTEMPTS + 1
    if "course_id" in found and random.Random(str(found["course_id"])).random() < 0.7:
        found["course_id"] = world.COURSE_ID
    return found


def requests_to(operation: Any) -> Any:
    """Those that the document describes, and those that it does not, as far as there are any."""
    modes = [
        GenerationMode.POSITIVE,
        *([GenerationMode.NEGATIVE] if can_be_wrong(operation) else []),
    ]
    return st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])


def can_be_wrong(operation: Any) -> bool:
    """Has it anything that could be wrong?"""
    parts = (operation.path_parameters, operation.query, operation.body)
    return any(bool(list(part)) for part in parts)


@pytest.mark.fuzz
@pytest.mark.parametrize("operation", operations, ids=lambda one: f"{one.method} {one.path}")
def test_random_requests(operation: Any, everybody: Any) -> None:
    checks = CHECKS.get_all()

    @given(case=requests_to(operation))
    @hypothesis_settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        if case.path_parameters:
            case.path_parameters = real_ids(case.path_parameters)
        before = world.state()
        response = case.call(headers=world.SIGNED_IN)
        case.validate_response(response, checks=checks, headers=world.SIGNED_IN)
        if response.status_code >= 400:
            assert world.state() == before, f"{response.status_code}, but something was written"
        world.check()

    run()
