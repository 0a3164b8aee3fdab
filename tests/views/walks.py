"""The states of a learner's attempts in an exam, and who sends requests: what `test_sequences` walks through."""

import datetime
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api, deadlines, launch_tokens
from edx_proctoring.lifecycle.opting_out import WAY_BACK
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import COMPLETED, IN_PROGRESS, KNOWN
from tests.views.conftest import E

Attempt = ProctoredExamStudentAttempt
History = Attempt.history.model
# States are read after each of thousands of requests: to build and compile these queries took a quarter of the time.
ROWS = f"""
    SELECT * FROM {Attempt._meta.db_table} WHERE proctored_exam_id = %s AND user_id = %s
    ORDER BY created DESC, id DESC
"""
DECLINED = f"""
    SELECT * FROM {History._meta.db_table} WHERE id = %s AND status = 'declined'
    ORDER BY history_id
"""
MINUTE = datetime.timedelta(minutes=1)
LAUNCH = "/api/edx_proctoring/proctoring_launch_callback/start_exam"
KINDS = {
    "timed": {"is_proctored": False, "backend": None, "external_id": None},
    "proctored": {},
    "practice": {"is_practice_exam": True},
    "onboarding": {"is_practice_exam": True},
}
GRADED = ("timed", "proctored")


@dataclass(frozen=True, order=True)
class State:
    """The learner's newest attempt in the exam, and what is left of the earlier ones."""

    earlier: str = ""  # "", "unbegun", "begun": has she started one of them?
    status: str = "none"
    proctored: bool = False
    began: bool = False
    saved: bool = False  # does it go on with the time that an earlier one left?
    resume: str = ""  # "", "resumable", "ready", "resumed"
    why: str = ""  # of a declined one: learner, shown (the way in), cascade (her own: "cascade, learner"), old

    def __str__(self):
        flags = ("proctored", self.proctored), ("began", self.began), ("saved", self.saved)
        words = [self.status, *(word for word, is_so in flags if is_so), self.resume, self.why]
        earlier = f"after {self.earlier}" if self.earlier else ""
        return " ".join(word for word in (*words, earlier) if word)

    @property
    def has_begun(self):
        return self.began or self.earlier == "begun"


def starts(kind) -> Iterator[State]:
    """Every status, taken as proctored or not, after an earlier attempt and without one.

    Practice exams allow any number of attempts, so what follows an earlier one is found on the way.
    """
    yield State()
    for earlier in ("", "begun") if kind in GRADED else ("",):
        saved = earlier == "begun" and kind in GRADED
        for status, proctored in itertools.product(sorted(KNOWN), (False, True)):
            if proctored and (kind == "timed" or status == "declined"):
                continue
            yield from variants(State(earlier, status, proctored, saved=saved))


def variants(one) -> Iterator[State]:
    """The ways in which an attempt can have come to its status."""
    if one.status == "declined":
        for why in ("learner", "shown", "cascade", "cascade, learner", "old"):
            yield replace(one, why=why)
    elif one.status == "error":
        for began, resume in itertools.product((False, True), ("", "resumable", "ready")):
            yield replace(one, began=began, saved=one.saved or began, resume=resume)
    elif one.status in (*IN_PROGRESS, "timed_out", "verified", "rejected"):
        yield replace(one, began=True)
    else:
        yield one
        if one.status == "submitted":
            yield replace(one, began=True)


