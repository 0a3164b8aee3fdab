"""The measured operations, for whichever package is installed, together with the commands of tests/upgrade's driver.

The calling process sends one line per call, see `driver`.
"""

import datetime
import json
import logging
import resource
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import data
import driver
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.paginator import Paginator
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.test import Client

from edx_proctoring import api
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt

ROOT = "/api/edx_proctoring/v1"
EXAMS = f"{ROOT}/proctored_exam"
OPERATIONS: dict[str, Callable[[int], Any]] = {}
KNOWN: dict[str, Any] = {}


class Enrollments(driver.Service):  # type: ignore[misc]  # its module has no types
    """All learners are enrolled; the host's own list takes no time."""

    def get_enrollments_can_take_proctored_exams(
        self, _course: str, text: str | None = None
    ) -> Any:
        wanted = KNOWN["enrollments"]
        return [one for one in wanted if not text or text in one.user.username]

    def get_active_enrollments_by_course_and_user(self, _course: str, user_id: int) -> Any:
        return next(one for one in KNOWN["enrollments"] if one.user.pk == user_id)


class Enrollment:
    """An enrollment as the host returns it."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.mode = "verified"


def operation(name: str) -> Callable[[Any], Any]:
    def add(function: Callable[[int], Any]) -> Callable[[int], Any]:
        OPERATIONS[name] = function
        return function

    return add


def client(name: str) -> Client:
    """Return an authenticated client, which is kept like a browser with a session."""
    if name not in KNOWN:
        KNOWN[name] = Client()
        user = get_user_model().objects.get(username=name)
        KNOWN[name].force_login(user, "django.contrib.auth.backends.ModelBackend")
    return KNOWN[name]


def learner(number: int) -> str:
    return f"learner{number:06}"


def answer(response: Any) -> Any:
    """Return the response as data; an error response is an error of the benchmark."""
    assert response.status_code < 300, (response.status_code, response.content[:300])
    return response.json() if response.content else None


def exam(name: str) -> ProctoredExam:
    return ProctoredExam.objects.get(content_id=data.block(name))


@operation("grouped attempts, page 1")
def first_page(_number: int) -> Any:
    return answer(client("staff").get(f"{EXAMS}/attempt/grouped/course_id/{data.COURSE}?page=1"))


@operation("grouped attempts, page 10")
def tenth_page(_number: int) -> Any:
    return answer(client("staff").get(f"{EXAMS}/attempt/grouped/course_id/{data.COURSE}?page=10"))


@operation("grouped attempts, search")
def search(_number: int) -> Any:
    path = f"{EXAMS}/attempt/grouped/course_id/{data.COURSE}/search/learner00001"
    return answer(client("staff").get(path))


@operation("allowances grouped by learner")
def allowances(_number: int) -> Any:
    return answer(client("staff").get(f"{EXAMS}/{data.COURSE}/grouped/allowance"))


@operation("violation report (Python API)")
def violations(_number: int) -> Any:
    return api.get_exam_violation_report(data.COURSE)


@operation("all attempts of a course (Python API)")
def all_attempts(_number: int) -> Any:
    return len(list(api.get_all_exam_attempts(data.COURSE)))


def _dashboards_page(rows: Any) -> Any:
    """Paginate the result of the Python API as a host's dashboard does."""
    return list(Paginator(rows, 20).get_page(1))


@operation("dashboard's page 1, attempts (Python API)")
def attempts_page(_number: int) -> Any:
    return _dashboards_page(api.get_all_exam_attempts(data.COURSE))


@operation("dashboard's page 1, attempts, search (Python API)")
def searched_attempts_page(_number: int) -> Any:
    return _dashboards_page(api.get_filtered_exam_attempts(data.COURSE, "learner"))


@operation("dashboard's page 1, allowances (Python API)")
def allowances_page(_number: int) -> Any:
    return _dashboards_page(api.get_allowances_for_course(data.COURSE))


@operation("onboarding panel, page 1")
def onboarding(_number: int) -> Any:
    return answer(client("staff").get(f"{ROOT}/user_onboarding/status/course_id/{data.COURSE}"))


@operation("bulk allowance, 50 learners × 3 exams")
def bulk_allowance(number: int) -> Any:
    body = {
        "exam_ids": KNOWN["exam_ids"],
        "user_ids": ",".join(learner(one) for one in range(50)),
        "allowance_type": "additional_time_granted",
        "value": str(20 + number),
    }
    return answer(client("staff").put(f"{EXAMS}/bulk_allowance", body, "application/json"))


@operation("timed exam: create and start, poll, end, submit")
def timed_exam(number: int) -> Any:
    one = client(learner(number + 100))
    body = {"exam_id": KNOWN["timed"], "start_clock": "true"}
    begun = answer(one.post(f"{EXAMS}/attempt", body, "application/json"))["exam_attempt_id"]
    url = f"{EXAMS}/attempt/{begun}"
    seen = [answer(one.get(url))["status"]]
    for action in ("stop", "submit"):
        answer(one.put(url, {"action": action}, "application/json"))
    return seen


@operation("poll of one attempt")
def poll(_number: int) -> Any:
    return answer(client(learner(1)).get(f"{EXAMS}/attempt/{KNOWN['attempt']}"))["status"]


