"""Attempts of a course: the newest of each learner and exam."""

import datetime

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api, lifecycle
from edx_proctoring.api.attempts import counts, pages
from edx_proctoring.models import ProctoredExamStudentAttempt as Attempt
from edx_proctoring.testing.factories import (
    COURSE_ID,
    AttemptFactory,
    ExamFactory,
    UserFactory,
)
from edx_proctoring.views.v2.attempts import AttemptFilter
from tests import plans
from tests.views.conftest import started

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/attempts/"
NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def client(client_for, staff):
    return client_for(staff)


def names(answer):
    """Learner and exam of each row."""
    assert answer.status_code == 200, answer.content
    rows = answer.json()["results"]
    return [f"{row['user']['username']} {row['exam']['exam_name']}" for row in rows]


@pytest.fixture
def course(transactional_db, provider, other):
    """Five attempts; "other" has onboarding, "test" has not."""
    provider.supports_onboarding, other.supports_onboarding = False, True
    ana, bo = UserFactory(username="ana", email="x@anon.org"), UserFactory(username="bo")
    exams = {
        "Midterm": ExamFactory(exam_name="Midterm"),
        "Quiz": ExamFactory(exam_name="Quiz", is_proctored=False, backend=None),
        "Try": ExamFactory(exam_name="Try", is_practice_exam=True),
        "Enrol": ExamFactory(exam_name="Enrol", is_practice_exam=True, backend="other"),
    }
    begun = {"started_at": NOON, "allowed_time_limit_mins": 60}
    AttemptFactory(user=ana, proctored_exam=exams["Midterm"], status="error", **begun)
    ended = {**begun, "completed_at": NOON + HOUR}
    AttemptFactory(user=ana, proctored_exam=exams["Midterm"], status="submitted", **ended)
    AttemptFactory(user=bo, proctored_exam=exams["Midterm"], status="created")
    later = {"started_at": NOON + HOUR, "allowed_time_limit_mins": 30}
    AttemptFactory(user=bo, proctored_exam=exams["Quiz"], status="submitted", **later)
    AttemptFactory(user=ana, proctored_exam=exams["Try"], status="rejected", **begun)
    AttemptFactory(user=ana, proctored_exam=exams["Enrol"], status="verified", **begun)
    return exams


def test_a_row_has_what_staff_see_and_no_secret_ids(client, attempt, learner):
    ended = attempt(status="submitted", started_at=NOON, completed_at=NOON + HOUR)
    exam = ended.proctored_exam
    (row,) = client.get(URL).json()["results"]
    assert row.pop("created").endswith("Z")
    assert row.pop("modified").endswith("Z")
    assert row == {
        "id": ended.pk,
        "user": {"username": "learner", "email": "learner@example.com"},
        "exam": {
            "id": exam.pk,
            "course_id": COURSE_ID,
            "content_id": exam.content_id,
            "exam_name": "Midterm Exam",
            "type": "proctored",
        },
        "status": "submitted",
        "started_at": "2026-03-01T12:00:00Z",
        "completed_at": "2026-03-01T13:00:00Z",
        "allowed_time_limit_mins": None,
        "ends_at": None,
        "paused": None,
        "taking_as_proctored": True,
        "is_resumable": False,
        "ready_to_resume": False,
        "resumed": False,
        "needs_attention": False,
        "earlier_count": 0,
    }


