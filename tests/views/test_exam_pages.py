"""Routes 24 and 26: the data of an exam for the learning MFE."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.unknown import NO_SUCH_ID
from tests.views.conftest import OTHER_COURSE, E

pytestmark = pytest.mark.django_db

URL = f"{E}/attempt/course_id/{COURSE_ID}"
Attempt = ProctoredExamStudentAttempt


def page(client: APIClient, exam: Any, **query: Any) -> dict[str, Any]:
    response = client.get(URL, {"content_id": exam.content_id, **query})
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


def test_before_the_exam(exam: Any, as_learner: APIClient) -> None:
    answer = page(as_learner, exam)
    assert answer["active_attempt"] == {}
    found = answer["exam"]
    assert (found["id"], found["content_id"]) == (exam.pk, exam.content_id)
    assert found["attempt"] == {}
    assert found["type"] == "proctored"
    assert found["passed_due_date"] is False
    assert found["use_legacy_attempt_api"] is True
    assert found["total_time"] == "1 hour and 30 minutes"
    assert "onboarding_link" not in found


def test_during_the_exam(exam: Any, attempt: Any, as_learner: APIClient) -> None:
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    known = attempt(exam=exam, status="started", **begun)
    answer = page(as_learner, exam, is_learning_mfe="true")
    assert answer["exam"]["attempt"]["attempt_id"] == known.pk
    assert answer["active_attempt"]["attempt_id"] == known.pk
    url = f"https://learning.example.com/course/{COURSE_ID}/{exam.content_id}"
    assert answer["active_attempt"]["exam_url_path"] == url
    assert not {"total_time", "prerequisite_status"} & set(answer["exam"])


def test_another_exam_is_running(
    exam: Any, make_exam: Any, attempt: Any, as_learner: APIClient
) -> None:
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    known = attempt(exam=make_exam(course_id=OTHER_COURSE), status="started", **begun)
    answer = page(as_learner, exam)
    assert answer["exam"]["attempt"] == {}
    assert answer["active_attempt"]["attempt_id"] == known.pk


@pytest.mark.parametrize("query", [{}, {"content_id": ""}, {"content_id": "unknown"}])
def test_without_an_exam(query: Any, exam: Any, as_learner: APIClient) -> None:
    assert as_learner.get(URL, query).json() == {"exam": {}, "active_attempt": {}}


@pytest.mark.parametrize(
    ("columns", "onboarding", "kind"),
    [
        ({"is_proctored": False}, True, "timed"),
        ({"is_proctored": False, "is_practice_exam": True}, True, "practice"),
        ({"is_practice_exam": True}, False, "practice"),
        ({"is_practice_exam": True}, True, "onboarding"),
        ({}, True, "proctored"),
        ({"backend": "gone", "is_practice_exam": True}, True, "practice"),
    ],
)
def test_exam_types(
    columns: Any, onboarding: bool, kind: str, make_exam: Any, provider: Any, as_learner: APIClient
) -> None:
    provider.supports_onboarding = onboarding
    assert page(as_learner, make_exam(**columns))["exam"]["type"] == kind


def test_past_due(make_exam: Any, as_learner: APIClient) -> None:
    exam = make_exam(due_date=timezone.now())
    assert page(as_learner, exam)["exam"]["passed_due_date"] is True


def requirement(name: str, status: str | None, order: int) -> dict[str, Any]:
    return {"namespace": "proctored_exam", "name": name, "status": status, "order": order}


def test_prerequisites_are_reported_and_nothing_is_declined(
    exam: Any, practice_exam: Any, timed_exam: Any, host: Any, as_learner: APIClient
) -> None:
    host.credit.requirements = [requirement("earlier", "declined", 1), requirement("next", None, 2)]
    status = page(as_learner, exam)["exam"]["prerequisite_status"]
    assert status["are_prerequisites_satisifed"] is False
    assert [entry["name"] for entry in status["declined_prerequisites"]] == ["earlier"]
    assert not Attempt.objects.exists()
    for other in (practice_exam, timed_exam):
        assert "prerequisite_status" not in page(as_learner, other)["exam"]
    host.credit.requirements = [requirement("earlier", None, 1)]
    (entry,) = page(as_learner, exam)["exam"]["prerequisite_status"]["pending_prerequisites"]
    assert entry["jumpto_url"].endswith("/earlier")
    host.credit.enrolled = False
    assert "prerequisite_status" not in page(as_learner, exam)["exam"]


def test_the_link_to_onboarding(exam: Any, attempt: Any, as_learner: APIClient) -> None:
    attempt(exam=exam, status="onboarding_missing")
    found = page(as_learner, exam)["exam"]
    assert found["onboarding_link"] == ""  # this host has no outlines
    assert found["attempt"]["attempt_status"] == "onboarding_missing"


def test_an_overdue_attempt_is_ended(exam: Any, attempt: Any, as_learner: APIClient) -> None:
    begun = {"started_at": timezone.now() - timezone.timedelta(minutes=91)}
    attempt(exam=exam, status="started", allowed_time_limit_mins=90, **begun)
    answer = page(as_learner, exam)
    assert answer["exam"]["attempt"]["attempt_status"] == "submitted"
    assert answer["active_attempt"] == {}
    assert not OutboxMessage.objects.unfinished().exists()


def test_global_staff_see_what_a_learner_sees(
    exam: Any, attempt: Any, learner: Any, clients: Any
) -> None:
    attempt(exam=exam, status="onboarding_missing")
    for name, status in [("global_staff", 200), ("course_staff", 403), ("owner", 403)]:
        query = {"content_id": exam.content_id, "user_id": str(learner.pk)}
        response = clients[name].get(URL, query)
        assert response.status_code == status
        if status == 200:
            assert response.json()["exam"]["attempt"]["attempt_status"] == "onboarding_missing"


@pytest.mark.parametrize(
    ("user_id", "status"),
    [(str(NO_SUCH_ID), 404), ("x", 400), ("", 400), ("0", 400), ("9" * 30, 400)],
)
def test_unknown_learners(user_id: str, status: int, exam: Any, as_global_staff: APIClient) -> None:
    response = as_global_staff.get(URL, {"content_id": exam.content_id, "user_id": user_id})
    assert response.status_code == status
    assert list(response.json()) == ["detail"]


def test_content_ids_that_are_no_usage_keys(
    make_exam: Any, attempt: Any, provider: Any, as_learner: APIClient
) -> None:
    provider.supports_onboarding = True
    exam = make_exam(content_id="plain")
    attempt(exam=exam, status="onboarding_missing")
    assert page(as_learner, exam)["exam"]["onboarding_link"] == ""


@pytest.mark.parametrize("count", [1, 20])
def test_queries(
    count: int,
    exam: Any,
    attempt: Any,
    learner: Any,
    as_learner: APIClient,
    django_assert_num_queries: Any,
) -> None:
    for _ in range(count - 1):
        attempt(exam=exam, user=UserFactory(), status="started", started_at=timezone.now())
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 90}
    attempt(exam=exam, user=learner, status="started", **begun)
    page(as_learner, exam)
    with django_assert_num_queries(7):
        page(as_learner, exam)


# Settings


def settings_of(client: APIClient, exam: Any) -> Any:
    return client.get(f"{E}/settings/exam_id/{exam.pk}/")


def test_settings_of_a_timed_exam(timed_exam: Any, as_learner: APIClient, settings: Any) -> None:
    links = {"faq": "https://example.com/faq"}
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "LINK_URLS": links}
    assert settings_of(as_learner, timed_exam).json() == {
        "platform_name": "Open edX",
        "contact_us": "info@example.com",
        "link_urls": links,
        "exam_proctoring_backend": {},
    }


def test_settings_of_a_proctored_exam(
    exam: Any, provider: Any, host: Any, as_learner: APIClient
) -> None:
    provider.tech_support_email = "help@example.com"
    provider.tech_support_phone = "123"
    host.instructor.escalation_email = "staff@example.com"
    config = {"name": "Test", "rules": {}, "instructions": [], "download_url": "https://d.example"}
    provider.answer("get_proctoring_config", config)
    answer = settings_of(as_learner, exam).json()
    assert answer["exam_proctoring_backend"] == config
    assert {key: answer[key] for key in list(answer)[4:]} == {
        "provider_tech_support_email": "help@example.com",
        "provider_tech_support_phone": "123",
        "provider_name": "Test Provider",
        "learner_notification_from_email": "",
        "integration_specific_email": "info@example.com",
        "proctoring_escalation_email": "staff@example.com",
    }
    provider.integration_specific_email = "own@example.com"
    assert settings_of(as_learner, exam).json()["integration_specific_email"] == "own@example.com"


@pytest.mark.parametrize("answer", [None, {}])
def test_a_provider_without_a_configuration(
    answer: Any, exam: Any, provider: Any, as_learner: APIClient
) -> None:
    provider.answer("get_proctoring_config", answer)
    assert settings_of(as_learner, exam).json()["exam_proctoring_backend"] == {}


def test_a_provider_that_is_down(exam: Any, provider: Any, as_learner: APIClient) -> None:
    provider.fail("get_proctoring_config", ConnectionError("down"))
    response = settings_of(as_learner, exam)
    assert (response.status_code, response.json()["exam_proctoring_backend"]) == (200, {})


def test_a_provider_that_is_not_configured(make_exam: Any, as_learner: APIClient) -> None:
    response = settings_of(as_learner, make_exam(backend="gone"))
    assert response.status_code == 500
    assert "gone" not in response.json()["detail"]
    assert as_learner.get(f"{E}/settings/exam_id/{NO_SUCH_ID}/").status_code == 400
