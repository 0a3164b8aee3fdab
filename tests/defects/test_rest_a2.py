"""Defects A13-A22 of the published REST interface: who may do what, and what is told to whom."""

import logging

import pytest
from django.contrib.auth.models import Group
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils import timezone
from rest_framework.test import APIClient
from rules import always_deny, set_perm

from edx_proctoring import api, crypto, rules
from edx_proctoring.models import (
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.views.conftest import V1, E

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
ANONYMOUS_REVIEW = "/api/edx_proctoring/proctoring_review_callback/"
START = "/api/edx_proctoring/proctoring_launch_callback/start_exam"
NOW = {"allowed_time_limit_mins": 90}


def put(client, attempt, action, **more):
    return client.put(f"{E}/attempt/{attempt.pk}", {"action": action, **more}, format="json")


@pytest.mark.parametrize(
    ("obstacle", "status"),
    [("permission", 403), ("prerequisites", 403), ("inactive", 400), ("enrolment", 403)],
)
def test_A13_what_a_proctored_attempt_needs(
    obstacle, status, make_exam, host, learner, as_learner, settings, provider
):
    exam = make_exam(is_active=obstacle != "inactive")
    needs_switch = obstacle in ("inactive", "enrolment")
    if obstacle == "permission":
        host.credit.enrolled = True
        set_perm("edx_proctoring.can_take_proctored_exam", always_deny)
    if obstacle == "prerequisites":
        first = {"namespace": "proctored_exam", "name": "first", "status": None, "order": 1}
        host.credit.requirements = [first]
    if obstacle == "enrolment":
        host.credit.enrolled = False
    data = {"exam_id": exam.pk, "attempt_proctored": "true"}
    if needs_switch:
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "REQUIRE_ENROLLMENT": True}
    assert as_learner.post(f"{E}/attempt", data).status_code == status
    assert not Attempt.objects.exists()
    assert not provider.calls_of("register_exam_attempt")
    if needs_switch:  # kept without the switch
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "REQUIRE_ENROLLMENT": False}
        assert as_learner.post(f"{E}/attempt", data).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "exam/exam_id/{exam}",
        "exam/course_id/{course}",
        "exam/course_id/{course}/content_id/{content}",
        "settings/exam_id/{exam}/",
        "review_policy/exam_id/{exam}/",
        "attempt/course_id/{course}?content_id={content}",
    ],
)
def test_A14_exams_are_for_the_enrolled_where_a_switch_says_so(path, exam, host, clients, settings):
    url = f"{E}/{path.format(exam=exam.pk, course=COURSE_ID, content=exam.content_id)}"
    host.credit.enrolled = False
    assert clients["stranger"].get(url).status_code == 200  # kept
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "REQUIRE_ENROLLMENT": True}
    assert clients["stranger"].get(url).status_code == 403
    assert clients["course_staff"].get(url).status_code == 200


def test_A15_staff_ask_for_learners_who_exist(onboarding, as_staff):
    query = {"course_id": COURSE_ID, "username": "nobody"}
    response = as_staff.get(f"{V1}/user_onboarding/status", query)
    assert response.status_code == 404


def test_A15_where_a_switch_says_so_for_the_enrolled_only(
    onboarding, as_staff, host, learner, settings
):
    query = {"course_id": COURSE_ID, "username": learner.username}
    url = f"{V1}/user_onboarding/status"
    host.credit.enrolled = False
    assert as_staff.get(url, query).status_code == 200  # kept
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "REQUIRE_ENROLLMENT": True}
    missing = as_staff.get(url, {**query, "username": "nobody"})
    assert as_staff.get(url, query).content == missing.content


def test_A16_non_reviewers_do_not_learn_which_attempts_exist(attempt, clients, make_exam):
    known = attempt(exam=make_exam(backend=None), status="submitted")
    for external_id in (known.external_id, "unknown"):
        url = f"{E}/attempt/{external_id}/reviewed"
        assert clients["owner"].post(url, {"status": "passed"}, format="json").status_code == 403
    url = f"{E}/attempt/{known.external_id}/reviewed"
    assert clients["reviewer"].post(url, {"status": "passed"}, format="json").status_code == 200


def test_A17_providers_are_not_listed(make_exam, as_learner):
    response = as_learner.get(f"{E}/settings/exam_id/{make_exam(backend='gone').pk}/")
    assert response.status_code == 500
    for name in ("gone", "test", "null", "mock"):
        assert name not in response.json()["detail"]


