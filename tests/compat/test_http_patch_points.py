"""Names of the HTTP layer that test suites of hosts and providers replace."""

from typing import Any
from unittest import mock

import pytest

from edx_proctoring import callbacks, launch_tokens
from edx_proctoring.models import ProctoredExamSoftwareSecureReview
from edx_proctoring.testing.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]


def test_staff_permission_is_checked_once_through_the_package(
    attempt: Any, learner: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def answer(*args: Any) -> bool:
        asked.append(args)
        return True

    monkeypatch.setattr("edx_proctoring.views.is_user_course_or_global_staff", answer)
    one = attempt(status="error", is_resumable=True)
    response = client_for(learner).put(
        f"/api/edx_proctoring/v1/proctored_exam/attempt/{one.pk}",
        {"action": "mark_ready_to_resume", "user_id": learner.pk},
        format="json",
    )
    assert response.status_code == 200
    assert asked == [(learner, one.proctored_exam.course_id)]


@pytest.mark.parametrize("is_staff", [True, False])
def test_the_named_reviewer_is_checked_through_the_package(
    is_staff: bool, attempt: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the name in `views`, which test suites of hosts replace."""
    asked = []

    def answer(user: Any, course_id: Any) -> bool:
        asked.append((user, course_id))
        return is_staff

    monkeypatch.setattr("edx_proctoring.views.is_user_course_or_global_staff", answer)
    one, reviewer = attempt(status="submitted"), UserFactory()
    response = client_for(UserFactory(is_staff=True)).post(
        f"/api/edx_proctoring/v1/proctored_exam/attempt/{one.external_id}/reviewed",
        {"status": "passed", "comments": [], "reviewed_by": reviewer.email},
        format="json",
    )
    assert response.status_code == 200
    assert asked == [(reviewer, one.proctored_exam.course_id)]
    stored = ProctoredExamSoftwareSecureReview.objects.get()
    assert stored.reviewed_by == (reviewer if is_staff else None)


def test_permission_checks_of_views_go_through_the_package(
    learner: Any, client_for: Any, exam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edx_proctoring.views.is_user_course_or_global_staff", lambda *_: True)
    path = f"/api/edx_proctoring/v1/proctored_exam/{exam.course_id}/allowance"
    assert client_for(learner).get(path).status_code == 200


def test_switches_are_read_through_the_package(
    attempt: Any, learner: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edx_proctoring.views.waffle.switch_is_active", lambda _name: True)
    one = attempt(status="started")
    url = f"/api/edx_proctoring/v1/proctored_exam/attempt/{one.pk}"
    response = client_for(learner).put(url, {"action": "error"}, format="json")
    assert response.json() == {"exam_attempt_id": False}


def test_waffle_as_a_whole_may_be_patched(
    attempt: Any, learner: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = mock.Mock()
    asked.switch_is_active.return_value = True
    monkeypatch.setattr("edx_proctoring.views.waffle", asked)
    one = attempt(status="started")
    url = f"/api/edx_proctoring/v1/proctored_exam/attempt/{one.pk}"
    response = client_for(learner).put(url, {"action": "error"}, format="json")
    assert response.json() == {"exam_attempt_id": False}
    asked.switch_is_active.assert_called_once_with("edx_proctoring.test_ping_failure_passthrough")


def test_the_start_callback_reads_and_writes_through_its_own_names(
    attempt: Any, learner: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch, provider: Any
) -> None:
    provider.uses_start_callback = True
    one = attempt(status="started")
    found, moved = callbacks.get_exam_attempt_by_code(one.attempt_code), []
    monkeypatch.setattr(callbacks, "get_exam_attempt_by_code", lambda _code: found)
    monkeypatch.setattr(callbacks, "update_attempt_status", lambda *args: moved.append(args))
    url = "/api/edx_proctoring/proctoring_launch_callback/start_exam/any"
    data = {"token": launch_tokens.launch_token(one.attempt_code)}
    assert client_for(learner).get(url, data).status_code == 302
    assert moved == [(one.pk, "submitted")]
