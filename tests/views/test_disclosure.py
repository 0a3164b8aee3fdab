"""Ids with which somebody could post a review: only global staff see them in answers."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from rest_framework.test import APIClient
from waffle.testutils import override_switch

from edx_proctoring import api
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory
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
    """An attempt under way at RPNow."""
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


def test_the_attempts_are_there(at_psi: Any, clients: dict[str, APIClient]) -> None:
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}"
    (row,) = clients["course_staff"].get(url).json()["proctored_exam_attempts"]
    assert (row["id"], row["attempt_code"]) == (at_psi.pk, at_psi.attempt_code)
    assert [one["external_id"] for one in (row, *row["all_attempts"])] == [None, None]
    assert api.get_exam_attempt_by_id(at_psi.pk)["external_id"] == SECRET  # Python sees it


def test_ids_of_other_providers_are_shown(attempt: Any, clients: dict[str, APIClient]) -> None:
    attempt(external_id="no-secret")
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}"
    assert b"no-secret" in clients["course_staff"].get(url).content


def test_a_provider_that_is_not_configured_any_more(
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
