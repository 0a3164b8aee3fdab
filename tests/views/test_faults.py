"""Old rows, missing profiles and missing providers cause no server error."""

from urllib.parse import quote

import pytest
import requests
from django.apps import apps
from django.utils import timezone

from edx_proctoring.models import ProctoredExamReviewPolicy, ProctoredExamStudentAllowance
from edx_proctoring.runtime import set_runtime_service
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, UserFactory
from edx_proctoring.testing.host import Enrollment
from edx_proctoring.testing.providers import FakeProvider
from tests.views.conftest import V1, E

pytestmark = pytest.mark.django_db


REVIEW = {"status": "passed", "comments": []}


@pytest.mark.defect("REST-B21")
def test_an_external_id_of_two_attempts(attempt, make_exam, as_global_staff, as_staff):
    old = attempt(external_id="same", exam=make_exam(backend="null"))
    new = attempt(external_id="same")
    assert as_global_staff.post(f"{E}/attempt/same/ready").status_code == 200
    new.refresh_from_db()
    assert new.status == "ready_to_start"
    url = f"{E}/attempt/same/reviewed"
    assert as_global_staff.post(url, REVIEW, format="json").status_code == 200
    exam = new.proctored_exam_id
    assert as_staff.get(f"{V1}/instructor/{COURSE_ID}/{exam}?attempt=same").status_code == 302
    old.refresh_from_db()
    assert old.status == "created"


@pytest.mark.defect("REST-B22")
def test_two_policies(exam, staff, as_learner):
    for text in ("old", "new"):
        ProctoredExamReviewPolicy.objects.create(
            proctored_exam=exam, set_by_user=staff, review_policy=text
        )
    response = as_learner.get(f"{E}/review_policy/exam_id/{exam.pk}/")
    assert response.json() == {"review_policy": "new"}
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    assert as_learner.post(f"{E}/attempt", data).status_code == 200


@pytest.mark.defect("REST-B24")
def test_staff_without_a_profile_and_an_unconfigured_provider(make_exam, exam, as_staff):
    assert as_staff.get(f"{V1}/instructor/{COURSE_ID}/{exam.pk}").status_code == 302
    gone = make_exam(backend="gone", course_id="course-v1:g+o+n")
    url = f"{V1}/instructor/{gone.course_id}"
    assert as_staff.get(url).status_code == 404
    assert as_staff.get(f"{url}/{gone.pk}").status_code == 404


BEGUN = {"status": "started", "allowed_time_limit_mins": 90}


def started(attempt, **more):
    return attempt(**{**BEGUN, "started_at": timezone.now(), **more})


@pytest.mark.defect("REST-B25")
def test_an_unconfigured_provider_does_not_stop_learners(make_exam, attempt, as_learner):
    exam = make_exam(backend="gone")
    known = started(attempt, exam=exam)
    page = f"{E}/attempt/course_id/{COURSE_ID}?content_id={quote(exam.content_id)}"
    for url in (f"{E}/attempt", f"{E}/active_attempt", page, f"{E}/attempt/{known.pk}"):
        assert as_learner.get(url).status_code == 200
    for action in ("stop", "submit"):
        data = {"action": action}
        assert as_learner.put(f"{E}/attempt/{known.pk}", data).status_code == 200


ONBOARDING = f"{V1}/user_onboarding/status"


@pytest.mark.defect("REST-B26")
def test_content_ids_that_are_no_usage_keys(make_exam, attempt, onboarding_provider, as_learner):
    exam = make_exam(content_id="plain", is_practice_exam=True)
    started(attempt, exam=exam, is_sample_attempt=True)
    page = f"{E}/attempt/course_id/{COURSE_ID}?content_id=plain&is_learning_mfe=true"
    query = {"course_id": COURSE_ID, "is_learning_mfe": "true"}
    for response in (
        as_learner.get(page),
        as_learner.get(f"{E}/active_attempt"),
        as_learner.get(ONBOARDING, query),
    ):
        assert response.status_code == 200, response.content


@pytest.mark.defect("REST-B27")
def test_an_exam_without_a_start(onboarding, as_learner):
    response = as_learner.get(ONBOARDING, {"course_id": COURSE_ID})
    assert response.json()["onboarding_release_date"] is None


@pytest.mark.defect("REST-B28")
@pytest.mark.parametrize("answer", [None, {}, [], {"results": None}, TimeoutError()])
def test_providers_with_empty_responses(
    answer, onboarding, provider, host, as_learner, as_staff, settings, monkeypatch
):
    from waffle.testutils import override_switch

    from edx_proctoring import constants

    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "USE_ONBOARDING_PROFILE_API": True,
    }
    if isinstance(answer, Exception):
        provider.fail("get_onboarding_profile_info", answer)
    else:
        provider.answer("get_onboarding_profile_info", answer)
    one = as_learner.get(ONBOARDING, {"course_id": COURSE_ID})
    assert one.status_code == (404 if answer is None else 200)
    with override_switch(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API, active=True):
        assert as_staff.get(f"{ONBOARDING}/course_id/{COURSE_ID}").status_code == 503


