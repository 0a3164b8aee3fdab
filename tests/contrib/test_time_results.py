"""The page *Results by way in*: the time that each way to change it gives an attempt in each state.

`UPDATE_RESULTS=1 pytest --ds tests.contrib.settings tests/contrib/test_time_results.py` updates the page.
"""

import copy
import datetime
import os
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine

from edx_proctoring import api, lifecycle, operations
from edx_proctoring.contrib.accommodations import api as profiles
from edx_proctoring.exceptions import TimeChangeNotAllowed
from edx_proctoring.models import ProctoredExam, ScheduledRun, TimeAdjustment
from edx_proctoring.models.scheduled_runs import COMPARISON
from edx_proctoring.testing.factories import AttemptFactory, ExamFactory, UserFactory
from tests.lifecycle.noon import MINUTE, NOON, end_of, stored

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "time-results.rst"
TITLE = """Results by way in
=================

An exam of 60 minutes starts at 12:00. The table shows how much time the attempt gets in all, in hours, minutes and seconds,
if somebody changes it in one of these ways while it is

*created*
   before the start;
*running*, *ready to submit*
   at 12:10;
*paused*
   at 12:10, from when it is paused until 12:17:30; these seven and a half minutes are part of the result;
*interrupted*
   at 12:10, in the status ``error``; then another attempt resumes it at once;
*resumed*
   at 12:10, by an attempt that has started.

*Refused* and *left out* change nothing: the answer says so, and the attempt keeps its time. :doc:`../guide/time` explains
the rules. ``tests/contrib/test_time_results.py`` computes this page.

"""
FACTOR_TITLE = """
A factor of 1.5
---------------

The minutes of an attempt that starts after the factor was granted, and after what the column says. The published bulk
call stores 30 minutes instead of a factor, and an allowance of 10 minutes replaces them.

"""
FACTOR_COLUMNS = (
    "limit 60",
    "limit 21",
    "limit 60, then 80",
    "limit 60, allowance of 10 minutes",
    "the same, then limit 80",
)
CREATED, PAUSED, READY, BROKEN, RESUMED = (
    "created",
    "paused",
    "ready to submit",
    "interrupted",
    "resumed",
)
LATER = ("running", PAUSED, READY, BROKEN, RESUMED)
MINUTES, FACTOR = "additional_time_granted", "time_multiplier"
V1 = "/api/edx_proctoring/v1/proctored_exam"
ADMIN = "/admin/edx_proctoring/proctoredexamstudentallowance/add/"
REASON = {"reason": "Fire alarm"}


@dataclass
class Case:
    """Attempts of an exam by state, and clients of staff."""

    exam: ProctoredExam
    users: list
    clients: tuple
    attempts: dict = field(default_factory=dict)
    refused: dict = field(default_factory=dict)

    def send(self, path, body, method="post", **more):
        """Send a request, by default below the course."""
        if not path.startswith("/"):
            path = f"/api/edx_proctoring/v2/courses/{self.exam.course_id}/{path}"
        more.setdefault("format", "json")
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answer = getattr(self.clients[0], method)(path, body, headers=headers, **more)
        assert answer.status_code in (200, 201), answer.content
        return answer.json()

    def each(self, change):
        for state, attempt in self.attempts.items():
            try:
                change(attempt)
            except TimeChangeNotAllowed:
                self.refused[state] = "refused"

    def leave_out(self, attempt_ids, text):
        for state, attempt in self.attempts.items():
            if attempt.pk in attempt_ids:
                self.refused[state] = text


def allow(key, value):
    return lambda case: [
        api.add_allowance_for_user(case.exam.pk, user.pk, key, value) for user in case.users
    ]


def put_allowances(case):
    for user in case.users:
        body = {"user_info": user.username, "key": FACTOR, "value": "1.5"}
        answer = case.clients[0].put(f"{V1}/allowance", {**body, "exam_id": case.exam.pk})
        assert answer.status_code == 200, answer.content


def put_in_bulk(case):
    names = ",".join(user.username for user in case.users)
    body = {"exam_ids": str(case.exam.pk), "user_ids": names}
    body |= {"allowance_type": FACTOR, "value": "1.5"}
    assert case.clients[0].put(f"{V1}/bulk_allowance", body).status_code == 200


def post_allowances(case):
    body = {"users": [user.username for user in case.users], "exam_ids": [case.exam.pk]}
    case.send("allowances/", {**body, "kinds": [{"key": FACTOR, "value": "1.5"}]})


def fill_in_admin(case):
    for user in case.users:
        form = {"user": user.pk, "proctored_exam": case.exam.pk, "key": FACTOR, "value": "1.5"}
        assert case.clients[1].post(ADMIN, form).status_code == 302