def test_secret_ids_are_not_shown_to_global_staff_either(client_for, attempt):
    ended = attempt(status="submitted")
    answer = client_for(UserFactory(is_staff=True)).get(URL)
    assert answer.status_code == 200
    for secret in (ended.attempt_code, ended.external_id):
        assert secret not in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["ana Enrol", "ana Try", "bo Quiz", "bo Midterm", "ana Midterm"]),
        ("search=ANA", ["ana Enrol", "ana Try", "ana Midterm"]),
        ("search=anon.org", ["ana Enrol", "ana Try", "ana Midterm"]),
        *((f"search={text}", []) for text in ("Midterm", "%25", "b_", "a%2Fb%3Fc%23d%26e")),
        ("type=timed", ["bo Quiz"]),
        ("type=proctored", ["bo Midterm", "ana Midterm"]),
        ("type=practice", ["ana Try"]),
        ("type=onboarding", ["ana Enrol"]),
        ("status=created", ["bo Midterm"]),
        ("status=created&status=verified", ["ana Enrol", "bo Midterm"]),
        ("status=error", []),  # of an earlier attempt
        ("search=bo&type=timed&status=submitted", ["bo Quiz"]),
        ("ordering=username,exam_name&page_size=2", ["ana Enrol", "ana Midterm"]),
        ("ordering=username,exam_name&page_size=2&page=3", ["bo Quiz"]),
        ("ordering=-exam_name,username", ["ana Try", "bo Quiz", "ana Midterm", "bo Midterm", "ana Enrol"]),
        ("ordering=started_at&page_size=1", ["bo Midterm"]),
        ("ordering=-started_at&page_size=1", ["bo Quiz"]),
        ("ordering=-completed_at&page_size=1", ["ana Midterm"]),
        ("ordering=-allowed_time_limit_mins&type=timed", ["bo Quiz"]),
        ("ordering=status&page_size=1", ["bo Midterm"]),
        ("ordering=-status&page_size=1", ["ana Enrol"]),
        ("ordering=created&page_size=1", ["ana Midterm"]),
        ("ordering=type,username&page_size=3", ["ana Enrol", "ana Try", "ana Midterm"]),
        ("ordering=-type&page_size=1", ["bo Quiz"]),
        ("ordering=-is_resumable,-ready_to_resume,-id&page_size=1", ["ana Enrol"]),
        ("started_after=2026-03-01T13:00:00Z", ["bo Quiz"]),
        ("started_before=2026-03-01T14:00:00%2B01:00&type=timed", []),
        ("started_before=2026-03-01T14:00:01%2B01:00&type=timed", ["bo Quiz"]),
        ("created_before=2020-01-01T00:00:00Z", []),
    ],
)  # fmt: skip
def test_filters_order_and_pages(client, course, query, found):
    assert names(client.get(f"{URL}?{query}")) == found


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
def test_pages_without_filters_are_parts_of_the_whole_list(client, course, size):
    whole = names(client.get(URL))
    found = []
    for page in range(1, -(-len(whole) // size) + 1):
        answer = client.get(f"{URL}?page={page}&page_size={size}")
        assert answer.json()["count"] == len(whole) == 5
        found += names(answer)
    assert found == whole
    last = names(client.get(f"{URL}?page=last&page_size={size}"))
    assert last == whole[-len(last) :]


FILTERS = (
    "status=submitted", "status=created&status=verified&status=error", "status=error", "needs_attention=true",
    "needs_attention=false", "resumable=true", "resumable=false&type=practice", "type=proctored", "type=onboarding",
    "started_after=2026-03-01T12:30:00Z&status=submitted", "created_before=2020-01-01T00:00:00Z", "exam={exam}&status=created",
)  # fmt: skip


def test_pages_with_filters_are_parts_of_the_whole_list(client, course, waiting):
    """The whole list is that of django-filter and the ORM, without the way by which a page reads less."""
    for number in range(3):
        AttemptFactory(proctored_exam=course["Quiz"], status="submitted", is_resumable=number < 2)
    for query in (one.format(exam=course["Midterm"].pk) for one in FILTERS):
        rows = AttemptFilter(QueryDict(query), queryset=pages.find_attempts(COURSE_ID)).qs
        whole = list(rows.values_list("pk", flat=True))
        for size in (1, 2, 50):
            found = []
            for page in range(1, max(-(-len(whole) // size), 1) + 1):
                answer = client.get(f"{URL}?{query}&page={page}&page_size={size}").json()
                assert (answer["count"], answer["count_is_about"]) == (len(whole), False), query
                found += [row["id"] for row in answer["results"]]
            assert found == whole, query


def test_an_index_fits_each_filter(client, course, waiting):
    table = Attempt._meta.db_table
    plans.take_for_large(table)
    for query in ("", *FILTERS):
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{URL}?{query.format(exam=course['Midterm'].pk)}").status_code == 200
        for one in captured.captured_queries:
            if table in one["sql"]:
                is_page = "limited" in one["sql"]
                read = plans.whole_reads(one["sql"], table, "U0", "V0", "W0", may_sort=is_page)
                assert read == [], (query, one["sql"])


@pytest.mark.parametrize("page", ["0", "6", "-1", "x", "9" * 30, "²", "١", "%2B1", "0_1", "1.0"])
def test_a_page_that_there_is_not(client, course, page):
    answer = client.get(f"{URL}?page_size=1&page={page}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_attempts_of_one_exam(client, course):
    assert names(client.get(f"{URL}?exam={course['Quiz'].pk}")) == ["bo Quiz"]
    assert names(client.get(f"{URL}?exam={2**31 - 1}")) == []


@pytest.fixture
def waiting(attempt, make_exam):
    """Attempts by what staff have to do with them."""
    made = {}
    for name, values in {
        "broken": {"status": "error", "is_resumable": True},
        "lost": {"status": "error"},
        "permitted": {"status": "error", "ready_to_resume": True},
        "doubtful": {"status": "second_review_required"},
        "fine": {"status": "verified"},
        "try": {"status": "error", "is_resumable": True, "resumed": True},
    }.items():
        exam = make_exam(exam_name=name, is_practice_exam=name == "try")
        made[name] = attempt(exam=exam, user=UserFactory(username=name), **values)
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("needs_attention=true", {"broken", "lost", "doubtful"}),
        ("needs_attention=false", {"permitted", "fine", "try"}),
        ("resumable=true", {"broken"}),
        ("resumable=false", {"lost", "permitted", "doubtful", "fine", "try"}),
    ],
)
def test_attempts_that_wait_for_staff(client, waiting, query, found):
    rows = client.get(f"{URL}?{query}").json()["results"]
    assert {row["user"]["username"] for row in rows} == found
    if query.startswith("needs_attention"):
        assert {row["needs_attention"] for row in rows} == {query.endswith("true")}


def test_a_row_counts_earlier_attempts_of_the_same_learner_and_exam(client, course):
    rows = client.get(URL).json()["results"]
    assert [row["earlier_count"] for row in rows] == [0, 0, 0, 0, 1]


def test_an_exam_of_another_course_has_no_attempts_here(client, course):
    foreign = AttemptFactory(proctored_exam__course_id="course-v1:edX+Other+2026")
    assert names(client.get(f"{URL}?exam={foreign.proctored_exam_id}")) == []
    assert names(client.get(f"{URL}?search={foreign.user.username}")) == []


def test_an_exam_whose_provider_is_gone_is_for_practice(client, course):
    ExamFactory._meta.model.objects.filter(pk=course["Enrol"].pk).update(backend="gone")
    assert names(client.get(f"{URL}?type=practice")) == ["ana Enrol", "ana Try"]
    (row,) = client.get(f"{URL}?exam={course['Enrol'].pk}").json()["results"]
    assert row["exam"]["type"] == "practice"


def test_an_attempt_whose_time_is_over_is_shown_as_ended(client, attempt):
    begun = timezone.now() - 3 * HOUR
    late = started(attempt, started_at=begun, allowed_time_limit_mins=60, is_resumable=True)
    (row,) = client.get(URL).json()["results"]
    assert (row["status"], row["is_resumable"]) == ("submitted", False)
    assert row["completed_at"] is not None
    late.refresh_from_db()
    assert late.status == "started"  # reading changes nothing


def test_a_paused_attempt_says_so_and_does_not_end(client, attempt, timed_exam, staff):
    with time_machine.travel(NOON, tick=False) as clock:
        one = lifecycle.transition(attempt(exam=timed_exam, status="created"), "started")
        (row,) = client.get(URL).json()["results"]
        assert (row["paused"], row["ends_at"]) == (None, "2026-03-01T13:30:00Z")
        api.pause_attempt(one.pk, reason="Fire alarm", by=staff)
        since = {"kind": "pause", "since": "2026-03-01T12:00:00Z", "message": "Fire alarm"}
        for minutes, is_too_long in ((15, False), (1, True), (300, True)):  # no sweep runs
            clock.shift(datetime.timedelta(minutes=minutes))
            (row,) = client.get(URL).json()["results"]
            assert row["paused"] == {**since, "is_too_long": is_too_long}
            assert (row["status"], row["ends_at"]) == ("started", "2026-03-01T13:30:00Z")
        api.continue_attempt(one.pk)
        (row,) = client.get(URL).json()["results"]
        assert (row["paused"], row["ends_at"]) == (None, "2026-03-01T18:46:00Z")


def test_the_second_after_the_end_is_told_from_the_ledger(client, attempt, timed_exam):
    with time_machine.travel(NOON, tick=False) as clock:
        one = lifecycle.transition(attempt(exam=timed_exam, status="created"), "started")
        api.extend_attempt(one.pk, 61, reason="a door")
        clock.shift(datetime.timedelta(minutes=91, seconds=1))
        assert client.get(URL).json()["results"][0]["status"] == "started"
        clock.shift(datetime.timedelta(seconds=1))  # the columns say 92 minutes
        (row,) = client.get(URL).json()["results"]
        ended = ("submitted", "2026-03-01T13:31:01Z", None)
        assert (row["status"], row["completed_at"], row["ends_at"]) == ended


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("exam=x", "exam"),
        ("exam=0", "exam"),
        ("exam=1_0", "exam"),
        ("exam=1.0", "exam"),
        ("exam=%2B1", "exam"),
        ("exam=١", "exam"),
        ("exam=1&exam=2", "exam"),
        ("search=%00&search=ana", "search"),
        ("search=a+b+c+d+e+f+g+h+i+j+k", "search"),
        ("ordering=bad&ordering=status", "ordering"),
        ("page=1&page=2", "page"),
        ("page_size=0&page_size=5", "page_size"),
        (f"exam={'9' * 30}", "exam"),
        ("type=oral", "type"),
        ("status=lost", "status"),
        ("ordering=user__email", "ordering"),
        ("ordering=attempt_code", "ordering"),
        ("attempt_code=x", "attempt_code"),
        ("needs_attention=1", "needs_attention"),
        ("resumable=yes", "resumable"),
        ("started_after=yesterday", "started_after"),
        ("started_after=0001-01-01T00:00:00%2B23:00", "started_after"),
        ("created_before=9999-12-31T23:59:59-23:00", "created_before"),
        ("page_size=201", "page_size"),
    ],
)
def test_what_is_not_understood_is_refused(client, course, query, field):
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_staff_of_another_course_are_refused(client_for, host, learner, attempt):
    attempt(status="submitted")
    host.instructor.staff.add((learner.pk, "course-v1:edX+Other+2026"))
    assert client_for(learner).get(URL).status_code == 403
    host.instructor.staff.add((learner.pk, COURSE_ID))
    assert client_for(learner).get(URL).status_code == 200


def test_pages_of_one_exam(client, exam):
    for number in range(3):
        AttemptFactory(proctored_exam=exam, status="submitted", user__username=f"l{number}")
    AttemptFactory(proctored_exam=ExamFactory(), status="submitted")
    page = client.get(f"{URL}?exam={exam.pk}&page=2&page_size=2").json()
    assert (page["count"], [one["user"]["username"] for one in page["results"]]) == (3, ["l0"])
    foreign = ExamFactory(course_id="course-v1:o+ther+1")
    AttemptFactory(proctored_exam=foreign, status="submitted")
    for unknown in (foreign.pk, 2**31 - 1):
        assert client.get(f"{URL}?exam={unknown}").json()["count"] == 0
    assert client.get(f"{URL}?exam=").json()["count"] == 4
    assert client.get(f"{URL}?exam=1_0").status_code == 400


@pytest.mark.parametrize("query", ["", "&ordering=username&type=proctored&search=learner"])
@pytest.mark.parametrize("status", ["submitted", "started"])
@pytest.mark.parametrize("count", [2, 60])
def test_as_many_queries_for_many_rows_as_for_few(client, exam, count, query, status):
    begun = {"started_at": timezone.now(), "allowed_time_limit_mins": 60}
    for _ in range(count):
        AttemptFactory(proctored_exam=exam, status=status, **begun)
    client.get(URL)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(f"{URL}?page_size=200{query}")
    assert len(names(answer)) == count
    # session, user, the course's exams, count, rows; the ledgers of those that run; since when the page's attempts are,
    # or the learners who match the search
    expected = 6 + (status == "started")
    assert len(queries) == expected, [one["sql"] for one in queries]


def test_the_number_of_a_large_course_is_remembered(client, exam, monkeypatch):
    monkeypatch.setattr(counts, "LARGE", 2)
    for _ in range(2):
        AttemptFactory(proctored_exam=exam, status="submitted")
    assert client.get(URL).json()["count"] == 2
    AttemptFactory(proctored_exam=exam, status="submitted")
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(URL).json()
    assert (answer["count"], len(answer["results"])) == (2, 2)
    assert not [one for one in queries if "DISTINCT" in one["sql"].upper()]
    assert answer["count_is_about"]
    exact = client.get(f"{URL}?count=exact").json()
    assert (exact["count"], exact["count_is_about"]) == (3, False)
    assert client.get(f"{URL}?exam={exam.pk}").json()["count"] == 3  # remembered for itself
    cache.clear()
    assert client.get(URL).json()["count"] == 3


def test_the_number_of_a_small_course_is_counted_each_time(client, exam):
    for count in (1, 2):
        AttemptFactory(proctored_exam=exam, status="submitted")
        assert client.get(URL).json()["count"] == count


def test_nothing_is_sent_again_that_has_not_changed(client, attempt):
    one = attempt(status="submitted")
    tag = client.get(URL)["ETag"]
    assert client.get(URL, headers={"If-None-Match": tag}).status_code == 304
    type(one).objects.filter(pk=one.pk).update(status="verified")
    assert client.get(URL, headers={"If-None-Match": tag}).status_code == 200
