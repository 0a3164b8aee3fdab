"""A course in which every request may find something, and the users who send requests; each test uses all of them."""

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import requests
import rules
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.authentication import BaseAuthentication

from edx_proctoring.models import ProctoredExamStudentAttempt, ProctoringLearner
from edx_proctoring.statuses import KNOWN
from edx_proctoring.testing.factories import (
    COURSE_ID,
    AllowanceFactory,
    AttemptFactory,
    ExamFactory,
    UserFactory,
)
from edx_proctoring.testing.host import Enrollment, HostServices
from edx_proctoring.testing.providers import FakeProvider
from tests import flushing

NO_TRACES = {ProctoringLearner}  # the rows that are locked
OFTEN = 0.7

ANOTHER_COURSE = "course-v1:edX+Another+2026"

# The exams, and the attempts of each learner in them.
KINDS: list[dict[str, Any]] = [
    {},
    {"is_proctored": False},
    {"is_practice_exam": True},
    {"backend": "gone"},
    {"due_date": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)},
    {"is_active": False},
]
STATUSES = ["created", "ready_to_start", "started", "error", "submitted", "onboarding_missing"]
LEARNERS = {
    "everybody": STATUSES,
    "owner": STATUSES,
    "second": [
        "download_software_clicked", "ready_to_submit", "verified", "rejected", "declined", "second_review_required",
    ],
    "third": [
        "timed_out", "onboarding_pending", "onboarding_reset", "onboarding_failed", "onboarding_expired", "expired",
    ],
}  # fmt: skip

# "everybody" may do most: global staff, reviewer, may retire users, and has attempts. "nobody" has no account.
PEOPLE = [
    "everybody",
    "owner",
    "second",
    "third",
    "stranger",  # a learner without attempts
    "staff",  # of the course
    "foreign",  # staff of another course
    "boss",  # global staff
    "reviewer",  # a person in the provider's group of reviewers
    "service",  # the account by which the provider itself calls: no address, no password
    "retirement",
    "inactive",
    "nobody",
]
TROUBLES: dict[str, Exception | None] = {
    "none": None,
    "unreachable": requests.ConnectionError("refused"),
    "too slow": requests.Timeout("too slow"),
    "broken": ValueError("no JSON"),
}
ASKED = [
    "register_exam_attempt", "start_exam_attempt", "stop_exam_attempt", "mark_erroneous_exam_attempt",
    "remove_exam_attempt", "on_exam_saved", "get_attempt", "get_instructor_url", "get_proctoring_config",
    "get_software_download_url", "retire_user", "get_onboarding_profile_info", "on_review_callback",
]  # fmt: skip


class ByHeader(BaseAuthentication):
    """Authenticates the user named in the header."""

    def authenticate(self, request: Any) -> Any:
        name = request.headers.get("Authorization", "").removeprefix("JWT ")
        user = UserFactory._meta.model.objects.filter(username=name, is_active=True).first()
        return (user, None) if user else None


def signed_in(name: str) -> dict[str, str]:
    """Return the authentication of one of PEOPLE."""
    return {"Authorization": f"JWT {name}"}


