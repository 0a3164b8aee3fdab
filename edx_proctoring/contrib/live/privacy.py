"""Personal data of this app: exported for their owner, deleted at retirement."""

import datetime
from collections.abc import Iterator

from edx_proctoring.contrib.live.models import (
    Announcement,
    Heartbeat,
    Invigilator,
    Outage,
    Question,
    Receipt,
    RoomChange,
    Seat,
)
from edx_proctoring.types import JSONObject


def personal_data(user_id: int) -> Iterator[JSONObject]:
    """Yield what is stored about the user: as a learner, and as somebody who looks after rooms or wrote something."""
    yield from _data_as_learner(user_id)
    for row in Invigilator.objects.filter(user_id=user_id):
        yield {"course_id": row.course_id, "invigilates": row.room}
    for sent in Announcement.objects.filter(by_id=user_id).order_by("id"):
        yield {"announced": sent.text, "course_id": sent.course_id, "at": sent.at.isoformat()}


def _data_as_learner(user_id: int) -> Iterator[JSONObject]:
    for beat in Heartbeat.objects.filter(attempt__user_id=user_id).order_by("id"):
        yield {"attempt_id": beat.attempt_id, "seen_at": beat.seen_at.isoformat()}
    for receipt in Receipt.objects.filter(user_id=user_id).select_related("announcement"):
        yield {
            "announcement": receipt.announcement.text,
            "attempt_id": receipt.attempt_id,
            "at": receipt.announcement.at.isoformat(),
            "seen_at": _iso(receipt.seen_at),
        }
    for question in Question.objects.filter(user_id=user_id).order_by("id"):
        asked_at, closed_at = question.asked_at.isoformat(), _iso(question.closed_at)
        yield {"question": question.text, "asked_at": asked_at, "closed_at": closed_at}
    for seat in Seat.objects.filter(user_id=user_id):
        yield {"course_id": seat.course_id, "room": seat.room}


def _iso(moment: datetime.datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def retire(user_id: int) -> None:
    """Delete what is about the user, and the user's name where others need the row.

    An announcement for this learner alone goes, too: its text may speak of the learner.
    """
    Heartbeat.objects.filter(attempt__user_id=user_id).delete()
    Question.objects.filter(user_id=user_id).delete()
    Announcement.objects.filter(pk__in=_announced_to_nobody_else(user_id)).delete()
    for model in (Receipt, Seat, Invigilator, RoomChange):
        model._default_manager.filter(user_id=user_id).delete()
    Announcement.objects.filter(by_id=user_id).update(by=None)
    Announcement.objects.filter(withdrawn_by_id=user_id).update(withdrawn_by=None)
    Question.objects.filter(closed_by_id=user_id).update(closed_by=None)
    RoomChange.objects.filter(by_id=user_id).update(by=None)
    Outage.objects.filter(by_id=user_id).update(by=None)


def _announced_to_nobody_else(user_id: int) -> set[int]:
    """Return the ids of announcements that were made to attempts of this user alone."""
    own = Receipt.objects.filter(user_id=user_id, announcement__audience=Announcement.ATTEMPTS)
    ids = set(own.values_list("announcement_id", flat=True))
    others = Receipt.objects.filter(announcement_id__in=ids).exclude(user_id=user_id)
    return ids - set(others.values_list("announcement_id", flat=True))
