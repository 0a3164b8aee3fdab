"""Allowances: exceptions granted to one learner in one exam."""

import datetime
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Protocol

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, router, transaction
from django.db.models import Case, Max, Value, When, signals
from django.utils import timezone
from django.utils.translation import gettext_noop
from model_utils.models import TimeStampedModel

from edx_proctoring import constants
from edx_proctoring.compiled_queries import CompiledOnce
from edx_proctoring.exceptions import (
    AllowanceValueNotAllowedException,
    ProctoredExamNotActiveException,
    ProctoredExamNotFoundException,
    UserNotFoundException,
)
from edx_proctoring.models.exact import exactly
from edx_proctoring.models.exams import ProctoredExam
from edx_proctoring.models.history import ProctoredExamStudentAllowanceHistory, archive_copy
from edx_proctoring.timing import ExtraTime

MAX_ADDITIONAL_MINUTES = 100_000
LARGEST_FACTOR = 10
FACTOR = re.compile(r"(10(\.00?)?|[1-9](\.[0-9]{1,2})?)")


class AllowanceValue(Protocol):
    """An allowance, or one in the archive."""

    key: str
    value: str


class QuerySetWithUpdateOverride(models.QuerySet["ProctoredExamStudentAllowance"]):
    """Bulk updates of allowances archive the old values, as single saves do."""

    def update(self, **kwargs: object) -> int:
        """Archive each row, then update; return the number of rows."""
        with transaction.atomic():
            archive = ProctoredExamStudentAllowanceHistory
            archive.objects.bulk_create(
                archive_copy(archive, allowance, id="allowance_id")
                for allowance in self.select_for_update()
            )
            return super().update(**kwargs)


class ProctoredExamStudentAllowanceManager(models.Manager["ProctoredExamStudentAllowance"]):
    """Returns querysets that archive."""

    def get_queryset(self) -> QuerySetWithUpdateOverride:
        return QuerySetWithUpdateOverride(self.model, using=self._db)


