"""Actions on attempts of the board: by ids, an exam or a room, within a user's scope. They use those of the core."""

from collections.abc import Collection

from django.db.models import QuerySet

from edx_proctoring.contrib.live.rooms import Scope, seated_in
from edx_proctoring.exceptions import TimeChangeNotAllowed
from edx_proctoring.models import BulkTimeChange, ProctoredExamStudentAttempt
from edx_proctoring.models.attempts import AttemptQuerySet
from edx_proctoring.statuses import IN_PROGRESS

Attempt = ProctoredExamStudentAttempt


def chosen(
    course_id: str,
    scope: Scope,
    user_id: int,
    *,
    attempt_ids: Collection[int] | None = None,
    exam: int | None = None,
    room: str | None = None,
) -> list[int]:
    """Return the ids of the attempts: those named, or all that run in the exam or the room; each within the scope.

    Attempts of other rooms and courses are left out, as if they did not exist. So are the invigilator's own attempts:
    she may take an exam in her room, but not change her own time.
    """
    found: AttemptQuerySet = Attempt.objects.in_course(course_id).filter(scope.attempts(course_id))
    if not scope.is_whole_course:
        found = found.exclude(user_id=user_id)
    if attempt_ids is not None:
        return _ids(found.filter(pk__in=attempt_ids))
    found = found.filter(status__in=IN_PROGRESS, started_at__isnull=False)
    if exam is not None:
        return _ids(found.filter(proctored_exam_id=exam))
    if room is None or not scope.has(room):
        return []
    return _ids(found.filter(user_id__in=seated_in(course_id, [room])))


def _ids(attempts: AttemptQuerySet) -> list[int]:
    return list(attempts.order_by("pk").values_list("pk", flat=True))


def check_chosen(ids: Collection[int]) -> None:
    """Raise TimeChangeNotAllowed if there is nobody to act on."""
    if not ids:
        raise TimeChangeNotAllowed("None of these attempts is running here.")


def own_changes(
    changes: QuerySet[BulkTimeChange], scope: Scope, user_id: int
) -> QuerySet[BulkTimeChange]:
    """Return the changes that the user may see and undo: within a scope, the user's own."""
    return changes if scope.is_whole_course else changes.filter(by_id=user_id)