def test_A18_no_login_form_of_its_own():
    for path in ("/api/login/", "/api/logout/"):
        with pytest.raises(Resolver404):
            resolve(path)
    with pytest.raises(NoReverseMatch):
        reverse("edx_proctoring:rest_framework:login")


def test_A19_the_cookie_is_guarded_and_says_nothing(attempt, provider):
    provider.uses_start_callback = True
    known = attempt()
    client = APIClient()
    data = {"token": crypto.launch_token(known.attempt_code)}
    client.get(f"{START}/{known.attempt_code}", data, secure=True)
    cookie = client.cookies["exam"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert (cookie["samesite"], cookie["max-age"]) == ("Lax", 24 * 60 * 60)
    assert known.attempt_code not in cookie.value


def test_A20_the_address_in_a_ticket_is_the_hosts(attempt, host, as_reviewer, settings):
    settings.ALLOWED_HOSTS = ["*"]
    known = attempt(status="submitted", completed_at=timezone.now(), external_id="remote")
    url, body = f"{E}/attempt/remote/reviewed", {"status": "suspicious"}
    as_reviewer.post(url, body, format="json", headers={"host": "evil.example.com"})
    (call,) = host.calls_of("send_support_notification")
    exam = known.proctored_exam_id
    expected = f"https://lms.example.com{V1}/instructor/{COURSE_ID}/{exam}?attempt=remote"
    assert call.kwargs["review_url"] == expected


def test_A20_without_a_request(attempt, host):
    known = attempt(status="submitted", completed_at=timezone.now())
    api.receive_review(known, {"status": "suspicious", "comments": []})
    assert len(host.calls_of("send_support_notification")) == 1


def test_A21_no_names_in_logs(exam, as_staff, as_global_staff, caplog):
    caplog.set_level(logging.DEBUG)
    user = UserFactory(username="zebulon", email="zeb@home.example.com")
    data = {"exam_id": exam.pk, "key": "additional_time_granted"}
    bulk = {"course_id": COURSE_ID, "exam_ids": exam.pk, "allowance_type": data["key"]}
    codes = []
    for who in (user.username, user.email, "unknown-yolanda", "yolanda@home.example.com"):
        for value in ("10", "20", "bad"):
            grant = {**data, "user_info": who, "value": value}
            codes.append(as_staff.put(f"{E}/allowance", grant).status_code)
            more = {"user_ids": f"{who},nobody-xaver", "value": value}
            codes.append(as_staff.put(f"{E}/bulk_allowance", {**bulk, **more}).status_code)
        as_staff.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}", {"text": who})
    as_staff.delete(f"{E}/allowance", {**data, "user_id": user.pk})
    assert set(codes) == {200, 207, 400}
    ours = [one for one in caplog.records if one.name.startswith("edx_proctoring")]
    assert any("answers 400" in one.getMessage() for one in ours)
    for record in ours:
        told = f"{record.getMessage()} {record.__dict__}"
        for name in ("zebulon", "zeb@", "yolanda", "xaver", "home.example.com"):
            assert name not in told
        assert record.levelno < logging.ERROR
        assert record.exc_info is None


def test_A21_the_creation_of_an_exam_is_logged_in_whole(as_global_staff, caplog, capsys, db):
    caplog.set_level(logging.DEBUG)
    data = {
        **dict.fromkeys(("is_proctored", "is_practice_exam", "is_active"), False),
        "course_id": COURSE_ID,
        "content_id": "new",
        "external_id": "x",
        "exam_name": "New",
        "time_limit_mins": 5,
        "hide_after_due": False,
    }
    exam_id = as_global_staff.post(f"{E}/exam", data, format="json").json()["exam_id"]
    assert f"exam {exam_id}: created, course_id={COURSE_ID}" in caplog.text
    assert "Logging error" not in capsys.readouterr().err


def test_A22_answers_do_not_echo_what_they_were_asked(attempt, as_learner, as_staff, exam):
    hostile = "<script>alert(1)</script>"
    for response in (
        put(as_learner, attempt(), hostile),
        as_learner.post(f"{E}/attempt", {"exam_id": hostile}),
        as_staff.put(f"{E}/bulk_allowance", {"course_id": COURSE_ID, "exam_ids": hostile}),
    ):
        assert response.status_code == 400
        assert hostile not in response.content.decode()


def test_reviewers_of_any_name_are_in_a_group(attempt):
    user = UserFactory()
    user.groups.add(Group.objects.create(name="test_review"))
    backend = {"proctored_exam": {"backend": "test"}}
    assert rules.is_in_reviewer_group(user, backend)
