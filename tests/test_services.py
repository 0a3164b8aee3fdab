"""The service for XBlocks."""

from types import FunctionType
from typing import Any

import pytest

from edx_proctoring import api
from edx_proctoring.services import ProctoringService

FUNCTIONS = [name for name in api.__all__ if isinstance(getattr(api, name), FunctionType)]


@pytest.mark.defect("PYTHON-92")
def test_there_is_one() -> None:
    assert ProctoringService() is ProctoringService()
    with pytest.raises(TypeError):
        ProctoringService("argument")  # type: ignore[call-arg]  # must be refused


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_offers_every_public_function_of_the_api(name: str) -> None:
    service = ProctoringService()
    assert getattr(service, name) is getattr(api, name)
    assert name in dir(service)


@pytest.mark.defect("PYTHON-92")
@pytest.mark.parametrize(
    "name",
    [
        "USER_MODEL",
        "attempts",
        "_private",
        "nothing",
        "__wrapped__",
        "lock_learner",
        "reverse",
        "get_user_model",
        "ProctoredExam",
    ],
)
def test_it_has_no_other_attributes(name: str) -> None:
    assert not hasattr(ProctoringService(), name)


@pytest.mark.defect("PYTHON-10", "PYTHON-92")
def test_a_replaced_function_of_the_api_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def replacement(*_args: Any) -> str:
        return "replaced"

    monkeypatch.setattr(api, "get_exam_by_id", replacement)
    service = ProctoringService()
    assert service.get_exam_by_id(1) == "replaced"
    assert vars(service) == {}
