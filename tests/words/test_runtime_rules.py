"""Services by name, and who may review."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group

from edx_proctoring import runtime
from edx_proctoring.testing.factories import UserFactory

REVIEW = "edx_proctoring.can_review_attempt"


@pytest.fixture
def name():
    """A service name that no other code uses."""
    yield "a service of this test"
    runtime.set_runtime_service("a service of this test", None)


def test_the_last_service_is_used(name):
    assert runtime.get_runtime_service(name) is None
    for service in (object(), object()):
        runtime.set_runtime_service(name, service)
        assert runtime.get_runtime_service(name) is service


def attempt_at(backend):
    return {"proctored_exam": {"backend": backend}}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("group", "backend", "may"),
    [
        ("test_review", "test", True),
        ("test_review", None, True),
        ("test_review", "", True),
        ("test_review", "null", False),
        ("null_review", "null", True),
        ("null_review", None, False),
        ("None_review", None, False),
        (None, "test", False),
    ],
)
def test_reviewers_belong_to_a_provider(group, backend, may):
    user = UserFactory()
    if group:
        user.groups.add(Group.objects.create(name=group))
    assert user.has_perm(REVIEW, attempt_at(backend)) is may


@pytest.mark.django_db
def test_global_staff_review_everything():
    user = UserFactory(is_staff=True)
    assert user.has_perm(REVIEW, attempt_at("test"))
    assert user.has_perm(REVIEW)


def test_anonymous_users_review_nothing():
    assert not AnonymousUser().has_perm(REVIEW, attempt_at("test"))
