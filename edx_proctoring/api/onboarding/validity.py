"""The validity of a learner's onboarding: VERIFICATION_DAYS_VALID from its verification, in other courses, too."""

import datetime
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.utils import timezone

from edx_proctoring import backends, constants
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import (
    InstructorDashboardOnboardingAttemptStatus,
    ProctoredExamStudentAttemptStatus,
)
from edx_proctoring.types import OnboardingData, User

Attempt = ProctoredExamStudentAttempt
Status = ProctoredExamStudentAttemptStatus


def get_last_verified_onboarding_attempts_per_user(
    users_list: Sequence[User], backend: str
) -> dict[int, Attempt]:
    """Return each learner's newest verified onboarding attempt in any course that the provider accepts, by learner id."""
    return last_verified(users_list, backend, timezone.now())


def last_verified(
    users_list: Sequence[Any], backend: str, now: datetime.datetime
) -> dict[int, Attempt]:
    """Return the same as `get_last_verified_onboarding_attempts_per_user` at the given time."""
    found = last_verified_until(users_list, backend, now)
    return {user_id: attempt for user_id, (attempt, _until) in found.items()}


def last_verified_until(
    users_list: Sequence[Any], backend: str, now: datetime.datetime
) -> dict[int, tuple[Attempt, datetime.datetime]]:
    """Return the same with the date until which the attempt is valid."""
    newest: dict[int, tuple[Attempt, datetime.datetime]] = {}
    found = list(
        Attempt.objects.get_last_verified_proctored_onboarding_attempts(users_list, backend)
    )
    expires = expiries(found)
    for attempt in found:
        if attempt.user_id not in newest and expires[attempt.pk] > now:
            newest[attempt.user_id] = (attempt, expires[attempt.pk])
    return newest


def get_onboarding_attempt_data_for_learner(
    course_id: object, user: User, backend: str
) -> OnboardingData:
    """Return `onboarding_status` and `expiration_date`; both None for a learner who has not begun.

    A verified attempt in another course counts as `other_course_approved`.
    """
    here = Attempt.objects.get_proctored_practice_attempts_by_course_id(course_id, [user])
    name = backends.full_name(backend)
    attempts = [one for one in here if backends.name_of(one.proctored_exam) == name]
    expires, now = expiries(attempts), timezone.now()
    for one in attempts:
        if one.status == Status.verified and expires[one.pk] > now:
            return _onboarding_data(Status.verified, expires[one.pk])
    elsewhere = last_verified_until([user], backend, now).get(user.pk)
    if elsewhere is not None:
        other = InstructorDashboardOnboardingAttemptStatus.other_course_approved
        return _onboarding_data(other, elsewhere[1])
    status = attempts[0].status if attempts else None
    return _onboarding_data(Status.expired if status == Status.verified else status, None)


def _onboarding_data(
    status: str | None, expiration_date: datetime.datetime | None
) -> OnboardingData:
    return {"onboarding_status": status, "expiration_date": expiration_date}


def expiries(attempts: Iterable[Attempt]) -> dict[int, datetime.datetime]:
    """Return the expiry date of each verified attempt by its id, with one query.

    An attempt expires a year after its verification, regardless of later saves; without a history, a year after its
    last change.
    """
    saved = {one.pk: one.modified for one in attempts if one.status == Status.verified}
    verified = {**saved, **_verified_at(saved)} if saved else {}
    valid = datetime.timedelta(days=constants.VERIFICATION_DAYS_VALID)
    return {attempt_id: moment + valid for attempt_id, moment in verified.items()}


def _verified_at(attempt_ids: Collection[int]) -> dict[int, datetime.datetime]:
    """Return by attempt id when each got the status verified for the last time, according to the history."""
    rows = Attempt.history.filter(id__in=attempt_ids).order_by("-history_date", "-history_id")
    found: dict[int, datetime.datetime] = {}
    settled = set()
    for attempt_id, status, modified in rows.values_list("id", "status", "modified"):
        if status != Status.verified:
            settled.add(attempt_id)
        elif attempt_id not in settled:
            found[attempt_id] = modified
    return found
