"""Route 19: a learner's onboarding status."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.crypto import obscured_user_id
from edx_proctoring.exceptions import BackendProviderOnboardingProfilesException
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.runtime import get_runtime_service, set_runtime_service
from edx_proctoring.testing.factories import COURSE_ID
from tests.views.conftest import DAY, OTHER_COURSE, V1, ago, practice

pytestmark = pytest.mark.django_db

ONE = f"{V1}/user_onboarding/status"
COURSE = f"{V1}/user_onboarding/status/course_id/{COURSE_ID}"
NOT_RELATED = {"detail": "There is no onboarding exam related to this course id."}
UNAVAILABLE = {
    "detail": "The onboarding service is temporarily unavailable. Please try again later."
}

Attempt = ProctoredExamStudentAttempt


class Outlines:
    """The host's outlines: `open` contains accessible exams; `dates` are (start, due) by content id."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.dates: dict[str, tuple[Any, Any]] = {}

    def get_user_course_outline_details(self, course_key: Any, user: Any, at_time: Any) -> Any:
        entries = {
            UsageKey.from_string(name): SimpleNamespace(effective_start=start, due=due)
            for name, (start, due) in self.dates.items()
        }
        accessible = {UsageKey.from_string(name): None for name in self.open}
        return SimpleNamespace(
            outline=SimpleNamespace(accessible_sequences=accessible),
            schedule=SimpleNamespace(sequences=entries, course_end=None),
        )


@pytest.fixture
def outlines() -> Any:
    """The outlines, registered as the host's service."""
    before = get_runtime_service("learning_sequences")
    service = Outlines()
    set_runtime_service("learning_sequences", service)
    yield service
    set_runtime_service("learning_sequences", before)


# One learner


def test_without_an_attempt(onboarding: Any, as_learner: APIClient) -> None:
    response = as_learner.get(ONE, {"course_id": COURSE_ID})
    assert response.status_code == 200
    assert response.json() == {
        "onboarding_status": None,
        "expiration_date": None,
        "onboarding_link": f"/courses/{COURSE_ID}/jump_to/{onboarding.content_id}",
        "onboarding_past_due": False,
        "onboarding_release_date": None,
        "review_requirements_url": "https://provider.example.com/help",
    }


@pytest.mark.parametrize("flag", ["1", "true", "True"])
def test_the_link_of_the_micro_frontend(flag: str, onboarding: Any, as_learner: APIClient) -> None:
    query = {"course_id": COURSE_ID, "is_learning_mfe": flag}
    link = as_learner.get(ONE, query).json()["onboarding_link"]
    assert link == f"https://learning.example.com/course/{COURSE_ID}/{onboarding.content_id}"


@pytest.mark.parametrize("status", ["created", "submitted", "rejected", "error"])
def test_the_last_changed_attempt_determines_the_status(
    status: str, onboarding: Any, attempt: Any, as_learner: APIClient
) -> None:
    ago(1, practice(attempt, onboarding, "onboarding_reset"))
    practice(attempt, onboarding, status)
    answer = as_learner.get(ONE, {"course_id": COURSE_ID}).json()
    assert (answer["onboarding_status"], answer["expiration_date"]) == (status, None)


def test_verified_here(onboarding: Any, attempt: Any, as_learner: APIClient) -> None:
    known = practice(attempt, onboarding, "verified")
    practice(attempt, onboarding, "rejected")
    answer = as_learner.get(ONE, {"course_id": COURSE_ID}).json()
    until = (known.modified + 365 * DAY).isoformat().replace("+00:00", "Z")
    assert (answer["onboarding_status"], answer["expiration_date"]) == ("verified", until)


@pytest.mark.parametrize(
    ("days", "backend", "status"),
    [(10, "test", "other_course_approved"), (366, "test", None), (10, "null", None)],
)
def test_verified_elsewhere(
    days: int,
    backend: str,
    status: str | None,
    onboarding: Any,
    make_exam: Any,
    attempt: Any,
    as_learner: APIClient,
) -> None:
    elsewhere = make_exam(course_id=OTHER_COURSE, is_practice_exam=True, backend=backend)
    ago(days, practice(attempt, elsewhere, "verified"))
    answer = as_learner.get(ONE, {"course_id": COURSE_ID}).json()
    assert answer["onboarding_status"] == status


