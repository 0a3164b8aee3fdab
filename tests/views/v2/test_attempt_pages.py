"""Reading a page of the course's attempts: rows built by hand, searches that match few learners and many."""

import datetime
import json

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone

from edx_proctoring import api, lifecycle
from edx_proctoring.api.attempts import counts, learner_search, pages
from edx_proctoring.api.attempts.list_rows import ListedAttempts
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory
from edx_proctoring.views.v2.attempt_rows import rows_of
from edx_proctoring.views.v2.attempts import AttemptFilter, CourseAttemptSerializer
from tests.views.conftest import started

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}/attempts/"
NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


@pytest.fixture
def course(transactional_db):
    """Three learners in a proctored and a timed exam, and an earlier attempt of one."""
    midterm, quiz = ExamFactory(exam_name="Midterm"), ExamFactory(is_proctored=False, backend=None)
    ana, bo = UserFactory(username="ana", email="x@anon.org"), UserFactory(username="bo")
    AttemptFactory(user=ana, proctored_exam=midterm, status="error")
    AttemptFactory(
        user=ana, proctored_exam=midterm, status="submitted", started_at=NOON, completed_at=NOON
    )
    AttemptFactory(user=bo, proctored_exam=midterm, status="created")
    AttemptFactory(user=bo, proctored_exam=quiz, status="submitted", allowed_time_limit_mins=30)
    AttemptFactory(user=UserFactory(username="cy_nan"), proctored_exam=quiz, status="submitted")
    return {"midterm": midterm, "quiz": quiz}


def test_rows_are_those_of_the_serializer_that_describes_them(
    client, course, attempt, timed_exam, staff
):
    """The list is built by hand; the document of OpenAPI is made from the serializer."""
    for pause in (False, True):
        one = lifecycle.transition(
            attempt(exam=timed_exam, user=UserFactory(), status="created"), "started"
        )
        if pause:
            api.pause_attempt(one.pk, reason="Fire alarm", by=staff)
    # The time of this one is over.
    started(
        attempt, user=UserFactory(), started_at=NOON, allowed_time_limit_mins=60, is_resumable=True
    )
    started(
        attempt,
        user=UserFactory(),
        exam=course["quiz"],
        started_at=timezone.now(),
        allowed_time_limit_mins=None,
    )
    with timezone.override("Asia/Kathmandu"):
        rows = list(pages.find_attempts(COURSE_ID))
        context = {"clocks": api.clocks_of(rows), "earlier_counts": {row.pk: 0 for row in rows}}
        described = CourseAttemptSerializer(rows, many=True, context=context).data
        shown = rows_of(ListedAttempts(pages.find_attempts(COURSE_ID))[:50])
    assert len(rows) == 8
    assert [{**row, "earlier_count": 0} for row in shown] == described
    assert json.dumps(shown[0])  # values of JSON, only
    assert list(shown[0]) == list(described[0])


def test_a_search_that_matches_many_finds_the_same(client_for, staff, course, monkeypatch):
    client = client_for(staff)
    queries = [
        "search=n",
        "search=N+anon",
        "search=o&status=submitted",
        "search=n&type=timed",
        "search=%25",
        "search=_",
    ]
    queries += [
        f"search=o&exam={course['midterm'].pk}",
        "search=n&page_size=2&page=2",
        "search=n&ordering=status",
    ]
    few = [client.get(f"{URL}?{query}").json() for query in queries]
    monkeypatch.setattr(learner_search, "FEW", 0)
    many = [client.get(f"{URL}?{query}").json() for query in queries]
    assert many == few
    assert [answer["count"] for answer in few[:4]] == [2, 1, 3, 1]


@pytest.mark.parametrize(
    "text", ["isis", "SIS", "straSSe", "straße", "ıs", "dİ", "Kelvin", "100%", "k_l", "i", "s i"]
)
def test_few_learners_are_those_who_match(course, text):
    """PostgreSQL looks for some ASCII letters first; letters of other alphabets may equal them."""
    for name in (
        "Isis",
        "ıſıſ",
        "DİSI",
        "Straße",
        "strasse",
        "\u212aelvin",
        "kelvin",
        "100%",
        "k_l",
    ):
        add_attempt_of(course, name)
    UserFactory(username="isis, who has no attempt", email="")
    found, matching = found_and_matching(text)
    assert found == matching
    assert learner_search.few_learners([], text.split()) == []


def add_attempt_of(course, name):
    user = UserFactory(email=f"{name}@example.com")  # MariaDB takes some for equal
    AttemptFactory(user=user, proctored_exam=course["quiz"], status="created")


def found_and_matching(text):
    """Return the learners that a search finds, and all those in whom the database finds the words."""
    rows = pages.find_all_attempts(COURSE_ID)
    for word in text.split():
        rows = rows.matching(word)
    found = learner_search.few_learners(pages.ids_of_exams(COURSE_ID), text.split())
    assert found is not None
    return sorted(found), sorted(set(rows.values_list("user_id", flat=True)))


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("locale", ["und", "lt", "tr"])
def test_a_search_finds_letters_that_icu_makes_several(course, locale):
    with transaction.atomic(), connection.cursor() as cursor:
        column = f'email TYPE varchar(254) COLLATE "{locale}-x-icu"'
        cursor.execute(f"ALTER TABLE auth_user ALTER COLUMN {column}")
        for name in ("\ufb02ora", "flora", "\u1e96en", "\u0149yo", "dj\u0307u"):
            add_attempt_of(course, name)
        for text, number in (("flora", 2), ("h", 1), ("nyo", 1), ("dju", int(locale == "lt"))):
            found, matching = found_and_matching(text)
            assert (found, len(found)) == (matching, number), text
        transaction.set_rollback(True)


@pytest.mark.parametrize("spread", ["even", "one running", "half empty", "two running"])
def test_pages_of_a_course_with_many_exams(client_for, staff, db, spread, monkeypatch):
    """Of many exams, only few attempts are looked at unless one has a crowd of them; the pages are the same."""
    monkeypatch.setattr(pages, "SHALLOW", 0)
    monkeypatch.setattr(counts, "MOST_COUNTED", 2)  # else the rows of a filter are read at once
    exams = [ExamFactory(course_id=COURSE_ID, content_id=f"exam{number}") for number in range(20)]
    users = [UserFactory() for _ in range(20)]
    running = {"one running": exams[7:8], "two running": exams[7:9]}.get(spread, [])
    rows = [
        AttemptFactory.build(
            user=users[number % (20 if one in running else 9)],  # some have earlier attempts
            proctored_exam=one,
            status=("submitted", "verified", "error")[number % 3],
            created=NOON - datetime.timedelta(minutes=number * 20 + place)
            if one not in running
            else NOON - datetime.timedelta(seconds=number),
        )
        for place, one in enumerate(exams[10:] if spread == "half empty" else exams)
        for number in range(24 if one in running else 12)
    ]
    AttemptFactory._meta.model.objects.bulk_create(rows)
    client = client_for(staff)
    for query in ("", "&status=verified&status=error"):
        for ordering in ("created", "-created"):
            whole = AttemptFilter(
                QueryDict(f"ordering={ordering}{query}"), pages.find_attempts(COURSE_ID)
            ).qs
            rows = list(whole.values_list("pk", flat=True))
            for number, size in ((1, 30), (2, 30), (2, 40)):
                cache.clear()
                asked = f"{URL}?ordering={ordering}{query}&page={number}&page_size={size}"
                if (number - 1) * size < len(rows):
                    found = [row["id"] for row in client.get(asked).json()["results"]]
                    assert found == rows[(number - 1) * size : number * size], asked