@pytest.mark.defect("REST-B29")
@pytest.mark.parametrize(
    "word", ["setup_started", "onboarding_started", "error", "onboarding_reset_past_due", "x"]
)
def test_filters_without_an_equivalent_at_the_provider(
    word, onboarding, provider, host, as_staff, learner
):
    from waffle.testutils import override_switch

    from edx_proctoring import constants

    host.enrollments.enrollments = [Enrollment(learner)]
    provider.answer("get_onboarding_profile_info", {"results": []})
    with override_switch(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API, active=True):
        response = as_staff.get(f"{ONBOARDING}/course_id/{COURSE_ID}", {"statuses": word})
    assert (response.status_code, response.json()["results"]) == (200, [])


@pytest.mark.defect("REST-B30")
def test_a_provider_that_cannot_be_reached(exam, provider, attempt, as_learner):
    provider.fail("register_exam_attempt", ConnectionError("down"))
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    assert as_learner.post(f"{E}/attempt", data).status_code == 502
    for late in (TimeoutError("slow"), requests.ReadTimeout("slow")):
        provider.fail("register_exam_attempt", late)
        assert as_learner.post(f"{E}/attempt", data).status_code == 503
    provider.fail("get_proctoring_config", ValueError("no JSON"))
    assert as_learner.get(f"{E}/settings/exam_id/{exam.pk}/").status_code == 200
    known = attempt(exam=exam, status="ready_to_start")
    for verb in ("start_exam_attempt", "stop_exam_attempt"):
        provider.fail(verb, ConnectionError("down"))
    for action in ("start", "stop", "submit"):
        answer = as_learner.put(f"{E}/attempt/{known.pk}", {"action": action})
        assert answer.status_code == 200


@pytest.mark.defect("REST-B31")
@pytest.mark.parametrize(
    "service",
    ["instructor", "learning_sequences", "enrollments", "credit", "grades", "certificates"],
)
def test_missing_services_of_the_host(
    service, onboarding, exam, attempt, as_learner, as_staff, as_global_staff, host
):
    set_runtime_service(service, None)
    known = attempt(exam=exam, status="ready_to_start")
    for action in ("start", "submit"):
        answer = as_learner.put(f"{E}/attempt/{known.pk}", {"action": action})
        assert answer.status_code == 200
    assert as_learner.get(ONBOARDING, {"course_id": COURSE_ID}).status_code == 200
    assert as_global_staff.get(f"{ONBOARDING}/course_id/{COURSE_ID}").status_code == 200
    expected = 403 if service == "instructor" else 200
    assert as_staff.get(f"{E}/{COURSE_ID}/allowance").status_code == expected
    url = f"{E}/attempt/{known.external_id}/reviewed"
    assert as_global_staff.post(url, {"status": "suspicious"}, format="json").status_code == 200


def _raise(*_args, **_kwargs):
    raise ValueError("no course key")


@pytest.mark.defect("REST-B32")
def test_a_course_id_that_the_host_cannot_parse(staff, as_staff, host):
    host.instructor.is_course_staff = _raise
    assert as_staff.get(f"{E}/a/b/c/allowance").status_code == 403


@pytest.mark.defect("REST-B33")
def test_a_start_without_a_limit(attempt, exam, as_learner):
    known = started(attempt, exam=exam, allowed_time_limit_mins=None)
    page = f"{E}/attempt/course_id/{COURSE_ID}?content_id={quote(exam.content_id)}"
    for url in (f"{E}/attempt/{known.pk}", f"{E}/attempt", page, f"{E}/active_attempt"):
        assert as_learner.get(url).status_code == 200
    seconds = as_learner.get(f"{E}/attempt/{known.pk}").json()["time_remaining_seconds"]
    assert 5300 < seconds <= 5400


@pytest.mark.defect("REST-B34")
def test_retirement_continues_after_a_failure(attempt, make_exam, provider, retirement, client_for):
    known = attempt(exam=make_exam(backend="gone"))
    attempt(exam=make_exam(backend="other"))
    other = FakeProvider()
    other.answer("retire_user", True)
    apps.get_app_config("edx_proctoring").backends["other"] = other
    response = client_for(retirement).post(f"{V1}/retire_backend_user/{known.user_id}/")
    assert (response.status_code, response.json()) == (500, {"gone": False, "other": True})


@pytest.mark.defect("REST-B35")
def test_retirement_of_reviews_of_an_unconfigured_provider(
    attempt, make_exam, retirement, client_for, as_reviewer
):
    exam = make_exam()
    known = attempt(exam=exam, status="submitted", completed_at=timezone.now())
    as_reviewer.post(f"{E}/attempt/{known.external_id}/reviewed", REVIEW, format="json")
    type(exam).objects.update(backend="gone")
    response = client_for(retirement).post(f"{V1}/retire_user/{known.user_id}/")
    assert response.status_code == 204


@pytest.mark.defect("REST-B36")
@pytest.mark.parametrize("value", ["²", "", "9" * 30, "many"])
def test_unreadable_allowances_do_not_stop_learners(value, exam, learner, as_learner):
    AllowanceFactory(user=learner, proctored_exam=exam, value=value)
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    assert as_learner.post(f"{E}/attempt", data).status_code == 200
    page = f"{E}/attempt/course_id/{COURSE_ID}?content_id={quote(exam.content_id)}"
    assert as_learner.get(page).status_code == 200
    assert ProctoredExamStudentAllowance.objects.get().value == value
    assert UserFactory._meta.model.objects.filter(pk=learner.pk).exists()