def post_profiles(case):
    for user in case.users:
        case.send("accommodations/", {"user": user.username, "factor": "1.5"})


def import_file(case):
    rows = "".join(f"{user.username},1.5\n" for user in case.users)
    file = f"username,factor\n{rows}".encode()
    case.send("accommodations/import/", file, format=None, content_type="text/csv")


def profiles_with_10_minutes(case):
    scope = profiles.Scope("course", case.exam.course_id)
    for user in case.users:
        profiles.create_profile(user.pk, scope, {"factor": Decimal("1.5")})
    allow(MINUTES, 10)(case)


def change_exam(**values):
    return lambda case: api.update_exam(case.exam.pk, **values)


def due_date_and_30_minutes(case):
    api.update_exam(case.exam.pk, due_date=NOON + 80 * MINUTE)
    allow(MINUTES, 30)(case)


def silently(case):
    """Move the due date by an SQL update without signals, as a host may do."""
    ProctoredExam.objects.filter(pk=case.exam.pk).update(due_date=NOON + 80 * MINUTE)


def call_of_the_host(case):
    silently(case)
    api.recalculate_deadlines(case.exam.course_id, case.exam.content_id)


def sweep(case):
    silently(case)
    ScheduledRun.objects.filter(name=COMPARISON).delete()
    operations.submit_expired_attempts()


def extend(seconds):
    return lambda case: case.each(
        lambda attempt: api.extend_attempt(attempt.pk, seconds, reason="x")
    )


def change_in_bulk(case):
    ids = [one.pk for one in case.attempts.values()]
    body = {"action": "extend", "seconds": 601, "attempt_ids": ids, **REASON}
    rows = case.send("time-changes/", body)["rows"]
    case.leave_out([row["attempt_id"] for row in rows if row["outcome"] == "refused"], "refused")


def credit_outage(case):
    lost = {"began_at": "2026-05-04T12:02:00Z", "ended_at": "2026-05-04T12:09:07Z"}
    if CREATED in case.attempts:  # an outage in the future cannot be declared
        case.refused[CREATED] = "left out"
        return
    outage = case.send("outages/", {**lost, "exam": case.exam.pk, "whole": True, **REASON})
    rows = case.send(f"outages/{outage['id']}/credit/", {})["attempts"]
    credited = {row["attempt_id"] for row in rows if row["outcome"] == "credited"}
    case.leave_out({one.pk for one in case.attempts.values()} - credited, "left out")


FACTORS = [
    ("``add_allowance_for_user``", allow(FACTOR, "1.5")),
    ("v1 ``PUT allowance``", put_allowances),
    ("v1 ``PUT bulk_allowance``, which stores minutes", put_in_bulk),
    ("v2 ``POST allowances/``", post_allowances),
    ("allowance in Django admin", fill_in_admin),
    ("profile, v2 ``POST accommodations/``", post_profiles),
    ("profile in a CSV file", import_file),
]
EARLY = {"due_date": NOON + 50 * MINUTE}
WAYS = [
    ("nothing changes", lambda case: None, {}),
    *((f"factor 1.5: {name}", grant, {}) for name, grant in FACTORS),
    ("factor 1.5 by a profile, and an allowance of 10 minutes", profiles_with_10_minutes, {}),
    ("limit of the exam: 90 minutes", change_exam(time_limit_mins=90), {}),
    ("limit of the exam: 45 minutes", change_exam(time_limit_mins=45), {}),
    ("due date: 12:40", change_exam(due_date=NOON + 40 * MINUTE), {}),
    ("due date: 13:20, and an allowance of 30 minutes", due_date_and_30_minutes, {}),
    ("due date: 12:50, moved to 13:20 by the host, which calls ``recalculate_deadlines``", call_of_the_host, EARLY),
    ("due date: 12:50, moved to 13:20 by the host, found by the sweep", sweep, EARLY),
    ("``extend`` by 601 seconds", extend(601), {}),
    ("``extend`` by −1800 seconds", extend(-1800), {}),
    ("v2 ``POST time-changes/``: 601 seconds", change_in_bulk, {}),
    ("outage from 12:02:00 to 12:09:07, credited", credit_outage, {}),
]  # fmt: skip


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def clients(client_for, client, host):
    """Return a REST client and a browser client of a superuser."""
    boss = UserFactory(username="boss", is_staff=True, is_superuser=True)
    client.force_login(boss)
    return client_for(boss), client


def started(attempt):
    return lifecycle.transition(stored(attempt), "started")


def resumed(attempt):
    lifecycle.ready_to_resume(stored(attempt))
    number = api.create_exam_attempt(attempt.proctored_exam_id, attempt.user_id)
    return started(type(attempt).objects.get(pk=number))


def created(exam, learners, states):
    return {
        state: AttemptFactory(
            proctored_exam=exam, user=learners[state], status="created", taking_as_proctored=False
        )
        for state in states
    }