class ProctoredExamStudentAllowance(TimeStampedModel):
    """One allowance of a learner in an exam. Keys are free text; three of them have an effect."""

    ADDITIONAL_TIME_GRANTED: ClassVar = (
        "additional_time_granted",
        gettext_noop("Additional Time (minutes)"),
    )
    REVIEW_POLICY_EXCEPTION: ClassVar = (
        "review_policy_exception",
        gettext_noop("Review Policy Exception"),
    )
    all_allowances: ClassVar = [ADDITIONAL_TIME_GRANTED + REVIEW_POLICY_EXCEPTION]

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    proctored_exam = models.ForeignKey(ProctoredExam, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    value = models.CharField(max_length=255)

    objects = ProctoredExamStudentAllowanceManager()

    class Meta:
        app_label = "edx_proctoring"
        db_table = "proctoring_proctoredexamstudentallowance"
        unique_together = (("user", "proctored_exam", "key"),)
        verbose_name = "proctored allowance"

    def __str__(self) -> str:
        return f"{self.__class__.__name__}: {self.key} exam={self.proctored_exam_id} user={self.user_id}"

    @classmethod
    def get_allowances_for_course(
        cls, course_id: object
    ) -> "models.QuerySet[ProctoredExamStudentAllowance]":
        """Return all allowances of the course in order of creation, with learner and exam."""
        rows = cls.objects.filter(exactly(proctored_exam__course_id=str(course_id)))
        return rows.select_related("user", "proctored_exam").order_by("id")

    @classmethod
    def get_allowance_for_user(
        cls, exam_id: int, user_id: int, key: str
    ) -> "ProctoredExamStudentAllowance | None":
        """Return one allowance, or None."""
        return _BY_KEY.first(exam_id, user_id, key)

    @classmethod
    def get_allowances_for_user(
        cls, exam_id: int, user_id: int
    ) -> "models.QuerySet[ProctoredExamStudentAllowance]":
        """Return all allowances of the learner in the exam."""
        rows = cls.objects.filter(proctored_exam_id=exam_id, user_id=user_id)
        return rows.select_related("user", "proctored_exam").order_by("id")

    @classmethod
    def add_allowance_for_user(
        cls, exam_id: int, user_info: object, key: str | tuple[str, str], value: object
    ) -> "tuple[ProctoredExamStudentAllowance, str]":
        """Create or replace an allowance; return (allowance, 'created' | 'updated').

        `user_info` is a user id (int), or else a username or an e-mail address.
        Raises AllowanceValueNotAllowedException, UserNotFoundException, ProctoredExamNotFoundException,
        ProctoredExamNotActiveException.
        """
        key = key[0] if isinstance(key, tuple) else key
        if not cls.is_allowance_value_valid(key, value):
            raise AllowanceValueNotAllowedException(_refusal(key, value))
        user_id = find_user_id(user_info)
        exam = ProctoredExam.get_exam_by_id(exam_id)
        if exam is None:
            raise ProctoredExamNotFoundException(f"The exam with id={exam_id} does not exist.")
        if not exam.is_active:
            raise ProctoredExamNotActiveException(f"The exam with id={exam_id} is not active.")
        grant, values = [(exam, user_id)], {exam.pk: str(value)}
        try:
            with transaction.atomic():
                [stored] = store_allowances(grant, key, values)
        except IntegrityError:
            [stored] = store_allowances(grant, key, values, sees_new_rows=True)
        return stored.allowance, stored.action

    def clean(self) -> None:
        """Apply the same validation in Django admin as the functions of `api`."""
        if not self.is_allowance_value_valid(self.key, self.value):
            raise ValidationError({"value": _refusal(self.key, self.value)})

    @classmethod
    def is_allowance_value_valid(cls, allowance_type: object, allowance_value: object) -> bool:
        """Return whether the value may be stored. Keys that grant no time accept any value."""
        read = TIME_VALUES.get(allowance_type) if isinstance(allowance_type, str) else None
        return read is None or read(allowance_value) is not None

    @classmethod
    def get_additional_time_granted(cls, exam_id: int, user_id: int) -> int | None:
        """Return additional minutes without those from a factor, or None; an unreadable stored value counts as none."""
        allowance = cls.get_allowance_for_user(exam_id, user_id, cls.ADDITIONAL_TIME_GRANTED[0])
        return parse_minutes(allowance.value) if allowance else None

    @classmethod
    def get_extra_time(cls, exam_id: int, user_id: int) -> ExtraTime:
        """Return the extra time granted to the learner in the exam."""
        return extra_time(cls._time_rows(exam_id, user_id).values())

    @classmethod
    def get_extra_times(
        cls, pairs: Collection[tuple[int, int]]
    ) -> dict[tuple[int, int], ExtraTime]:
        """Return the same for many pairs (exam id, user id) with one query; pairs without extra time are left out."""
        exams, users = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
        rows = cls.objects.filter(
            proctored_exam_id__in=exams, user_id__in=users, key__in=TIME_VALUES
        )
        by_pair: dict[tuple[int, int], list[ProctoredExamStudentAllowance]] = {}
        for row in rows:
            by_pair.setdefault((row.proctored_exam_id, row.user_id), []).append(row)
        return {pair: extra_time(found) for pair, found in by_pair.items()}

    @classmethod
    def get_extra_time_now_and_then(
        cls, exam_id: int, user_id: int, moment: datetime.datetime
    ) -> tuple[ExtraTime, ExtraTime]:
        """Return the extra time granted now, and at the given time according to the archive."""
        current = cls._time_rows(exam_id, user_id)
        changed = ProctoredExamStudentAllowanceHistory.objects.filter(
            proctored_exam_id=exam_id, user_id=user_id, key__in=TIME_VALUES, created__gt=moment
        )
        former: dict[str, ProctoredExamStudentAllowanceHistory] = {}
        for archived in changed.order_by("created", "id"):
            former.setdefault(archived.key, archived)
        then: dict[str, AllowanceValue] = {}
        for key in TIME_VALUES:
            row, first = current.get(key), former.get(key)
            is_new = row is not None and row.created > moment
            if first and not (is_new and row and first.allowance_id == row.pk):
                then[key] = first
            elif row and not is_new:
                then[key] = row
        return extra_time(current.values()), extra_time(then.values())

    @classmethod
    def _time_rows(cls, exam_id: int, user_id: int) -> "dict[str, ProctoredExamStudentAllowance]":
        return {row.key: row for row in _TIME_ROWS(exam_id, user_id)}

    @classmethod
    def get_review_policy_exception(cls, exam_id: int, user_id: int) -> str | None:
        """Return the instructions for reviewers about this learner, or None."""
        allowance = cls.get_allowance_for_user(exam_id, user_id, cls.REVIEW_POLICY_EXCEPTION[0])
        return allowance.value if allowance else None


_rows = ProctoredExamStudentAllowance._default_manager.filter
_TIME_ROWS = CompiledOnce(
    lambda exam_id, user_id: _rows(proctored_exam_id=exam_id, user_id=user_id, key__in=TIME_VALUES),
    *(int, int),
)
_BY_KEY = CompiledOnce(
    lambda exam_id, user_id, key: _rows(
        proctored_exam_id=exam_id, user_id=user_id, key=key
    ).order_by("id")[:1],
    *(int, int, str),
)


@dataclass(frozen=True)
class StoredAllowance:
    """An allowance as stored; `version`: the id of its newest archived row, or 0."""

    allowance: ProctoredExamStudentAllowance
    action: str  # created or updated
    version: int


Pair = tuple[int, int]  # ids of exam and user


def store_allowances(
    wanted: Iterable[tuple[ProctoredExam, int]],
    key: str,
    values: Mapping[int, str],
    *,
    sees_new_rows: bool = False,
) -> list[StoredAllowance]:
    """Create or replace the allowances of these (exam, user id); `values`: the stored text by exam id.

    Runs a few statements in the caller's transaction, however many allowances there are, and sends the signals of the
    model for each one, as its save() does. Raises IntegrityError if another process creates one of them meanwhile: then
    roll back and retry with `sees_new_rows`.
    """
    exams = {(exam.pk, user_id): exam for exam, user_id in wanted}
    existing = _existing(exams, key, sees_new_rows=sees_new_rows)
    rows = {
        pair: existing.get(pair)
        or ProctoredExamStudentAllowance(proctored_exam_id=pair[0], user_id=pair[1], key=key)
        for pair in exams
    }
    archived = _archive(existing.values())
    for pair, row in rows.items():
        row.proctored_exam, row.value = exams[pair], values[pair[0]]
        # Our own receiver ignores rows that are already archived.
        _send(signals.pre_save, row, is_archived=True)
    _replace(existing.values(), values)
    new = [row for pair, row in rows.items() if pair not in existing]
    ProctoredExamStudentAllowance.objects.bulk_create(new)
    if any(row.pk is None for row in new):  # not every database returns the ids
        ids = {pair: row.pk for pair, row in _existing(exams, key).items()}
        for row in new:
            row.pk = ids[row.proctored_exam_id, row.user_id]
    for pair, row in rows.items():
        # The caller recalculates the running attempts of all allowances together; this app's receiver would do so one by one.
        _send(signals.post_save, row, created=pair not in existing, is_one_of_many=len(rows) > 1)
    return [
        StoredAllowance(row, "updated" if pair in existing else "created", archived.get(row.pk, 0))
        for pair, row in rows.items()
    ]


def _existing(
    exams: Iterable[Pair], key: str, *, sees_new_rows: bool = False
) -> dict[Pair, ProctoredExamStudentAllowance]:
    """Return the existing allowances, locked by id: locking missing ones would block their creation.

    `sees_new_rows`: include those committed by others since this transaction began.
    """
    pairs = set(exams)
    rows = ProctoredExamStudentAllowance.objects.filter(
        proctored_exam_id__in={exam_id for exam_id, _ in pairs},
        user_id__in={user_id for _, user_id in pairs},
        key=key,
    )
    if transaction.get_connection().features.has_select_for_update:
        if not sees_new_rows:
            known = rows.values_list("id", "proctored_exam_id", "user_id")
            ids = [number for number, *pair in known if tuple(pair) in pairs]
            rows = ProctoredExamStudentAllowance.objects.filter(pk__in=ids)
        rows = rows.select_for_update()
    found = {(row.proctored_exam_id, row.user_id): row for row in rows.order_by("id")}
    return {pair: row for pair, row in found.items() if pair in pairs}


def _archive(rows: Collection[ProctoredExamStudentAllowance]) -> dict[int, int]:
    """Archive the rows as they are; return the ids of the archived rows by allowance id."""
    if not rows:
        return {}
    archive = ProctoredExamStudentAllowanceHistory
    archived = archive.objects.bulk_create(
        archive_copy(archive, row, id="allowance_id") for row in rows
    )
    if all(one.pk is not None for one in archived):
        return {one.allowance_id: one.pk for one in archived}
    known = archive.objects.filter(allowance_id__in=[row.pk for row in rows])
    newest = known.values("allowance_id").annotate(version=Max("id"))
    return dict(newest.values_list("allowance_id", "version"))


def _replace(rows: Collection[ProctoredExamStudentAllowance], values: Mapping[int, str]) -> None:
    if rows:
        exams = {row.proctored_exam_id for row in rows}
        new_value = Case(
            *(When(proctored_exam_id=exam, then=Value(values[exam])) for exam in exams)
        )
        # A plain queryset, because that of the manager would archive again.
        same: models.QuerySet[ProctoredExamStudentAllowance] = models.QuerySet(
            ProctoredExamStudentAllowance
        ).filter(pk__in=[row.pk for row in rows])
        now = timezone.now()
        same.update(value=new_value, modified=now)
        for row in rows:
            row.modified = now


def _send(signal: signals.ModelSignal, row: ProctoredExamStudentAllowance, **more: bool) -> None:
    sender = type(row)
    using = router.db_for_write(sender, instance=row)
    signal.send(sender=sender, instance=row, raw=False, using=using, update_fields=None, **more)


def parse_minutes(value: object) -> int | None:
    """Return whole minutes from an allowance's value, or None if it is not a plain number within bounds."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ADDITIONAL_MINUTES))):
        return None
    minutes = int(text)
    return minutes if minutes <= MAX_ADDITIONAL_MINUTES else None


def parse_factor(value: object) -> Fraction | None:
    """Return a factor from 1 to 10 with at most two decimals from an allowance's value, or None."""
    is_text = isinstance(value, str | int | float | Decimal) and not isinstance(value, bool)
    text = str(value) if is_text else ""
    return Fraction(text) if FACTOR.fullmatch(text) else None


# The keys that grant time, and the parsers of their values; None: invalid, and without effect if stored anyway.
TIME_VALUES: dict[str, Callable[[object], int | Fraction | None]] = {
    ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]: parse_minutes,
    constants.TIME_MULTIPLIER: parse_factor,
}


