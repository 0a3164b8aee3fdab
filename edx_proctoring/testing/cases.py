"""Base classes and mocks for test suites of hosts, under their published names."""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import rules
from django.contrib.auth import get_user_model
from django.test import Client, TestCase
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import api
from edx_proctoring.backends import registry
from edx_proctoring.backends.mock import MockProctoringBackendProvider
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.runtime import set_runtime_service
from edx_proctoring.testing.commits import commits_at_once
from edx_proctoring.testing.host import replace_service
from edx_proctoring.testing.providers import FakeProvider
from edx_proctoring.testing.services import (
    MockCertificateService,
    MockCreditService,
    MockGradesService,
    MockInstructorService,
)
from edx_proctoring.types import JSONObject, User

CAN_TAKE = "edx_proctoring.can_take_proctored_exam"


class TestBackendProvider(FakeProvider):
    """A provider with a dashboard; it records all calls."""

    __test__ = False
    has_dashboard = True


def setup_test_backends() -> None:
    """Replace the configured providers by `test` (see TestBackendProvider), `null` and `mock`."""
    registry().backends = {
        "test": TestBackendProvider(),
        "null": NullBackendProvider(),
        "mock": MockProctoringBackendProvider(),
    }


def setup_test_perms() -> None:
    """Let every active user take proctored exams, if the host has no rule."""
    if not rules.perm_exists(CAN_TAKE):
        rules.add_perm(CAN_TAKE, rules.is_active)


@contextlib.contextmanager
def mock_perm(perm: str, allowed: bool = True) -> Iterator[None]:
    """Grant or deny the permission to everybody within the block; also a decorator."""
    before = rules.permissions.permissions.get(perm)
    rules.set_perm(perm, rules.always_true if allowed else rules.always_false)
    try:
        yield
    finally:
        rules.remove_perm(perm)
        if before is not None:
            rules.add_perm(perm, before)


class MockTracker:
    """Records events as (name, data)."""

    def __init__(self) -> None:
        self.events: list[tuple[str, JSONObject]] = []

    @contextlib.contextmanager
    def context(self, name: str, context: object) -> Iterator[None]:
        """A context for events, without effect."""
        yield

    def emit(self, name: str, data: JSONObject) -> None:
        """Record the event."""
        self.events.append((name, data))


class TestClient(Client):
    """A client that signs in without a password."""

    __test__ = False

    def login_user(self, user: User) -> None:
        """Sign in."""
        self.force_login(user, backend="django.contrib.auth.backends.ModelBackend")


class LoggedInTestCase(TestCase):
    """`self.user` is signed in with `self.client`."""

    client_class = TestClient
    client: TestClient

    def setUp(self) -> None:
        super().setUp()
        self.user = get_user_model()._default_manager.create(
            username="tester", email="tester@example.com"
        )
        self.client.login_user(self.user)


class ProctoredExamTestCase(LoggedInTestCase):
    """Providers, services and permissions are set up, and on_commit callbacks run immediately."""

    course_id = "course-v1:test+course+1"
    content_id = "block-v1:test+course+1+type@sequential+block@test_content"
    content_id_onboarding = "block-v1:test+course+1+type@sequential+block@onboarding"
    content_id_practice = "block-v1:test+course+1+type@sequential+block@practice"
    content_id_timed = "block-v1:test+course+1+type@sequential+block@timed"
    exam_name = "Test Exam"
    default_time_limit = 21

    def setUp(self) -> None:
        super().setUp()
        self.user_id = self.user.pk
        backends = dict(registry().backends)
        self.enterContext(mock.patch.object(registry(), "backends", backends))
        setup_test_backends()
        self.enterContext(commits_at_once())
        if not rules.perm_exists(CAN_TAKE):
            self.enterContext(mock_perm(CAN_TAKE))
        services = {
            "credit": MockCreditService(),
            "instructor": MockInstructorService(),
            "grades": MockGradesService(),
            "certificates": MockCertificateService(),
        }
        for name, service in services.items():
            self.addCleanup(set_runtime_service, name, replace_service(name, service))

    def _create_exam(self, content_id: str, **more: Any) -> int:
        values = {
            "course_id": self.course_id,
            "content_id": str(UsageKey.from_string(content_id)),
            "exam_name": self.exam_name,
            "time_limit_mins": self.default_time_limit,
            "backend": "test",
        }
        return api.create_exam(**{**values, **more})

    def _create_proctored_exam(self) -> int:
        """Create a proctored exam; return its id."""
        return self._create_exam(self.content_id)

    def _create_timed_exam(self) -> int:
        """Create a timed exam; return its id."""
        return self._create_exam(self.content_id_timed, is_proctored=False, backend=None)

    def _create_practice_exam(self) -> int:
        """Create a practice exam; return its id."""
        return self._create_exam(self.content_id_practice, is_practice_exam=True)

    def _create_onboarding_exam(self) -> int:
        """Create an onboarding exam and return its id; from now on the provider supports onboarding."""
        registry().backends["test"].supports_onboarding = True
        return self._create_exam(self.content_id_onboarding, is_practice_exam=True)
