"""Hooks by which Django apps extend the core without being imported by it.

An app subclasses `Extension`, overrides the hooks it needs, and registers an instance in its `AppConfig.ready`:

    class LiveConfig(AppConfig):
        def ready(self) -> None:
            extensions.register(Live())

A hook that raises is logged and skipped, with three exceptions: `time_for` fails closed (the learner's clock does not
start), `on_change` is rolled back on its own and run again later, and an error in `retire` aborts the retirement.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from django.conf import settings
from django.db import transaction
from django.template import loader
from django.urls import URLPattern

from edx_proctoring import transactions
from edx_proctoring.exceptions import ExtraTimeUnavailable
from edx_proctoring.settings.schedule import Entry, add_to_beat
from edx_proctoring.statuses import INCOMPLETE
from edx_proctoring.timing import ExtraTime
from edx_proctoring.types import ExamFacts, JSONObject, RegistrationContext

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from edx_proctoring.api.student_view.context import ExamContext
    from edx_proctoring.effects import Change
    from edx_proctoring.models import OutboxMessage, ProctoredExamStudentAttempt
    from edx_proctoring.outbox import Draft

log = logging.getLogger(__name__)

T = TypeVar("T")
SECTION_NAME = re.compile("[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class MessageHandler:
    """The handler of a kind of message, with the parameters of `edx_proctoring.outbox.register`."""

    deliver: Callable[["OutboxMessage"], object]
    inline: bool = False
    slow_recipient: bool = False
    given_up: Callable[["OutboxMessage"], object] | None = None  # deletes what a delivery needed
    forget: Callable[[datetime], object] | None = None  # deletes records of messages before then


@dataclass(frozen=True)
class TimelineEntry:
    """One line of an attempt's timeline. `at` is timezone-aware; `who` is a username, or empty.

    Staff see all entries; the learner sees the texts of those with `for_learner`, without `who` and `notes`.
    """

    at: datetime
    text: str
    who: str = ""
    notes: Sequence[str] = ()
    for_learner: bool = False


@dataclass(frozen=True)
class Routes:
    """Routes below `edx_proctoring/v2/courses/{course_id}/` and `edx_proctoring/pages/courses/{course_id}/`.

    Views get `course_id`. Route names must be unique among all extensions: begin them with the app's label.
    """

    v2: Sequence[URLPattern] = ()
    pages: Sequence[URLPattern] = ()


class Rule(Protocol):
    """A rule that decides who may call a route, if none of the roles in `edx_proctoring.views.permissions` fits."""

    def __call__(self, user: "AbstractBaseUser", course_id: str) -> bool: ...


Role = str | Rule


@dataclass(frozen=True)
class StaffSection:
    """A section of the staff page: a custom element, and the static files (paths as for `{% static %}`) defining it.

    The name, of letters, digits, hyphens and underscores, must be unique on the page: begin it with the app's label. The
    page sets the element's attributes `course-id` and `api-base`, and loads the scripts in this order, after its own.
    `replaces` names the core's section whose place and address it takes; with `is_first` it is the first one.
    """

    name: str
    title: str
    element: str
    scripts: Sequence[str] = field(default=())
    replaces: str = ""
    is_first: bool = False

    def __post_init__(self) -> None:
        if not SECTION_NAME.fullmatch(self.name):
            raise ValueError(f"A section's name is part of a URL, not {self.name!r}.")
        if isinstance(self.scripts, str):
            raise ValueError(f"scripts is a list of paths, not {self.scripts!r}.")


class Extension:
    """The hooks by which an app extends this one. All do nothing by default; override those that you need.

    `name` identifies the extension in logs, message keys and responses: use the app's label.
    """

    name: str = ""

    def time_for(self, exam: ExamFacts, user_id: int) -> ExtraTime:
        """Return the learner's extra time in the exam. Factors of extensions multiply, minutes add up; a factor that the
        exam's own allowances grant replaces them.

        Called whenever an allotment is computed. `exam` has at least id, course_id, content_id and time_limit_mins. If
        it raises, the learner gets a 503 and may try again, so that nobody begins with too little time.
        """
        return ExtraTime()

    def times_for(self, pairs: Sequence[tuple[ExamFacts, int]]) -> Sequence[ExtraTime]:
        """Return the same for many pairs of exam and user id, in their order. Override it together with `time_for` to
        answer with few queries.
        """
        return [self.time_for(exam, user_id) for exam, user_id in pairs]

    def registration_context(self, exam: ExamFacts, user_id: int) -> RegistrationContext:
        """Return values to add to the context with which an attempt is registered at its provider.

        Texts of `review_policy_exception` are joined; other values of the core stay as they are.
        """
        return {}

    def screen_for(self, learner: "ExamContext") -> str | None:
        """Return the name of a template to show instead of the core's screen (and of the exam), or None.

        Called after the checks for access and inactive accounts, and during a pause (`learner.pause`). Add values for
        the template to `learner.context`. The first template returned by an extension is used.
        """
        return None

    def poll_data(self, attempt: "ProctoredExamStudentAttempt") -> JSONObject:
        """Return additional keys for the data polled by the learner's page. Keys of the core cannot be changed."""
        return {}

    def on_poll(self, attempt_id: int, status: str, shows_messages: bool) -> None:
        """React to a poll or ping by the learner's own page for an attempt that has not ended; `status` is the attempt's.

        `shows_messages`: has the page said that it shows announcements, by the header `X-Proctoring-Messages`? Runs after
        the response is decided, outside of transactions and locks, and delays it: use one statement that waits for nothing.
        """

    def on_change(self, change: "Change") -> Iterable["Draft"]:
        """React to an attempt that was created (`before` is None), changed, or removed (`after` is None); return outbox
        messages.

        Runs inside the transaction of the change, in a savepoint. If it raises, the savepoint is rolled back, the
        change is kept, and the outbox runs the hook again with the same change: it may be called more than once.
        """
        return ()

    def message_kinds(self) -> Mapping[str, MessageHandler]:
        """Return the kinds of outbox messages that the extension delivers. Called once, at registration."""
        return {}

    def timeline(self, attempt: "ProctoredExamStudentAttempt") -> Iterable[TimelineEntry]:
        """Return the extension's entries in the attempt's timeline."""
        return ()

    def personal_data(self, user_id: int) -> Iterable[JSONObject]:
        """Return the rows that the extension stores about the user, for an export."""
        return ()

    def retire(self, user_id: int) -> None:
        """Delete or blank the user's data. Runs in the transaction of the retirement, which fails if this raises. May
        be repeated.
        """

    def urls(self) -> Routes:
        """Return the extension's routes. Called once, when Django loads the URL configuration."""
        return Routes()

    def roles(self) -> Mapping[str, Mapping[str, Role]]:
        """Return the role that may call each route, by route name and method: a role of `views.permissions` or a rule.

        A `ResourceViewSet` whose route has no row here refuses everybody; other views check permissions themselves.
        """
        return {}

    def periodic_tasks(self) -> Mapping[str, Entry]:
        """Return entries of Celery beat's schedule, by name. Called at registration."""
        return {}

    def staff_sections(self, course_id: str, user: "AbstractBaseUser") -> Iterable[StaffSection]:
        """Return sections of the course's staff page for this user."""
        return ()


