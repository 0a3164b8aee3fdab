"""Missing, invalid or unknown input gets the right status and an error that names the problem."""

import json

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.unknown import NO_SUCH_ID
from tests.views.conftest import NEW_EXAM, V1, E, state

pytestmark = [pytest.mark.django_db, pytest.mark.needs("one-project")]


@pytest.mark.defect("REST-B1")
def test_no_identifier(as_global_staff, db):
    assert as_global_staff.get(f"{E}/exam").status_code == 405
    response = as_global_staff.get(f"{E}/exam/exam_id/0")
    assert response.status_code == 400
    assert "exam_id=0" in response.json()["detail"]


@pytest.mark.defect("REST-B2")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[(method, "exam/exam_id/{exam}") for method in ("post", "put", "delete")],
        *[(method, "exam/course_id/{course}") for method in ("post", "put")],
        *[(method, "exam/course_id/{course}/content_id/x") for method in ("post", "put")],
        *[(method, "{course}/allowance") for method in ("put", "delete", "post")],
        ("get", "allowance"),
    ],
)
def test_methods_of_the_sibling_route(method, path, exam, as_global_staff):
    url = f"{E}/{path.format(exam=exam.pk, course=COURSE_ID)}"
    assert getattr(as_global_staff, method)(url).status_code == 405


ANONYMOUS_REVIEW = "/api/edx_proctoring/proctoring_review_callback/"


TIME = "additional_time_granted"


HUGE = 10**30


LONG = "x" * 256


GRANT = {"exam_id": "{exam}", "user_info": "learner", "key": TIME, "value": "5"}


BULK = {"course_id": COURSE_ID, "exam_ids": "{exam}", "user_ids": "learner", "value": "5"}


TIMED = {**BULK, "allowance_type": TIME}


TIMES = {**BULK, "allowance_type": "time_multiplier"}


REVIEW = {"status": "passed", "comments": []}


META = {"examCode": "{rpnow_code}", "ssiRecordLocator": "{rpnow_external}"}


PSI = {"examMetaData": META, "reviewStatus": "Clean"}


ATTEMPT = f"{E}/attempt/{{attempt}}"


REVIEWED = f"{E}/attempt/{{external}}/reviewed"


COMMENT = {"comment": "x", "status": "y"}


BACK = {"exam_id": "{exam}", "user_id": "{learner}", "key": TIME}


REGISTER = f"{E}/exam_registration/course_id/{COURSE_ID}"


BOOLS = ("is_proctored", "is_practice_exam", "is_active", "hide_after_due")


TEXTS = ("course_id", "content_id", "external_id", "backend")


TOO_MUCH = [
    {"time_limit_mins": 2**31},
    {"time_limit_mins": HUGE},
    {"external_id": LONG},
    {"backend": LONG},
]


STAFF_ROUTES = [
    ("get", f"{E}/attempt/grouped/course_id/{{course}}"),
    ("get", f"{E}/attempt/grouped/course_id/{{course}}/search/a"),
    ("get", f"{E}/{{course}}/allowance"),
    ("get", f"{E}/{{course}}/grouped/allowance"),
    ("put", f"{E}/{{course}}/bulk_allowance"),
    ("delete", ATTEMPT),
    ("delete", f"{E}/allowance"),
    ("delete", f"{E}/exam_id/{{exam}}/user_id/{{learner}}/reset_attempts"),
    ("get", f"{V1}/user_onboarding/status/course_id/{{course}}"),
    ("get", f"{V1}/instructor/{{course}}"),
    ("get", f"{V1}/instructor/{{course}}/{{exam}}"),
]


def rows(defect, method, path, bodies, status=400, caller="global_staff"):
    """Return the rows of one defect: the same request with these bodies."""
    return [
        pytest.param(method, path, body, status, caller, id=f"{defect}-{number}")
        for number, body in enumerate(bodies)
    ]


NO_OBJECTS = ([], [1], "text", 7, None, True)


