"""Allowances."""

import pytest
from django.db.models.signals import post_save, pre_save

from edx_proctoring import api
from edx_proctoring.exceptions import (
    AllowanceValueNotAllowedException,
    ProctoredExamNotActiveException,
    ProctoredExamNotFoundException,
    UserNotFoundException,
)
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import COURSE_ID, AllowanceFactory, UserFactory
from tests.unknown import NO_SUCH_ID

pytestmark = pytest.mark.django_db

Allowance = ProctoredExamStudentAllowance
TIME = "additional_time_granted"


def told():
    rows = OutboxMessage.objects.filter(kind="event").order_by("id")
    return [
        (row.payload["name"].rsplit(".", 2)[-1], row.payload["data"]["allowance_value"])
        for row in rows
        if ".allowance." in row.payload["name"]
    ]


def test_granted_changed_and_removed(exam, learner):
    api.add_allowance_for_user(exam.pk, learner.username, TIME, "10")
    api.add_allowance_for_user(exam.pk, learner.email, TIME, "20")
    assert Allowance.get_additional_time_granted(exam.pk, learner.pk) == 20
    api.remove_allowance_for_user(exam.pk, learner.pk, TIME)
    api.remove_allowance_for_user(exam.pk, learner.pk, TIME)
    assert not Allowance.objects.exists()
    assert told() == [("created", "10"), ("updated", "20"), ("deleted", "20")]
    archived = ProctoredExamStudentAllowanceHistory.objects.order_by("id")
    assert [row.value for row in archived] == ["10", "20"]


@pytest.mark.parametrize(
    "grant",
    [
        lambda exam, user, value: api.add_allowance_for_user(exam.pk, user.pk, TIME, value),
        lambda exam, user, value: api.add_bulk_allowances([exam.pk], [user.pk], TIME, value),
    ],
    ids=["single", "bulk"],
)
def test_receivers_of_the_models_signals_are_called(exam, learner, grant):
    heard = []

    def note(signal, instance, **kwargs):
        heard.append((signal is post_save, kwargs.get("created"), instance.pk, instance.value))

    for signal in (pre_save, post_save):
        signal.connect(note, sender=Allowance)
    try:
        grant(exam, learner, "10")
        grant(exam, learner, "20")
    finally:
        for signal in (pre_save, post_save):
            signal.disconnect(note, sender=Allowance)
    pk = Allowance.objects.get().pk
    assert heard == [
        (False, None, None, "10"),
        (True, True, pk, "10"),
        (False, None, pk, "20"),
        (True, False, pk, "20"),
    ]
    archived = ProctoredExamStudentAllowanceHistory.objects.values_list("allowance_id", "value")
    assert [*archived] == [(pk, "10")]


@pytest.mark.defect("PYTHON-65")
@pytest.mark.parametrize(
    "value",
    ["invalid", "-2", "invalid123", "", "²", "1.5", "inf", "-5", None, True, "9" * 9, "9" * 30],
)
def test_bad_values(exam, learner, value):
    with pytest.raises(AllowanceValueNotAllowedException):
        api.add_allowance_for_user(exam.pk, learner.pk, TIME, value)
    assert not Allowance.objects.exists()


@pytest.mark.defect("PYTHON-83")
def test_learners_and_exams(exam, make_exam, learner):
    with pytest.raises(UserNotFoundException):
        api.add_allowance_for_user(exam.pk, "nobody", TIME, "1")
    with pytest.raises(ProctoredExamNotFoundException):
        api.add_allowance_for_user(NO_SUCH_ID, learner.pk, TIME, "1")
    with pytest.raises(ProctoredExamNotActiveException, match="not active"):
        api.add_allowance_for_user(make_exam(is_active=False).pk, learner.pk, TIME, "1")
    api.add_allowance_for_user(exam.pk, learner, Allowance.REVIEW_POLICY_EXCEPTION, "May drink")
    assert Allowance.get_review_policy_exception(exam.pk, learner.pk) == "May drink"


