"""Many learners do the same at the same time. They share no lock, so no request waits for another or is refused."""

import pytest
from django.db import connection
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import OutboxMessage, ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.testing.factories import AttemptFactory, UserFactory
from tests.concurrency.parallel import together

pytestmark = pytest.mark.django_db

Attempt = ProctoredExamStudentAttempt
LEARNERS = 60
REVIEW = {"status": "suspicious", "comments": [{"comment": "a phone", "status": "x"}] * 3}


@pytest.fixture
def crowd(provider):
    """Run the work for each learner; return the errors."""

    def run(work, whom):
        threads = 8 if connection.vendor == "sqlite" else 20
        results = together(*[lambda one=one: work(one) for one in whom], threads=threads)
        return [result for result in results if isinstance(result, Exception)]

    return run


@pytest.fixture
def attempts():
    """Create an attempt for each learner."""

    def make(exam, status="submitted", **more):
        columns = {"proctored_exam": exam, "status": status, "completed_at": timezone.now()}
        return [AttemptFactory(user=UserFactory(), **columns, **more) for _ in range(LEARNERS)]

    return make


def test_parallel_reviews_of_many_learners(crowd, attempts, exam):
    reviewed = attempts(exam)
    assert crowd(lambda attempt: api.receive_review(attempt, REVIEW), reviewed) == []
    statuses = set(Attempt.objects.values_list("status", flat=True))
    assert statuses == {"second_review_required"}


def test_parallel_removals_of_many_learners(crowd, attempts, exam, staff):
    removed = attempts(exam)
    assert crowd(lambda attempt: api.remove_exam_attempt(attempt.pk, staff), removed) == []
    assert not Attempt.objects.exists()


def test_parallel_resets_of_many_learners(crowd, attempts, practice_exam, staff):
    put_aside = attempts(practice_exam, is_sample_attempt=True)

    def reset(attempt):
        return api.reset_practice_exam(practice_exam.pk, attempt.user_id, staff)

    assert crowd(reset, put_aside) == []
    assert Attempt.objects.filter(status="created").count() == LEARNERS


def test_parallel_declines_of_many_learners(crowd, attempts, make_exam):
    exams = [make_exam() for _ in range(3)]
    declined = attempts(exams[0], "created")
    assert crowd(lambda one: api.update_attempt_status(one.pk, "declined"), declined) == []
    assert Attempt.objects.filter(status="declined").count() == LEARNERS * len(exams)


def test_the_first_learners_of_an_exam_unknown_to_its_provider(crowd, exam, provider):
    """One request saves the exam at the provider, and the others wait for it."""
    ProctoredExam.objects.update(external_id=None)
    OutboxMessage.objects.all().delete()
    learners = [UserFactory() for _ in range(LEARNERS)]
    created = crowd(lambda user: api.create_exam_attempt(exam.pk, user.pk, True), learners)
    assert created == []
    assert Attempt.objects.count() == len(provider.calls_of("register_exam_attempt")) == LEARNERS
