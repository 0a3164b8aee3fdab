"""Fixtures: staff in Django admin, and their requests."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.test import Client

from edx_proctoring import api
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import UserFactory
from tests.sessions import sign_in

pytestmark = pytest.mark.needs("django-crum")

ADMIN = "/admin/edx_proctoring"
ATTEMPTS, REVIEWS = "proctoredexamstudentattempt", "proctoredexamsoftwaresecurereview"
Attempt = ProctoredExamStudentAttempt


def signed_in(user):
    return sign_in(Client(), user)


@pytest.fixture
def boss(django_user_model):
    """A superuser."""
    return django_user_model.objects.create_superuser("boss", "boss@example.com", "x")


@pytest.fixture
def rest():
    """Return a provider that is called over the network."""
    provider = BaseRestProctoringProvider("id", "secret", base_url="http://127.0.0.1:9")
    apps.get_app_config("edx_proctoring").backends["rest"] = provider
    return provider


@pytest.fixture
def client(boss):
    """Return a client authenticated as the superuser."""
    return signed_in(boss)


@pytest.fixture
def client_with():
    """Return a function that makes a client with only these permissions."""

    def make(*names):
        user = UserFactory(is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        return signed_in(user)

    return make


def page_of(client, model, pk):
    return client.get(f"{ADMIN}/{model}/{pk}/change/")


def change(client, model, pk, **data):
    return client.post(f"{ADMIN}/{model}/{pk}/change/", data, follow=True)


def said(page):
    return [str(message) for message in page.context["messages"]]


@pytest.fixture
def told(attempt, boss):
    """Return an attempt with a history, reviews with comments, an earlier attempt, and messages."""
    known = attempt()
    for status in ("ready_to_start", "started", "submitted"):
        api.update_attempt_status(known.pk, status, reason="learner")
    known.refresh_from_db()
    comment = {"start": 3, "stop": 9, "duration": 6, "comment": "A phone!", "status": "Suspicious"}
    review = api.receive_review(known, {"status": "suspicious", "comments": [comment]})
    api.decide_review(review.pk, "Suspicious", boss)
    return known
