"""The REST response and the learner's text for each exception; exceptions survive a broker."""

import copy
import pickle

import pytest

from edx_proctoring import exceptions
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderOnboardingException,
    BackendProviderOnboardingProfilesException,
    BackendProviderSentNoAttemptID,
    ProctoredBaseException,
    ProctoringTemporarilyUnavailable,
)

ROOT = "ProctoredBaseException"
PLAIN = {
    "ProctoredExamAlreadyExists": 400,
    "ProctoredExamNotFoundException": 400,
    "ProctoredExamReviewPolicyNotFoundException": 400,
    "ProctoredExamReviewPolicyAlreadyExists": 400,
    "ProctoredExamNotActiveException": 400,
    "StudentExamAttemptAlreadyExistsException": 400,
    "StudentExamAttemptDoesNotExistsException": 400,
    "StudentExamAttemptedAlreadyStarted": 400,
    "StudentExamAttemptOnPastDueProctoredExam": 400,
    "UserNotFoundException": 400,
    "AllowanceValueNotAllowedException": 400,
    "BackendProviderCannotRemoveAttempt": 502,
    "BackendProviderOnboardingException": 400,
    "ProctoredExamPermissionDenied": 403,
    "ProctoredExamSuspiciousLookup": 400,
    "ProctoredExamReviewAlreadyExists": 400,
    "ProctoredExamBadReviewStatus": 400,
    "ProctoredExamIllegalStatusTransition": 400,
    "ProctoredExamIllegalResumeUpdate": 400,
    "ExamChangedMeanwhile": 412,
    "AllowanceNotFound": 404,
    "AllowanceChangedMeanwhile": 412,
    "ReviewChangedMeanwhile": 412,
    "IdempotencyKeyReused": 422,
    "RequestStillRunning": 409,
    "BackendProviderCannotRetireUser": 400,
    "BackendProviderNotConfigured": 500,
    "ProctoringTemporarilyUnavailable": 503,
    "TooManyPracticeAttempts": 429,
    "UnexpectedFailure": 500,
}
BELOW = {
    "BackendProviderDoesNotRemoveAttempts": ("BackendProviderCannotRemoveAttempt", 502),
    "BackendProviderRemovalNotConfirmed": ("BackendProviderCannotRemoveAttempt", 502),
    "StudentExamAttemptBeingCreated": ("StudentExamAttemptAlreadyExistsException", 400),
    "TimeChangeNotAllowed": ("ProctoredExamIllegalStatusTransition", 400),
    "AttemptActionNotPossible": ("ProctoredExamIllegalStatusTransition", 409),
    "AttemptIsPaused": ("ProctoredExamIllegalStatusTransition", 400),
    "ExtraTimeUnavailable": ("ProctoringTemporarilyUnavailable", 503),
}
ANSWERS = [
    BackendProviderCannotRegisterAttempt,
    BackendProviderSentNoAttemptID,
    BackendProviderOnboardingProfilesException,
]


@pytest.mark.parametrize("name", PLAIN)
def test_statuses_of_answers(name):
    kind = getattr(exceptions, name)
    assert kind.__bases__ == (ProctoredBaseException,)
    error = kind("text")
    assert (error.http_status, str(error)) == (PLAIN[name], "text")


@pytest.mark.parametrize("name", BELOW)
def test_special_cases(name):
    parent, status = BELOW[name]
    kind = getattr(exceptions, name)
    assert kind.__bases__ == (getattr(exceptions, parent),)
    assert kind("text").http_status == status


def test_nothing_else_is_published():
    kinds = {name for name, value in vars(exceptions).items() if isinstance(value, type)}
    public = {name for name in kinds if not name.startswith("_")} - {"Any"}
    assert public == {ROOT, *PLAIN, *BELOW, *(kind.__name__ for kind in ANSWERS)}
    assert issubclass(BackendProviderSentNoAttemptID, BackendProviderCannotRegisterAttempt)


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize(
    ("status", "answered"),
    [
        (400, 502),
        (401, 502),
        (403, 502),
        (404, 502),
        (408, 503),
        (500, 502),
        (503, 503),
        (504, 503),
    ],
)
def test_the_status_of_a_provider_is_not_our_status(kind, status, answered):
    error = kind(b"<html>secret</html>", status)
    assert (error.content, error.http_status) == (b"<html>secret</html>", status)
    assert error.answer_status == answered
    assert "secret" not in str(error)
    assert "try again" in str(error)


@pytest.mark.parametrize("kind", ANSWERS)
def test_arguments_by_name(kind):
    error = kind(content="c", http_status=418)
    assert (error.content, error.http_status) == ("c", 418)


@pytest.mark.parametrize("there_and_back", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])
def test_all_attributes_survive_pickling(there_and_back):
    answer = there_and_back(BackendProviderSentNoAttemptID({"a": 1}, 200))
    assert (answer.content, answer.http_status) == ({"a": 1}, 200)
    onboarding = there_and_back(BackendProviderOnboardingException(exam_status="onboarding_failed"))
    assert (onboarding.status, str(onboarding)) == ("onboarding_failed", "onboarding_failed")
    busy = there_and_back(ProctoringTemporarilyUnavailable())
    assert str(busy) == "The service is busy. Please try again."
    assert str(ProctoringTemporarilyUnavailable("own words")) == "own words"


@pytest.mark.defect("PYTHON-82")
@pytest.mark.django_db
@pytest.mark.parametrize(
    "error",
    [
        exceptions.BackendProviderCannotRegisterAttempt("secret", 500),
        exceptions.BackendProviderSentNoAttemptID(content="secret", http_status=200),
        exceptions.BackendProviderOnboardingProfilesException("secret", 503),
        exceptions.BackendProviderOnboardingException("onboarding_missing"),
    ],
)
def test_exceptions_have_texts_and_can_be_pickled(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
    assert "secret" not in str(error)
    assert "Exception" not in str(error)