_registered: dict[str, Extension] = {}
_message_kinds: dict[str, Mapping[str, MessageHandler]] = {}


def register(extension: Extension) -> None:
    """Register the extension. Raises ValueError if it has no name or the name is taken."""
    if not extension.name or extension.name in _registered:
        raise ValueError(f"An extension needs a unique name, not {extension.name!r}.")
    _registered[extension.name] = extension
    _message_kinds[extension.name] = _dict(extension, extension.message_kinds)
    add_to_beat(settings, _dict(extension, extension.periodic_tasks))


def unregister(name: str) -> None:
    """Remove the extension of this name; for tests. Its periodic tasks stay in the schedule."""
    del _registered[name], _message_kinds[name]


def get(name: str) -> Extension | None:
    """Return the registered extension of this name."""
    return _registered.get(name)


def registered() -> list[Extension]:
    """Return all extensions in the order of their registration."""
    return list(_registered.values())


def with_hook(hook: str) -> list[Extension]:
    """Return the extensions that override the hook. If there are none, the core needs no savepoint and no query for it."""
    default = getattr(Extension, hook)
    return [one for one in _registered.values() if getattr(type(one), hook) is not default]


def _ask(extension: Extension, hook: str, call: Callable[[], T]) -> T | None:
    """Return the result of the hook, or None if it raises."""
    # Inside a transaction, a failed query of the hook must not break it; outside, no savepoint is needed.
    is_inside = transaction.get_connection().in_atomic_block
    try:
        with transaction.atomic() if is_inside else nullcontext():
            return call()
    except Exception as error:
        # After these errors the database refuses all further queries; the caller repeats its transaction.
        transactions.reraise_if_broken(error)
        log.exception("extension failed, result ignored: %s.%s", extension.name, hook)
        return None


def _list(extension: Extension, hook: Callable[..., Iterable[T]], *args: object) -> list[T]:
    return _ask(extension, hook.__name__, lambda: list(hook(*args))) or []


def _dict(
    extension: Extension, hook: Callable[..., Mapping[str, T]], *args: object
) -> dict[str, T]:
    return _ask(extension, hook.__name__, lambda: dict(hook(*args))) or {}


