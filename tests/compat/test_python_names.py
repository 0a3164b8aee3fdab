"""Python names that hosts and plug-ins use are as in 6.1.4: parameters, values, base classes."""

import inspect
import json
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

import pytest

from edx_proctoring import api, constants
from edx_proctoring.services import ProctoringService

pytestmark = pytest.mark.needs("open-edx-packages")

PUBLISHED = json.loads(Path(__file__).with_name("python.json").read_text())
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
# Names that suites of hosts and providers replace.
PATCHED = [
    "edx_proctoring.api.can_update_credit_grades_and_email",
    "edx_proctoring.api.constants.ONBOARDING_PROFILE_API",
    "edx_proctoring.api.exam_attempt_status_signal",
    "edx_proctoring.api.get_backend_provider",
    "edx_proctoring.api.loader.select_template",
    "edx_proctoring.api.update_attempt_status",
    "edx_proctoring.backends.mock.start_exam_callback",
    "edx_proctoring.backends.rest.get_files",
    "edx_proctoring.backends.software_secure.decode_and_decrypt",
    "edx_proctoring.backends.software_secure.get_current_request",
    "edx_proctoring.callbacks.get_exam_attempt_by_code",
    "edx_proctoring.callbacks.update_attempt_status",
    "edx_proctoring.constants.ALLOW_REVIEW_UPDATES",
    "edx_proctoring.constants.REQUIRE_FAILURE_SECOND_REVIEWS",
    "edx_proctoring.handlers.get_runtime_service",
    "edx_proctoring.handlers.log",
    "edx_proctoring.models.HistoricalProctoredExam",
    "edx_proctoring.models.HistoricalProctoredExamStudentAttempt",
    "edx_proctoring.views.ATTEMPTS_PER_PAGE",
    "edx_proctoring.views.get_backend_provider",
    "edx_proctoring.views.is_user_course_or_global_staff",
    "edx_proctoring.views.waffle.switch_is_active",
]
UNDERSCORED = [
    "edx_proctoring.api._are_prerequirements_satisfied",
    "edx_proctoring.api._calculate_allowed_mins",
    "edx_proctoring.api._check_for_attempt_timeout",
    "edx_proctoring.api._get_ordered_prerequisites",
    "edx_proctoring.api._get_review_policy_by_exam_id",
    "edx_proctoring.backends.rest.BaseRestProctoringProvider._make_attempt_request",
    "edx_proctoring.backends.software_secure.SoftwareSecureBackendProvider._get_payload",
    "edx_proctoring.utils._emit_event",
]


def found(path):
    return pkgutil.resolve_name(path)


def plain(value):
    """Return the value as JSON would represent it; sets stay sets, and lazy translations become strings."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, int, float, frozenset, set, type(None))):
        return value
    return str(value)


@pytest.mark.parametrize("path", [*PUBLISHED["names"], *UNDERSCORED])
def test_names(path):
    owner, name = path.rsplit(".", 1)
    there = found(owner)
    fields = {field.name for field in there._meta.get_fields()} if hasattr(there, "_meta") else ()
    assert hasattr(there, name) or name in fields


@pytest.mark.filterwarnings("ignore::edx_proctoring.patch_points.PatchHasNoEffect")
@pytest.mark.parametrize("path", PATCHED)
def test_names_that_test_suites_replace(path):
    with mock.patch(path) as replaced:
        assert found(path) is replaced


@pytest.mark.parametrize("path", PUBLISHED["bases"])
def test_base_classes(path):
    ours = found(path)
    assert isinstance(ours, type)
    assert all(issubclass(ours, found(base)) for base in PUBLISHED["bases"][path])


@pytest.mark.parametrize("path", PUBLISHED["values"])
def test_values(path):
    ours, published = plain(found(path)), PUBLISHED["values"][path]
    if isinstance(ours, (set, frozenset)):
        assert ours == set(published)
    elif isinstance(ours, dict):
        assert {key: ours[key] for key in published} == published
    else:
        assert ours == published


def published_signature(text):
    return inspect.signature(eval(f"lambda {text[1:-1]}: None"))


def positional(signature):
    return [name for name, one in signature.parameters.items() if one.kind in POSITIONAL]


@pytest.mark.parametrize("path", PUBLISHED["signatures"])
def test_parameters(path):
    """The same names in the same order with the same defaults; additional ones come last and have a default."""
    owner, name = path.rsplit(".", 1)
    raw = inspect.getattr_static(found(owner), name)  # with self or cls
    ours = inspect.signature(getattr(raw, "__func__", raw))
    published = published_signature(PUBLISHED["signatures"][path])
    parameters, wanted = dict(ours.parameters), dict(published.parameters)
    kinds = {one.kind for one in parameters.values()}
    for name, one in wanted.items():
        if one.kind in VARIADIC:
            assert one.kind in kinds
        elif f"{path}({name})" != "edx_proctoring.api.update_exam(due_date)":
            assert plain(parameters[name].default) == plain(one.default)
    named = positional(published)
    assert positional(ours)[: len(named)] == named
    own = [one for name, one in parameters.items() if name not in wanted]
    assert all(one.default is not one.empty or one.kind in VARIADIC for one in own)


def test_an_omitted_date_is_recognised_by_identity():
    default = inspect.signature(api.update_exam).parameters["due_date"].default
    assert default is constants.MINIMUM_TIME
    assert constants.MINIMUM_TIME.tzinfo is None


def test_the_service_has_all_published_attributes():
    own = [
        path.rsplit(".", 1)[1]
        for path in PUBLISHED["signatures"]
        if path.startswith("edx_proctoring.api.")
    ]
    assert len(own) == 55
    assert set(own) <= set(api.__all__)
    assert all(callable(getattr(ProctoringService(), name)) for name in own)


def test_all_names_of_the_api_exist():
    assert [name for name in api.__all__ if not hasattr(api, name)] == []
    assert len(api.__all__) == len(set(api.__all__))
