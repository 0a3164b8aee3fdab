"""Lists of a course other than attempts: their queries look rows up by an index, on each database."""

import pytest
from django.db import connection
from django.db.models import Value
from django.test.utils import CaptureQueriesContext

from edx_proctoring.models import (
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    ProctoringLearner,
)
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory
from tests import plans
from tests.views.conftest import V1, E

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]
V2 = f"/api/edx_proctoring/v2/courses/{COURSE_ID}"
ALLOWANCES = ProctoredExamStudentAllowance._meta.db_table
ATTEMPTS = ProctoredExamStudentAttempt._meta.db_table


def whole_reads(client, path, table):
    """Return the parts of the queries' plans that read the whole table, after checking that something is listed."""
    plans.take_for_large(table)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    assert response.status_code == 200
    read = [one["sql"] for one in captured.captured_queries if table in one["sql"]]
    assert read
    return [
        found for sql in read for found in plans.whole_reads(sql, table, "U0", "V0", may_sort=True)
    ]


@pytest.mark.parametrize(
    "path",
    [f"{E}/{COURSE_ID}/grouped/allowance", f"{E}/{COURSE_ID}/allowance", f"{V2}/allowances/"],
)
def test_allowances(path, exam, as_staff):
    for shown in (exam, ExamFactory(course_id="course-v1:o+ther+1")):
        for user in UserFactory.create_batch(5):
            ProctoredExamStudentAllowance.objects.create(
                user=user, proctored_exam=shown, key="additional_time_granted", value="10"
            )
    assert whole_reads(as_staff, path, ALLOWANCES) == []


def test_without_learners_table(exam, as_staff):
    """Counting, and choosing the rows of a page, does not look at each learner of the course."""
    users = UserFactory._meta.model._meta.db_table
    for user in UserFactory.create_batch(2):
        ProctoredExamStudentAllowance.objects.create(
            user=user, proctored_exam=exam, key="additional_time_granted", value="10"
        )
    with CaptureQueriesContext(connection) as captured:
        assert as_staff.get(f"{V2}/allowances/").json()["count"] == 2
    count, page = [one["sql"] for one in captured.captured_queries if ALLOWANCES in one["sql"]]
    assert users not in count
    assert users not in page.rpartition(f"FROM {connection.ops.quote_name(ALLOWANCES)}")[2]


@pytest.mark.parametrize(
    "path", [f"{V1}/user_onboarding/status/course_id/{COURSE_ID}", f"{V2}/onboarding/"]
)
def test_onboarding(path, host, onboarding, as_staff, monkeypatch):
    for user in UserFactory.create_batch(5):
        AttemptFactory(user=user, proctored_exam=onboarding, status="submitted")
        ProctoringLearner.objects.create(user=user)
    found = ProctoringLearner.objects.annotate(mode=Value("verified")).select_related("user")
    monkeypatch.setattr(
        host.enrollments, "get_enrollments_can_take_proctored_exams", lambda *_args: found
    )
    assert whole_reads(as_staff, path, ATTEMPTS) == []
