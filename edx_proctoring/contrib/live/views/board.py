"""The live board of a course."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict

from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.contrib.live import snapshots
from edx_proctoring.contrib.live.rows import Entry
from edx_proctoring.contrib.live.selection import Choice, View, view_of
from edx_proctoring.contrib.live.serializers.board import BoardQuerySerializer, BoardSerializer
from edx_proctoring.contrib.live.views.base import BoardResource
from edx_proctoring.views.v2.base import valid
from edx_proctoring.views.v2.conditional import is_known

POLL_SECONDS = 10


class BoardViewSet(BoardResource):
    """`/api/edx_proctoring/v2/courses/{course_id}/live/`."""

    serializer_class = BoardSerializer
    resource = "live"

    def board(self, request: Request, **kwargs: str) -> Response:
        """Return who is in an exam now. The `ETag` does not depend on the time left: 304 while nothing else changes."""
        wanted = valid(BoardQuerySerializer(data=request.query_params.dict()))
        since = wanted.pop("since", "")
        wanted.pop("format", None)
        now = timezone.now()
        whole = snapshots.MEMORY.current(kwargs["course_id"], now)
        view = view_of(whole, self.own_scope, Choice(**wanted))
        headers = {"ETag": view.etag}
        if is_known(request, view.etag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        snapshots.remember(view.cursor, view.revisions)
        data = {**answer(view, since, now), "may_manage": self.own_scope.is_whole_course}
        return Response(data, headers=headers)


def answer(view: View, since: str, now: datetime.datetime) -> Mapping[str, object]:
    """Return the view: whole, or what has changed since the client's cursor."""
    delta = view.changed_since(since) if since else None
    entries, gone = (view.entries, []) if delta is None else delta
    return {
        "server_time": now,
        "cursor": view.cursor,
        "complete": delta is None,
        "poll_seconds": POLL_SECONDS,
        "counts": view.counts,
        "exams": view.exams,
        "rooms": view.rooms,
        "rows": [_row(one, view, now) for one in entries],
        "gone": gone,
        "order": list(view.revisions),
        "seen": [None if one is None else int((now - one).total_seconds()) for one in view.seen],
        "outages": [asdict(one) for one in view.outages],
    }


def _row(entry: Entry, view: View, now: datetime.datetime) -> Mapping[str, object]:
    """Return the row with the time that is left at this moment."""
    revision = view.revisions[entry.row["attempt_id"]]
    return {**entry.row, "time_left_seconds": entry.seconds_left(now), "revision": revision}
