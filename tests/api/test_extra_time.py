"""A factor of an exam's time and additional minutes, granted in every possible way."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import RequestFactory
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.exceptions import AllowanceValueNotAllowedException
from edx_proctoring.models import OutboxMessage, ProctoredExam, ProctoredExamStudentAllowance
from edx_proctoring.testing.factories import AllowanceFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]

Allowance = ProctoredExamStudentAllowance
MINUTES, FACTOR = "additional_time_granted", "time_multiplier"
REST = "/api/edx_proctoring/v1/proctored_exam"
BAD_FACTORS = ["abc", "0.9", "-3", "", " ", "nan", "inf", "1e9", "10.01", "11", "1,5", "1.5x", None]

Way = Callable[[ProctoredExam, Any, str, Any], Any]


def python_single(exam: ProctoredExam, user: Any, key: str, value: Any) -> None:
    api.add_allowance_for_user(exam.pk, user.username, key, value)


def python_bulk(exam: ProctoredExam, user: Any, key: str, value: Any) -> None:
    api.add_bulk_allowances([exam.pk], [user.pk], key, value)


def the_dashboard_of_the_host(exam: ProctoredExam, user: Any, key: str, value: Any) -> None:
    """Replaces the allowance in its own transaction."""
    with transaction.atomic():
        for row in Allowance.get_allowances_for_user(exam.pk, user.pk):
            if row.key == key:
                api.remove_allowance_for_user(exam.pk, user.pk, key)
        api.add_allowance_for_user(exam.pk, user.email, key, value)


def _put(path: str, data: dict[str, Any]) -> None:
    client = APIClient()
    client.force_authenticate(UserFactory(is_staff=True))
    response = client.put(f"{REST}/{path}", data, format="json")
    if response.status_code == 400:
        assert set(response.json()) <= {"detail", "field"}
        raise AllowanceValueNotAllowedException(response.json()["detail"])
    assert response.status_code == 200


def rest_single(exam: ProctoredExam, user: Any, key: str, value: Any) -> None:
    data = {"exam_id": exam.pk, "user_info": user.username, "key": key, "value": value}
    _put("allowance", data)


def rest_bulk(exam: ProctoredExam, user: Any, key: str, value: Any) -> None:
    names = {"exam_ids": str(exam.pk), "user_ids": user.username}
    _put("bulk_allowance", {**names, "allowance_type": key, "value": value})


def django_admin(exam: ProctoredExam, user: Any, key: str, value: Any) -> None:
    """The page that a host registers."""
    page = admin.ModelAdmin(Allowance, admin.AdminSite())
    request = RequestFactory().post("/")
    request.user = UserFactory(is_staff=True, is_superuser=True)
    data = {"user": user.pk, "proctored_exam": exam.pk, "key": key, "value": value}
    form = page.get_form(request)(data)
    if not form.is_valid():
        assert list(form.errors) == ["value"]
        raise AllowanceValueNotAllowedException(str(form.errors))
    page.save_model(request, form.save(commit=False), form, change=False)


SINGLE: list[Way] = [python_single, the_dashboard_of_the_host, rest_single, django_admin]
BULK: list[Way] = [python_bulk, rest_bulk]


def allowed(exam: ProctoredExam, user: Any) -> int:
    """Return the extra time of the learner."""
    exam.refresh_from_db()
    return api.allowed_minutes(api.get_exam_by_id(exam.pk), user.pk)


@pytest.mark.parametrize(
    ("limit", "factor", "minutes"),
    [
        (60, "1.5", 90),
        (21, "1.5", 31),  # 31.5: a half is rounded to the even number of additional minutes
        (23, "1.5", 35),
        (60, "1", 60),
        (60, "1.25", 75),
        (7, "2", 14),
        (30, "10", 300),
    ],
)
@pytest.mark.parametrize("grant", [*SINGLE, *BULK])
def test_a_factor_gives_extra_time(
    grant: Way, limit: int, factor: str, minutes: int, make_exam: Any, learner: Any
) -> None:
    exam = make_exam(time_limit_mins=limit)
    grant(exam, learner, FACTOR, factor)
    assert allowed(exam, learner) == minutes
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk)
    api.start_exam_attempt(exam.pk, learner.pk)
    assert api.get_exam_attempt_by_id(attempt_id)["allowed_time_limit_mins"] == minutes


@pytest.mark.parametrize("grant", [*SINGLE, *BULK])
def test_the_limit_changes_before_the_start(grant: Way, make_exam: Any, learner: Any) -> None:
    """A factor follows the limit; the minutes that the bulk call stores instead do not change."""
    exam = make_exam(time_limit_mins=60)
    grant(exam, learner, FACTOR, "1.5")
    api.update_exam(exam.pk, time_limit_mins=80)
    assert allowed(exam, learner) == (110 if grant in BULK else 120)


@pytest.mark.parametrize("grant", SINGLE)
def test_minutes_are_added_to_the_factor(grant: Way, make_exam: Any, learner: Any) -> None:
    exam = make_exam(time_limit_mins=60)
    grant(exam, learner, FACTOR, "1.5")
    grant(exam, learner, MINUTES, "10")
    assert allowed(exam, learner) == 100
    api.update_exam(exam.pk, time_limit_mins=80)
    assert allowed(exam, learner) == 130
    api.remove_allowance_for_user(exam.pk, learner.pk, FACTOR)
    assert allowed(exam, learner) == 90


@pytest.mark.parametrize("value", BAD_FACTORS)
@pytest.mark.parametrize("grant", [*SINGLE, *BULK])
def test_invalid_factors_are_refused(
    grant: Way, value: Any, exam: ProctoredExam, learner: Any
) -> None:
    with pytest.raises(AllowanceValueNotAllowedException):
        grant(exam, learner, FACTOR, value)
    assert not Allowance.objects.exists()
    assert not OutboxMessage.objects.filter(lane__startswith="publish:allowance").exists()


@pytest.mark.parametrize("value", ["abc", "-3", "", "1.5", "nan", "1e9", None])
@pytest.mark.parametrize("grant", [*SINGLE, *BULK])
def test_invalid_minutes_are_refused(
    grant: Way, value: Any, exam: ProctoredExam, learner: Any
) -> None:
    with pytest.raises(AllowanceValueNotAllowedException):
        grant(exam, learner, MINUTES, value)
    assert not Allowance.objects.exists()


@pytest.mark.parametrize("grant", SINGLE)
def test_an_invalid_value_keeps_the_valid_one(
    grant: Way, exam: ProctoredExam, learner: Any
) -> None:
    api.add_allowance_for_user(exam.pk, learner.pk, FACTOR, "1.5")
    if grant is django_admin:
        form = admin.ModelAdmin(Allowance, admin.AdminSite()).get_form(RequestFactory().get("/"))
        data = {"user": learner.pk, "proctored_exam": exam.pk, "key": FACTOR, "value": "abc"}
        assert not form(data, instance=Allowance.objects.get()).is_valid()
    else:
        with pytest.raises(AllowanceValueNotAllowedException):
            grant(exam, learner, FACTOR, "abc")
    assert Allowance.objects.get().value == "1.5"


def test_error_texts_explain_the_problem(exam: ProctoredExam, learner: Any) -> None:
    with pytest.raises(AllowanceValueNotAllowedException, match=r"from 1 to 10 .* two decimals"):
        api.add_allowance_for_user(exam.pk, learner.pk, FACTOR, "abc")
    with pytest.raises(AllowanceValueNotAllowedException, match="non-negative integer"):
        api.add_allowance_for_user(exam.pk, learner.pk, MINUTES, "abc")


@pytest.mark.parametrize("value", [1.5, 2, "1.50"])
def test_numbers_are_factors(value: Any, exam: ProctoredExam, learner: Any) -> None:
    api.add_allowance_for_user(exam.pk, learner.pk, FACTOR, value)
    assert Allowance.objects.get().value == str(value)


def test_three_decimals_are_only_accepted_by_the_bulk_call(make_exam: Any, learner: Any) -> None:
    exam = make_exam(time_limit_mins=90)
    with pytest.raises(AllowanceValueNotAllowedException):
        api.add_allowance_for_user(exam.pk, learner.pk, FACTOR, "1.333")
    api.add_bulk_allowances([exam.pk], [learner.pk], FACTOR, "1.333")
    assert [(row.key, row.value) for row in Allowance.objects.all()] == [(MINUTES, "30")]


@pytest.mark.parametrize("value", ["abc", "0.9", "-3", "", "1e9", "1.333"])
def test_stored_factors_that_cannot_be_granted_have_no_effect(
    value: str, make_exam: Any, learner: Any
) -> None:
    exam = make_exam(time_limit_mins=60)
    AllowanceFactory(proctored_exam=exam, user=learner, key=FACTOR, value=value)
    assert allowed(exam, learner) == 60


def test_the_learner_sees_the_total_time(timed_exam: ProctoredExam, learner: Any) -> None:
    api.update_exam(timed_exam.pk, time_limit_mins=60)
    api.add_allowance_for_user(timed_exam.pk, learner.pk, FACTOR, "1.5")
    exam = api.get_exam_by_id(timed_exam.pk)
    assert api.get_total_allowed_time_for_exam(exam, learner.pk) == "1 hour and 30 minutes"
    screen = api.get_student_view(learner.pk, exam["course_id"], exam["content_id"], {})
    assert "1 hour and 30 minutes" in (screen or "")


def test_a_factor_granted_after_an_interruption_is_added_to_the_remaining_time(
    make_exam: Any, learner: Any
) -> None:
    exam = make_exam(time_limit_mins=60)
    api.add_allowance_for_user(exam.pk, learner.pk, FACTOR, "1.5")
    first = api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
    api.update_attempt_status(first, "ready_to_start")
    api.start_exam_attempt(exam.pk, learner.pk)
    api.update_attempt_status(first, "error")
    assert allowed(exam, learner) == 90
    api.add_allowance_for_user(exam.pk, learner.pk, FACTOR, "2")
    api.add_allowance_for_user(exam.pk, learner.pk, MINUTES, "5")
    assert allowed(exam, learner) == 90 + 30 + 5
