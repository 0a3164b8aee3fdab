"""The end of a running exam in words, for pages without scripts."""

from dataclasses import dataclass

from edx_proctoring import dates, host
from edx_proctoring.api.attempts.time_changes import clocks_of
from edx_proctoring.dates import Moment
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.types import User


@dataclass(frozen=True)
class RunningExam:
    """The name of an exam that runs, and when it ends."""

    exam: str
    at: Moment


def running_exam_end(user: User) -> RunningExam | None:
    """Return the learner's running exam that ends first; None if no clock of theirs runs."""
    running = list(ProctoredExamStudentAttempt.objects.get_active_student_attempts(user.pk))
    clocks = clocks_of(running)
    ends = [
        (clocks[one.pk].ends_at, one.proctored_exam.exam_name)
        for one in running
        if one.pk in clocks and not clocks[one.pk].is_over and clocks[one.pk].pause is None
    ]
    if not ends:
        return None
    moment, name = min(ends)
    zone = dates.zone_named(host.preference(user, "time_zone") if host.has("preferences") else None)
    return RunningExam(name, dates.in_words(moment, zone))
