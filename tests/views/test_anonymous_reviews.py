"""Route 29: RPNow delivers reviews without authentication."""

import logging
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
)

pytestmark = pytest.mark.django_db

URL = "/api/edx_proctoring/proctoring_review_callback/"
REFUSED = {"detail": "The review does not belong to this attempt."}
Review = ProctoredExamSoftwareSecureReview


@pytest.fixture
def submitted(psi: Any, attempt: Any, make_exam: Any) -> Any:
    """An attempt that waits for its review."""
    exam = make_exam(backend="software_secure")
    return attempt(
        exam=exam, status="submitted", completed_at=timezone.now(), external_id="Locator"
    )


def review(attempt: Any, **changes: Any) -> dict[str, Any]:
    comment = {
        "eventStart": 1,
        "eventFinish": 2,
        "duration": 1,
        "comments": "x",
        "eventStatus": "ok",
    }
    return {
        "examMetaData": {"examCode": attempt.attempt_code, "ssiRecordLocator": "LOCATOR"},
        "reviewStatus": "Clean",
        "webCamComments": [comment],
        "desktopComments": [comment, comment],
        **changes,
    }


def deliver(data: Any, client: APIClient | None = None, **more: Any) -> Any:
    return (client or APIClient()).post(URL, data, format="json", **more)


def status_of(attempt: Any) -> str:
    return ProctoredExamStudentAttempt.objects.get(pk=attempt.pk).status


def test_a_review(submitted: Any) -> None:
    response = deliver(review(submitted))
    assert (response.status_code, response.json()) == (200, "OK")
    assert status_of(submitted) == "verified"
    assert ProctoredExamSoftwareSecureComment.objects.count() == 3
    assert Review.objects.get().reviewed_by is None


def test_whatever_the_client_says_of_content_types(submitted: Any) -> None:
    import json

    body = json.dumps(review(submitted))
    response = APIClient().post(URL, body, content_type="foo", headers={"accept": "text/foo"})
    assert (response.status_code, response.json()) == (200, "OK")


def test_a_session_does_not_matter(submitted: Any, learner: Any) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(learner, backend="django.contrib.auth.backends.ModelBackend")
    assert deliver(review(submitted), client).status_code == 200


def test_other_methods(psi: Any) -> None:
    assert APIClient().get(URL).status_code == 405


@pytest.mark.defect("REST-A2")
def test_all_refusals_have_the_same_response(submitted: Any, caplog: Any) -> None:
    code = submitted.attempt_code
    for meta in (
        {"examCode": code, "ssiRecordLocator": "wrong"},
        {"examCode": code},
        {"examCode": "unknown", "ssiRecordLocator": "LOCATOR"},
        {"examCode": ["list"], "ssiRecordLocator": "LOCATOR"},
        {"ssiRecordLocator": "LOCATOR"},
        {},
        None,
        "text",
    ):
        response = deliver(review(submitted, examMetaData=meta))
        assert (response.status_code, response.json()) == (400, REFUSED)
    assert status_of(submitted) == "submitted"
    assert not Review.objects.exists()
    assert "Locator" not in caplog.text


@pytest.mark.parametrize(
    "changes",
    [
        {"reviewStatus": "Unexpected"},
        {"reviewStatus": None},
        {"webCamComments": "text"},
        {"webCamComments": [{"comments": "x"}]},
        {"desktopComments": [7]},
        {"webCamComments": {"a": 1}},
    ],
)
def test_malformed_reviews_store_nothing(changes: Any, submitted: Any) -> None:
    response = deliver(review(submitted, **changes))
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    assert not Review.objects.exists()
    assert status_of(submitted) == "submitted"


@pytest.mark.parametrize("body", ["[]", "7", "null", "{", '"text"', "[" * 2000])
def test_bodies_that_are_not_objects(body: str, psi: Any) -> None:
    response = APIClient().post(URL, body, content_type="application/json")
    assert (response.status_code, list(response.json())) == (400, ["detail"])


