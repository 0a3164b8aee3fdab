"""The learner's onboarding: the target of the link, and how long a verification is valid."""

import datetime

import pytest
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.testing.host import replace_service
from edx_proctoring.tests.test_services import MockLearningSequencesService, MockScheduleItemData

pytestmark = pytest.mark.django_db


DAY = datetime.timedelta(days=1)


@pytest.fixture
def outline():
    """The host's outline: exam → release date."""
    before = replace_service("learning_sequences", None)

    def show(openings):
        now = timezone.now()
        keys = {UsageKey.from_string(exam.content_id): begin for exam, begin in openings.items()}
        seen = [key for key, begin in keys.items() if begin <= now]
        items = {key: MockScheduleItemData(begin) for key, begin in keys.items()}
        replace_service("learning_sequences", MockLearningSequencesService(seen, items))

    yield show
    replace_service("learning_sequences", before)


@pytest.mark.needs("lms-urls")
@pytest.mark.defect("PYTHON-59")
def test_the_link_leads_to_an_exam_that_is_open(make_exam, learner, provider, outline):
    provider.supports_onboarding = True
    now = timezone.now()
    opened, future, gone = (
        make_exam(is_practice_exam=True),
        make_exam(is_practice_exam=True),
        make_exam(is_practice_exam=True, backend="gone"),
    )
    outline({opened: now - DAY, future: now + DAY, gone: now - DAY})
    link = api.get_onboarding_exam_link(opened.course_id, learner, is_learning_mfe=False)
    assert opened.content_id.rpartition("@")[2] in link


@pytest.mark.defect("PYTHON-60")
def test_a_verification_is_valid_for_a_year_despite_later_saves(
    attempt, practice_exam, learner, time_machine
):
    begun = timezone.now()
    time_machine.move_to(begun)
    one = attempt(exam=practice_exam, is_sample_attempt=True, status="submitted")
    api.update_attempt_status(one.pk, "verified")
    ask = lambda backend="test": api.get_onboarding_attempt_data_for_learner(  # noqa: E731  a local shorthand
        practice_exam.course_id, learner, backend
    )
    time_machine.move_to(begun + 300 * DAY)
    ProctoredExamStudentAttempt.objects.get(pk=one.pk).save()
    found = ask()
    assert found["onboarding_status"] == "verified"
    assert abs(found["expiration_date"] - (begun + 365 * DAY)) < DAY
    assert ask("null") == {"onboarding_status": None, "expiration_date": None}
    time_machine.move_to(begun + 366 * DAY)
    assert ask()["onboarding_status"] == "expired"
