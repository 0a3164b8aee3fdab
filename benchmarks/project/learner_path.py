"""The requests of one learner for whichever package is installed, in CPU time; together with the commands of `bench`."""

import time
from collections.abc import Callable
from typing import Any

import bench
import data
import driver
import idle
from django.conf import settings

from edx_proctoring import api
from edx_proctoring.models import ProctoredExam

SUMMARIES = 50  # one takes less than the clock can tell


@driver.command
def prepare_learners(count: int, at: str) -> None:
    """Create a course with this many learners, and one more proctored exam, which nobody has begun."""
    bench.fill_course(count, at)
    idle.add_route()
    exam = ProctoredExam.objects.create(
        course_id=data.COURSE,
        content_id=data.block("begun"),
        external_id="exam-begun",
        exam_name="Exam begun",
        time_limit_mins=90,
        backend="test",
        is_active=True,
        is_proctored=True,
    )
    bench.KNOWN["proctored"] = exam.pk
    settings.PROCTORING_SETTINGS["ALLOW_START_WITHOUT_SETUP"] = True  # as in the published package


@driver.command
def compile_queries_once(is_on: bool) -> None:
    settings.PROCTORING_SETTINGS["COMPILE_QUERIES_ONCE"] = is_on


@driver.command
def requests_of(number: int) -> dict[str, float]:
    """Let one learner take both exams; return the milliseconds of CPU time of each part."""
    browser = bench.client(bench.learner(number))

    def ask(method: str, path: str, body: Any = None) -> Any:
        answered = getattr(browser, method)(
            f"{bench.EXAMS}/attempt{path}", body, "application/json"
        )
        return bench.answer(answered)

    def begin(exam: int, **body: Any) -> str:
        return f"/{ask('post', '', {'exam_id': exam, **body})['exam_attempt_id']}"

    only_authenticated = _taken(lambda: bench.answer(browser.get(idle.PATH)))[1]
    timed, create = _taken(lambda: begin(bench.KNOWN["timed"], start_clock="true"))
    poll = _taken(lambda: bench.answer(browser.get(f"{bench.EXAMS}/attempt{timed}")))[1]
    ends = [_taken(lambda what=what: ask("put", timed, {"action": what}))[1] for what in ("stop", "submit")]  # fmt: skip
    proctored, created = _taken(lambda: begin(bench.KNOWN["proctored"], attempt_proctored="true"))
    started = _taken(lambda: ask("put", proctored, {"action": "start"}))[1]
    return {
        "timed exam: create and start, poll, end, submit": create + poll + sum(ends),
        "proctored exam: create": created,
        "proctored exam: start": started,
        "a request that only authenticates": only_authenticated,
        "status summary, permission granted (Python API)": _summary() / SUMMARIES,
    }


def _summary() -> float:
    learner, block = bench.KNOWN["learner"], data.block("midterm")

    def ask_often() -> None:
        for _ in range(SUMMARIES):
            assert api.get_attempt_status_summary(learner, data.COURSE, block)

    return _taken(ask_often)[1]


def _taken(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return the result, and the milliseconds of CPU time of this process."""
    began = time.process_time()
    found = work()
    return found, 1000 * (time.process_time() - began)