NO_IDS = ("x", "", None, [], {}, True, 1.5, "²", HUGE, -1)


NO_BOOLS = ("maybe", [], {}, 7)


@pytest.fixture
def names(exam, make_exam, attempt, learner, psi):
    """Return the values of placeholders."""
    known = attempt(exam=exam, status="submitted", completed_at=timezone.now())
    at_rpnow = attempt(
        exam=make_exam(backend="software_secure", course_id="course-v1:r+p+n"),
        status="submitted",
        completed_at=timezone.now(),
    )
    return {
        "rpnow_code": at_rpnow.attempt_code,
        "rpnow_external": at_rpnow.external_id,
        "exam": exam.pk,
        "attempt": known.pk,
        "external": known.external_id,
        "code": known.attempt_code,
        "learner": learner.pk,
        "course": COURSE_ID,
    }


def filled(value, names):
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    return value.format(**names) if isinstance(value, str) and "{" in value else value


def changed(body, name, values):
    return [{**body, name: value} for value in values]


def without(body, *keys):
    return {key: value for key, value in body.items() if key not in keys}


@pytest.mark.defect(
    "REST-B3",
    "REST-B4",
    "REST-B5",
    "REST-B12",
    "REST-B13",
    "REST-B14",
    "REST-B17",
    "REST-B18",
    "REST-B19",
    "REST-B20",
)
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "caller"),
    [
        *rows("B3", "put", ATTEMPT, [{}, *changed({}, "action", ("x", 7, [], {}))], caller="owner"),
        *rows("B4-exam", "put", f"{E}/exam", NO_OBJECTS),
        *rows("B4-attempt", "put", ATTEMPT, NO_OBJECTS, caller="owner"),
        *rows("B4-create", "post", f"{E}/attempt", NO_OBJECTS, caller="owner"),
        *rows("B4-review", "post", REVIEWED, NO_OBJECTS, caller="reviewer"),
        *rows("B4-grant", "put", f"{E}/allowance", NO_OBJECTS),
        *rows("B4-bulk", "put", f"{E}/bulk_allowance", NO_OBJECTS),
        *rows("B4-psi", "post", ANONYMOUS_REVIEW, NO_OBJECTS, caller="anonymous"),
        *rows("B5-exam", "put", f"{E}/exam", changed({}, "exam_id", NO_IDS)),
        *rows("B5-create", "post", f"{E}/attempt", changed({}, "exam_id", NO_IDS), caller="owner"),
        *rows("B5-grant", "put", f"{E}/allowance", changed(GRANT, "exam_id", NO_IDS)),
        *rows("B5-delete", "delete", f"{E}/allowance", changed({**GRANT}, "user_id", NO_IDS)),
        *rows("B4-running", "get", f"{E}/active_exams_for_user", NO_OBJECTS, caller="owner"),
        *[row for method, path in STAFF_ROUTES for row in rows(f"B4-{method}-{path}", method, path, NO_OBJECTS, caller="course_staff")],
        *rows("B5-running", "get", f"{E}/active_exams_for_user", changed({}, "user_id", ("x", [7], {"a": 1}, True, 1.5, "²", HUGE, -1))),
        *rows("B5-delete-exam", "delete", f"{E}/allowance", changed(BACK, "exam_id", NO_IDS)),
        *rows("B5-bulk-course", "put", f"{E}/{{course}}/bulk_allowance", changed(TIMED, "exam_ids", ("x", "²", [HUGE], "-1"))),
        *rows("B5-bulk", "put", f"{E}/bulk_allowance", changed(TIMED, "exam_ids", ("x", "²"))),
        *rows("B12", "post", f"{E}/exam", changed(NEW_EXAM, "time_limit_mins", (2**31, HUGE, "1e9"))),
        *rows("B12-texts", "post", f"{E}/exam", [{**NEW_EXAM, name: LONG} for name in TEXTS]),
        *rows("B12-put", "put", f"{E}/exam", [{"exam_id": "{exam}", **one} for one in TOO_MUCH]),
        *rows("B12-patch", "patch", REGISTER, [[{**NEW_EXAM, **one}] for one in TOO_MUCH], status=422),
        *[row for name in BOOLS for row in rows(f"B13-{name}", "put", f"{E}/exam", changed({"exam_id": "{exam}"}, name, NO_BOOLS))],
        *[row for name in ("exam_name", "external_id", "backend") for row in rows(f"B13-{name}", "put", f"{E}/exam", changed({"exam_id": "{exam}"}, name, ([], {}, True)))],
        *rows("B13-date", "put", f"{E}/exam", changed({"exam_id": "{exam}"}, "due_date", ("tomorrow", 7, [], True))),
        *rows("B13-mins", "put", f"{E}/exam", changed({"exam_id": "{exam}"}, "time_limit_mins", ("abc", [], 0, -5))),
        *rows("B14", "put", f"{E}/exam", [{"exam_id": "{exam}", "backend": "gone"}]),
        *rows("B14-post", "post", f"{E}/exam", [{**NEW_EXAM, "backend": "gone"}]),
        *rows("B17", "put", f"{E}/allowance", changed(GRANT, "value", (None, [], {}, "²", "-1", ""))),
        *rows("B14-patch", "patch", REGISTER, [[{**NEW_EXAM, "backend": "gone"}]], status=422),
        *rows("B17-absent", "put", f"{E}/allowance", [without(GRANT, name) for name in GRANT]),
        *rows("B17-key", "put", f"{E}/allowance", changed(GRANT, "key", (None, [], "", 7))),
        *rows("B17-user", "put", f"{E}/allowance", changed(GRANT, "user_info", (NO_SUCH_ID, None, "nobody", []))),
        *rows("B17-exam", "put", f"{E}/allowance", changed(GRANT, "exam_id", (NO_SUCH_ID,))),
        *rows("B18", "put", f"{E}/bulk_allowance", changed(TIMED, "value", (None, "", [], "x"))),
        *rows("B18-times", "put", f"{E}/bulk_allowance", changed(TIMES, "value", ("nan", "inf", None, "0.5"))),
        *rows("B18-exams", "put", f"{E}/bulk_allowance", changed(TIMED, "exam_ids", ({}, None, True, [[]], [None]))),
        *rows("B18-absent", "put", f"{E}/bulk_allowance", [without(TIMED, name) for name in ("exam_ids", "user_ids", "value")]),
        *rows("B18-kind", "put", f"{E}/bulk_allowance", [BULK]),
        *rows("B18-lists", "put", f"{E}/bulk_allowance", changed(TIMED, "user_ids", ({}, None, True))),
        *rows("B19", "post", REVIEWED, [{}, *changed(REVIEW, "status", (None, 7, [], "x"))], caller="reviewer"),
        *rows("B19-comments", "post", REVIEWED, changed(REVIEW, "comments", ("x", 7, [7], [{}], [{"comment": "x"}], [{"status": "y"}])), caller="reviewer"),
        *rows("B19-seconds", "post", REVIEWED, changed(REVIEW, "comments", ([{**COMMENT, "start": "x"}], [{**COMMENT, "stop": HUGE}])), caller="reviewer"),
        *rows("B20", "post", ANONYMOUS_REVIEW, changed(PSI, "examMetaData", (None, [], "x", {}, {"examCode": "{rpnow_code}"})), caller="anonymous"),
        *rows("B20-status", "post", ANONYMOUS_REVIEW, [without(PSI, "reviewStatus"), *changed(PSI, "reviewStatus", (None, 7, [], "x"))], caller="anonymous"),
        *[row for name in ("webCamComments", "desktopComments") for row in rows(f"B20-{name}", "post", ANONYMOUS_REVIEW, changed(PSI, name, ("x", 7, [7], [{}], [{"comments": "x"}])), caller="anonymous")],
    ],
)  # fmt: skip
def test_invalid_input_is_reported(method, path, body, status, caller, names, clients):
    before = state()
    response = clients[caller].generic(
        method.upper(), path.format(**names), json.dumps(filled(body, names)), "application/json"
    )
    assert response.status_code == status, response.content
    assert response.json()
    assert state() == before


