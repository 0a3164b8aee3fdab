"""Learners' own due dates for many learners at once, and freshly, where edx-when keeps them.

edx-when has no call for many learners, and its call for one reads that learner's rows. It does have the dates of the
course, and a list of the learners with dates of their own: all others have the course's date.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import host
from edx_proctoring.protocols import EdxWhen


class Moment(datetime.datetime):
    """A datetime whose text has no spaces: edx-when puts it into cache keys, in which Memcached refuses them."""

    def __str__(self) -> str:
        return self.isoformat()


MOMENT = Moment(2000, 1, 1, tzinfo=datetime.UTC)
# Course and user id of the learners whose dates were just read. The code in between also works without.
_fresh: ContextVar[frozenset[tuple[str, int]]] = ContextVar("fresh", default=frozenset())


@dataclass(frozen=True)
class AnySchedule:
    """Stands for the schedule of any learner, from which edx-when counts relative dates."""

    start_date: datetime.datetime = MOMENT
    created: datetime.datetime = MOMENT


@contextmanager
def read_together(learners: Iterable[tuple[str, str, int, str]]) -> Iterator[None]:
    """Within this block, `host.due_date` knows the dates of these learners, where it need not ask for each.

    Each is given as course id, content id, user id and username. A few queries for each course and subsection, and four
    for each learner with a date of her own, who is asked for alone; so are all learners of a relative date.
    `read_again` does nothing for the others, so the block must be short.
    """
    groups: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    fresh: set[tuple[str, int]] = set()
    alone: set[tuple[str, int]] = set()
    for course_id, content_id, user_id, username in learners:
        groups[course_id, content_id].append((user_id, username))
    with host.cached_answers() as answers:
        for (course_id, content_id), users in groups.items():
            found = host.ask_edx_when(partial(_shared, course_id, content_id), None)
            date, others = found or (None, {username for _user_id, username in users})
            for user_id, username in users:
                if username in others:
                    alone.add((course_id, user_id))
                else:
                    answers["due", course_id, content_id, user_id] = date
                    fresh.add((course_id, user_id))
        token = _fresh.set(frozenset(fresh - alone))
        try:
            yield
        finally:
            _fresh.reset(token)


def _shared(course_id: str, content_id: str, api: EdxWhen) -> tuple[object, set[str]] | None:
    """Return the date of all learners but some, and the usernames of those; None if each has to be asked for."""
    try:
        key = UsageKey.from_string(content_id), "due"
        dates = api.get_dates_for_course(course_id, use_cached=False)
        if key in dates:
            return dates[key], {
                row[0] for row in api.get_overrides_for_block(course_id, content_id)
            }
        of_any = api.get_dates_for_course(course_id, schedule=AnySchedule(), use_cached=False)
    except InvalidKeyError:
        return None, set()
    return None if key in of_any else (None, set())  # relative, or there is none


def read_again(course_id: object, user_id: int) -> None:
    """Let edx-when read the learner's dates, of which it keeps copies in the cache for minutes after a change.

    Dates that `read_together` has read need not be read again.
    """
    if (str(course_id), user_id) in _fresh.get():
        return

    def read(api: EdxWhen) -> object:
        return api.get_dates_for_course(str(course_id), user=user_id, use_cached=False)

    host.ask_edx_when(read, None)
