"""The learners of a change of time of many attempts, and of an announcement to some, for the log."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from edx_proctoring.api.attempts.bulk_time_changes import AT_ONCE
from edx_proctoring.contrib.live.models import Announcement, Receipt
from edx_proctoring.models import BulkTimeChange, ProctoredExamStudentAttempt, TimeAdjustment

Attempt = ProctoredExamStudentAttempt
MOST_NAMED = AT_ONCE  # of a change that a request made; for larger ones, the log has their number
CHUNK = 5000  # ids in a query


@dataclass(frozen=True)
class Changed:
    """The learners whose attempts a change was for, without those that refused it, and the exams of these attempts."""

    usernames: Sequence[str] = ()
    exam_ids: Collection[int] = field(default_factory=set)


def recipients_of(
    announcements: Sequence[Announcement], within: Collection[int] | None = None
) -> dict[int, list[str]]:
    """Return the usernames by the id of the announcement; `within` names only these. One query, if there are any."""
    found: dict[int, list[str]] = defaultdict(list)
    if announcements:
        rows = Receipt.objects.filter(announcement__in=announcements).order_by("pk")
        if within is not None:
            rows = rows.filter(user_id__in=within)
        for pk, username in rows.values_list("announcement_id", "user__username"):
            if username and username not in found[pk]:
                found[pk].append(username)
    return found


def changes_of(user_ids: Collection[int]) -> Q:
    """Return the filter for changes that gave or took time of these learners, paused them, or reversed that. One query."""
    prefix = BulkTimeChange.KEY_PREFIX
    rows = TimeAdjustment.objects.filter(user_id__in=user_ids, key__startswith=prefix)
    found = {BulkTimeChange.ids_in(key)[0] for key in rows.values_list("key", flat=True)}
    return Q(pk__in=found) | Q(undoes_id__in=found)


def learners_of(
    changes: Sequence[BulkTimeChange], within: Collection[int] | None = None
) -> dict[int, Changed]:
    """Return the learners by the id of the change; `within` names only these. Two queries, more for thousands of ids.

    Attempts that were removed later are known from their history.
    """
    found = {one.pk: _stored(one) for one in changes if _source(one).attempt_ids is not None}
    others = {one.pk: _source(one).pk for one in changes if one.pk not in found}
    by_ledger = _by_ledger({*others.values()})
    found |= {pk: by_ledger.get(source, []) for pk, source in others.items()}
    known = _owners({one for ids in found.values() for one in ids}, within)
    told = {pk: [known[one] for one in ids if one in known] for pk, ids in found.items()}
    return {
        pk: Changed(
            list(dict.fromkeys(username for username, _ in owners if username)),
            {exam_id for _, exam_id in owners},
        )
        for pk, owners in told.items()
    }


def _source(change: BulkTimeChange) -> BulkTimeChange:
    """Return the change that says for which attempts it was: itself, or the one that it reverses."""
    return change.undoes or change


def _stored(change: BulkTimeChange) -> list[int]:
    """Return the attempts that the change stores, without those that refused it."""
    refused = {*_source(change).failed, *change.failed}
    return [one for one in _source(change).attempt_ids or () if str(one) not in refused]


def _by_ledger(change_ids: Collection[int]) -> dict[int, list[int]]:
    """Return the attempts that have a row of these changes in their ledger. One query, if there are changes."""
    if not change_ids:
        return {}
    keys = Q()
    for pk in change_ids:
        keys |= Q(key__startswith=BulkTimeChange.key_prefix(pk))
    found: dict[int, list[int]] = defaultdict(list)
    for key in TimeAdjustment.objects.filter(keys).order_by("pk").values_list("key", flat=True):
        change_id, attempt_id = BulkTimeChange.ids_in(key)
        found[change_id].append(attempt_id)
    return found


def _owners(ids: Collection[int], within: Collection[int] | None) -> Mapping[int, tuple[str, int]]:
    """Return the username and the exam by attempt id."""
    found, rest = {}, sorted(ids)
    for place in range(0, len(rest), CHUNK):
        rows = Attempt.history.filter(id__in=rest[place : place + CHUNK])
        if within is not None:
            rows = rows.filter(user_id__in=within)
        pairs = rows.order_by().values_list("id", "user__username", "proctored_exam_id").distinct()
        found.update({pk: (username or "", exam_id) for pk, username, exam_id in pairs})
    return found