@pytest.mark.defect("REST-B6")
@pytest.mark.parametrize("user_id", ["x", "", "²", "1.5", str(HUGE)])
def test_ids_of_users_in_queries(user_id, exam, as_global_staff, as_staff, attempt):
    urls = (f"{E}/attempt/course_id/{COURSE_ID}", f"{E}/active_attempt")
    for url in urls:
        assert as_global_staff.get(url, {"user_id": user_id}).status_code == 400
    broken = attempt(status="error", is_resumable=True)
    if user_id:
        data = {"action": "mark_ready_to_resume", "user_id": user_id}
        assert as_staff.put(f"{E}/attempt/{broken.pk}", data).status_code == 400


@pytest.mark.defect("REST-B7")
def test_a_user_who_does_not_exist(exam, as_global_staff):
    query = {"user_id": str(NO_SUCH_ID), "content_id": exam.content_id}
    url = f"{E}/attempt/course_id/{COURSE_ID}"
    assert as_global_staff.get(url, query).status_code == 404


@pytest.mark.defect("REST-B8")
def test_a_username_that_does_not_exist(onboarding, as_staff):
    query = {"username": "nobody", "course_id": COURSE_ID}
    assert as_staff.get(f"{V1}/user_onboarding/status", query).status_code == 404


@pytest.mark.defect("REST-B9")
def test_unknown_ids_return_403_to_others(as_learner, as_staff, learner):
    for client in (as_learner, as_staff):
        assert client.delete(f"{E}/attempt/{NO_SUCH_ID}").status_code == 403
        url = f"{E}/exam_id/{NO_SUCH_ID}/user_id/{learner.pk}/reset_attempts"
        assert client.delete(url).status_code == 403
        data = {"exam_id": NO_SUCH_ID, "user_info": "learner", "key": TIME, "value": "1"}
        assert client.put(f"{E}/allowance", data).status_code == 403


