"""A row stays locked by a manual query or a process that hangs, and the site continues."""

import datetime
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import quote

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api, operations, transactions
from edx_proctoring.exceptions import ProctoringTemporarilyUnavailable
from edx_proctoring.models import ProctoredExamStudentAttempt, ProctoringLearner
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.concurrency.parallel import told

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.databases("postgresql", "mysql"),  # SQLite locks no rows
]

E = "/api/edx_proctoring/v1/proctored_exam"
MINUTE = datetime.timedelta(minutes=1)
PATIENCE = 60  # seconds: who takes longer waits for the lock
Attempt = ProctoredExamStudentAttempt


@pytest.fixture(autouse=True)
def patience():
    """Use a learner's limit, because these tests measure it."""


@pytest.fixture
def overdue(attempt, exam, learner):
    """Return a running attempt whose time is over, and whose learner has a lock row."""
    ProctoringLearner.objects.ensure(learner.pk)
    began = timezone.now() - 91 * MINUTE
    return attempt(exam=exam, status="started", started_at=began, allowed_time_limit_mins=90)


@pytest.fixture(params=["proctoring_learner", "proctoring_proctoredexamstudentattempt"])
def held(request, overdue):
    """Lock the row on another connection; call the result to release it."""
    other = connection.copy()
    other.set_autocommit(False)
    column = "user_id" if request.param == "proctoring_learner" else "id"
    key = overdue.user_id if column == "user_id" else overdue.pk
    with other.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {request.param} WHERE {column} = %s FOR UPDATE", [key])
    yield other.rollback
    other.close()


def at_once(*works):
    """Run each on its own connection; return the results, or TimeoutError for those that wait for the lock."""

    def run(work):
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        tasks = [pool.submit(run, work) for work in works]
        return [task.result(timeout=PATIENCE) for task in tasks]


def shown(response):
    assert response.status_code == 200, response.content
    return response.json()


def screen(attempt):
    exam = attempt.proctored_exam
    return api.get_student_view(attempt.user_id, exam.course_id, exam.content_id, {})


def screen_in_a_transaction(attempt):
    with transaction.atomic():
        html = screen(attempt)
        assert not connection.needs_rollback
        return html


def test_reads_do_not_wait(overdue, held, learner, staff, client_for, monkeypatch):
    """Ten reads at once that would end an overdue attempt: it is shown as ended, and its row is unchanged."""
    monkeypatch.setattr(transactions, "GLANCE_SECONDS", 10 * PATIENCE)
    page = (
        f"{E}/attempt/course_id/{COURSE_ID}?content_id={quote(overdue.proctored_exam.content_id)}"
    )
    urls = [
        f"{E}/attempt/{overdue.pk}", f"{E}/attempt", page, f"{E}/active_attempt", f"{E}/active_exams_for_user",
    ]  # fmt: skip
    mine, theirs = client_for(learner), client_for(staff)
    shown(mine.get(f"{E}/exam/course_id/{COURSE_ID}"))  # one thread makes the OpenAPI document
    exam_id, code = overdue.proctored_exam_id, overdue.attempt_code
    poll, timer, of_page, active, running, rows, *screens, current, by_code = at_once(
        *(lambda url=url: shown(mine.get(url)) for url in urls),
        lambda: shown(theirs.get(f"{E}/attempt/grouped/course_id/{COURSE_ID}")),
        lambda: screen(overdue),
        lambda: screen_in_a_transaction(overdue),
        lambda: api.get_current_exam_attempt(exam_id, learner.pk),
        lambda: api.get_exam_attempt_by_code(code),
    )
    assert [poll["status"], current["status"], by_code["status"]] == ["submitted"] * 3
    assert poll["time_remaining_seconds"] == 0
    assert poll["completed_at"] is not None
    assert timer["attempt_status"] == active["attempt_status"] == "submitted"
    assert of_page["exam"]["attempt"]["attempt_status"] == "submitted"
    assert running == []
    assert [row["status"] for row in rows["proctored_exam_attempts"]] == ["submitted"]
    assert all("submitted" in html for html in screens)
    assert Attempt.objects.get().status == "started"
    assert told("signal") == 0

    held()
    assert operations.submit_expired_attempts().ended == 1
    assert operations.submit_expired_attempts().ended == 0
    assert Attempt.objects.get().status == "submitted"
    assert told("signal") == told("email") == told("provider_notice") == 1


def test_a_read_ends_the_attempt_once_the_lock_is_released(overdue, held):
    held()
    assert api.get_exam_attempt_by_id(overdue.pk)["status"] == "submitted"
    assert Attempt.objects.get().status == "submitted"