class World:
    """One kind of exam, its learner, and who else sends requests."""

    def __init__(self, kind, make_exam, provider, learner, staff, global_staff):
        self.kind, self.provider, self.learner = kind, provider, learner
        provider.supports_onboarding = kind == "onboarding"
        provider.uses_start_callback = kind != "onboarding"
        self.exam, self.sister = make_exam(**KINDS[kind]), make_exam()
        self.client, self.staff, self.system = APIClient(), APIClient(), APIClient()
        self.client.force_authenticate(learner)
        self.staff.force_authenticate(staff)
        self.system.force_authenticate(global_staff)
        self.stranger = APIClient()

    # From a state to rows, and back

    def build(self, state: State):
        graded = self.kind in GRADED
        if state.earlier:
            ended = "submitted" if state.earlier == "begun" else "created"
            self._row(
                status="error" if graded else ended,
                proctored=self.kind != "timed",
                began=state.earlier == "begun",
                saved=graded and state.earlier == "begun",
                resume="resumed" if graded else "",
                minutes=30,
            )
        if state.status != "none":
            self._row(
                state.status, state.proctored, state.began, state.saved, state.resume, state.why
            )

    def _row(self, status, proctored, began, saved, resume, why="", minutes=10):
        now = timezone.now()
        row = Attempt(
            proctored_exam=self.exam,
            user=self.learner,
            attempt_code=f"CODE-{minutes}",
            external_id=None if status == "declined" else f"remote-{minutes}",
            status=status,
            taking_as_proctored=proctored,
            is_sample_attempt=self.exam.is_practice_exam,
            started_at=now - 5 * MINUTE if began else None,
            allowed_time_limit_mins=90 if began else None,
            completed_at=now if status in COMPLETED else None,
            time_remaining_seconds=1800 if saved else None,
            is_resumable=resume == "resumable",
            ready_to_resume=resume in ("ready", "resumed"),
            resumed=resume == "resumed",
        )
        for reason in {"shown": ("learner", WAY_BACK), "old": (None,)}.get(
            why, (why or "learner",)
        ):
            row._change_reason = reason
            row.save()
        Attempt.objects.filter(pk=row.pk).update(created=now - minutes * MINUTE)

    def rows(self):
        return list(Attempt.objects.raw(ROWS, [self.exam.pk, self.learner.pk]))

    def read(self) -> State:
        newest, *older = self.rows() or [None]
        begun = any(row.started_at for row in older)
        earlier = ("begun" if begun else "unbegun") if older else ""
        if newest is None:
            return State(earlier=earlier)
        flags = ("resumed", newest.resumed), ("ready", newest.ready_to_resume)
        flags = (*flags, ("resumable", newest.is_resumable))
        return State(
            earlier,
            newest.status,
            newest.taking_as_proctored,
            newest.started_at is not None,
            newest.time_remaining_seconds is not None,
            next((word for word, is_so in flags if is_so), ""),
            self._why(newest),
        )

    def _why(self, newest):
        if newest.status != "declined":
            return ""
        rows = History.objects.raw(DECLINED, [newest.pk])
        first, *more = (row.history_change_reason for row in rows)
        return "shown" if WAY_BACK in more else first or "old"

    # What she sees

    def look(self, opting_out=True, late=False) -> bool:
        """Are the questions shown?"""
        due = timezone.now() - MINUTE if late else None
        context = {"due_date": due, "allow_proctoring_opt_out": opting_out}
        exam = self.exam
        html = api.get_student_view(self.learner.pk, exam.course_id, exam.content_id, context)
        return html is None

    def sees(self) -> str:
        """Questions, clock, answers: before the due date where opting out is allowed and where not; after it."""
        found = []
        for name, options in (
            ("allowed", {}),
            ("forbidden", {"opting_out": False}),
            ("late", {"late": True}),
        ):
            with undone():
                shown = self.look(**options)
                newest = (self.rows() or [None])[0]
                runs = newest is not None and newest.status in IN_PROGRESS
                runs = runs and deadlines.seconds_left(newest, timezone.now()) > 0
                counts = shown and not options.get("late")
                marks = zip("QCA", (shown, runs, counts), strict=True)
                letters = "".join(mark if is_so else "-" for mark, is_so in marks)
                found.append(f"{name} {letters}")
        return ", ".join(found)

    # Requests: each answers the status of its response, or None where there is nothing to send it to.

    def put(self, action, older=False, client=None, **more):
        rows = self.rows()[int(older) :]
        if not rows:
            return None
        data = {"action": action, **more}
        return (client or self.client).put(f"{E}/attempt/{rows[0].pk}", data, format="json")

    def create(self, proctored, clock=False, exam=None):
        data = {"exam_id": (exam or self.exam).pk, "attempt_proctored": proctored}
        return self.client.post(f"{E}/attempt", {**data, "start_clock": clock}, format="json")

    def create_before_onboarding(self):
        if self.kind != "proctored":
            return None
        self.provider.refuse_onboarding("onboarding_missing")
        try:
            return self.create(True)
        finally:
            self.provider.recover()

    def launch(self, token=False):
        rows = self.rows()
        if not rows:
            return None
        code = rows[0].attempt_code
        data = {"token": launch_tokens.launch_token(code)} if token else {}
        return (self.stranger if token else self.client).get(f"{LAUNCH}/{code}", data)

    def report_ready(self):
        rows = self.rows()
        if not rows or not rows[0].external_id:
            return None
        return self.system.post(f"{E}/attempt/{rows[0].external_id}/ready", {}, format="json")

    def let_time_pass(self):
        rows = self.rows()
        if not rows or not rows[0].started_at:
            return None
        began = timezone.now() - 200 * MINUTE
        Attempt.objects.filter(pk=rows[0].pk).update(started_at=began)
        return self.client.get(f"{E}/attempt/{rows[0].pk}")

    def look_where_opting_out_is_forbidden(self):
        self.look(opting_out=False)


class _Undo(Exception):
    """Ends a block of `undone`."""


class undone:
    """Roll back everything that the block writes."""

    def __enter__(self):
        self.block = transaction.atomic()
        self.block.__enter__()

    def __exit__(self, kind, error, trace):
        undo = _Undo()
        self.block.__exit__(kind or _Undo, error or undo, trace)