@pytest.mark.defect("REST-B10")
@pytest.mark.parametrize("word", ["true", "yes", "on", "1", True])
def test_validated_values_are_stored(word, as_global_staff, db):
    data = {**NEW_EXAM, "is_proctored": word, "time_limit_mins": "90.0"}
    response = as_global_staff.post(f"{E}/exam", data, format="json")
    assert response.status_code == 200
    exam = ProctoredExam.objects.get()
    assert (exam.is_proctored, exam.time_limit_mins) == (True, 90)
    item = {**NEW_EXAM, "is_active": word, "time_limit_mins": "60.0"}
    url = f"{E}/exam_registration/course_id/{COURSE_ID}"
    assert as_global_staff.patch(url, [item], format="json").status_code == 200
    exam.refresh_from_db()
    assert (exam.is_active, exam.time_limit_mins) == (True, 60)


@pytest.mark.defect("REST-B11")
def test_an_unticked_checkbox_is_false(as_global_staff, db):
    data = without(NEW_EXAM, "is_practice_exam", "hide_after_due")
    response = as_global_staff.post(f"{E}/exam", {**data, "is_proctored": "false"})
    assert response.status_code == 200
    exam = ProctoredExam.objects.get()
    assert (exam.is_practice_exam, exam.hide_after_due, exam.is_proctored) == (False,) * 3


Attempt = ProctoredExamStudentAttempt


@pytest.mark.defect("REST-B15")
@pytest.mark.parametrize("proctored", [True, False, None])
def test_booleans_may_be_booleans(proctored, timed_exam, as_learner):
    data = {"exam_id": timed_exam.pk, "attempt_proctored": None, "start_clock": proctored}
    assert as_learner.post(f"{E}/attempt", data, format="json").status_code == 200
    assert Attempt.objects.get().status == ("started" if proctored else "created")