def test_the_way_back_into_a_declined_exam_does_not_wait(
    attempt, exam, learner, client_for, monkeypatch
):
    """The page's offer is recorded once the row is no longer locked."""
    monkeypatch.setattr(transactions, "LOCK_SECONDS", 2 * PATIENCE)
    client = client_for(learner)
    data = {"exam_id": exam.pk, "attempt_proctored": False}
    declined = shown(client.post(f"{E}/attempt", data, format="json"))["exam_attempt_id"]

    def look():
        context = {"allow_proctoring_opt_out": False}
        return api.get_student_view(learner.pk, exam.course_id, exam.content_id, context)

    def look_in_a_transaction():
        with transaction.atomic():
            return look()

    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT * FROM proctoring_learner WHERE user_id = %s FOR UPDATE", [learner.pk]
            )
        screens = at_once(look, look_in_a_transaction)
    finally:
        other.rollback()
        other.close()
    assert all('data-screen="proctored-entrance"' in html for html in screens)
    rows = Attempt.objects.get(pk=declined).history
    known = rows.count()
    for _ in range(2):
        look()
    assert rows.count() == known + 1


def test_writes_wait_three_seconds(overdue, held, learner, client_for):
    client = client_for(learner)
    waits = []

    def note(execute, *statement):
        began = time.monotonic()
        try:
            return execute(*statement)
        except DatabaseError:
            waits.append(time.monotonic() - began)
            raise

    def submit():
        with connection.execute_wrapper(note):
            return client.put(f"{E}/attempt/{overdue.pk}", {"action": "submit"}, format="json")

    (response,) = at_once(submit)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    (waited,) = waits  # not once per try
    assert 2 < waited < transactions.LOCK_SECONDS * transactions.TRIES
    assert Attempt.objects.get().status == "started"

    held()
    assert client.put(f"{E}/attempt/{overdue.pk}", {"action": "submit"}, format="json").json() == {
        "exam_attempt_id": overdue.pk
    }
    assert Attempt.objects.get().status == "submitted"
    assert told("signal") == 1


def test_the_sweep_continues_with_other_attempts(overdue, held, attempt, django_user_model):
    other = django_user_model.objects.create(username="other")
    began = timezone.now() - 91 * MINUTE
    attempt(user=other, status="started", started_at=began, allowed_time_limit_mins=90)
    done = operations.submit_expired_attempts()
    assert (done.ended, done.failed) == (1, 1)
    assert Attempt.objects.get(pk=overdue.pk).status == "started"


def test_the_first_lock_of_a_learner_times_out(learner, attempt, monkeypatch):
    """Another client has inserted the learner's row and does not end its transaction."""
    monkeypatch.setattr(transactions, "LOCK_SECONDS", 1)
    known = attempt(status="created")
    put, go = threading.Event(), threading.Event()

    def hang():
        with transaction.atomic():
            ProctoringLearner.objects.create(user_id=learner.pk)
            put.set()
            go.wait(PATIENCE)

    def decline():
        assert put.wait(PATIENCE)
        try:
            api.update_attempt_status(known.pk, "declined")
        except ProctoringTemporarilyUnavailable as error:
            return error
        finally:
            go.set()

    _, error = at_once(hang, decline)
    assert isinstance(error, ProctoringTemporarilyUnavailable)
    assert Attempt.objects.get().status == "created"


def queries_of_locks(work):
    with CaptureQueriesContext(connection) as queries:
        work()
    return [query["sql"] for query in queries if "proctoring_learner" in query["sql"]]


def test_only_the_first_change_of_a_learner_looks_for_the_lock(timed_exam, learner):
    def change():
        api.create_exam_attempt(timed_exam.pk, learner.pk)
        Attempt.objects.all().delete()

    assert len(queries_of_locks(change)) > 1
    assert len(queries_of_locks(lambda: api.create_exam_attempt(timed_exam.pk, learner.pk))) == 1


def test_first_changes_of_many_learners_at_once(timed_exam, make_exam):
    """Each learner's row is missing, and two requests of each need it: it is stored once, and nobody fails."""
    exams = [timed_exam, make_exam(is_proctored=False, external_id=None, backend=None)]
    learners = [UserFactory() for _ in range(4)]
    works = [
        partial(api.create_exam_attempt, exam.pk, one.pk) for exam in exams for one in learners
    ]
    assert len(set(at_once(*works))) == 8
    assert ProctoringLearner.objects.count() == 4
