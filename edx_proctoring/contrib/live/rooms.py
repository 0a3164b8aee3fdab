"""Rooms of a course: which learners sit there, and who looks after them. These functions do not check permissions."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from edx_proctoring import host, transactions
from edx_proctoring.api.course_members import strangers
from edx_proctoring.contrib.live.models import Invigilator, RoomChange, Seat
from edx_proctoring.exceptions import ProctoredBaseException, ProctoringTemporarilyUnavailable
from edx_proctoring.types import AnyUser, User

Result = TypeVar("Result")
MOST_AT_ONCE = 500  # learners
TRIES = 5


class RoomNotAllowed(ProctoredBaseException):
    """The room cannot be assigned like this."""

    http_status = 400


@dataclass(frozen=True)
class Scope:
    """The part of a course that a user may see and act on: everything (course staff), or the learners of some rooms."""

    rooms: frozenset[str] | None = None

    @property
    def is_whole_course(self) -> bool:
        """Return whether there are no limits."""
        return self.rooms is None

    def has(self, room: str) -> bool:
        """Return whether the room is within."""
        return self.rooms is None or room in self.rooms

    def attempts(self, course_id: str) -> Q:
        """Return the condition for attempts of the course."""
        if self.rooms is None:
            return Q()
        return Q(user_id__in=seated_in(course_id, self.rooms))


@dataclass(frozen=True)
class Room:
    """A room with the number of its learners, and its invigilators."""

    name: str
    learners: int
    invigilators: Sequence[User]


@dataclass(frozen=True)
class Seating:
    """The result for one username: seated, unseated, unchanged, or unknown."""

    username: str
    outcome: str


def scope_of(user: AnyUser, course_id: str) -> Scope | None:
    """Return what the user may see and act on in the course; None: nothing. No query for course staff."""
    if not user.is_active:
        return None
    if host.is_course_or_global_staff(user, course_id):
        return Scope()
    rows = Invigilator.objects.in_course(course_id).filter(user_id=user.pk)
    rooms = frozenset(rows.values_list("room", flat=True))
    return Scope(rooms) if rooms else None


def may_invigilate(user: AbstractBaseUser, course_id: str) -> bool:
    """Return whether the user is staff of the course, or looks after one of its rooms."""
    return scope_of(user, course_id) is not None  # type: ignore[arg-type]  # rules take any user


def id_of(user: User | None) -> int | None:
    """Return the id for a column that may be empty."""
    return None if user is None else user.pk


def seated_in(course_id: str, rooms: Collection[str]) -> list[int]:
    """Return the ids of the learners in these rooms."""
    seats = Seat.objects.in_course(course_id).filter(room__same_id_in=[*rooms])
    return list(seats.values_list("user_id", flat=True))


def rooms_of_course(course_id: str) -> list[Room]:
    """Return the rooms by name. A room exists while a learner or an invigilator is assigned to it. Two queries."""
    learners: dict[str, int] = defaultdict(int)
    for name in Seat.objects.in_course(course_id).values_list("room", flat=True):
        learners[name] += 1
    staff: dict[str, list[User]] = defaultdict(list)
    rows = Invigilator.objects.in_course(course_id).select_related("user")
    for row in rows.order_by("user__username"):
        staff[row.room].append(row.user)
    names = sorted({*learners, *staff})
    return [Room(name, learners[name], staff[name]) for name in names]


def seat_learners(
    course_id: str, room: str, usernames: Iterable[str], *, by: User | None = None
) -> list[Seating]:
    """Assign the learners to the room; an empty name takes them out of theirs. Returns one result per username.

    Users who have no attempt in the course and are not enrolled, as far as the host tells, are unknown. Raises
    RoomNotAllowed.
    """
    names = list(dict.fromkeys(usernames))
    if len(names) > MOST_AT_ONCE:
        raise RoomNotAllowed(f"At most {MOST_AT_ONCE} learners at once.")
    name = _spelled(course_id, room)
    # All requests lock learners in this order, so that two of them do not wait for each other.
    users = sorted(_learners(course_id, names), key=lambda one: one.pk)

    def store() -> dict[str, str]:
        return {one.get_username(): _seat(course_id, name, one, by) for one in users}

    outcomes = _stored(store)
    return [Seating(username, outcomes.get(username, "unknown")) for username in names]


def _stored(work: Callable[[], Result]) -> Result:
    """Call `work` in a transaction, and again if another request has assigned the same user at the same moment."""
    for tries_left in reversed(range(TRIES)):
        try:
            return transactions.run(work)
        except IntegrityError as error:
            if not tries_left:
                raise ProctoringTemporarilyUnavailable from error
    raise AssertionError("unreachable")


def _learners(course_id: str, usernames: Collection[str]) -> list[User]:
    users = get_user_model()._default_manager.filter(username__in=usernames)
    found: list[User] = [one for one in users if one.get_username() in usernames]
    unknown = strangers(course_id, [one.pk for one in found])
    return [one for one in found if one.pk not in unknown]


def _seat(course_id: str, room: str, user: User, by: User | None) -> str:
    seats = Seat.objects.in_course(course_id).filter(user=user)
    known = seats.first()
    former = known.room if known else ""
    if former == room:
        return "unchanged"
    now = timezone.now()
    action = RoomChange.SEATED if room else RoomChange.UNSEATED
    if not room:
        seats.delete()
    elif known:
        seats.update(room=room, modified=now)
    else:
        Seat.objects.create(course_id=course_id, user=user, room=room, modified=now)
    _note(course_id, room or former, user, action, by)
    return action


def appoint(course_id: str, room: str, username: str, *, by: User | None = None) -> Invigilator:
    """Let the user look after the room. Repeating this changes nothing. Raises RoomNotAllowed."""
    name, user = _spelled(course_id, room), _user(username)
    if not name:
        raise RoomNotAllowed("A room needs a name.")

    def store() -> Invigilator:
        rows = Invigilator.objects.in_course(course_id).filter(user=user, room__same_id=name)
        known = rows.first()
        if known is not None:
            return known
        found = Invigilator.objects.create(course_id=course_id, user=user, room=name)
        _note(course_id, name, user, RoomChange.APPOINTED, by)
        return found

    return _stored(store)


def dismiss(course_id: str, room: str, username: str, *, by: User | None = None) -> bool:
    """Let the user no longer look after the room; return whether this changed anything. Raises RoomNotAllowed."""
    name, user = _spelled(course_id, room), _user(username)

    def store() -> bool:
        rows = Invigilator.objects.in_course(course_id).filter(user=user, room__same_id=name)
        count, _ = rows.delete()
        if count:
            _note(course_id, name, user, RoomChange.DISMISSED, by)
        return bool(count)

    return _stored(store)


def _user(username: str) -> User:
    found = get_user_model()._default_manager.filter(username=username).first()
    if found is None or found.get_username() != username:
        raise RoomNotAllowed("There is no user with this name.")
    user: User = found
    return user


def _spelled(course_id: str, room: str) -> str:
    """Return the name as it is already spelled in the course, because some databases ignore case."""
    name = " ".join(room.split())
    if not name:
        return ""
    for model in (Seat, Invigilator):
        rows = model.objects.in_course(course_id).filter(room__iexact=name)
        known = rows.values_list("room", flat=True).first()
        if known is not None:
            return str(known)
    return name


def _note(course_id: str, room: str, user: User, action: str, by: User | None) -> None:
    RoomChange.objects.create(course_id=course_id, room=room, user=user, action=action, by=by)
