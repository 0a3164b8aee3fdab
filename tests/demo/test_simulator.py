"""The simulated provider: tokens, faults, callbacks, scripts."""

import time

import jwt
import pytest
import requests
from simulator_provider import SimulatorProvider

from demo.simulator import script
from demo.simulator.app import create_app
from demo.simulator.callbacks import Callbacks
from demo.simulator.faults import ConnectionDropped
from demo.simulator.state import Simulator
from demo.simulator.store import Store

CLIENT, SECRET = "lms", "lmssecret"
CONTEXT = {
    "status": "created",
    "user_id": "u",
    "full_name": "Ada",
    "email": "ada@example.com",
    "lms_host": "http://lms",
}


class Lms:
    """Responds as scripted and records requests."""

    def __init__(self):
        self.answers, self.sent = [], []

    def post(self, lms_host, path, body):
        self.sent.append((path.rsplit("/", 1)[-1], body["status"]))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer
        return response


class Clock:
    """A clock that only advances on request."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def world():
    """A simulator with an LMS and a clock."""
    lms, clock = Lms(), Clock()
    store = Store(seed=1, clock=clock)
    sim = Simulator(store, Callbacks(store, lms, pause=1))
    sim.lms, sim.clock = lms, clock
    yield sim
    store.close()


@pytest.fixture
def client(world):
    """An HTTP client with a token."""
    found = create_app(world).test_client()
    answer = token(found).get_json()
    found.environ_base["HTTP_AUTHORIZATION"] = f"JWT {answer['access_token']}"
    return found


def token(client, path="/oauth2/access_token", **change):
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "token_type": "jwt",
    }
    return client.post(path, data={**form, **change})


def register(client, **more):
    exam = {"course_id": "c", "exam_name": "Final", "is_practice_exam": False}
    exam_id = client.post("/api/v1/exam/", json=exam).get_json()["id"]
    answer = client.post(f"/api/v1/exam/{exam_id}/attempt/", json={**CONTEXT, **more})
    return exam_id, answer


@pytest.mark.parametrize("path", ["/oauth2/access_token", "/edx/oauth2/access_token"])
def test_tokens(client, path):
    assert token(client, path).get_json()["expires_in"] == 3600
    assert token(client, path, client_secret="x").status_code == 401
    assert token(client, path, token_type="bearer").status_code == 400
    assert token(client, path, client_id="").status_code == 400


def test_requests_without_a_token_are_refused(world):
    client = create_app(world).test_client()
    assert client.get("/api/v1/config/").status_code == 403
    foreign = jwt.encode({"sub": CLIENT, "exp": time.time() + 9}, "x" * 32)
    assert (
        client.get("/api/v1/config/", headers={"Authorization": f"JWT {foreign}"}).status_code
        == 401
    )


def test_an_attempt_and_its_notices(client, world):
    exam_id, answer = register(client)
    url = f"/api/v1/exam/{exam_id}/attempt/{answer.get_json()['id']}/"
    for status in ("started", "submitted", "submitted"):
        assert client.patch(url, json={"status": status}).get_json()["status"] == status
    assert world.store.told(answer.get_json()["id"]) == ["started", "submitted", "submitted"]
    assert client.get(url).get_json()["download_url"]
    assert client.delete(url).get_json() == {"status": "deleted"}
    assert client.delete(url).status_code == 404


def test_changes_of_time_leave_the_status(client, world):
    exam_id, answer = register(client)
    attempt_id = answer.get_json()["id"]
    url = f"/api/v1/exam/{exam_id}/attempt/{attempt_id}/"
    client.patch(url, json={"status": "started"})
    for body in (
        {"time_change": "extend", "seconds": 600},
        {"time_change": "pause"},
        {"time_change": "continue"},
    ):
        answer = client.patch(url, json=body)
        assert answer.get_json() == {"id": attempt_id, "time_change": body["time_change"]}
    for bad in ("stop", None, [], 1):
        assert client.patch(url, json={"time_change": bad}).status_code == 400
    for bad in ("600", None, 1.5, True):
        body = {"time_change": "extend", "seconds": bad}
        assert client.patch(url, json=body).status_code == 400
    assert world.store.told(attempt_id) == ["started", "extend 600", "pause", "continue"]
    assert world.store.attempt(attempt_id)["status"] == "started"


def test_a_repeated_registration_is_the_same_attempt(client):
    exam_id, _answer = register(client)
    headers = {"Idempotency-Key": "key"}
    url = f"/api/v1/exam/{exam_id}/attempt/"
    ids = {client.post(url, json=CONTEXT, headers=headers).get_json()["id"] for _ in range(3)}
    assert len(ids) == 1


@pytest.mark.parametrize("body", [None, [], {}, {"status": "created"}])
def test_bad_bodies(client, body):
    exam_id, _answer = register(client)
    assert client.post(f"/api/v1/exam/{exam_id}/attempt/", json=body).status_code == 400
    assert client.post("/api/v1/exam/unknown/attempt/", json=CONTEXT).status_code == 404


def test_a_review_is_sent_until_it_is_accepted(client, world):
    world.change_script({"review": {"delay": 5, "outcome": "suspicious"}})
    exam_id, answer = register(client)
    client.patch(
        f"/api/v1/exam/{exam_id}/attempt/{answer.get_json()['id']}/", json={"status": "submitted"}
    )
    assert world.callbacks.run_due() == 0
    world.lms.answers = [requests.ConnectionError("down"), 503]
    for _ in range(3):
        world.clock.now += 10
        assert world.callbacks.run_due() == 1
    assert world.lms.sent == [("reviewed", "suspicious")] * 3
    assert world.callbacks.run_due() == 0


@pytest.mark.parametrize(
    ("mode", "expected"), [("never", 0), ("once", 1), ("twice", 2), ("out_of_order", 2)]
)
def test_ways_to_deliver_a_review(client, world, mode, expected):
    world.change_script({"review": {"mode": mode, "delay": 1}})
    exam_id, answer = register(client)
    client.patch(
        f"/api/v1/exam/{exam_id}/attempt/{answer.get_json()['id']}/", json={"status": "submitted"}
    )
    world.clock.now += 100
    world.callbacks.run_due()
    assert len(world.lms.sent) == expected


def test_faults(client, world):
    world.change_script({"faults": {"config": {"kind": "status", "status": 500, "times": 1}}})
    assert client.get("/api/v1/config/").status_code == 500
    assert client.get("/api/v1/config/").status_code == 200
    world.change_script({"faults": {"config": {"kind": "malformed"}}})
    assert client.get("/api/v1/config/").get_json(silent=True) is None
    world.change_script({"faults": {"config": {"kind": "drop"}}})
    with pytest.raises(ConnectionDropped):
        client.get("/api/v1/config/")


@pytest.mark.parametrize("reason", script.ONBOARDING)
def test_onboarding_first(client, world, reason):
    world.change_script({"onboarding": reason})
    assert register(client)[1].get_json() == {"status": f"onboarding_{reason}"}
    assert "id" in register(client, is_sample_attempt=True)[1].get_json()


@pytest.mark.parametrize(
    "change",
    [
        5,
        {"x": 1},
        {"review": {"outcome": "x"}},
        {"ready": {"delay": -1}},
        {"faults": {"x": {}}},
        {"review": {"delay": float("inf")}},
        {"review": {"comments": ["x"]}},
        {"review": {"comments": [{}]}},
        {"faults": {"psi": {"kind": "slow", "seconds": "x"}}},
        {"faults": {"psi": {"kind": "status", "status": 7}}},
        {"faults": {"psi": {"kind": "down", "times": 0}}},
    ],
)
def test_invalid_scripts_are_refused(client, world, change):
    before = world.script
    assert client.post("/console/script", json=change).status_code == 400
    assert world.script == before


@pytest.mark.filterwarnings("ignore:The HMAC key")  # providers' secrets are short
@pytest.mark.parametrize("path", ["/api/v1/instructor/lms/", "/launch/edx/instructor/lms/"])
def test_the_dashboard_requires_a_signed_link(client, path):
    claims = {"iss": CLIENT, "exp": time.time() + 60, "course_id": "c", "user": {}}
    good = jwt.encode(claims, SECRET)
    assert client.get(path, query_string={"jwt": good}).status_code == 200
    assert client.get(path, query_string={"jwt": good + "x"}).status_code == 403
    assert client.get(path).status_code == 403


def test_the_same_seed_gives_the_same_identifiers():
    first, second = Store(seed=7), Store(seed=7)
    assert [first.new_id() for _ in range(3)] == [second.new_id() for _ in range(3)]
    first.close()
    second.close()


def test_the_console_refuses_cross_site_requests(client):
    answer = client.post("/console/script", json={}, headers={"Origin": "http://evil"})
    assert answer.status_code == 403


def test_the_provider_names_the_workers_script(client):
    url = SimulatorProvider(base_url="http://localhost/").get_javascript()
    answer = client.get(url)
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert "http://localhost" in answer.get_data(as_text=True)


def test_pings_are_answered_while_the_application_runs_and_until_they_are_cut(client, world):
    attempt_id = register(client)[1].get_json()["id"]

    def ping():
        return client.get("/desktop/ping", query_string={"attempt": attempt_id})

    assert ping().get_json() == {"status": None}
    client.post("/desktop/start", query_string={"attempt": attempt_id})
    assert ping().get_json() == {"status": "running"}
    world.change_script({"learners": {CONTEXT["email"]: {"ping": "lost"}}})
    assert ping().get_json() == {"status": "gone"}
    world.change_script({"learners": {CONTEXT["email"]: None}})
    assert ping().get_json() == {"status": "running"}
    world.change_script({"faults": {"desktop": {"kind": "status", "status": 503}}})
    assert ping().status_code == 503
    assert ping().headers["Access-Control-Allow-Origin"] == "*"


def test_the_console_shows_and_removes_what_differs_for_a_learner(client, world):
    form = {
        "learner": CONTEXT["email"],
        "outcome": "violation",
        "review_delay": "3",
        "mode": "once",
        "reviewed_by": "",
        "comments": "A phone | 12",
        "ready_delay": "2",
        "onboarding": "",
        "ping": "lost",
        "endpoint": "",
        "fault": "",
        "times": "",
    }
    everybody = {key: world.script[key] for key in script.OF_LEARNERS}
    assert client.post("/console/choose", data=form).status_code == 303
    assert {key: world.script[key] for key in script.OF_LEARNERS} == everybody
    own = script.for_learner(world.script, CONTEXT["email"])
    assert (own["review"]["outcome"], own["ping"]) == ("violation", "lost")
    button = f"Remove what is different for {CONTEXT['email']}"
    assert button in client.get("/console/").get_data(as_text=True)
    assert client.post("/console/choose", data={**form, "ping": "x"}).status_code == 400
    client.post("/console/forget", data={"learner": CONTEXT["email"]})
    assert world.script["learners"] == {}
    assert button not in client.get("/console/").get_data(as_text=True)
