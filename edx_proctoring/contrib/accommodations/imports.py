"""Import profiles from CSV: row by row, in batches, so that one bad row never blocks the others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any, TextIO, cast

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _
from rest_framework import serializers

from edx_proctoring import transactions
from edx_proctoring.api.course_members import strangers
from edx_proctoring.contrib.accommodations import csv_rows
from edx_proctoring.contrib.accommodations.csv_rows import CsvRow
from edx_proctoring.contrib.accommodations.models import COURSE, Profile, digest_of
from edx_proctoring.contrib.accommodations.profiles import (
    ProfileAlreadyExists,
    Scope,
    apply_values,
    changes_of,
    create_profiles,
    locked_profiles,
    new_profile,
    plain,
    save_changed,
)
from edx_proctoring.contrib.accommodations.serializers import SCOPES, ProfileRowSerializer
from edx_proctoring.contrib.accommodations.values import FIELDS, ProfileValues
from edx_proctoring.types import JSONObject, User

BATCH = 200
TRIES = 3
CREATED, CHANGED, UNCHANGED, REFUSED = "created", "changed", "unchanged", "refused"
NEW = Profile()  # its values are the defaults
TEXTS = ("for_reviewers", "approver", "note")
# As a German Excel writes them.
BOOLEANS = {"wahr": "true", "falsch": "false"}


@dataclass(frozen=True)
class Reach:
    """The scopes that a file may name: those around a course, or with "" all; `all_scopes`: not only the course."""

    course_id: str = ""
    all_scopes: bool = True

    def scope_of(self, kind: str, scope_id: str) -> Scope:
        """Return the scope of a row. Raises ValidationError."""
        if kind not in SCOPES:
            known = ", ".join(SCOPES)
            raise ValidationError({"scope": _("Choose one of: %(known)s") % {"known": known}})
        if kind != COURSE and not self.all_scopes:
            text = _("Only global staff may grant this beyond the course.")
            raise ValidationError({"scope": text})
        if not self.course_id:
            return Scope(kind, scope_id)
        scope = Scope.around(self.course_id, kind)
        if scope_id not in ("", scope.id):
            raise ValidationError({"scope_id": _("This is not the scope around the course.")})
        return scope


@dataclass
class RowResult:
    """The outcome of a row of the file; `changes` has the value before and after by column, `errors` texts by column."""

    line: int
    username: str
    outcome: str = UNCHANGED
    changes: JSONObject = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, error: dict[str, list[str]]) -> None:
        """Store nothing for this row."""
        self.outcome, self.errors, self.changes = REFUSED, error, {}


@dataclass
class _Row:
    result: RowResult
    scope: Scope = field(default_factory=lambda: Scope(""))
    values: ProfileValues = field(default_factory=ProfileValues)
    user_id: int = 0

    @property
    def key(self) -> tuple[int, str]:
        return self.user_id, digest_of(self.scope.kind, self.scope.id)

    @property
    def is_good(self) -> bool:
        return not self.result.errors


Results = Sequence[RowResult]


def _forget(results: Results) -> None:
    """Record nothing about a batch."""


def import_profiles(
    file: TextIO, reach: Reach, by: User | None = None, *, dry_run: bool = False
) -> Iterator[RowResult]:
    """Store the profiles of a file while the results are read, one per row; with `dry_run` nothing is stored.

    Absent columns keep their values, empty cells reset them. Running attempts follow, and none becomes shorter. Each
    batch is a transaction. Raises FileRefused before anything is stored, and ProfileAlreadyExists if others keep
    creating the same profiles: import the file again.
    """
    csv_rows.check(file)
    return (result for results in import_batches(file, reach, by, dry_run) for result in results)


def import_batches(
    file: TextIO,
    reach: Reach,
    by: User | None,
    dry_run: bool = False,
    *,
    skip: int = 0,
    note: Callable[[Results], None] = _forget,
) -> Iterator[Results]:
    """Do the same with a file that was checked, and return the results batch by batch.

    The first `skip` rows have been imported before. `note` is called in the transaction of each batch that is stored,
    again if that is repeated; the batch is rolled back if it raises.
    """
    serializer = ProfileRowSerializer()
    seen: dict[tuple[int, str], int] = {}
    lines, number = csv_rows.read(file), 0
    while rows := [_parsed(row, reach, serializer) for row in islice(lines, BATCH)]:
        _find_learners(rows)
        _refuse_repetitions(rows, seen)
        left, number = rows[max(skip - number, 0) :], number + len(rows)
        if left:
            results = [row.result for row in left]
            _store([row for row in left if row.is_good], by, dry_run, partial(note, results))
            yield results


def _parsed(row: CsvRow, reach: Reach, serializer: ProfileRowSerializer) -> _Row:
    cells = row.cells
    parsed = _Row(RowResult(row.line, cells.get("username", "").strip()))
    if row.error:
        parsed.result.refuse({"": [row.error]})
        return parsed
    try:
        kind = cells.get("scope", "").strip().lower() or COURSE
        parsed.scope = reach.scope_of(kind, cells.get("scope_id", "").strip())
        parsed.values = _values(cells, serializer)
    except ValidationError as error:
        parsed.result.refuse(error.message_dict)
    except serializers.ValidationError as error:
        detail: Any = error.detail
        parsed.result.refuse({name: [str(one) for one in texts] for name, texts in detail.items()})
    return parsed


def _values(cells: dict[str, str], serializer: ProfileRowSerializer) -> ProfileValues:
    given = {name: cells[name] for name in FIELDS if name in cells}
    empty = [name for name, cell in given.items() if name not in TEXTS and not cell.strip()]
    filled = {name: _cell(name, cell) for name, cell in given.items() if name not in empty}
    values: dict[str, Any] = dict(serializer.run_validation(filled) or {})
    for name in empty:
        values[name] = getattr(NEW, name)
    if "factor" in values:
        values["factor"] = Decimal(values["factor"])
    return cast(ProfileValues, values)  # the serializer has the same fields


def _cell(name: str, cell: str) -> str:
    if name in TEXTS:
        return cell
    text = cell.strip()
    return text.replace(",", ".") if name == "factor" else BOOLEANS.get(text.lower(), text)


def _find_learners(rows: Sequence[_Row]) -> None:
    """Set the ids; two queries. As in a single request, a username comes before an e-mail address."""
    users = get_user_model()._default_manager.order_by("-id")
    names = {row.result.username for row in rows if row.is_good}
    ids = dict(users.filter(username__in=names).values_list("username", "id"))
    others = names - set(ids)
    found = users.filter(email__in=others - {""}).values_list("email", "id")
    ids = {**dict(found), **ids}
    for row in rows:
        row.user_id = ids.get(row.result.username, 0)
        if row.is_good and not row.user_id:
            _refuse_stranger(row)


def _refuse_stranger(row: _Row) -> None:
    row.result.refuse({"username": [_("There is no such learner here.")]})


def _refuse_repetitions(rows: Sequence[_Row], seen: dict[tuple[int, str], int]) -> None:
    for row in rows:
        if row.is_good and seen.setdefault(row.key, row.result.line) != row.result.line:
            line = {"line": seen[row.key]}
            text = _("Line %(line)s has the same learner and scope.") % line
            row.result.refuse({"username": [text]})


def _store(rows: Sequence[_Row], by: User | None, dry_run: bool, note: Callable[[], None]) -> None:
    for _attempt in range(TRIES):
        known = _known(rows)
        _refuse_strangers([row for row in rows if row.key not in known])
        good = [row for row in rows if row.is_good]
        try:
            if dry_run:
                _plan(
                    good, list(Profile.objects.in_bulk(list(known.values())).values()), set(known)
                )
            else:
                transactions.run(lambda: _write(good, known, by, note))  # noqa: B023  it runs at once
        except IntegrityError:
            # Another request has just created one of these profiles: read them again.
            continue
        return
    raise ProfileAlreadyExists


def _known(rows: Sequence[_Row]) -> dict[tuple[int, str], int]:
    """Return the ids of the rows' profiles; one query."""
    found = Profile.objects.of_users({row.user_id for row in rows})
    keys = {row.key for row in rows}
    stored = found.values_list("user_id", "scope_digest", "pk")
    return {(user, digest): pk for user, digest, pk in stored if (user, digest) in keys}


