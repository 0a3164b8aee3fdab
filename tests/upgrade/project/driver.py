"""Executes commands of another process line by line, with whichever package is installed.

Each line of the input is {"do": name, "args": […], "options": {…}}, each line of the output {"answer": …} or
{"error": …}. It uses public names only, so that it can run the published package as a black box.
"""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from operator import itemgetter
from typing import Any

import filling
import rules
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import F
from django.test import Client

from edx_proctoring import api, models
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.exceptions import BackendProviderOnboardingException
from edx_proctoring.runtime import set_runtime_service

COMMANDS: dict[str, Callable[..., Any]] = {}
OURS = (
    "proctoring_outbox",
    "proctoring_learner",
    "proctoring_reservation",
    "proctoring_scheduled_run",
)


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    COMMANDS[function.__name__] = function
    return function


class Provider(ProctoringBackendProvider):
    """Accepts everything, unless it is down or requires onboarding."""

    verbose_name = "Provider"
    supports_onboarding = True
    passing_statuses = ("Clean",)
    down = False
    onboarding = ""

    def _answer(self, answer: Any) -> Any:
        if self.down:
            raise ConnectionError("the provider is down")
        return answer

    def register_exam_attempt(self, exam: Any, context: Any) -> Any:
        if self.onboarding:
            raise BackendProviderOnboardingException(self.onboarding)
        return self._answer(f"at-provider-{context['attempt_code'].lower()}")

    def start_exam_attempt(self, exam: Any, attempt: Any) -> Any:
        return self._answer("started")

    def stop_exam_attempt(self, exam: Any, attempt: Any) -> Any:
        return self._answer("submitted")

    def mark_erroneous_exam_attempt(self, exam: Any, attempt: Any) -> Any:
        return self._answer("error")

    def remove_exam_attempt(self, exam: Any, attempt: Any) -> Any:
        return self._answer(True)

    def get_software_download_url(self) -> Any:
        return "https://provider.example.com"

    def on_review_callback(self, attempt: Any, payload: Any) -> Any:
        return payload

    def retire_user(self, user_id: Any) -> Any:
        return self._answer(True)

    def on_exam_saved(self, exam: Any) -> Any:
        return self._answer(exam.get("external_id") or f"exam-at-provider-{exam['id']}")


class Service:
    """A service of the LMS that accepts everything."""

    ANSWERS = {  # noqa: RUF012  a constant
        "get_credit_state": {
            "profile_fullname": "L",
            "student_email": "l@example.com",
            "course_name": "C",
        },
        "should_override_grade_on_rejected_exam": True,
    }

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *_args, **_options: self.ANSWERS.get(name)


rules.add_perm("edx_proctoring.can_take_proctored_exam", rules.always_allow)
rules.add_perm("accounts.can_retire_user", rules.is_staff)
PROVIDER = Provider()
apps.get_app_config("edx_proctoring").backends["test"] = PROVIDER
for service in ("credit", "instructor", "grades", "certificates", "enrollments"):
    set_runtime_service(service, Service())


@command
def provider(**attributes: Any) -> None:
    for name, value in attributes.items():
        setattr(PROVIDER, name, value)


@command
def where() -> str:
    return str(models.__file__)


@command
def migrate(*target: str) -> None:
    call_command("migrate", *target, verbosity=0, interactive=False)


@command
def unapplied() -> bool:
    """Return whether `migrate --check`, or `makemigrations --check` of this package, reports changes."""
    try:
        call_command("migrate", check_unapplied=True, verbosity=0)
    except SystemExit:
        return True
    return False


@command
def fill() -> dict[str, Any]:
    return filling.fill(PROVIDER)


@command
def dump() -> dict[str, list[Any]]:
    """Return all rows of the package and of the users as text."""
    tables = {}
    with connection.cursor() as cursor:
        names = [
            name
            for name in connection.introspection.table_names()
            if name.startswith("proctoring_")
        ]
        for name in sorted({*names, "auth_user"} - set(OURS)):
            cursor.execute(f"SELECT * FROM {name} ORDER BY 1")
            columns = [column[0] for column in cursor.description]
            rows = [
                [value.tobytes() if isinstance(value, memoryview) else value for value in row]
                for row in cursor
            ]
            tables[name] = [dict(zip(columns, map(repr, row), strict=True)) for row in rows]
    return tables


@command
def schema() -> dict[str, Any]:
    """Return tables with their columns, keys and indexes, without the names of keys and indexes."""
    ask = connection.introspection
    with connection.cursor() as cursor:
        names = [name for name in ask.table_names(cursor) if name.startswith("proctoring_")]
        return {
            name: {
                "columns": sorted(
                    [column.name, str(column.type_code), bool(column.null_ok)]
                    for column in ask.get_table_description(cursor, name)
                ),
                "constraints": sorted(
                    repr(
                        [
                            found[what]
                            for what in ("columns", "unique", "primary_key", "foreign_key", "index")
                        ]
                    )
                    for found in ask.get_constraints(cursor, name).values()
                ),
            }
            for name in names
        }