@pytest.mark.defect("REST-B16")
def test_a_timed_exam_is_not_proctored(timed_exam, as_learner):
    data = {"exam_id": timed_exam.pk, "attempt_proctored": "true"}
    response = as_learner.post(f"{E}/attempt", data)
    assert response.status_code in (200, 400)
    assert not Attempt.objects.filter(taking_as_proctored=True).exists()


@pytest.mark.defect("REST-B17")
def test_numbers_are_accepted_as_values(exam, learner, as_staff):
    data = {"exam_id": exam.pk, "user_info": learner.username, "key": TIME, "value": 7}
    assert as_staff.put(f"{E}/allowance", data, format="json").status_code == 200
    assert ProctoredExamStudentAllowance.objects.get().value == "7"


@pytest.mark.defect("REST-B18")
def test_lists_and_numbers_are_accepted_as_lists(exam, learner, as_staff):
    data = {**TIMED, "exam_ids": [exam.pk], "user_ids": [learner.username], "value": 7}
    assert as_staff.put(f"{E}/bulk_allowance", data, format="json").status_code == 200
    assert ProctoredExamStudentAllowance.objects.get().value == "7"


@pytest.mark.defect("REST-B19")
def test_missing_fields_of_providers(names, as_reviewer, make_exam, attempt):
    url = REVIEWED.format(**names)
    UserFactory.create_batch(2, email="twice@example.com")
    comment = {**COMMENT, "start": None}
    data = {"status": "suspicious", "comments": [comment], "reviewed_by": "twice@example.com"}
    assert as_reviewer.post(url, data, format="json").status_code == 200
    form = {"status": "suspicious", "videoReviewLink": "https://video.example.com"}
    assert as_reviewer.post(url, form).status_code == 200
    none = {"status": "suspicious", "comments": None, "payload": "text"}
    assert as_reviewer.post(url, none, format="json").status_code == 200


@pytest.mark.defect("REST-B19")
@pytest.mark.parametrize("backend", ["null", "mock"])
def test_providers_without_reviews(backend, attempt, make_exam, as_global_staff):
    known = attempt(exam=make_exam(backend=backend), status="submitted")
    url = f"{E}/attempt/{known.external_id}/reviewed"
    assert as_global_staff.post(url, REVIEW, format="json").status_code == 400


@pytest.mark.defect("REST-B20")
def test_missing_fields_of_rpnow(psi, attempt, make_exam, names):
    exam = make_exam(backend="software_secure")
    assert APIClient().post(ANONYMOUS_REVIEW, filled(PSI, names), format="json").status_code == 200
    declined = attempt(exam=exam, status="declined", external_id=None)
    for locator in (None, "", "None", "none"):
        meta = {"examCode": declined.attempt_code, "ssiRecordLocator": locator}
        data = {"examMetaData": meta, "reviewStatus": "Clean"}
        assert APIClient().post(ANONYMOUS_REVIEW, data, format="json").status_code == 400
    attempt(exam=exam, attempt_code=None, external_id="l")
    for code in ({}, {"examCode": None}, {"examCode": ""}):
        no_code = {**PSI, "examMetaData": {"ssiRecordLocator": "l", **code}}
        assert APIClient().post(ANONYMOUS_REVIEW, no_code, format="json").status_code == 400


@pytest.mark.defect("REST-B20")
def test_rpnow_is_not_configured(attempt, make_exam, db):
    known = attempt(exam=make_exam(backend="software_secure"), external_id="l", status="submitted")
    meta = {"examCode": known.attempt_code, "ssiRecordLocator": "l"}
    data = {"examMetaData": meta, "reviewStatus": "Clean"}
    assert APIClient().post(ANONYMOUS_REVIEW, data, format="json").status_code == 400
