"""Ids that would allow posting a review are shown to global staff only."""

from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from waffle.testutils import override_switch

from edx_proctoring import api
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory
from edx_proctoring.urls import urlpatterns
from tests.views.conftest import V1, E, started

pytestmark = pytest.mark.django_db

SECRET = "the-record-locator"
ANSWERS = (
    "{E}/attempt/{attempt}",
    "{E}/attempt",
    "{E}/active_attempt",
    "{E}/attempt/course_id/{course}?content_id={content}",
    "{E}/active_exams_for_user?user_id={owner}&course_id={course}",
    "{E}/attempt/grouped/course_id/{course}",
    "{E}/attempt/grouped/course_id/{course}/search/learner",
    "{E}/attempt/grouped/course_id/{course}?status=started&ordering=-created",
    "{E}/{course}/allowance",
    "{E}/{course}/grouped/allowance",
    "{V1}/user_onboarding/status/course_id/{course}",
)
SHOWN_TO_GLOBAL_STAFF = ("active_exams_for_user", "grouped/course_id")


@pytest.fixture
def at_psi(psi: Any, make_exam: Any, attempt: Any) -> Any:
    """A running attempt at RPNow."""
    exam = make_exam(backend="software_secure", content_id="a_content")
    known = started(attempt, exam=exam, external_id=SECRET)
    AllowanceFactory(proctored_exam=exam, user=known.user)
    return known


def paths(known: Any) -> list[str]:
    exam = known.proctored_exam
    names = {
        "E": E,
        "V1": V1,
        "attempt": known.pk,
        "owner": known.user_id,
        "course": exam.course_id.replace("+", "%2B"),
        "content": exam.content_id,
    }
    return [path.format(**names) for path in ANSWERS]


@pytest.mark.parametrize("still_proctored", [True, False])
def test_the_record_locator(
    still_proctored: bool, at_psi: Any, clients: dict[str, APIClient]
) -> None:
    exam = at_psi.proctored_exam
    if not still_proctored:  # the attempt is still at the provider
        type(exam).objects.filter(pk=exam.pk).update(is_proctored=False)
    seen = {
        (name, path)
        for name, client in clients.items()
        for path in paths(at_psi)
        if SECRET in client.get(path).content.decode()
    }
    assert {name for name, _ in seen} == {"global_staff"}
    assert all(any(part in path for part in SHOWN_TO_GLOBAL_STAFF) for _, path in seen)
    assert len(seen) == 4


def test_the_responses_contain_the_attempts(at_psi: Any, clients: dict[str, APIClient]) -> None:
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}"
    (row,) = clients["course_staff"].get(url).json()["proctored_exam_attempts"]
    assert (row["id"], row["attempt_code"]) == (at_psi.pk, at_psi.attempt_code)
    assert [one["external_id"] for one in (row, *row["all_attempts"])] == [None, None]
    assert api.get_exam_attempt_by_id(at_psi.pk)["external_id"] == SECRET  # Python sees it


def test_ids_of_other_providers_are_shown(attempt: Any, clients: dict[str, APIClient]) -> None:
    attempt(external_id="no-secret")
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}"
    assert b"no-secret" in clients["course_staff"].get(url).content


def test_a_provider_that_is_no_longer_configured(
    make_exam: Any, attempt: Any, clients: dict[str, APIClient]
) -> None:
    attempt(exam=make_exam(backend="gone"), external_id=SECRET)
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}"
    assert SECRET.encode() not in clients["course_staff"].get(url).content


def test_the_link_in_a_support_ticket(
    psi: Any, at_psi: Any, host: Any, clients: dict[str, APIClient], settings: Any
) -> None:
    api.update_attempt_status(at_psi.pk, "submitted")
    payload = {
        "examMetaData": {"examCode": at_psi.attempt_code, "ssiRecordLocator": SECRET},
        "reviewStatus": "Suspicious",
        "videoReviewLink": "https://psi.example.com/DirectLink-Generic",
        "webCamComments": [],
        "desktopComments": [],
    }
    url = "/api/edx_proctoring/proctoring_review_callback/"
    assert clients["anonymous"].post(url, payload, format="json").status_code == 200
    (call,) = host.calls_of("send_support_notification")
    link = urlsplit(call.kwargs["review_url"])
    assert link.query == f"attempt={at_psi.attempt_code}"
    for name, status in (("course_staff", 302), ("foreign_staff", 403)):
        path = f"{link.path}?{link.query}"
        with override_switch("edx_proctoring.reds_api_redirect", active=True):
            assert clients[name].get(path).status_code == status


