"""Names that hosts and providers import from `edx_proctoring.utils`, with their arguments."""

import inspect
import json
from pathlib import Path

import pytest
from rest_framework.permissions import IsAuthenticated
from rest_framework.views import APIView

from edx_proctoring import utils

PUBLISHED = json.loads(Path(__file__).with_name("utils.json").read_text())


@pytest.mark.parametrize("name", PUBLISHED["functions"])
def test_functions(name):
    signature = inspect.signature(getattr(utils, name))
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    assert str(inspect.Signature(bare)) == PUBLISHED["functions"][name]


@pytest.mark.parametrize("name", PUBLISHED["constants"])
def test_constants(name):
    assert getattr(utils, name) == PUBLISHED["constants"][name]


def test_the_base_class_of_views_requires_a_login():
    assert issubclass(utils.AuthenticatedAPIView, APIView)
    assert list(utils.AuthenticatedAPIView.permission_classes) == [IsAuthenticated]


def test_there_is_nothing_else():
    published = {*PUBLISHED["functions"], *PUBLISHED["constants"], *PUBLISHED["classes"]}
    assert set(utils.__all__) == published
    own = [
        name
        for name, value in vars(utils).items()
        if getattr(value, "__module__", "") == utils.__name__
    ]
    assert own == []