def extra_time(rows: Iterable[AllowanceValue]) -> ExtraTime:
    """Return the extra time that allowances (or archived ones) of one learner in one exam grant together."""
    values = {row.key: row.value for row in rows}
    minutes = parse_minutes(values.get(ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]))
    factor = parse_factor(values.get(constants.TIME_MULTIPLIER))
    return ExtraTime(factor=factor or Fraction(1), minutes=minutes or 0)


def _refusal(key: str, value: object) -> str:
    if key == constants.TIME_MULTIPLIER:
        return (
            f'allowance_value "{value}" should be a number from 1 to {LARGEST_FACTOR} with at '
            "most two decimals."
        )
    return f'allowance_value "{value}" should be non-negative integer value.'


def find_user_id(user_info: object) -> int:
    """Return the id of the user identified by an id (int), a username or an e-mail address. Raises
    UserNotFoundException.
    """
    users = get_user_model()._default_manager.order_by("id").values_list("id", flat=True)
    if isinstance(user_info, int) and not isinstance(user_info, bool):
        found = users.filter(id=user_info).first()
    else:
        text = str(user_info)
        found = users.filter(username=text).first() or users.filter(email=text).first()
    if found is None:
        raise UserNotFoundException(f"Cannot find user against {user_info}")
    return int(found)
