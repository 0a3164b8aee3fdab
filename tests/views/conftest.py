"""Clients of the REST interface."""

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import rules
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from edx_proctoring.testing.host import HostServices
from edx_proctoring.testing.providers import FakeProvider

pytestmark = pytest.mark.needs("lms-urls")

DAY = datetime.timedelta(days=1)
OTHER_COURSE = "course-v1:edX+Other+2026"
ALLOWANCE = {"exam_id": "{exam}", "key": "additional_time_granted", "value": "5"}
V1 = "/api/edx_proctoring/v1"
E = f"{V1}/proctored_exam"
NEW_EXAM = {  # what route 1 takes
    "course_id": COURSE_ID,
    "content_id": "new",
    "external_id": "known",
    "exam_name": "New",
    "time_limit_mins": 30,
    "is_proctored": True,
    "is_practice_exam": False,
    "is_active": True,
    "hide_after_due": False,
}


def started(attempt, **more):
    """A running attempt, created by the fixture `attempt`."""
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    return attempt(status="started", **{**begun, **more})


@pytest.fixture
def anonymous() -> APIClient:
    """A client without a user."""
    return APIClient()


@pytest.fixture
def global_staff(db: None) -> Any:
    """A user with `is_staff`."""
    return UserFactory(username="global_staff", is_staff=True)


@pytest.fixture
def reviewer(db: None) -> Any:
    """The user of the provider "test"."""
    user = UserFactory(username="reviewer")
    user.groups.add(Group.objects.create(name="test_review"))
    return user


@pytest.fixture
def foreign_staff(db: None, host: HostServices) -> Any:
    """Staff of another course only."""
    user = UserFactory(username="foreign_staff")
    host.instructor.staff.add((user.pk, OTHER_COURSE))
    return user


@pytest.fixture
def retirement(db: None) -> Any:
    """The user of the host's retirement pipeline."""
    name = "accounts.can_retire_user"
    rules.set_perm(name, rules.predicate(lambda asked: asked.username == "retirement"))
    return UserFactory(username="retirement")


@pytest.fixture
def foreign_reviewer(db: None) -> Any:
    """The user of another provider."""
    user = UserFactory(username="foreign_reviewer")
    user.groups.add(Group.objects.create(name="software_secure_review"))
    return user


@pytest.fixture
def course_staff(db: None, host: HostServices) -> Any:
    """Staff of the course only."""
    user = UserFactory(username="course_staff")
    host.instructor.staff.add((user.pk, COURSE_ID))
    return user


@pytest.fixture
def psi(provider: FakeProvider) -> SoftwareSecureBackendProvider:
    """RPNow, configured."""
    found = SoftwareSecureBackendProvider(
        organization="edx",
        exam_sponsor="edX",
        exam_register_endpoint="https://psi.example.com",
        secret_key_id="key",
        secret_key="secret",
        crypto_key="123456789123456712345678",
        software_download_url="https://psi.example.com/software",
        video_review_aes_key="B886A1B2F30AC7CF8A9DD6F8A6A8A8A8",
    )
    apps.get_app_config("edx_proctoring").backends["software_secure"] = found
    return found


def state() -> list[list[dict[str, Any]]]:
    """Return everything that a request could have written."""
    models = (
        ProctoredExam,
        ProctoredExamStudentAttempt,
        ProctoredExamStudentAllowance,
        ProctoredExamSoftwareSecureReview,
    )
    return [list(model._default_manager.order_by("pk").values()) for model in models]


@pytest.fixture
def disorder(db: None) -> Any:
    """Reverse the order of rows that no query orders; `disorder(rows)` also stores the rows again, the last one first."""

    def turn(rows: Any = ()) -> None:
        for row in sorted(rows, key=lambda one: -one.pk):
            row.save()
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA reverse_unordered_selects = ON")

    yield turn
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA reverse_unordered_selects = OFF")


class Clients(Mapping[str, APIClient]):
    """One client for each kind of caller, signed in when it is first used."""

    def __init__(self, users: dict[str, Any], sign_in: Callable[[Any], APIClient]) -> None:
        self.users, self.sign_in = users, sign_in
        self.known: dict[str, APIClient] = {}

    def __getitem__(self, name: str) -> APIClient:
        if name not in self.known:
            user = self.users[name]
            self.known[name] = APIClient() if user is None else self.sign_in(user)
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.users)

    def __len__(self) -> int:
        return len(self.users)


@pytest.fixture
def clients(
    request: pytest.FixtureRequest, learner: Any, client_for: Callable[[Any], APIClient]
) -> Clients:
    """One client for each kind of caller; `owner` is the learner whose attempts the tests make."""
    inactive = UserFactory(username="inactive", is_staff=True)
    type(inactive).objects.filter(pk=inactive.pk).update(is_active=False)
    users = {
        "anonymous": None,
        "inactive": inactive,
        "stranger": UserFactory(username="stranger"),
        "owner": learner,
    }
    named = ("reviewer", "foreign_reviewer", "retirement")
    for name in ("course_staff", "foreign_staff", "global_staff", *named):
        users[name] = request.getfixturevalue(name)
    return Clients(users, client_for)


@pytest.fixture
def as_learner(learner: Any, client_for: Callable[[Any], APIClient]) -> APIClient:
    """The learner's client."""
    return client_for(learner)


@pytest.fixture
def as_staff(staff: Any, client_for: Callable[[Any], APIClient]) -> APIClient:
    """The course staff's client."""
    return client_for(staff)


@pytest.fixture
def as_global_staff(global_staff: Any, client_for: Callable[[Any], APIClient]) -> APIClient:
    """Global staff's client."""
    return client_for(global_staff)


@pytest.fixture
def as_reviewer(reviewer: Any, client_for: Callable[[Any], APIClient]) -> APIClient:
    """The client of the provider's user."""
    return client_for(reviewer)


@pytest.fixture
def onboarding_provider(provider: FakeProvider) -> FakeProvider:
    """The default provider, which supports onboarding."""
    provider.supports_onboarding = True
    provider.help_center_article_url = "https://provider.example.com/help"
    return provider


@pytest.fixture
def onboarding(make_exam: Any, onboarding_provider: FakeProvider) -> Any:
    """The course's onboarding exam."""
    return make_exam(is_practice_exam=True, exam_name="Onboarding")


def practice(attempt: Any, exam: Any, status: str, **more: Any) -> Any:
    return attempt(exam=exam, status=status, is_sample_attempt=True, **more)


def ago(days: float, attempt: Any) -> None:
    """Move the attempt's last change, and its history, this many days into the past."""
    then = timezone.now() - days * DAY
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(modified=then)
    ProctoredExamStudentAttempt.history.filter(id=attempt.pk).update(modified=then)


@pytest.fixture
def names(
    exam: Any,
    timed_exam: Any,
    onboarding: Any,
    learner: Any,
    attempt: Any,
    settings: Any,
) -> dict[str, Any]:
    """Return the values of placeholders in paths and bodies."""
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    one = attempt(exam=exam, status="created")
    broken = attempt(exam=onboarding, status="error", is_resumable=True)
    return {
        "exam": exam.pk,
        "content": exam.content_id,
        "timed": timed_exam.pk,
        "owner": learner.pk,
        "attempt": one.pk,
        "external": one.external_id,
        "code": one.attempt_code,
        "broken": broken.pk,
    }


def filled(body: Any, names: dict[str, Any]) -> Any:
    """Return the body with the placeholders replaced."""
    if not isinstance(body, dict):
        return body
    return {
        key: names[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value
        for key, value in body.items()
    }
