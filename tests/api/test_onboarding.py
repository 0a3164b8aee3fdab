"""Onboarding exams that a learner cannot open, with the host's outline of the course."""

import datetime
from types import SimpleNamespace

import pytest
import time_machine
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring import utils
from edx_proctoring.models import ProctoredExam
from edx_proctoring.runtime import get_runtime_service, set_runtime_service

NOW = datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
COURSE = "course-v1:edX+Demo+2026"
BLOCK = "block-v1:edX+Demo+2026+type@sequential+block@{}"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def key(name):
    return UsageKey.from_string(BLOCK.format(name))


def dates(start=None, due=None):
    return SimpleNamespace(effective_start=start, due=due)


def outline(accessible=(), course_end=None, **sequences):
    return SimpleNamespace(
        outline=SimpleNamespace(accessible_sequences={key(name) for name in accessible}),
        schedule=SimpleNamespace(
            sequences={key(name): entry for name, entry in sequences.items()}, course_end=course_end
        ),
    )


def names(details, *exams):
    found = utils.categorize_inaccessible_exams_by_date(
        [ProctoredExam(content_id=BLOCK.format(name), exam_name=name) for name in exams], details
    )
    return [[exam.exam_name for exam in group] for group in found]


def test_reasons_why_exams_cannot_be_opened():
    details = outline(
        accessible=["open"],
        open=dates(start=NOW + DAY),
        later=dates(start=NOW + DAY, due=NOW + 2 * DAY),
        over=dates(start=NOW - 2 * DAY, due=NOW - DAY),
        hidden=dates(start=NOW - DAY, due=NOW + DAY),
        undated=dates(),
    )
    found = names(details, "undated", "over", "later", "open", "unknown", "hidden")
    assert found == [["undated", "unknown", "hidden"], ["later"], ["over"]]


def test_the_end_of_the_course_is_used_without_a_due_date():
    end = NOW - datetime.timedelta(seconds=1)
    details = outline(course_end=end, a=dates(), b=dates(due=NOW + DAY))
    assert names(details, "a", "b") == [["b"], [], ["a"]]


def test_exams_without_a_usage_key():
    with pytest.raises(InvalidKeyError):
        utils.categorize_inaccessible_exams_by_date([ProctoredExam(content_id="x")], outline())


@pytest.mark.parametrize(
    ("name", "course_end", "expected"),
    [
        ("dated", None, NOW),
        ("dated", NOW + DAY, NOW),
        ("undated", NOW + DAY, NOW + DAY),
        ("unknown", NOW + DAY, NOW + DAY),
        ("undated", None, datetime.datetime.max.replace(tzinfo=datetime.UTC)),
    ],
)
def test_the_end_of_an_exams_visibility(name, course_end, expected):
    schedule = outline(course_end=course_end, dated=dates(due=NOW), undated=dates()).schedule
    assert utils.get_visibility_check_date(schedule, key(name)) == expected


def test_the_outline_is_requested_with_a_key_and_the_time():
    before = get_runtime_service("learning_sequences")
    asked = []
    service = SimpleNamespace(
        get_user_course_outline_details=lambda *args: asked.append(args) or "x"
    )
    try:
        set_runtime_service("learning_sequences", service)
        assert utils.get_user_course_outline_details("learner", COURSE) == "x"
        set_runtime_service("learning_sequences", None)
        assert utils.get_user_course_outline_details("learner", COURSE) is None
    finally:
        set_runtime_service("learning_sequences", before)
    assert asked == [(CourseKey.from_string(COURSE), "learner", NOW)]