def test_attempts_without_code_or_locator(psi: Any, attempt: Any, make_exam: Any) -> None:
    exam = make_exam(backend="software_secure")
    for columns in ({"attempt_code": None}, {"external_id": None}, {"external_id": ""}):
        known = attempt(exam=exam, status="submitted", completed_at=timezone.now(), **columns)
        for locator in ("", None):
            meta = {"examCode": known.attempt_code, "ssiRecordLocator": locator}
            assert deliver(review(known, examMetaData=meta)).status_code == 400
    assert not Review.objects.exists()


@pytest.mark.defect("REST-A1")
def test_exams_of_other_providers_require_a_switch(psi: Any, attempt: Any, settings: Any) -> None:
    known = attempt(status="submitted", completed_at=timezone.now(), external_id="locator")
    response = deliver(review(known))
    assert (response.status_code, response.json()) == (400, REFUSED)
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "REVIEW_CALLBACK_ANY_BACKEND": True,
    }
    assert deliver(review(known)).status_code == 200
    assert status_of(known) == "verified"


def test_rpnow_is_not_configured(attempt: Any, make_exam: Any) -> None:
    known = attempt(exam=make_exam(backend="software_secure"), status="submitted")
    assert deliver(review(known)).json() == REFUSED


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({}, 400),
        ({"headers": {"X-Review-Secret": "wrong"}}, 400),
        ({"headers": {"X-Review-Secret": "sesame"}}, 200),
        ({"query_params": {"secret": "sesame"}}, 200),
        ({"query_params": {"secret": "Sesame"}}, 400),
    ],
)
def test_a_secret(request_: Any, status: int, psi: Any, submitted: Any) -> None:
    psi.review_callback_secret = "sesame"
    query = request_.pop("query_params", None)
    url = f"{URL}?secret={query['secret']}" if query else URL
    response = APIClient().post(url, review(submitted), format="json", **request_)
    assert response.status_code == status


@pytest.mark.parametrize(
    ("address", "status"), [("192.0.2.7", 200), ("198.51.100.1", 400), ("", 400), ("::1", 400)]
)
def test_networks(address: str, status: int, psi: Any, submitted: Any) -> None:
    psi.review_callback_networks = ["192.0.2.0/24"]
    assert deliver(review(submitted), REMOTE_ADDR=address).status_code == status


PROXIES = {"review_callback_proxies": ["10.0.0.0/8", "2001:db8::/32"]}


@pytest.mark.parametrize(
    ("options", "address", "forwarded_for", "status"),
    [
        ({}, "10.0.0.1", "192.0.2.7", 400),  # nobody said that this is a proxy
        ({}, "198.51.100.1", "192.0.2.7", 400),
        ({}, "192.0.2.7", "198.51.100.1", 200),
        (PROXIES, "10.0.0.1", "192.0.2.7", 200),
        (PROXIES, "2001:db8::1", "192.0.2.7", 200),
        (PROXIES, "10.0.0.1", "192.0.2.7, 10.0.0.2", 200),
        (PROXIES, "10.0.0.1", "198.51.100.1, 192.0.2.7,10.0.0.2 ", 200),
        (PROXIES, "10.0.0.1", "192.0.2.7, 198.51.100.1", 400),  # the first one is the sender's word
        (PROXIES, "198.51.100.1", "192.0.2.7", 400),  # past the proxy
        (PROXIES, "10.0.0.1", "", 400),
        (PROXIES, "10.0.0.1", "10.0.0.2", 400),
        (PROXIES, "10.0.0.1", "192.0.2.7:443", 400),
        (PROXIES, "10.0.0.1", "somebody", 400),
        (PROXIES, "192.0.2.7", "", 200),
        (PROXIES, "::ffff:192.0.2.7", "", 200),
        ({"review_callback_proxies": ["nonsense"]}, "10.0.0.1", "192.0.2.7", 400),
        ({"review_callback_networks": ["nonsense"]}, "192.0.2.7", "", 400),
        ({"review_callback_networks": "192.0.2.0/24"}, "192.0.2.7", "", 400),
    ],
)
def test_networks_behind_proxies(
    options: Any, address: str, forwarded_for: str, status: int, psi: Any, submitted: Any
) -> None:
    psi.review_callback_networks = ["192.0.2.0/24"]
    for name, value in options.items():
        setattr(psi, name, value)
    headers = {"HTTP_X_FORWARDED_FOR": forwarded_for} if forwarded_for else {}
    assert deliver(review(submitted), REMOTE_ADDR=address, **headers).status_code == status


