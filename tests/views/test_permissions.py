"""Permissions: every route and every kind of caller."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from edx_proctoring.models import (
    ProctoredExam,
)
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from edx_proctoring.testing.host import HostServices
from tests.views.conftest import ALLOWANCE, OTHER_COURSE, E, filled

pytestmark = pytest.mark.django_db


def test_staff_of_the_course_cannot_ask_under_another_courses_name(
    names: dict[str, Any], as_staff: APIClient
) -> None:
    data = {**filled(ALLOWANCE, names), "user_info": "learner", "course_id": OTHER_COURSE}
    assert as_staff.put(f"{E}/allowance", data, format="json").status_code == 403


def test_an_exam_in_the_body_does_not_change_the_course_of_the_attempt(
    names: dict[str, Any], make_exam: Any, clients: dict[str, APIClient]
) -> None:
    own = make_exam(course_id=OTHER_COURSE)
    url = f"{E}/attempt/{names['attempt']}"
    response = clients["foreign_staff"].delete(url, {"exam_id": own.pk}, format="json")
    assert response.status_code == 403


@pytest.mark.parametrize("exam_id", [None, 999999, "abc", 10**30, [], {}, True])
def test_staff_of_a_course_are_refused_when_the_exam_is_not_known(
    exam_id: Any, as_staff: APIClient, learner: Any
) -> None:
    data = {"exam_id": exam_id, "user_info": "learner", "key": "a_key", "value": "1"}
    assert as_staff.put(f"{E}/allowance", data, format="json").status_code == 403


def test_unknown_attempts_are_forbidden_to_learners_and_unknown_to_staff(
    as_learner: APIClient, as_global_staff: APIClient
) -> None:
    assert as_learner.delete(f"{E}/attempt/999999").status_code == 403
    assert as_global_staff.delete(f"{E}/attempt/999999").status_code == 400


def test_without_an_instructor_service_nobody_is_course_staff(
    names: dict[str, Any], as_staff: APIClient, host: HostServices
) -> None:
    host.unregister()
    assert as_staff.delete(f"{E}/attempt/{names['attempt']}").status_code == 403


def test_the_refusal_of_learners_says_who_may(as_learner: APIClient, db: None) -> None:
    response = as_learner.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}")
    assert response.json() == {"detail": "Must be a Staff User to Perform this request."}


# Reviewers


@pytest.mark.defect("BACKENDS-A6")
def test_reviewers_of_another_provider_are_refused(
    names: dict[str, Any], client_for: Any, exam: ProctoredExam
) -> None:
    user = UserFactory()
    user.groups.add(Group.objects.create(name="mock_review"))
    url = f"{E}/attempt/{names['external']}"
    assert client_for(user).post(f"{url}/ready").status_code == 403
    assert client_for(user).post(f"{url}/reviewed", {}, format="json").status_code == 403


@pytest.mark.defect("REST-A16")
def test_reviewers_of_the_default_provider_may_review_exams_without_one(
    attempt: Any, make_exam: Any, as_reviewer: APIClient
) -> None:
    one = attempt(exam=make_exam(backend=None), status="submitted")
    url = f"{E}/attempt/{one.external_id}/reviewed"
    assert as_reviewer.post(url, {"status": "passed"}, format="json").status_code == 200


@pytest.mark.defect("REST-A16")
@pytest.mark.parametrize("what", ["ready", "reviewed"])
def test_only_reviewers_learn_which_attempts_exist(
    what: str, names: dict[str, Any], as_learner: APIClient, as_reviewer: APIClient
) -> None:
    known, unknown = f"{E}/attempt/{names['external']}/{what}", f"{E}/attempt/unknown/{what}"
    body = {"status": "passed"}
    refused = [as_learner.post(url, body, format="json") for url in (known, unknown)]
    assert [(one.status_code, one.content) for one in refused] == [(403, b""), (403, b"")]
    assert as_reviewer.post(unknown, body, format="json").status_code in (400, 404)


def test_a_switch_lets_anybody_report_an_attempt_ready(
    names: dict[str, Any], as_learner: APIClient, settings: Any
) -> None:
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "READY_CALLBACK_ANY_USER": True,
    }
    response = as_learner.post(f"{E}/attempt/{names['external']}/ready")
    assert (response.status_code, response.json()) == (200, "OK")


# Enrolment