def test_updates_by_queryset_archive_the_old_value(exam, learner):
    api.add_allowance_for_user(exam.pk, learner.pk, TIME, "10")
    assert Allowance.objects.filter(user=learner).update(value="30") == 1
    assert [row.value for row in ProctoredExamStudentAllowanceHistory.objects.all()] == ["10"]


@pytest.mark.defect("PYTHON-105")
def test_the_list_costs_two_queries(exam, django_assert_num_queries):
    for user in [UserFactory() for _ in range(5)]:
        api.add_allowance_for_user(exam.pk, user.pk, TIME, "10")
    with django_assert_num_queries(2):  # the allowances, and their exams
        found = list(api.get_allowances_for_course(COURSE_ID))
    assert len(found) == 5
    assert set(found[0]) == {"id", "created", "modified", "user", "key", "value", "proctored_exam"}


@pytest.mark.parametrize(
    ("minutes", "factor", "granted"),
    [(21, "1.5", "10"), (90, "1.5", "45"), (90, "1", "0"), (7, 2, "7")],
)
def test_a_multiplier(make_exam, learner, minutes, factor, granted):
    exam = make_exam(time_limit_mins=minutes)
    pairs, good, bad = api.add_bulk_allowances([exam.pk], [learner.pk], "time_multiplier", factor)
    assert (pairs, good, bad) == ([{"exam_id": exam.pk, "user_id": learner.pk}], 1, 0)
    assert Allowance.objects.get().value == granted


@pytest.mark.defect("PYTHON-65")
@pytest.mark.parametrize("factor", ["0.5", "inf", "nan", "x", None, "1e9", ""])
def test_invalid_multipliers(exam, learner, factor):
    with pytest.raises(AllowanceValueNotAllowedException):
        api.add_bulk_allowances([exam.pk], [learner.pk], "time_multiplier", factor)


@pytest.mark.defect("PYTHON-18")
def test_invalid_pairs_do_not_affect_valid_ones(exam, learner):
    exams, users = [exam.pk, NO_SUCH_ID, "x", exam.pk], [learner.username, "nobody"]
    pairs, good, bad = api.add_bulk_allowances(exams, users, TIME, "5")
    assert (len(pairs), good, bad) == (6, 1, 5)
    assert Allowance.objects.get().value == "5"
    assert api.add_bulk_allowances([], [], TIME, "5") == ([], 0, 0)
    for value in ("-5", "x"):
        with pytest.raises(AllowanceValueNotAllowedException):
            api.add_bulk_allowances([exam.pk], [learner.pk], TIME, value)


Attempt = ProctoredExamStudentAttempt


@pytest.mark.defect("PYTHON-66")
@pytest.mark.parametrize("value", ["", "²", "many", "99999999999"])
def test_an_unreadable_value_gives_no_extra_time(attempt, exam, learner, value):
    AllowanceFactory(user=learner, proctored_exam=exam, value=value)
    known = attempt(exam=exam, status="ready_to_start")
    api.update_attempt_status(known.pk, "started")
    assert Attempt.objects.get().allowed_time_limit_mins == exam.time_limit_mins
    assert Allowance.get_additional_time_granted(exam.pk, learner.pk) is None


@pytest.mark.defect("PYTHON-77")
def test_bulk_updates_count_and_archive_the_old_values():
    rows = [AllowanceFactory(value=str(minutes)) for minutes in (10, 20)]
    assert Allowance.objects.filter(pk=0).update(value="1") == 0
    assert Allowance.objects.filter(key="additional_time_granted").update(key="other") == 2
    archive = ProctoredExamStudentAllowanceHistory.objects.order_by("id")
    assert [(row.allowance_id, row.key, row.value) for row in archive] == [
        (row.pk, "additional_time_granted", row.value) for row in rows
    ]