def begun(exam, learners, clock):
    """Start attempts at noon, and bring each one into its state at 12:10."""
    clock.move_to(NOON)
    attempts = {state: started(one) for state, one in created(exam, learners, LATER).items()}
    clock.move_to(NOON + 10 * MINUTE)
    api.pause_attempt(attempts[PAUSED].pk)
    api.stop_exam_attempt(attempts[READY].pk)
    for state in (BROKEN, RESUMED):
        lifecycle.transition(attempts[state], "error")
    return {**attempts, RESUMED: resumed(attempts[RESUMED])}


def copied(row, **columns):
    """Store a copy of the row, which is faster than repeating the steps that led to it."""
    one = copy.copy(row)
    one.pk = None
    for name, value in columns.items():
        setattr(one, name, value)
    return type(row).objects.bulk_create([one])[0]


def copies(exam, attempts):
    """Return copies of the attempts in another exam, with their ledgers and the attempts that they resume."""
    found = {}
    for state, known in attempts.items():
        rows = type(known).objects.of_pair(known.proctored_exam_id, known.user_id).order_by("pk")
        for row in rows:
            code = {"proctored_exam": exam, "attempt_code": uuid.uuid4().hex}
            found[state] = copied(row, **code)
            for line in TimeAdjustment.objects.of_attempts([row.pk]):
                key = {"attempt_id": found[state].pk, "exam_id": exam.pk, "key": uuid.uuid4().hex}
                copied(line, **key)
    return found


def ended(case, clock):
    """Let all attempts continue to their end; return the time of each."""
    if CREATED in case.attempts:
        case.attempts[CREATED] = started(case.attempts[CREATED])
    else:
        case.attempts[BROKEN] = resumed(case.attempts[BROKEN])
        clock.shift(datetime.timedelta(minutes=7, seconds=30))
        api.continue_attempt(case.attempts[PAUSED].pk)
    times = {state: str(end_of(one) - NOON) for state, one in case.attempts.items()}
    return {**times, **case.refused}


def exam_of(name, columns):
    return ExamFactory(
        course_id=f"course-v1:edX+{name}+2026", time_limit_mins=60,
        is_proctored=False, backend=None, external_id=None, **columns,
    )  # fmt: skip


def results_of(number, way, learners, clients, clock, known):
    """Return the times by state: of an attempt created at the time of the change, and of those `known`."""
    _, change, columns = way
    found = {}
    for is_early in (True, False):
        clock.move_to(NOON if is_early else NOON + 10 * MINUTE)
        exam = exam_of(f"Way{number}{is_early}", columns)
        attempts = created(exam, learners, [CREATED]) if is_early else copies(exam, known)
        case = Case(exam, [one.user for one in attempts.values()], clients, attempts)
        change(case)
        found.update(ended(case, clock))
    return found


def minutes_by_factor(number, grant, user, clients):
    """Return the cells of one row of the second table."""
    found = []
    for place, limit in enumerate((60, 21, 60)):
        exam = exam_of(f"Factor{number}{place}", {})
        api.update_exam(exam.pk, time_limit_mins=limit)
        grant(Case(exam, [user], clients))
        if place == 2:
            api.add_allowance_for_user(exam.pk, user.pk, MINUTES, 10)
        found.append(minutes_of(exam, user))
        if limit == 60:
            api.update_exam(exam.pk, time_limit_mins=80)
            found.append(minutes_of(exam, user))
    first, first_80, second, third, third_80 = found
    return [first, second, first_80, third, third_80]


def minutes_of(exam, user):
    return str(api.allowed_minutes(api.get_exam_by_id(exam.pk), user.pk))


def table(rows):
    lines = [
        f"   {'  -' if place else '* -'} {cell}".rstrip()
        for row in rows
        for place, cell in enumerate(row)
    ]
    return "\n".join([".. list-table::", "   :header-rows: 1", "", *lines, ""])


def test_the_page_shows_the_results_of_the_package(clients, clock):
    states = (CREATED, *LATER)
    learners = {state: UserFactory() for state in states}
    known = [begun(exam_of("Known", columns), learners, clock) for columns in ({}, EARLY)]
    rows = [["", *states]]
    for number, way in enumerate(WAYS):
        found = results_of(number, way, learners, clients, clock, known[bool(way[2])])
        rows.append([way[0], *(found[state] for state in states)])
    factors = [["", *FACTOR_COLUMNS]]
    for number, (name, grant) in enumerate(FACTORS):
        factors.append([name, *minutes_by_factor(number, grant, learners[CREATED], clients)])
    text = TITLE + table(rows) + FACTOR_TITLE + table(factors)
    if os.environ.get("UPDATE_RESULTS"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text, __doc__