@operation("learning MFE: exam and attempt")
def learning(_number: int) -> Any:
    path = f"{EXAMS}/attempt/course_id/{data.COURSE}"
    options = {"content_id": data.block("timed"), "is_learning_mfe": "true"}
    return answer(client(learner(1)).get(path, options))["exam"]["exam_name"]


@operation("review callback with 3 comments")
def review(number: int) -> Any:
    attempt = KNOWN["reviewed"][number]
    comment = {
        "comment": "looked away",
        "status": "suspicious",
        "duration": 1,
        "start": 1,
        "stop": 2,
    }
    body = {"status": "passed", "comments": [comment] * 3}
    path = f"{EXAMS}/attempt/{attempt}/reviewed"
    return answer(client("reviewer").post(path, body, "application/json"))


@operation("status summary (Python API)")
def summary(_number: int) -> Any:
    found = api.get_attempt_status_summary(KNOWN["learner"], data.COURSE, data.block("midterm"))
    return found["status"]


@driver.command
def fill_course(learners: int, at: str) -> int:
    """Create the same data on both sides, as of the time `at` (ISO 8601); return the number of attempts."""
    now = datetime.datetime.fromisoformat(at)
    call_command("migrate", verbosity=0, interactive=False)
    data.fill(learners, now)
    users = get_user_model().objects.filter(username__startswith="learner").order_by("id")
    KNOWN["enrollments"] = [Enrollment(user) for user in users]
    driver.set_runtime_service("enrollments", Enrollments())
    KNOWN["exam_ids"] = ",".join(str(exam(name).pk) for name in data.EXAMS)
    KNOWN["timed"] = exam("timed").pk
    KNOWN["learner"] = users.get(username=learner(1)).pk
    KNOWN["attempt"] = _running_attempt(now)
    submitted = ProctoredExamStudentAttempt.objects.filter(
        proctored_exam=exam("final"), status="submitted"
    )
    KNOWN["reviewed"] = list(submitted.order_by("id").values_list("external_id", flat=True)[:50])
    for number in range(100, 130):
        client(learner(number))
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            cursor.execute("ANALYZE TABLE proctoring_proctoredexamstudentattempt")
        else:
            cursor.execute("ANALYZE")
    return ProctoredExamStudentAttempt.objects.count()


def _running_attempt(now: datetime.datetime) -> int:
    body = {"exam_id": KNOWN["timed"], "start_clock": "true"}
    response = client(learner(1)).post(f"{EXAMS}/attempt", body, "application/json")
    begun = ProctoredExamStudentAttempt.objects.filter(pk=answer(response)["exam_attempt_id"])
    begun.update(started_at=now, attempt_code=data.code("running"))
    return int(begun.get().pk)


@driver.command
def operations() -> list[str]:
    return list(OPERATIONS)


class Counter:
    """Counts queries."""

    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute: Any, *statement: Any) -> Any:
        self.queries += 1
        return execute(*statement)


@driver.command
def measure(name: str, number: int) -> dict[str, Any]:
    """Run once; return milliseconds, queries and the response.

    If the database is part of the process, this is CPU time, which does not depend on the load of the machine.
    """
    counter = Counter()
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    with connection.execute_wrapper(counter):
        began = clock()
        found = OPERATIONS[name](number)
        seconds = clock() - began
    text = json.dumps(found, cls=DjangoJSONEncoder)
    return {"ms": seconds * 1000, "queries": counter.queries, "answer": json.loads(text)}


@driver.command
def peak(name: str) -> int:
    """Return the peak memory of one call in bytes, after a call that warms up."""
    OPERATIONS[name](0)
    tracemalloc.start()
    OPERATIONS[name](0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


@driver.command
def fill_overdue(count: int) -> None:
    """Create attempts whose time was over long ago, each of another learner."""
    call_command("migrate", verbosity=0, interactive=False)
    data.overdue(count)


@driver.command
def sweep() -> dict[str, Any]:
    """End them all; return the seconds, those of the CPU, their number, and the peak memory after each tenth, in MiB."""
    from edx_proctoring.operations import sweep_expired_attempts

    logging.disable(logging.CRITICAL)
    peaks, counts, began, cpu = [], [], time.perf_counter(), time.process_time()
    for so_far in sweep_expired_attempts():
        peaks.append(_most_mib())
        counts = [so_far.ended, so_far.failed]
    steps = max(1, len(peaks) // 10)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"seconds": seconds, "cpu": cpu, "ended": counts, "mib": peaks[::steps]}


@driver.command
def fill_attempts(count: int) -> None:
    """Create a course with this many attempts: four of each learner."""
    call_command("migrate", verbosity=0, interactive=False)
    data.fill(count // 4, datetime.datetime.now(datetime.UTC))


@driver.command
def export(kind: str) -> dict[str, float]:
    """Write all attempts to a file of this kind; return the seconds, and MiB of the file, before it and at most."""
    path = f"/api/edx_proctoring/v2/courses/{data.COURSE}/attempts/export/?file={kind}"
    _size_of(f"{path}&search=nobody")  # warms up
    before, began = _most_mib(), time.perf_counter()
    size = _size_of(path)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "size": size / 2**20, "before": before, "most": _most_mib()}


def _size_of(path: str) -> int:
    """Read the file without keeping it; return its bytes."""
    response = client("staff").get(path)
    assert response.status_code == 200, (response.status_code, response.content[:300])
    size = sum(len(part) for part in response.streaming_content)
    response.close()
    return size


def _most_mib() -> float:
    """Return the peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
