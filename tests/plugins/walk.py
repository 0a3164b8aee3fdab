"""Take one exam with a third party's provider, whose requests go to the simulator over HTTP; print the results as JSON."""

import json
import logging
import os
import sys
import threading
from typing import Any
from urllib.parse import urlsplit

import django
import requests
from werkzeug.serving import make_server

from demo.simulator.app import create_app
from demo.simulator.callbacks import Callbacks
from demo.simulator.state import Simulator
from demo.simulator.store import Store

COURSE = "course-v1:edX+Demo+2026"
CONTENT = "block-v1:edX+Demo+2026+type@sequential+block@midterm"
API = "/api/edx_proctoring/v1/proctored_exam"
NAME = os.environ.get("PLUGIN", "proctortrack")


class Lms:
    """The simulator's connection to us: its requests are authenticated as a member of the provider's review group."""

    def __init__(self) -> None:
        self.sent: list[list[Any]] = []

    def post(self, _lms_host: str, path: str, body: dict[str, Any]) -> requests.Response:
        """Return our response."""
        answer = signed_in("reviewer").post(path, body, format="json")
        self.sent.append([path.rsplit("/", 1)[-1], answer.status_code])
        response = requests.Response()
        response.status_code, response._content = answer.status_code, answer.content
        return response


def signed_in(name: str) -> Any:
    """Return a client of the REST interface."""
    from django.contrib.auth import get_user_model
    from rest_framework.test import APIClient

    client = APIClient()
    user = get_user_model()._default_manager.get(username=name)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def users() -> None:
    """Create a learner, a reviewer and course staff."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    create = get_user_model()._default_manager.create
    create(username="ada", email="ada@example.com")
    create(username="staff", email="staff@example.com", is_staff=True)
    reviewer = create(username="reviewer", email="reviewer@example.com")
    reviewer.groups.add(Group.objects.create(name=f"{NAME}_review"))


def take(sim: Simulator) -> dict[str, Any]:
    """Register, get ready, start, end, submit; the provider's callbacks come in between."""
    from edx_proctoring import api

    learner = signed_in("ada")
    exam_id = api.create_exam(COURSE, CONTENT, "Midterm", 60)
    body = {"exam_id": exam_id, "attempt_proctored": True}
    attempt_id = learner.post(f"{API}/attempt", body, format="json").json()["exam_attempt_id"]
    statuses = [status(attempt_id)]
    attempt = api.get_exam_attempt_by_id(attempt_id)
    exam, remote_id = attempt["proctored_exam"]["external_id"], attempt["external_id"]
    url = sim.base_url  # type: ignore[attr-defined]  # an attribute of our own
    page = requests.get(f"{url}/download", params={"attempt": remote_id, "exam": exam}, timeout=10)
    deliver(sim)
    statuses.append(status(attempt_id))
    answers = [page.status_code]
    for action in ("start", "stop", "submit"):
        path = f"{API}/attempt/{attempt_id}"
        answers.append(learner.put(path, {"action": action}, format="json").status_code)
        statuses.append(status(attempt_id))
    deliver(sim)
    statuses.append(status(attempt_id))
    remote = sim.store.attempt(remote_id)
    return {
        "backend": attempt["proctored_exam"]["backend"],
        "statuses": statuses,
        "answers": answers,
        "told": sim.store.told(remote_id),
        "registered": remote and remote["body"],
        "called_back": sim.callbacks.client.sent,  # type: ignore[attr-defined]  # an attribute of our own
        "dashboard": dashboard(exam_id),
    }


def status(attempt_id: int) -> str:
    """Return the status here and now."""
    from edx_proctoring import api

    return str(api.get_exam_attempt_by_id(attempt_id)["status"])


def deliver(sim: Simulator) -> None:
    """Return the simulator's state."""
    sim.store.clock = lambda: float("inf")
    sim.callbacks.run_due()


def dashboard(exam_id: int) -> dict[str, Any]:
    """Return where course staff are redirected, and what they see there."""
    path = f"/api/edx_proctoring/v1/instructor/{COURSE}/{exam_id}"
    answer = signed_in("staff").get(path)
    where = urlsplit(answer["Location"])
    page = requests.get(answer["Location"], timeout=10)
    return {
        "status": answer.status_code,
        "path": where.path,
        "signed": where.query.startswith("jwt="),
        "seen": page.status_code,
        "course": COURSE in page.text,
    }


def main() -> None:
    """Serve the simulator, take the exam, print."""
    lms = Lms()
    store = Store(":memory:", seed=1)
    sim = Simulator(store, Callbacks(store, lms, pause=0))
    server = make_server("127.0.0.1", 0, create_app(sim), threaded=True)
    sim.base_url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]  # an attribute of our own
    os.environ["SIMULATOR_URL"] = sim.base_url  # type: ignore[attr-defined]  # an attribute of our own
    threading.Thread(target=server.serve_forever, daemon=True).start()
    django.setup()

    import rules
    from django.apps import apps
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    logging.disable(logging.ERROR)
    setup_test_environment()
    rules.add_perm("edx_proctoring.can_take_proctored_exam", rules.is_active)
    call_command("migrate", verbosity=0)
    users()
    config: Any = apps.get_app_config("edx_proctoring")
    seen = {"backends": sorted(config.backends), "errors": config.backend_errors, **take(sim)}
    json.dump(seen, sys.stdout)
    server.shutdown()


if __name__ == "__main__":
    main()
