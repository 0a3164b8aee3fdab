"""Plain dictionaries of rows equal the output of the serializers."""

import datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from rest_framework.settings import api_settings

from edx_proctoring import serializers
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import (
    AllowanceFactory,
    AttemptFactory,
    ExamFactory,
    ReviewPolicyFactory,
    UserFactory,
)

NOON = datetime.datetime(2026, 5, 4, 12, 0, 0, 123, tzinfo=datetime.UTC)
IN_TOKYO = NOON.astimezone(ZoneInfo("Asia/Tokyo"))


def alike(serializer, instance):
    """Return whether both have the same keys in the same order, with values of the same types."""
    row, data = serializer.row(instance), serializer(instance).data
    plain = {
        name: dict(value) if isinstance(value, dict) else value for name, value in data.items()
    }
    assert list(row) == list(plain)
    assert row == plain
    assert [type(value) for value in row.values()] == [type(value) for value in plain.values()]
    return row


@pytest.mark.django_db
@pytest.mark.parametrize("moment", [None, NOON, IN_TOKYO, NOON.replace(microsecond=0)])
def test_stored_rows(moment):
    exam = ExamFactory(due_date=moment)
    attempt = AttemptFactory(
        proctored_exam=exam, started_at=moment, completed_at=moment, time_remaining_seconds=7
    )
    allowance, policy = AllowanceFactory(proctored_exam=exam), ReviewPolicyFactory()
    for row in (attempt, allowance, policy):
        if moment:
            row.created = row.modified = moment
    alike(serializers.ProctoredExamSerializer, exam)
    alike(serializers.ProctoredExamJSONSafeSerializer, exam)
    alike(serializers.UserSerializer, UserFactory())
    alike(serializers.ProctoredExamStudentAllowanceSerializer, allowance)
    alike(serializers.ProctoredExamReviewPolicySerializer, policy)
    alike(serializers.ProctoredExamStudentAttemptSerializer, attempt)
    stored = ProctoredExamStudentAttempt.objects.with_shared_parts().get(pk=attempt.pk)
    assert alike(serializers.ProctoredExamStudentAttemptSerializer, stored)["created"].endswith("Z")


@pytest.mark.django_db
def test_allowances_without_instances(django_assert_num_queries):
    serializer = serializers.ProctoredExamStudentAllowanceSerializer
    exams = ExamFactory(due_date=NOON), ExamFactory(due_date=None)
    for exam in exams:
        AllowanceFactory.create_batch(2, proctored_exam=exam)
    rows = ProctoredExamStudentAllowance.objects.select_related("user", "proctored_exam").order_by(
        "-id"
    )
    with django_assert_num_queries(2):
        found = serializer.rows(rows.values_list(*serializers.LISTED_COLUMNS))
    assert found == [alike(serializer, one) for one in rows]
    assert [list(one) for one in found] == [list(serializer.row(one)) for one in rows]
    first, second, *_ = found
    assert first["proctored_exam"] == second["proctored_exam"]
    assert first["proctored_exam"] is not second["proctored_exam"]


@pytest.mark.django_db
def test_deleted_relations_are_none():
    attempt = AttemptFactory()
    record = attempt.history.first()
    attempt.proctored_exam.delete()
    row = alike(serializers.ProctoredExamStudentAttemptSerializer, record.instance)
    assert row["proctored_exam"] is None


def test_unsaved_rows():
    exam = ProctoredExam(id="4", course_id=5, time_limit_mins="90", is_active="true", backend=None)
    row = alike(serializers.ProctoredExamSerializer, exam)
    assert (row["id"], row["course_id"], row["is_active"]) == (4, "5", True)


def test_the_hosts_format_of_times(monkeypatch):
    monkeypatch.setattr(api_settings, "DATETIME_FORMAT", "%d.%m.%Y")
    row = SimpleNamespace(id=1, created=NOON, modified=NOON)
    shown = serializers.TimestampedSerializer._declared_fields["created"]
    assert serializers._conversion(shown)(row.created) == "04.05.2026"
