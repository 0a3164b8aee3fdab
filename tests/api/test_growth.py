"""The number of queries does not grow with the number of rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import AllowanceFactory, AttemptFactory, UserFactory

pytestmark = pytest.mark.django_db


def cost(work):
    """Return the number of queries."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        work()
    return len(queries)


def costs_the_same(work, more):
    """Check that the number of queries is the same with more rows."""
    before = cost(work)
    more()
    assert cost(work) == before
    return before


def many(exam, **columns):
    return lambda: AttemptFactory.create_batch(10, proctored_exam=exam, **columns)


@pytest.mark.defect("PYTHON-104")
@pytest.mark.parametrize(
    "read",
    [
        lambda exam, learner: list(api.get_all_exam_attempts(exam.course_id)),
        lambda exam, learner: list(api.get_filtered_exam_attempts(exam.course_id, "learner")),
        lambda exam, learner: api.get_exam_violation_report(exam.course_id),
        lambda exam, learner: api.get_user_attempts_by_exam_id(learner.pk, exam.pk),
    ],
    ids=["all", "filtered", "report", "of a learner"],
)
def test_lists_of_attempts(read, exam, learner):
    AttemptFactory(proctored_exam=exam, user=learner)

    def more():
        many(exam)()
        many(exam, user=learner)()

    assert costs_the_same(lambda: read(exam, learner), more) <= 3


@pytest.mark.defect("PYTHON-106")
def test_running_exams(exam, learner, make_exam):
    now = {"status": "started", "started_at": timezone.now(), "allowed_time_limit_mins": 90}
    AttemptFactory(proctored_exam=exam, user=learner, **now)

    def more():
        for _ in range(5):
            another = make_exam()
            AttemptFactory(proctored_exam=another, user=learner, **now)
            AllowanceFactory(proctored_exam=another, user=learner)

    assert costs_the_same(lambda: api.get_active_exams_for_user(learner.pk), more) <= 3


@pytest.mark.defect("PYTHON-107")
def test_a_change_costs_the_same_for_many_attempts(exam, learner, make_exam):
    def life(other):
        AttemptFactory.create_batch(other, proctored_exam=exam, user=learner, status="error")
        one = AttemptFactory(proctored_exam=exam, user=learner)
        start = cost(lambda: api.update_attempt_status(one.pk, "started"))
        return start, cost(lambda: api.update_attempt_status(one.pk, "submitted"))

    life(0)
    assert life(1) == life(10)


@pytest.mark.defect("PYTHON-108")
def test_bulk_allowances(exam):
    def grant():
        ids = [user.pk for user in UserFactory.create_batch(grant.count)]
        return cost(
            lambda: api.add_bulk_allowances([exam.pk], ids, "additional_time_granted", "10")
        )

    grant.count = 1
    few = grant()
    grant.count = 10
    assert grant() <= few + 9  # an event each
    assert few < 20


Attempt = ProctoredExamStudentAttempt


@pytest.mark.defect("PYTHON-109")
def test_only_the_newest_verification_is_used(practice_exam, learner):
    AttemptFactory(proctored_exam=practice_exam, user=learner, status="verified")
    read = lambda: api.get_last_verified_onboarding_attempts_per_user([learner], "test")  # noqa: E731  a local shorthand
    costs_the_same(read, many(practice_exam, user=learner, status="verified"))
    newest = Attempt.objects.filter(user=learner).order_by("-modified", "-id").first()
    assert read()[learner.pk].pk == newest.pk


@pytest.mark.defect("PYTHON-110")
def test_a_look_up_in_the_history_reads_one_row(attempt):
    one = attempt()
    for status in ("download_software_clicked", "ready_to_start", "started"):
        api.update_attempt_status(one.pk, status)
    code = one.attempt_code
    Attempt.objects.get(pk=one.pk).delete()
    with CaptureQueriesContext(connection) as queries:
        assert Attempt.get_historic_attempt_by_code(code).status == "started"
    (query,) = queries
    assert "LIMIT 1" in query["sql"]


@pytest.mark.defect("PYTHON-111")
def test_archiving_reads_no_relations(exam, learner):
    review = ProctoredExamSoftwareSecureReview.objects.create(
        attempt_code="code", review_status="Clean", raw_data="{}", student=learner, exam=exam
    )
    again = ProctoredExamSoftwareSecureReview.objects.get(pk=review.pk)
    again.raw_data = "{} "
    with CaptureQueriesContext(connection) as queries:
        again.save()
    read = [one["sql"] for one in queries if one["sql"].startswith("SELECT")]
    assert not [sql for sql in read if 'FROM "proctoring_proctoredexam" ' in sql]


@pytest.mark.defect("PYTHON-112")
def test_courses_of_many_exams(exam, learner, make_exam):
    def more():
        for _ in range(10):
            make_exam()

    last = lambda: api.get_last_exam_completion_date(exam.course_id, learner.username)  # noqa: E731  a local shorthand
    assert costs_the_same(last, more) <= 2
    assert costs_the_same(lambda: api.is_backend_dashboard_available(exam.course_id), more) == 1


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("PYTHON-113")
def test_pages_of_a_course(exam, staff, client_for):
    url = f"/api/edx_proctoring/v1/proctored_exam/attempt/grouped/course_id/{exam.course_id}"
    client = client_for(staff)
    AttemptFactory(proctored_exam=exam)
    assert client.get(url).status_code == 200
    full = many(exam)
    for _ in range(3):
        full()
    first = cost(lambda: client.get(url))
    for _ in range(3):
        full()
    assert cost(lambda: client.get(url)) == first
    assert len(client.get(url).json()["proctored_exam_attempts"]) == 25


@pytest.mark.defect("PYTHON-114")
def test_attempts_of_a_pair_are_indexed():
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Attempt._meta.db_table).values()
    indexes = [one["columns"] for one in found if one["index"]]
    assert ["user_id", "proctored_exam_id"] in [columns[:2] for columns in indexes]
    assert ["status", "started_at"] in indexes


@pytest.mark.defect("PYTHON-115")
def test_a_change_writes_one_history_row(attempt):
    one = attempt()
    before = Attempt.history.filter(id=one.pk).count()
    api.update_attempt_status(one.pk, "started")
    assert Attempt.history.filter(id=one.pk).count() == before + 1
    api.update_attempt_status(one.pk, "started")  # no change
    assert Attempt.history.filter(id=one.pk).count() == before + 1
