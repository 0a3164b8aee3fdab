"""The random requests detect partial changes, and do not affect one another."""

from random import Random
from typing import Any

import pytest
from hypothesis import strategies as st

from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import ExamFactory
from tests.fuzz.test_rest import is_another, operations, route_of
from tests.fuzz.world import PEOPLE, World, as_each, shares

pytestmark = pytest.mark.django_db

HALF_CHANGES = {
    "a row too many": lambda: ExamFactory(content_id="half"),
    "a row that is gone": lambda: ProctoredExamStudentAllowance.objects.all()[:1].get().delete(),
    "a column that is another": lambda: ProctoredExam.objects.update(time_limit_mins=1),
    "a message that will be told": lambda: OutboxMessage.objects.create(kind="email", key="half"),
}


@pytest.mark.parametrize("change", HALF_CHANGES)
def test_an_error_that_has_written_something_is_detected(change: str, world: World) -> None:
    HALF_CHANGES[change]()
    with pytest.raises(AssertionError, match="something was written"):
        world.settle(400)
    world.settle(400)


def test_a_status_that_does_not_exist_is_detected(world: World) -> None:
    ProctoredExamStudentAttempt.objects.filter(pk=world.attempts[0].pk).update(status="half")
    with pytest.raises(AssertionError, match="half"):
        world.settle(200)
    world.settle(200)


def test_the_writes_of_a_request_are_rolled_back(world: World) -> None:
    ExamFactory(content_id="new")
    world.settle(200)
    assert not ProctoredExam.objects.filter(content_id="new").exists()


@pytest.mark.parametrize("operation", operations, ids=lambda one: f"{one.method} {one.path}")
def test_the_operations_own_route_is_recognised(operation: Any, world: World) -> None:
    for seed in range(9):
        path = operation.path.format_map(world.values(Random(seed)))
        assert not is_another(path, route_of(operation, world))


def test_a_course_id_may_include_the_rest_of_the_path(world: World) -> None:
    (grouped,) = (one for one in operations if one.path.endswith("/grouped/allowance"))
    path = grouped.path.replace("{course_id}", "half+id")
    assert is_another(path, route_of(grouped, world))


@pytest.mark.parametrize("examples", [15, 300])
def test_each_kind_of_user_sends_requests(examples: int) -> None:
    asked: dict[str, int] = dict.fromkeys(PEOPLE, 0)

    def run(who: str, _value: int) -> None:
        asked[who] += 1

    as_each(run, examples, st.integers())
    assert asked == shares(examples)
    assert min(asked.values()) >= 2