def _refuse_strangers(rows: Sequence[_Row]) -> None:
    """Course staff grant something new only to learners of the course, as far as the host can tell."""
    courses: dict[str, list[_Row]] = {}
    for row in rows:
        if row.scope.kind == COURSE and row.is_good:
            courses.setdefault(row.scope.id, []).append(row)
    for course_id, some in courses.items():
        unknown = strangers(course_id, {row.user_id for row in some})
        for row in some:
            if row.user_id in unknown:
                _refuse_stranger(row)


def _write(
    rows: Sequence[_Row],
    known: dict[tuple[int, str], int],
    by: User | None,
    note: Callable[[], None],
) -> None:
    new, changed = _plan(rows, locked_profiles(list(known.values())), set(known))
    create_profiles(new, by)
    save_changed(changed, by)
    note()


Changes = list[tuple[Profile, JSONObject]]


def _plan(
    rows: Sequence[_Row], stored: Sequence[Profile], known: set[tuple[int, str]]
) -> tuple[list[Profile], Changes]:
    """Return the new profiles, and the changed ones with their values before; write the results into the rows."""
    profiles = {(one.user_id, one.scope_digest): one for one in stored}
    new: list[Profile] = []
    changed: Changes = []
    for row in rows:
        profile = profiles.get(row.key)
        if profile is None and row.key in known:  # retired meanwhile
            _refuse_stranger(row)
            continue
        try:
            if profile is None:
                new.append(_created(row))
            else:
                changed.append((profile, _changed(row, profile)))
        except ValidationError as error:
            row.result.refuse(error.message_dict)
    return new, changed


def _created(row: _Row) -> Profile:
    profile = new_profile(row.user_id, row.scope, row.values)
    after = plain(profile)
    row.result.outcome = CREATED
    row.result.changes = {name: [None, after[name]] for name in row.values}
    return profile


def _changed(row: _Row, profile: Profile) -> JSONObject:
    before = plain(profile)
    apply_values(profile, row.values)
    row.result.changes = changes_of(profile, before)
    row.result.outcome = CHANGED if row.result.changes else UNCHANGED
    return before


__all__ = [
    "CHANGED",
    "CREATED",
    "REFUSED",
    "UNCHANGED",
    "Reach",
    "Results",
    "RowResult",
    "import_batches",
    "import_profiles",
]
