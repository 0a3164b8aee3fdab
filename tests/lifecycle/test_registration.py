"""Attempts are registered with the provider; a failure on either side leaves neither a row nor a registration."""

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    ProctoredBaseException,
    StudentExamAttemptOnPastDueProctoredExam,
    UserNotFoundException,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from tests.unknown import NO_SUCH_ID

pytestmark = pytest.mark.django_db


@pytest.fixture
def resumable(attempt):
    return attempt(status="error", ready_to_resume=True, is_resumable=False)


@pytest.mark.defect("PYTHON-12")
def test_an_attempt_whose_resumption_is_refused_stays_ready_to_resume(resumable, provider):
    exam, learner = resumable.proctored_exam, resumable.user
    provider.fail("register_exam_attempt", BackendProviderCannotRegisterAttempt("no", 403))
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        api.create_exam_attempt(exam.pk, learner.pk, True)
    provider.recover()
    exam.due_date = timezone.now() - timezone.timedelta(days=1)
    exam.save()
    with pytest.raises(StudentExamAttemptOnPastDueProctoredExam):
        api.create_exam_attempt(exam.pk, learner.pk, True)
    resumable.refresh_from_db()
    assert (resumable.ready_to_resume, resumable.resumed) == (True, False)


Attempt = ProctoredExamStudentAttempt


@pytest.mark.defect("PYTHON-13")
def test_a_registration_without_an_attempt_is_removed_at_the_provider(exam, learner, provider):
    def learner_leaves(*_args, **_kwargs):
        learner.delete()

    provider.before("register_exam_attempt", learner_leaves)
    user_id = learner.pk
    with pytest.raises(ProctoredBaseException):
        api.create_exam_attempt(exam.pk, user_id, True)
    (registered,) = provider.calls_of("register_exam_attempt")
    (removed,) = provider.calls_of("remove_exam_attempt")
    assert removed.args[1] == registered.result
    assert not Attempt.objects.exists()


@pytest.mark.defect("PYTHON-13")
def test_an_unknown_learner_is_refused_before_the_provider_is_called(exam, provider):
    with pytest.raises(UserNotFoundException):
        api.create_exam_attempt(exam.pk, NO_SUCH_ID, True)
    assert not provider.calls_of("register_exam_attempt")


@pytest.mark.defect("PYTHON-14")
def test_a_failed_reset_keeps_the_old_attempt(practice_exam, attempt, provider, staff):
    old = attempt(exam=practice_exam, status="rejected", is_sample_attempt=True)
    provider.fail("register_exam_attempt", ConnectionError("down"))
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        api.reset_practice_exam(practice_exam.pk, old.user_id, staff)
    provider.recover()
    practice_exam.due_date = timezone.now() - timezone.timedelta(days=1)
    practice_exam.save()
    with pytest.raises(StudentExamAttemptOnPastDueProctoredExam):
        api.reset_practice_exam(practice_exam.pk, old.user_id, staff)
    assert [(one.pk, one.status) for one in Attempt.objects.all()] == [(old.pk, "rejected")]
