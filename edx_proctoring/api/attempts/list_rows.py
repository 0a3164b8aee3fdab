"""Rows of long lists of attempts, read without creating instances of models, which takes longer than the query."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db.models import Count, OuterRef, Subquery

from edx_proctoring.api.limited import limited
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.models.attempts import AttemptQuerySet
from edx_proctoring.statuses import INCOMPLETE

Attempt = ProctoredExamStudentAttempt


class ListedAttempt(NamedTuple):
    """An attempt as stored, with the columns that lists show."""

    id: int
    user_id: int
    proctored_exam_id: int
    status: str
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    allowed_time_limit_mins: int | None
    time_remaining_seconds: int | None
    taking_as_proctored: bool
    is_resumable: bool
    ready_to_resume: bool
    resumed: bool
    created: datetime.datetime
    modified: datetime.datetime
    username: str
    email: str
    exam: ProctoredExam  # the same instance for all attempts of the exam; it has only the columns of EXAM_COLUMNS
    earlier_count: int  # of attempts of the same learner in the exam

    def as_attempt(self) -> Attempt:
        """Return an unsaved instance with these columns."""
        values = {name: getattr(self, name) for name in OWN_COLUMNS if name != "proctored_exam_id"}
        return Attempt(proctored_exam=self.exam, **values)

    @property
    def is_running(self) -> bool:
        """Return whether the attempt has a clock."""
        return self.started_at is not None and self.status in INCOMPLETE


OWN_COLUMNS = ListedAttempt._fields[:14]
LEARNER_COLUMNS = ("user__username", "user__email")
# Lists show these columns, and the deadline of a running attempt without a limit depends on them.
EXAM_COLUMNS = (
    "course_id", "content_id", "exam_name", "time_limit_mins", "due_date", "backend", "is_proctored",
    "is_practice_exam",
)  # fmt: skip


class ListedAttempts(Sequence[ListedAttempt]):
    """The rows of a queryset, for a paginator: each page is one query."""

    def __init__(self, attempts: AttemptQuerySet) -> None:
        self._attempts = attempts

    def __len__(self) -> int:
        return self._attempts.count()

    def __getitem__(self, key: Any) -> Any:
        return _read(_page(self._attempts, key))


def _page(attempts: AttemptQuerySet, key: slice) -> AttemptQuerySet:
    """Return the attempts of the page in the same order. Databases sort ids in a fraction of the time of whole rows."""
    page = limited(attempts.values_list("pk", flat=True)[key])
    return Attempt.objects.filter(pk__in=page).order_by(*attempts.query.order_by)


def _read(attempts: AttemptQuerySet) -> list[ListedAttempt]:
    pair = Attempt.objects.of_pair(OuterRef("proctored_exam_id"), OuterRef("user_id")).order_by()
    number = pair.values("user_id").annotate(number=Count("pk")).values("number")
    columns = (
        *OWN_COLUMNS,
        *LEARNER_COLUMNS,
        *(f"proctored_exam__{name}" for name in EXAM_COLUMNS),
        "number_of_pair",
    )
    return list(_listed(attempts.annotate(number_of_pair=Subquery(number)).values_list(*columns)))


def _listed(rows: Iterable[tuple[Any, ...]]) -> Iterable[ListedAttempt]:
    exams: dict[int, ProctoredExam] = {}
    known = len(OWN_COLUMNS) + len(LEARNER_COLUMNS)
    for row in rows:
        exam_id = row[2]
        if exam_id not in exams:
            values = dict(zip(EXAM_COLUMNS, row[known:-1], strict=True))
            exams[exam_id] = ProctoredExam(pk=exam_id, **values)
        earlier = max((row[-1] or 1) - 1, 0)
        yield ListedAttempt._make([*row[:known], exams[exam_id], earlier])
