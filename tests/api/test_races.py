"""Another process is faster, between a query and the following statement."""

import pytest
from django.db import connection

from edx_proctoring import api
from edx_proctoring.exceptions import ProctoredExamAlreadyExists
from edx_proctoring.models import OutboxMessage, ProctoredExam, ProctoredExamStudentAllowance
from edx_proctoring.testing.factories import COURSE_ID

pytestmark = pytest.mark.django_db

TIME = "additional_time_granted"


class Quicker:
    """Does its work right after the first query of a table."""

    def __init__(self, table, work):
        self.table, self.work, self.done = table, work, False

    def __call__(self, execute, sql, *more):
        answer = execute(sql, *more)
        if not self.done and sql.startswith("SELECT") and self.table in sql:
            self.done = True
            self.work()
        return answer


def test_an_exam_created_concurrently():
    columns = {"course_id": COURSE_ID, "content_id": "content", "exam_name": "Theirs"}
    theirs = ProctoredExam(**columns, time_limit_mins=5)
    quicker = Quicker("proctoredexam", lambda: ProctoredExam.objects.bulk_create([theirs]))
    with connection.execute_wrapper(quicker), pytest.raises(ProctoredExamAlreadyExists):
        api.create_exam(COURSE_ID, "content", "Ours", 30)
    assert quicker.done
    assert not ProctoredExam.objects.filter(exam_name="Ours").exists()
    assert not OutboxMessage.objects.exists()


def test_an_allowance_granted_concurrently(exam, learner):
    theirs = ProctoredExamStudentAllowance(proctored_exam=exam, user=learner, key=TIME, value="10")
    quicker = Quicker(
        "proctoredexamstudentallowance",
        lambda: ProctoredExamStudentAllowance.objects.bulk_create([theirs]),
    )
    with connection.execute_wrapper(quicker):
        api.add_allowance_for_user(exam.pk, learner.pk, TIME, "20")
    assert quicker.done
    assert ProctoredExamStudentAllowance.objects.get().value == "20"
