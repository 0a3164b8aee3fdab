"""Due dates that are read together are those that a look-up for one learner returns."""

import datetime
import sys
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring import host, host_dates
from edx_proctoring.testing.factories import COURSE_ID, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.needs("edx-when")]

COURSE = "block-v1:edX+Demo+2026+type@course+block@course"
CONTENT = "block-v1:edX+Demo+2026+type@sequential+block@midterm"
MOMENT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def when():
    from edx_django_utils.cache import TieredCache
    from edx_when import api

    TieredCache.dangerous_clear_all_tiers()
    yield api
    TieredCache.dangerous_clear_all_tiers()


@pytest.fixture
def users():
    return [UserFactory() for _ in range(3)]


def found(users, content_id=CONTENT, course_id=COURSE_ID):
    return [host.due_date(course_id, content_id, one.pk, MOMENT) for one in users]


def read(users, content_id=CONTENT, course_id=COURSE_ID):
    """Return the dates that are read together, with the statements, and those of single look-ups."""
    learners = [(course_id, content_id, one.pk, one.get_username()) for one in users]
    with CaptureQueriesContext(connection) as queries, host_dates.read_together(learners):
        together = found(users, content_id, course_id)
    return together, len(queries), found(users, content_id, course_id)


def test_the_date_of_the_course_and_dates_of_learners(when, users):
    """The newest of several counts; a date of another subsection does not."""
    other = CONTENT.replace("midterm", "final")
    for content_id in (CONTENT, other):
        when.set_date_for_block(COURSE_ID, content_id, "due", MOMENT + DAY)
    for days in (2, 3):
        when.set_date_for_block(COURSE_ID, CONTENT, "due", MOMENT + days * DAY, users[1])
    when.set_date_for_block(COURSE_ID, other, "due", MOMENT + 4 * DAY, users[2])
    together, _, alone = read(users)
    assert together == alone == [MOMENT + DAY, MOMENT + 3 * DAY, MOMENT + DAY]


@pytest.mark.parametrize(
    ("content_id", "course_id"),
    [(CONTENT, COURSE_ID), ("no key", COURSE_ID), (CONTENT, "no course")],
)
def test_without_a_date(when, users, content_id, course_id):
    together, queries, alone = read(users, content_id, course_id)
    assert together == alone == [None] * 3
    assert queries <= 2


@pytest.fixture
def schedules(monkeypatch, users):
    """The host's flag for relative dates, and schedules that begin a day apart."""
    first = host_dates.Moment(2026, 1, 1, tzinfo=datetime.UTC)  # edx-when's key of the cache
    starts = {one.pk: first + number * DAY for number, one in enumerate(users)}

    def get(**lookup):
        start = starts[lookup["enrollment__user__id"]]
        return SimpleNamespace(start_date=start, created=start)

    flag = SimpleNamespace(is_enabled=lambda _course_id: True)
    module = SimpleNamespace(RELATIVE_DATES_FLAG=flag)
    monkeypatch.setitem(sys.modules, "openedx.features.course_experience", module)
    model = SimpleNamespace(objects=SimpleNamespace(get=get))
    monkeypatch.setattr("edx_when.utils.Schedule", model)
    return flag


def test_relative_dates_are_those_of_each_schedule(when, users, schedules):
    """Except for a learner with a date of her own; the end of the course limits them."""
    when.set_date_for_block(COURSE_ID, CONTENT, "due", 10 * DAY)
    when.set_date_for_block(COURSE_ID, COURSE, "end", MOMENT + 12 * DAY)
    when.set_date_for_block(COURSE_ID, CONTENT, "due", MOMENT + 30 * DAY, users[1])
    together, _, alone = read(users)
    assert together == alone == [MOMENT + 10 * DAY, MOMENT + 30 * DAY, MOMENT + 12 * DAY]


def test_schedules_without_relative_dates(when, users, schedules):
    when.set_date_for_block(COURSE_ID, CONTENT, "due", MOMENT + DAY)
    together, _, alone = read(users)
    assert together == alone == [MOMENT + DAY] * 3


def test_a_relative_date_does_not_count_where_the_host_has_none(when, users, schedules):
    when.set_date_for_block(COURSE_ID, CONTENT, "due", 10 * DAY)
    when.set_date_for_block(COURSE_ID, CONTENT, "due", MOMENT + 30 * DAY, users[1])
    schedules.is_enabled = lambda _course_id: False
    together, _, alone = read(users)
    assert together == alone == [None] * 3


def test_a_service_that_fails(when, users, monkeypatch):
    """If edx-when cannot answer for all learners, each is asked for; if it fails, the last known date is used."""
    when.set_date_for_block(COURSE_ID, CONTENT, "due", MOMENT + DAY)

    def fails(*_args, **_kwargs):
        raise RuntimeError("edx-when is down")

    monkeypatch.setattr(when, "get_overrides_for_block", fails)
    together, _, alone = read(users)
    assert together == alone == [MOMENT + DAY] * 3
    monkeypatch.setattr(when, "get_dates_for_course", fails)
    together, _, alone = read(users)
    assert together == alone == [MOMENT] * 3
