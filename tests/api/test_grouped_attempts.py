"""Pages of a course's attempts: the same rows as if the whole course were sorted."""

import datetime
import random

import pytest
from django.core.cache import cache

from edx_proctoring import api
from edx_proctoring.api.attempts import counts, pages
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, ExamFactory, UserFactory

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
Attempt = ProctoredExamStudentAttempt


@pytest.fixture
def course():
    """Attempts at few different times, in exams of very different size, some of them repeated."""
    chance = random.Random(4)
    users = UserFactory.create_batch(12)
    exams = [*ExamFactory.create_batch(3), ExamFactory(course_id="course-v1:edX+Other+2026")]
    made = []
    for number in range(90):
        exam = exams[min(chance.randrange(9), 3)] if number % 7 else exams[0]
        moment = NOON + datetime.timedelta(minutes=chance.randrange(25))
        made.append(
            AttemptFactory.build(proctored_exam=exam, user=chance.choice(users), created=moment)
        )
    Attempt.objects.bulk_create(made)
    rows = list(Attempt.objects.filter(proctored_exam__course_id=COURSE_ID))
    return sorted(rows, key=lambda row: (row.created, row.pk), reverse=True)


def newest(rows):
    """Return the first row of each learner and exam."""
    pairs = {}
    for row in rows:
        pairs.setdefault((row.user_id, row.proctored_exam_id), row.pk)
    return list(pairs.values())


@pytest.mark.parametrize("per_page", [1, 3, 7, 25, 100])
def test_every_page(course, per_page):
    wanted = newest(course)
    count = -(-len(wanted) // per_page)
    for number in range(1, count + 1):
        page = api.get_grouped_attempts(COURSE_ID, page=str(number), per_page=per_page)
        first = (number - 1) * per_page
        assert [row["id"] for row in page.object_list] == wanted[first : first + per_page]
        assert (page.number, page.paginator.num_pages) == (number, count)
        for row in page.object_list:
            pair = (row["user"]["id"], row["proctored_exam"]["id"])
            own = [one.pk for one in course if (one.user_id, one.proctored_exam_id) == pair]
            assert [one["id"] for one in row["all_attempts"]] == own


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        *[("x", 1), ("", 1), (None, 1), (1.5, 1)],
        *[("0", -1), (0, -1), ("-1", -1), (10**30, -1), ("99", -1)],
    ],
)
def test_pages_out_of_range(course, asked, shown):
    wanted = newest(course)
    page = api.get_grouped_attempts(COURSE_ID, page=asked, per_page=4)
    last = -(-len(wanted) // 4)
    assert page.number == (last if shown < 0 else shown)
    first = (page.number - 1) * 4
    assert [row["id"] for row in page.object_list] == wanted[first : first + 4]


def test_one_exam(course):
    exam_id = course[0].proctored_exam_id
    own = newest([row for row in course if row.proctored_exam_id == exam_id])
    page = api.get_grouped_attempts(COURSE_ID, exam_id=exam_id, per_page=3)
    assert [row["id"] for row in page.object_list] == own[:3]
    assert page.paginator.count == len(own)


@pytest.mark.parametrize("crowded", [0, 1, 3])
def test_many_exams(monkeypatch, crowded):
    """Deep pages of a large course with many exams look at few attempts of most exams; some exams have many of them."""
    monkeypatch.setattr(counts, "LARGE", 1)
    monkeypatch.setattr(pages, "SHALLOW", 0)
    users = UserFactory.create_batch(14)
    made = [
        AttemptFactory.build(
            proctored_exam=exam,
            user=users[number % (14 if place < crowded else 8)],  # some have earlier attempts
            created=NOON - datetime.timedelta(minutes=number * (1 if place < crowded else 60)),
        )
        for place, exam in enumerate(ExamFactory.create_batch(20))
        for number in range(28 if place < crowded else 12)
    ]
    Attempt.objects.bulk_create(made)
    wanted = newest(Attempt.objects.order_by("-created", "-id"))
    cache.clear()
    for _is_counted in (False, True):  # in a large course, the number of rows is remembered
        for number in range(1, 4):
            page = api.get_grouped_attempts(COURSE_ID, page=number, per_page=30)
            assert [row["id"] for row in page.object_list] == wanted[30 * number - 30 : 30 * number]


def test_a_course_without_attempts():
    ExamFactory()
    assert api.get_grouped_attempts(COURSE_ID).object_list == []
    assert api.get_grouped_attempts("course-v1:edX+None+2026").paginator.num_pages == 1


def test_search(course, monkeypatch):
    wanted = [pk for pk in newest(course) if Attempt.objects.get(pk=pk).user.username[-1] in "13"]
    names = {row.user.username for row in course if row.user.username[-1] in "13"}
    for few in (500, 0):  # the learners found are named, or looked for once more
        monkeypatch.setattr("edx_proctoring.api.attempts.learner_search.FEW", few)
        found = []
        for name in names:
            page = api.get_grouped_attempts(COURSE_ID, search_by=name.upper(), per_page=100)
            found += [row["id"] for row in page.object_list if row["user"]["username"] == name]
        assert sorted(found) == sorted(wanted)