def shares(examples: int) -> dict[str, int]:
    """Return how often each of PEOPLE sends requests: the user with most permissions as often as all others together."""
    others = PEOPLE[1:]
    return {PEOPLE[0]: max(examples // 2, 2)} | dict.fromkeys(
        others, max(examples // 2 // len(others), 2)
    )


def as_each(run: Callable[..., None], examples: int, *strategies: Any) -> None:
    """Call `run(who, …)` with random values for each of PEOPLE."""
    for who, share in shares(examples).items():
        settings = hypothesis_settings(
            max_examples=share,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        settings(given(st.tuples(*strategies))(_asking(run, who)))()


def _asking(run: Callable[..., None], who: str) -> Callable[[tuple[Any, ...]], None]:
    def ask(values: tuple[Any, ...]) -> None:
        note(f"asked by {who!r}")
        run(who, *values)

    return ask


# The rows of the first world. The factories take long for them, and every test begins with the same.
_first: dict[str, list[Any]] = {}


class World:
    """The course as it is before every request."""

    def __init__(self, host: HostServices, provider: FakeProvider) -> None:
        self.provider = provider
        provider.supports_onboarding = True
        provider.help_center_article_url = "https://provider.example.com/help"
        rules.set_perm("accounts.can_retire_user", rules.is_staff | _is("retirement"))
        if _first:
            _insert(_first)
        else:
            _create_first()
        people = {one.username: one for one in UserFactory._meta.model.objects.all()}
        host.instructor.staff.add((people["staff"].pk, COURSE_ID))
        host.instructor.staff.add((people["foreign"].pk, ANOTHER_COURSE))
        learners = [people[name] for name in LEARNERS]
        host.enrollments.enrollments = [Enrollment(user) for user in learners]
        self.attempts = list(ProctoredExamStudentAttempt.objects.order_by("pk"))
        self.users = [user.pk for user in learners]
        self.rows = _rows(_tables())
        self._mark = _writes()

    def settle(self, code: int) -> None:
        """After a request: check that an error has written nothing, and restore the state for the next one."""
        if self._mark is not None and self._mark == _writes():
            return
        rows = _rows(_tables())
        changed = [table for table in rows if rows[table] != self.rows[table]]
        try:
            assert code < 400 or not changed, f"{code}, but something was written: {changed}"
            statuses = set(ProctoredExamStudentAttempt.objects.values_list("status", flat=True))
            assert statuses <= KNOWN, statuses - KNOWN
        finally:
            self._restore(changed)
            self._mark = _writes()

    def _restore(self, changed: list[str]) -> None:
        with (
            transaction.atomic(),
            connection.constraint_checks_disabled(),
            connection.cursor() as cursor,
        ):
            for table in changed:
                cursor.execute(f"DELETE FROM {table}")
            _insert({table: self.rows[table] for table in changed})

    @contextmanager
    def trouble(self, kind: str) -> Iterator[None]:
        """Make the provider fail."""
        error = TROUBLES[kind]
        for name in ASKED if error else ():
            self.provider.fail(name, error)
        yield
        self.provider.recover()
        self.provider.calls.clear()

    def values(self, chance: Random) -> dict[str, Any]:
        """Return an existing value for every name of a parameter or key."""
        attempt = chance.choice(self.attempts)
        exam, user = attempt.proctored_exam, attempt.user
        return {
            "attempt_id": attempt.pk,
            "exam_id": exam.pk,
            "exam": exam.pk,
            "user_id": user.pk,
            "user_info": user.username,
            "username": user.username,
            "exam_ids": f"{exam.pk},{self.attempts[0].proctored_exam_id}",
            "user_ids": f"{user.username},{user.email}",
            "course_id": COURSE_ID,
            "content_id": exam.content_id,
            "external_id": attempt.external_id,
            "attempt": attempt.external_id,
            "attempt_code": attempt.attempt_code,
            "search_by": user.username,
            "examMetaData": {
                "examCode": attempt.attempt_code,
                "ssiRecordLocator": attempt.external_id,
            },
            "reviewed_by": user.email,
        }

    def filled(self, path: str) -> str:
        """Return the path with the values of the first attempt."""
        first = self.attempts[0]
        return path.format(external=first.external_id, attempt=first.pk)

    def attempt_in(self, status: str) -> Any:
        """Return the first attempt in this status."""
        return next(one for one in self.attempts if one.status == status)

    def with_real(self, given: Any, chance: Random) -> Any:
        """Return the same strategy, which often generates existing values."""
        if isinstance(given, list):
            return [self.with_real(one, chance) for one in given]
        if not isinstance(given, dict):
            return given
        real = self.values(chance)
        return {
            name: real[name]
            if name in real and type(value) is type(real[name]) and chance.random() < OFTEN
            else value
            for name, value in given.items()
        }


def _is(name: str) -> Any:
    return rules.predicate(lambda user: user.username == name)


def _create_first() -> None:
    """Create all rows, and keep them if the database was empty."""
    tables = flushing.tables("default")
    was_empty = not any(_rows(tables).values())
    _create()
    if was_empty:
        _first.update(_rows(tables))


def _create() -> None:
    people = {name: UserFactory(username=name) for name in PEOPLE if name != "nobody"}
    for name in ("everybody", "boss", "inactive"):
        people[name].is_staff = True
    people["inactive"].is_active = False
    people["service"].email = ""
    people["service"].set_unusable_password()
    for name in ("everybody", "boss", "inactive", "service"):
        people[name].save()
    reviewers = Group.objects.create(name="test_review")
    for name in ("everybody", "reviewer", "service"):
        people[name].groups.add(reviewers)
    exams = [
        ExamFactory(content_id=f"content{place}", external_id=f"exam-{place}", **kind)
        for place, kind in enumerate(KINDS)
    ]
    for name in LEARNERS:
        _fill(people[name], exams)
    foreign = ExamFactory(course_id=ANOTHER_COURSE, content_id="foreign", external_id="foreign")
    AttemptFactory(proctored_exam=foreign, user=people["owner"], status="submitted")


def _fill(user: Any, exams: list[Any]) -> None:
    for exam, status in zip(exams, LEARNERS[user.username], strict=True):
        begun = (
            {"started_at": timezone.now(), "allowed_time_limit_mins": 600}
            if status == "started"
            else {}
        )
        AttemptFactory(proctored_exam=exam, user=user, status=status, is_resumable=True, **begun)
        AllowanceFactory(proctored_exam=exam, user=user)


def _tables() -> list[str]:
    """Return the tables of the app in which a refused request must not write."""
    models = apps.get_app_config("edx_proctoring").get_models()
    return [model._meta.db_table for model in models if model not in NO_TRACES]


def _rows(tables: list[str]) -> dict[str, list[Any]]:
    """Return every row of these tables; if two results are equal, nothing was written."""
    found = {}
    with connection.cursor() as cursor:
        for table in map(connection.ops.quote_name, tables):
            cursor.execute(f"SELECT * FROM {table}")
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found


def _insert(rows: dict[str, list[Any]]) -> None:
    """Insert the rows that `_rows` returned."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in filter(rows.get, rows):
            places = ", ".join(["%s"] * len(rows[table][0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows[table])


def _writes() -> Any:
    """Return a value that changes with every write, if the database offers one."""
    if connection.vendor == "sqlite":
        return connection.connection.total_changes
    if connection.vendor != "postgresql":
        return None
    with (
        connection.cursor() as cursor
    ):  # the number of the next transaction that writes, whoever it is
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())")
        return cursor.fetchone()[0]


__all__ = ["COURSE_ID", "PEOPLE", "TROUBLES", "ByHeader", "World", "as_each", "signed_in"]