def time_for(exam: ExamFacts, user_id: int) -> ExtraTime:
    """Return the extra time granted by all extensions together. Raises ExtraTimeUnavailable if one of them fails."""
    granted = ExtraTime()
    for one in with_hook("time_for"):
        try:
            granted = granted.with_more(one.time_for(exam, user_id))
        except Exception as error:
            transactions.reraise_if_broken(error)
            log.exception("extra time unavailable, learner gets a 503: %s.time_for", one.name)
            raise ExtraTimeUnavailable from error
    return granted


def times_for(pairs: Sequence[tuple[ExamFacts, int]]) -> list[ExtraTime | None]:
    """Return the same for many pairs of exam and user id, in their order; None where an extension fails."""
    granted: list[ExtraTime | None] = [ExtraTime()] * len(pairs)
    for one in with_hook("time_for"):
        found = _times_by(one, pairs)
        granted = [
            known.with_more(more) if known and more else None
            for known, more in zip(granted, found, strict=True)
        ]
    return granted


def _times_by(one: Extension, pairs: Sequence[tuple[ExamFacts, int]]) -> list[ExtraTime | None]:
    try:
        found = list(one.times_for(pairs))
        if len(found) != len(pairs):
            raise ValueError(f"{len(found)} answers to {len(pairs)} questions")
    except Exception as error:
        transactions.reraise_if_broken(error)
        log.exception("asked for each learner alone: %s.times_for", one.name)
        return [_time_by(one, *pair) for pair in pairs]
    return [*found]


def _time_by(one: Extension, exam: ExamFacts, user_id: int) -> ExtraTime | None:
    try:
        return one.time_for(exam, user_id)
    except Exception as error:
        transactions.reraise_if_broken(error)
        log.exception("extra time unavailable, exam_id=%s: %s.time_for", exam["id"], one.name)
        return None


def registration_contexts(exam: ExamFacts, user_id: int) -> list[RegistrationContext]:
    """Return the values that extensions add to the registration of an attempt."""
    found = []
    for one in with_hook("registration_context"):
        answer = _ask(one, "registration_context", partial(one.registration_context, exam, user_id))
        found += [answer] if answer else []
    return found


def screen_for(learner: "ExamContext") -> str | None:
    """Return the first screen that an extension provides for this learner; a template that does not exist is an error."""

    def existing(one: Extension) -> str | None:
        screen = one.screen_for(learner)
        if screen is not None:
            loader.get_template(screen)
        return screen

    for one in with_hook("screen_for"):
        if screen := _ask(one, "screen_for", partial(existing, one)):
            return screen
    return None


def poll_data(attempt: "ProctoredExamStudentAttempt") -> dict[str, object]:
    """Return the keys that extensions add to a polled attempt."""
    found: dict[str, object] = {}
    for one in with_hook("poll_data"):
        found.update(_dict(one, one.poll_data, attempt))
    return found


def polled(attempt_id: int, status: str, *, shows_messages: bool = False) -> None:
    """Tell extensions of a poll or ping by the learner's own page; nothing once the attempt has ended."""
    if status not in INCOMPLETE:
        return
    for one in with_hook("on_poll"):
        _ask(one, "on_poll", partial(one.on_poll, attempt_id, status, shows_messages))


def message_kinds() -> dict[str, MessageHandler]:
    """Return the kinds of messages that extensions deliver."""
    return {kind: one for kinds in _message_kinds.values() for kind, one in kinds.items()}


def timeline(attempt: "ProctoredExamStudentAttempt") -> list[TimelineEntry]:
    """Return the entries that extensions add to the attempt's timeline."""
    return [entry for one in with_hook("timeline") for entry in _list(one, one.timeline, attempt)]


def personal_data(user_id: int) -> dict[str, list[JSONObject]]:
    """Return the data that extensions store about the user, by extension name; extensions without data are left out."""
    found = {one.name: _list(one, one.personal_data, user_id) for one in with_hook("personal_data")}
    return {name: rows for name, rows in found.items() if rows}


def retire(user_id: int) -> None:
    """Have all extensions delete the user's data; the first error stops."""
    for one in with_hook("retire"):
        one.retire(user_id)


def urls() -> Routes:
    """Return the routes of all extensions."""
    found = [_ask(one, "urls", one.urls) or Routes() for one in with_hook("urls")]
    return Routes(
        [route for routes in found for route in routes.v2],
        [route for routes in found for route in routes.pages],
    )


def roles() -> dict[str, Mapping[str, Role]]:
    """Return the roles for the routes of extensions."""
    found: dict[str, Mapping[str, Role]] = {}
    for one in with_hook("roles"):
        found.update(_dict(one, one.roles))
    return found


def staff_sections(course_id: str, user: "AbstractBaseUser") -> list[StaffSection]:
    """Return the sections that extensions add to the course's staff page."""
    return [
        section
        for one in with_hook("staff_sections")
        for section in _list(one, one.staff_sections, course_id, user)
    ]
