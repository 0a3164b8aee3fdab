"""`proctoring_doctor`: its findings, its output, its duration."""

import datetime
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from edx_proctoring import api, operations, outbox
from edx_proctoring.backends.breaker import FAILURES, of_requests
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import OutboxMessage
from edx_proctoring.testing.factories import AllowanceFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.needs("django-crum")]


LONG = 30  # seconds, for what answers at once on a machine that has time


class Remote(HTTPServer):
    """A provider with its own clock and configurable behaviour."""

    ahead, status = 0, 200

    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    """Responds with a token, then a configuration."""

    def do_POST(self):
        self.answer(200, {"access_token": "t", "expires_in": 300})

    def do_GET(self):
        self.answer(self.server.status, {"name": "Remote"})

    do_HEAD = do_GET

    def answer(self, status, body):
        self.send_response(status)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(json.dumps(body).encode())

    def date_time_string(self, timestamp=None):
        return super().date_time_string(time.time() + self.server.ahead)

    def log_message(self, *args):
        """Log nothing."""


@pytest.fixture
def remote():
    """Start the server."""
    server = Remote(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def silent():
    """A port that accepts connections and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def use(url, name="remote"):
    provider = BaseRestProctoringProvider("id", "secret", base_url=url)
    apps.get_app_config("edx_proctoring").backends[name] = provider


def run(*options, deadline=LONG):
    out = io.StringIO()
    error = None
    try:
        call_command("proctoring_doctor", f"--deadline={deadline}", *options, stdout=out)
    except CommandError as raised:
        error = raised
    return out.getvalue(), error


def finding(subject):
    return next(one for one in operations.diagnose(LONG) if one.subject == subject)


def test_a_correct_installation():
    text, error = run()
    assert error is None
    assert "all system checks pass" in text
    assert "no service to check" in text
    assert "not needed" in text


def test_a_provider_that_responds(remote):
    use(remote.url())
    found = finding("provider remote")
    assert found.state == "ok"
    assert abs(found.numbers["clock_skew_seconds"]) <= 2
    assert found.numbers["status"] == 200


@pytest.mark.parametrize("ahead", [-90, 90])
def test_clocks_that_differ(remote, ahead):
    remote.ahead = ahead
    use(remote.url())
    found = finding("provider remote")
    assert (found.state, "NTP" in found.hint) == ("warning", True)
    assert abs(found.numbers["clock_skew_seconds"] - ahead) <= 2
    assert run()[1] is None
    assert run("--fail-on=warning")[1] is not None


@pytest.mark.parametrize("status", [401, 500, 302])
def test_a_provider_that_refuses(remote, status):
    remote.status = status
    use(remote.url())
    found = finding("provider remote")
    assert found.state == "error"
    assert found.numbers["status"] == status


def test_providers_that_are_down_are_checked_in_parallel(silent, proctoring_celery):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    use(f"http://127.0.0.1:{port}", "closed")
    use(silent, "silent")
    use(silent, "silent too")
    proctoring_celery(broker_url=f"amqp://guest:guest@127.0.0.1:{port}//")
    began = time.monotonic()
    states = {one.subject: one for one in operations.diagnose(3)}
    # One after the other, the three silent ones would take longer.
    assert time.monotonic() - began < 9
    for subject in ("provider closed", "provider silent", "provider silent too", "broker"):
        assert states[subject].state == "error"
    assert states["provider silent"].text.startswith(("no answer within 3", "unreachable: ReadT"))
    assert states["provider null"].state == "ok"
    assert run(deadline=1)[1] is not None


HOST = """
import sys

import django
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core.management import execute_from_command_line

django.setup()
settings.PROCTORING_SETTINGS["DELIVERY"] = "celery"
current_app.conf.broker_url = sys.argv[2]
from edx_proctoring.backends.rest import BaseRestProctoringProvider
provider = BaseRestProctoringProvider("id", "secret", base_url=sys.argv[1])
apps.get_app_config("edx_proctoring").backends["silent"] = provider
execute_from_command_line(["manage.py", "proctoring_doctor", "--deadline=1", "--json"])
"""


@pytest.mark.parametrize("broker", ["amqp://u:p@{}//", "redis://{}/0"])
def test_a_database_and_a_broker_that_never_respond(silent, broker):
    """In a separate process, which must terminate, too."""
    address = silent.removeprefix("http://")
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://u:p@{address}/x",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    ended = subprocess.run(
        [sys.executable, "-c", HOST, silent, broker.format(address)],
        cwd=Path(__file__).resolve().parents[2], env=environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    found = {one["subject"]: one for one in json.loads(ended.stdout)}
    for subject in ("database", "outbox", "provider silent", "broker"):
        assert found[subject]["state"] == "error"


def test_a_broker_without_workers(proctoring_celery):
    proctoring_celery(broker_url="memory://")
    found = finding("broker")
    assert found.state == "warning"
    assert "no worker answers" in found.text


def test_a_missing_broker_is_reported_as_by_the_check(proctoring_celery):
    proctoring_celery(broker_url=None)
    found = {one.subject: one for one in operations.diagnose(1)}
    check = found["edx_proctoring.W006"]
    assert (found["broker"].state, found["broker"].text) == ("warning", check.text)
    proctoring_celery(broker_url="memory://")
    assert "edx_proctoring.W006" not in {one.subject for one in operations.diagnose(1)}


def test_passwords_are_not_printed(proctoring_celery, remote):
    use(remote.url())
    proctoring_celery(broker_url="amqp://guest:geheim@127.0.0.1:1//")
    text, _error = run("--json")
    assert "geheim" not in text
    assert "secret" not in text.replace("client_secret fit", "")


def put(key, **columns):
    outbox.put(outbox.Draft("email", key, key, {"history_id": 0}))
    OutboxMessage.objects.filter(key=key).update(**columns)


def test_messages_that_were_given_up():
    put("a", state="given_up")
    found = finding("outbox")
    assert (found.state, found.numbers["given_up"]) == ("warning", 1)
    assert "deliver again" in found.hint


@pytest.mark.parametrize("given_up", [False, True])
def test_messages_that_are_not_delivered(given_up):
    due = timezone.now() - datetime.timedelta(hours=1)
    put("a", state="pending", next_try_at=due, lease="", lease_until=None)
    if given_up:  # must not hide that nothing is delivered any more
        put("b", state="given_up")
    found = finding("outbox")
    assert (found.state, found.numbers["waiting"]) == ("error", 1)
    assert found.numbers["late_seconds"] >= 3600


def grant(key, value, learner, exam):
    return AllowanceFactory(proctored_exam=exam, user=learner, key=key, value=value)


def test_allowances_that_grant_nothing(exam, learner):
    good, empty = UserFactory.create_batch(2)
    bad = [grant("time_multiplier", "abc", learner, exam)]
    bad.append(grant("additional_time_granted", "-3", learner, exam))
    bad.append(grant("time_multiplier", "", empty, exam))
    grant("time_multiplier", "1.5", good, exam)
    grant("additional_time_granted", "10", good, exam)
    grant("review_policy_exception", "", learner, exam)
    found = finding("allowances")
    assert (found.state, found.numbers) == ("warning", {"without_effect": 3})
    assert all(f"id={one.pk} " in found.text for one in bad)
    assert "time_multiplier='abc'" in found.text


def test_allowances_that_retirement_blanked_are_not_listed(exam, learner):
    grant("additional_time_granted", "10", learner, exam)
    operations.retire_user(learner.pk)
    assert "allowances" not in {one.subject for one in operations.diagnose(3)}


def test_time_that_is_counted_twice(make_exam, learner):
    exam, other = make_exam(time_limit_mins=60), make_exam(time_limit_mins=60)
    api.add_allowance_for_user(exam.pk, learner.pk, "time_multiplier", "1.5")
    api.add_allowance_for_user(other.pk, learner.pk, "time_multiplier", "1.5")
    api.add_allowance_for_user(other.pk, learner.pk, "additional_time_granted", "10")
    api.add_bulk_allowances([exam.pk], [learner.pk], "time_multiplier", "1.5")
    found = finding("allowances")
    assert (found.state, found.numbers) == ("warning", {"counted_twice": 1})
    assert f"exam_id={exam.pk} " in found.text


def test_json(remote):
    use(remote.url())
    text, error = run("--json")
    found = json.loads(text)
    assert error is None
    assert {"subject", "state", "text", "hint", "numbers"} == set(found[0])
    assert {"checks", "outbox", "provider remote", "broker"} <= {one["subject"] for one in found}


def test_checks_are_among_the_findings(settings):
    settings.PROCTORING_BACKENDS = {**settings.PROCTORING_BACKENDS, "gone": {}}
    text, error = run("--fail-on=warning")
    assert "edx_proctoring.W009" in text
    assert "Install its package" in text
    assert error is not None
    assert error.returncode == 1


def test_checks_that_are_silenced_are_not(settings):
    settings.PROCTORING_BACKENDS = {**settings.PROCTORING_BACKENDS, "null": {"x": 1}}
    settings.SILENCED_SYSTEM_CHECKS = ["edx_proctoring.W002"]
    assert "all system checks pass" in run()[0]


def breakdown(times):
    for _ in range(times):
        of_requests("http://127.0.0.1:9").note(failed=True)


def test_a_provider_that_counts_as_down():
    use("http://127.0.0.1:9")
    breakdown(FAILURES)
    found = finding("requests to remote")
    assert (found.state, found.numbers["failures_in_a_row"]) == ("error", FAILURES)
    assert f"down since {found.numbers['down_since']}" in found.text
    assert "requests to remote" in run()[0]


def test_a_provider_that_failed_once():
    use("http://127.0.0.1:9")
    breakdown(1)
    assert finding("requests to remote").state == "warning"


def test_a_provider_that_responds_has_no_finding(remote):
    use(remote.url())
    assert "requests to remote" not in run()[0]