def test_a_verification_of_more_than_a_year_ago(
    onboarding: Any, attempt: Any, as_learner: APIClient
) -> None:
    ago(366, practice(attempt, onboarding, "verified"))
    assert as_learner.get(ONE, {"course_id": COURSE_ID}).json()["onboarding_status"] == "expired"


def test_the_exam_to_take(
    make_exam: Any, outlines: Any, onboarding_provider: Any, as_learner: APIClient
) -> None:
    now = timezone.now()
    names = ("oldest", "past", "future", "hidden")
    exams = {name: make_exam(is_practice_exam=True, exam_name=name) for name in names}
    dates = {
        "past": (now - 2 * DAY, now - DAY),
        "future": (now + DAY, None),
        "hidden": (now - DAY, now + DAY),
        "oldest": (now - DAY, None),
    }
    outlines.dates = {exams[name].content_id: pair for name, pair in dates.items()}

    def answer() -> Any:
        response = as_learner.get(ONE, {"course_id": COURSE_ID})
        found = response.json()
        if response.status_code != 200:
            return found
        keys = ("onboarding_link", "onboarding_past_due", "onboarding_release_date")
        return tuple(found[key] for key in keys)

    outlines.open = {exams["oldest"].content_id}
    link = f"/courses/{COURSE_ID}/jump_to/{exams['oldest'].content_id}"
    assert answer() == (link, False, (now - DAY).isoformat())
    outlines.open = set()
    assert answer() == (None, False, (now + DAY).isoformat())
    del outlines.dates[exams["future"].content_id]
    assert answer() == (None, True, (now - 2 * DAY).isoformat())
    del outlines.dates[exams["past"].content_id]
    assert answer() == {"detail": "There is no onboarding exam accessible to this user."}


def test_an_exam_without_a_start(onboarding: Any, outlines: Any, as_learner: APIClient) -> None:
    outlines.open = {onboarding.content_id}
    outlines.dates = {onboarding.content_id: (None, None)}
    answer = as_learner.get(ONE, {"course_id": COURSE_ID})
    assert answer.json()["onboarding_release_date"] is None
    outlines.dates = {}
    assert as_learner.get(ONE, {"course_id": COURSE_ID}).status_code == 200


def test_content_ids_that_are_no_usage_keys(
    make_exam: Any, outlines: Any, onboarding_provider: Any, as_learner: APIClient
) -> None:
    make_exam(is_practice_exam=True, content_id="plain")
    assert as_learner.get(ONE, {"course_id": COURSE_ID}).status_code == 404
    set_runtime_service("learning_sequences", None)
    query = {"course_id": COURSE_ID, "is_learning_mfe": "true"}
    answer = as_learner.get(ONE, query)
    assert (answer.status_code, answer.json()["onboarding_link"]) == (200, None)


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"is_practice_exam": False}, {"backend": "gone"}]
)
def test_no_onboarding_exam(
    change: Any, onboarding: Any, as_learner: APIClient, as_staff: APIClient
) -> None:
    type(onboarding).objects.filter(pk=onboarding.pk).update(**change)
    for response in (as_learner.get(ONE, {"course_id": COURSE_ID}), as_staff.get(COURSE)):
        assert (response.status_code, response.json()) == (404, NOT_RELATED)


def test_a_provider_without_onboarding(
    onboarding: Any, provider: Any, as_learner: APIClient, as_staff: APIClient
) -> None:
    provider.supports_onboarding = False
    for response in (as_learner.get(ONE, {"course_id": COURSE_ID}), as_staff.get(COURSE)):
        assert (response.status_code, response.json()) == (404, NOT_RELATED)


def test_without_a_course(as_learner: APIClient, db: None) -> None:
    response = as_learner.get(ONE)
    assert response.status_code == 400
    assert response.json() == {"detail": "Missing required query parameter course_id"}