@command
def seen(course_id: str) -> dict[str, Any]:
    """Return the package's view of the course."""
    exams = api.get_all_exams_for_course(course_id)
    codes = models.ProctoredExamStudentAttempt.history.values_list("attempt_code", flat=True)
    historic = models.ProctoredExamStudentAttempt.get_historic_attempt_by_code
    policies = models.ProctoredExamReviewPolicy.objects.order_by("id")
    comments = models.ProctoredExamSoftwareSecureComment.objects
    return {
        "exams": exams,
        "attempts": api.get_all_exam_attempts(course_id),
        "allowances": sorted(api.get_allowances_for_course(course_id), key=itemgetter("id")),
        "policies": [
            api.get_review_policy_by_exam_id(policy.proctored_exam_id) for policy in policies
        ],
        "reviews": [
            [
                review.attempt_code,
                review.review_status,
                review.is_passing,
                review.is_attempt_active,
                sorted(comments.filter(review=review).values_list("start_time", "comment")),
            ]
            for review in models.ProctoredExamSoftwareSecureReview.objects.order_by("id")
        ],
        "historic": {code: historic(code).status for code in sorted(set(codes))},
        "summaries": [_summary(attempt) for attempt in api.get_all_exam_attempts(course_id)],
    }


def _summary(attempt: dict[str, Any]) -> Any:
    """Return the status without texts, which differ between the packages."""
    exam = attempt["proctored_exam"]
    summary = api.get_attempt_status_summary(
        attempt["user"]["id"], exam["course_id"], exam["content_id"]
    )
    return summary and summary.get("status")


@command
def ask(name: str, *args: Any, **options: Any) -> Any:
    """Call a function of the Python API; users are given by id."""
    if "requesting_user" in options:
        options["requesting_user"] = get_user_model().objects.get(pk=options["requesting_user"])
    return getattr(api, name)(*args, **options)


@command
def do(name: str, *args: Any, **options: Any) -> None:
    """Call a function whose result is no JSON."""
    ask(name, *args, **options)


@command
def manage(name: str) -> None:
    """Run a management command."""
    call_command(name, verbosity=0)


@command
def shift(attempt_id: int, seconds: float) -> None:
    """Let the attempt have started earlier by these seconds."""
    rows = models.ProctoredExamStudentAttempt.objects.filter(pk=attempt_id)
    rows.update(started_at=F("started_at") - timedelta(seconds=seconds))


@command
def attempts() -> dict[str, str]:
    rows = models.ProctoredExamStudentAttempt.objects.values_list("id", "status")
    return {str(attempt_id): status for attempt_id, status in rows}


@command
def histories(attempt_id: int) -> list[str]:
    rows = models.ProctoredExamStudentAttempt.history.filter(id=attempt_id).order_by("history_id")
    return [f"{row.history_type} {row.status}" for row in rows]


@command
def count(model: str, **filters: Any) -> int:
    return apps.get_model("edx_proctoring", model).objects.filter(**filters).count()


@command
def delete(model: str, key: int) -> None:
    """Delete as Django admin does."""
    found = get_user_model() if model == "User" else apps.get_model("edx_proctoring", model)
    found.objects.get(pk=key).delete()


@command
def new_user(name: str, *groups: str, staff: bool = False) -> int:
    user = get_user_model().objects.create(
        username=name, email=f"{name}@example.com", is_staff=staff
    )
    user.groups.set([Group.objects.get_or_create(name=group)[0] for group in groups])
    return int(user.pk)


@command
def http(method: str, path: str, user_id: int, body: Any = None) -> list[Any]:
    client = Client(raise_request_exception=False)
    client.force_login(
        get_user_model().objects.get(pk=user_id), "django.contrib.auth.backends.ModelBackend"
    )
    response = client.generic(method, path, json.dumps(body or {}), "application/json")
    return [response.status_code, response.content.decode()]


@command
def messages(**filters: Any) -> int:
    """Return the number of messages (our package only)."""
    return int(apps.get_model("edx_proctoring", "OutboxMessage").objects.filter(**filters).count())


@command
def reserve(exam_id: int, user_id: int) -> None:
    """Leave the reservation of a creation whose process is killed while it calls the provider (our package only)."""
    reservations = apps.get_model("edx_proctoring", "ProctoringReservation").objects
    reservations.take(exam_id, user_id, "token", "", 0)


@command
def deliver() -> int:
    """Deliver all messages now; return how many are still pending (our package only)."""
    outbox = apps.get_model("edx_proctoring", "OutboxMessage").objects
    outbox.unfinished().update(next_try_at="2020-01-01T00:00:00Z")
    call_command("deliver_outbox", stdout=sys.stderr)
    return int(outbox.unfinished().count())


def main() -> None:
    """Run until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"answer": COMMANDS[request["do"]](*request["args"], **request["options"])}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer, cls=DjangoJSONEncoder, default=None) + "\n")
        answers.flush()