NOW = {"allowed_time_limit_mins": 90}


@pytest.mark.defect("REST-A1")
def test_learners_cannot_see_what_a_review_requires(psi, attempt, make_exam, as_learner):
    known = started(attempt, exam=make_exam(backend="software_secure"), external_id="secret-id")
    urls = (f"{E}/attempt/{known.pk}", f"{E}/attempt", f"{E}/active_attempt")
    exam = known.proctored_exam
    page = f"{E}/attempt/course_id/{COURSE_ID}?content_id={quote(exam.content_id)}"
    for url in (*urls, page):
        response = as_learner.get(url)
        assert response.status_code == 200
        assert "secret-id" not in response.content.decode()


@pytest.mark.defect("REST-A1")
@pytest.mark.parametrize(
    "status", ["created", "ready_to_start", "started", "ready_to_submit", "submitted"]
)
def test_no_response_shows_learners_the_locator(
    psi, attempt, make_exam, learner, as_learner, status
):
    from django.utils import timezone

    begun = {} if status in ("created", "ready_to_start") else {"started_at": timezone.now()}
    known = attempt(
        exam=make_exam(backend="software_secure"),
        external_id="secret-locator",
        status=status,
        allowed_time_limit_mins=90,
        **begun,
    )
    exam = known.proctored_exam
    values = {
        "exam_id": exam.pk,
        "attempt_id": known.pk,
        "course_id": COURSE_ID,
        "content_id": exam.content_id,
        "external_id": "secret-locator",
        "user_id": learner.pk,
        "search_by": learner.username,
        "attempt_code": known.attempt_code,
    }
    asked = set()
    for pattern in urlpatterns:
        found = pattern.pattern.regex if hasattr(pattern.pattern, "regex") else None
        names = list(found.groupindex) if found is not None else list(pattern.pattern.converters)
        try:
            from django.urls import reverse

            url = reverse(
                f"edx_proctoring:{pattern.name}", kwargs={name: values[name] for name in names}
            )
        except Exception:  # the name is that of another pattern
            continue
        if "start_exam" in url:
            continue
        for query in (
            "",
            f"?course_id={COURSE_ID}&content_id={exam.content_id}",
            "?is_learning_mfe=true",
        ):
            answer = as_learner.get(url + query)
            asked.add(pattern.name)
            assert "secret-locator" not in answer.content.decode(), url
    assert {"proctored_exam.active_exams_for_user", "proctored_exam.attempt"} <= asked


@pytest.mark.defect("REST-A1")
def test_course_staff_do_not_see_the_locator(psi, attempt, make_exam, learner, as_staff):
    from django.utils import timezone

    attempt(
        exam=make_exam(backend="software_secure"),
        external_id="secret-locator",
        status="started",
        started_at=timezone.now(),
        allowed_time_limit_mins=90,
    )
    asked = {"user_id": learner.pk, "course_id": COURSE_ID}
    answer = as_staff.get(f"{E}/active_exams_for_user", asked)
    assert answer.json()[0]["attempt"]["external_id"] is None
    assert b"secret-locator" not in answer.content


@pytest.mark.defect("REST-A20")
def test_the_url_in_a_ticket_is_the_hosts(attempt, host, as_reviewer, settings):
    settings.ALLOWED_HOSTS = ["*"]
    known = attempt(status="submitted", completed_at=timezone.now(), external_id="remote")
    url, body = f"{E}/attempt/remote/reviewed", {"status": "suspicious"}
    as_reviewer.post(url, body, format="json", headers={"host": "evil.example.com"})
    (call,) = host.calls_of("send_support_notification")
    exam = known.proctored_exam_id
    expected = f"https://lms.example.com{V1}/instructor/{COURSE_ID}/{exam}?attempt=remote"
    assert call.kwargs["review_url"] == expected


@pytest.mark.defect("REST-A20")
def test_tickets_without_a_request(attempt, host):
    known = attempt(status="submitted", completed_at=timezone.now())
    api.receive_review(known, {"status": "suspicious", "comments": []})
    assert len(host.calls_of("send_support_notification")) == 1