def test_other_learners_are_for_staff_of_the_course(
    onboarding: Any, attempt: Any, clients: Any
) -> None:
    practice(attempt, onboarding, "submitted")
    query = {"course_id": COURSE_ID, "username": "learner"}
    for name in ("stranger", "foreign_staff", "reviewer"):
        assert clients[name].get(ONE, query).status_code == 403
    for name in ("owner", "course_staff", "global_staff"):
        response = clients[name].get(ONE, query)
        assert response.json()["onboarding_status"] == "submitted"
    missing = clients["course_staff"].get(ONE, {**query, "username": "nobody"})
    assert missing.status_code == 404
    assert list(missing.json()) == ["detail"]


@pytest.fixture
def profiles(settings: Any) -> None:
    """Make the provider return the learner's profile."""
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "USE_ONBOARDING_PROFILE_API": True,
    }


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("no-profile", None),
        ("approved-in-course", "verified"),
        ("approved-in-different-course", "other_course_approved"),
        ("rejected", "rejected"),
        ("expired", "expired"),
        ("pending", "submitted"),
    ],
)
def test_the_providers_status_is_used(
    word: str, status: str | None, onboarding: Any, provider: Any, learner: Any, as_learner: Any
) -> None:
    provider.answer("get_onboarding_profile_info", {"status": word, "expiration_date": "some day"})
    answer = as_learner.get(ONE, {"course_id": COURSE_ID}).json()
    assert (answer["onboarding_status"], answer["expiration_date"]) == (status, "some day")
    (call,) = provider.calls_of("get_onboarding_profile_info")
    assert call.args == (COURSE_ID,)
    assert call.kwargs == {"user_id": obscured_user_id(learner.pk, "test")}


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize(
    "failure",
    [
        BackendProviderOnboardingProfilesException("no", 500),
        ConnectionError("down"),
        {"expiration_date": None},
        {"status": "pending"},
        ["unexpected"],
    ],
)
def test_our_status_is_used_if_the_provider_fails(
    failure: Any, onboarding: Any, attempt: Any, provider: Any, as_learner: APIClient
) -> None:
    practice(attempt, onboarding, "submitted")
    if isinstance(failure, Exception):
        provider.fail("get_onboarding_profile_info", failure)
    else:
        provider.answer("get_onboarding_profile_info", failure)
    answer = as_learner.get(ONE, {"course_id": COURSE_ID}).json()
    assert answer["onboarding_status"] == "submitted"


@pytest.mark.usefixtures("profiles")
def test_a_learner_unknown_to_the_provider(onboarding: Any, as_learner: APIClient) -> None:
    response = as_learner.get(ONE, {"course_id": COURSE_ID})
    assert response.status_code == 404
    assert isinstance(response.json(), str)


@pytest.mark.parametrize("stored", [None, "", "test"])
@pytest.mark.parametrize("asked", [None, "", "test"])
def test_verified_at_the_default_provider_in_another_course(
    stored: Any, asked: Any, make_exam: Any, attempt: Any, learner: Any, onboarding: Any
) -> None:
    """Exams that name no provider have the default one, here "test"."""
    other = make_exam(course_id=OTHER_COURSE, is_practice_exam=True, backend=stored)
    known = practice(attempt, other, "verified", taking_as_proctored=True)
    found = api.get_last_verified_onboarding_attempts_per_user([learner], asked)
    assert found == {learner.pk: known}
    data = api.get_onboarding_attempt_data_for_learner(COURSE_ID, learner, asked)
    assert data["onboarding_status"] == "other_course_approved"
    rows = Attempt.objects.get_last_verified_proctored_onboarding_attempts([learner], "another")
    assert list(rows) == []


def test_the_learner_sees_that_another_course_has_verified(
    make_exam: Any, attempt: Any, learner: Any, onboarding: Any, as_learner: APIClient
) -> None:
    other = make_exam(course_id=OTHER_COURSE, is_practice_exam=True, backend=None)
    practice(attempt, other, "verified", taking_as_proctored=True)
    answer = as_learner.get(ONE, {"course_id": COURSE_ID}).json()
    assert answer["onboarding_status"] == "other_course_approved"