@pytest.mark.parametrize("secret", ["sesame", "wrong"])
def test_the_secret_is_kept_out_of_logs(
    secret: str, psi: Any, submitted: Any, caplog: Any, settings: Any
) -> None:
    psi.review_callback_secret = "sesame"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.logs_addresses"]
    url = f"{URL}?secret={secret}&more=1"
    response = APIClient().post(url, review(submitted), format="json")
    assert response.status_code == (200 if secret == "sesame" else 400)
    assert f"{URL}?secret=hidden&more=1" in caplog.text
    assert secret not in caplog.text


def logs_addresses(get_response: Any) -> Any:
    """A middleware that logs URLs, as hosts have."""

    def middleware(request: Any) -> Any:
        response = get_response(request)
        logging.getLogger(__name__).warning("%s %s", request.get_full_path(), dict(request.GET))
        return response

    return middleware


def test_the_header_takes_precedence_over_the_query(psi: Any, submitted: Any) -> None:
    psi.review_callback_secret = "sesame"
    for header, query, status in (("wrong", "sesame", 400), ("sesame", "wrong", 200)):
        response = APIClient().post(
            f"{URL}?secret={query}",
            review(submitted),
            format="json",
            headers={"X-Review-Secret": header},
        )
        assert response.status_code == status


def test_a_persons_decision_stands(submitted: Any, staff: Any) -> None:
    deliver(review(submitted, reviewStatus="Suspicious"))
    api.decide_review(Review.objects.get().pk, "Suspicious", staff)
    assert deliver(review(submitted)).status_code == 200
    assert status_of(submitted) == "rejected"


def test_a_payload_names_no_reviewer(submitted: Any, staff: Any) -> None:
    deliver(review(submitted, reviewStatus="Suspicious", reviewed_by=staff.email))
    assert Review.objects.get().reviewed_by is None
    assert status_of(submitted) == "second_review_required"


def test_removed_attempts_are_reviewed_without_effect(submitted: Any, staff: Any) -> None:
    api.remove_exam_attempt(submitted.pk, staff)
    assert deliver(review(submitted)).status_code == 200
    assert Review.objects.get().is_attempt_active is False


def test_exams_that_are_no_longer_proctored(submitted: Any) -> None:
    exam = submitted.proctored_exam
    exam.is_proctored = False
    exam.save()
    response = deliver(review(submitted))
    assert (response.status_code, response.json()) in [
        (200, "OK"),
        (412, "Exam no longer proctored"),
    ]


Attempt = ProctoredExamStudentAttempt


ANONYMOUS_REVIEW = "/api/edx_proctoring/proctoring_review_callback/"


def rejected(attempt, **more):
    return attempt(status="rejected", completed_at=timezone.now(), **more)


def psi_review(known, locator):
    meta = {"examCode": known.attempt_code, "ssiRecordLocator": locator}
    return {"examMetaData": meta, "reviewStatus": "Clean"}


@pytest.mark.defect("REST-A1")
def test_simulated_reviews_require_debug(psi, attempt, make_exam, settings):
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "ALLOW_CALLBACK_SIMULATION": True,
    }
    known = rejected(attempt, exam=make_exam(backend="software_secure"), external_id="known")
    for debug, status in ((False, 400), (True, 200)):
        settings.DEBUG = debug
        response = APIClient().post(ANONYMOUS_REVIEW, psi_review(known, "x"), format="json")
        assert response.status_code == status
