"""The calls of the LMS's instructor API, inside its own transactions."""

import pytest
from django.db import transaction
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.exceptions import (
    BackendProviderCannotRemoveAttempt,
    ProctoredBaseException,
    ProctoredExamNotFoundException,
)
from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.unknown import NO_SUCH_ID

pytestmark = pytest.mark.django_db

Allowance = ProctoredExamStudentAllowance
Attempt = ProctoredExamStudentAttempt
TIME = "additional_time_granted"


def test_lists(exam, attempt, make_exam, learner, django_assert_num_queries):
    old = attempt(exam=exam)
    new = attempt(exam=make_exam())
    api.add_allowance_for_user(exam.pk, learner.username, TIME, "10")
    with transaction.atomic():
        exams = api.get_all_exams_for_course(COURSE_ID)
        assert [one["id"] for one in exams if one["is_proctored"]] == [
            exam.pk,
            new.proctored_exam_id,
        ]
        with django_assert_num_queries(2):  # the attempts, and their exams
            attempts = list(api.get_all_exam_attempts(COURSE_ID))
        assert [one["id"] for one in attempts] == [new.pk, old.pk]
        assert api.get_filtered_exam_attempts(COURSE_ID, "nobody") == []
        (row,) = api.get_allowances_for_course(COURSE_ID)
    assert (row["user"]["username"], row["user"]["email"]) == (learner.username, learner.email)
    nullable = {"due_date", "backend"}
    assert all(row["proctored_exam"][key] is not None for key in set(exams[0]) - nullable)


def test_one_exam(exam):
    assert api.get_exam_by_id(exam.pk)["course_id"] == COURSE_ID
    with pytest.raises(ProctoredExamNotFoundException), transaction.atomic():
        api.get_exam_by_id(NO_SUCH_ID)


def test_resetting_a_learner(exam, attempt, learner, staff, provider):
    for status in ("error", "submitted"):
        attempt(exam=exam, status=status, completed_at=timezone.now())
    with transaction.atomic():
        for one in api.get_user_attempts_by_exam_id(learner.pk, exam.pk):
            api.remove_exam_attempt(one["id"], requesting_user=staff)
    assert not Attempt.objects.exists()
    assert len(provider.calls_of("remove_exam_attempt")) == 2
    assert api.get_user_attempts_by_exam_id(learner.pk, exam.pk) == []


def test_a_reset_that_the_provider_refuses_leaves_the_transaction_whole(attempt, staff, provider):
    known = attempt()
    provider.fail("remove_exam_attempt", ConnectionError("down"))
    with transaction.atomic():
        with pytest.raises(BackendProviderCannotRemoveAttempt):
            api.remove_exam_attempt(known.pk, requesting_user=staff)
        UserFactory(username="written afterwards")
    assert Attempt.objects.filter(pk=known.pk).exists()
    assert UserFactory._meta.model.objects.filter(username="written afterwards").exists()


def test_replacing_allowances(exam, learner):
    api.add_allowance_for_user(exam.pk, learner.username, TIME, "10")
    errors = []
    with transaction.atomic():
        for name in (learner.email, "nobody", learner.username):
            for row in Allowance.get_allowances_for_user(exam.pk, learner.pk):
                api.remove_allowance_for_user(exam.pk, learner.pk, row.key)
            try:
                api.add_allowance_for_user(exam.pk, name, "review_policy_exception", "notes")
            except ProctoredBaseException as error:
                errors.append(str(error))
    assert errors == ["Cannot find user against nobody"]
    assert [row.value for row in Allowance.objects.all()] == ["notes"]


def test_a_rollback_undoes_everything(exam, learner, tracker):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        api.add_allowance_for_user(exam.pk, learner.username, TIME, "10")
        raise ZeroDivisionError
    assert not Allowance.objects.exists()
    assert not tracker.events


def test_settings_of_the_course(exam, provider):
    assert api.does_backend_support_onboarding("test") is False
    assert api.does_backend_support_onboarding(None) is False
    assert api.is_backend_dashboard_available(COURSE_ID) is False
    provider.has_dashboard = provider.supports_onboarding = True
    assert api.does_backend_support_onboarding("test") is True
    assert api.is_backend_dashboard_available(COURSE_ID) is True
