"""The simulated PSI: signatures, launches, reviews."""

import base64
import datetime
import email.utils
import hashlib
import hmac
import json
from pathlib import Path

import pytest
import time_machine

from demo.simulator import rpnow
from demo.simulator.app import create_app
from demo.simulator.callbacks import Callbacks
from demo.simulator.state import Simulator
from demo.simulator.store import Store
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from tests.demo.test_simulator import Clock, Lms

VECTORS = json.loads(
    Path(__file__).parents[1].joinpath("wire/software_secure_vectors.json").read_text()
)
CODE = "0B7A1A3E-5F0C-4E4B-9B3B-3C5D1C9A7E11"
NOW = datetime.datetime(2026, 3, 5, 9, 8, 7, tzinfo=datetime.UTC)


class PsiLms(Lms):
    """An LMS that also accepts PSI's reviews."""

    def post_anonymously(self, lms_host, path, body):
        return self.post(lms_host, path, {**body, "status": body["reviewStatus"]})


@pytest.fixture
def sim():
    """A simulator with an LMS and a clock."""
    lms, clock = PsiLms(), Clock()
    clock.now = NOW.timestamp()
    store = Store(seed=1, clock=clock)
    found = Simulator(store, Callbacks(store, lms, pause=1))
    found.lms, found.clock = lms, clock
    yield found
    store.close()


@pytest.fixture
def client(sim):
    """An HTTP client."""
    return create_app(sim).test_client()


@pytest.fixture
def provider():
    """Our provider, configured as in the demo."""
    return SoftwareSecureBackendProvider(
        organization="Demo",
        exam_sponsor="Sponsor",
        exam_register_endpoint="http://psi/psi/register",
        secret_key_id="demo",
        secret_key="demosecret",
        crypto_key=rpnow.CRYPTO_KEY.decode(),
        software_download_url="http://psi/psi/launch",
        send_email=True,
    )


@pytest.fixture
def body(provider, settings):
    """Return a registration sent by our client."""
    exam = {"id": 7, "exam_name": "Prüfung: Ünïcode", "course_id": "a/b/c"}
    context = {
        "attempt_code": CODE,
        "time_limit_mins": 90,
        "full_name": "Zoë O’Neil Smith",
        "email": "zoe@example.com",
    }
    with time_machine.travel(NOW, tick=False):
        return provider._get_payload(exam, context)


def headers(body, secret="demosecret", date=None):
    """Sign by hand as the protocol requires, for cases that our client does not produce."""
    date = date or email.utils.format_datetime(NOW, usegmt=True)
    known = {"Content-Type": "application/json", "Date": date}
    message = f"POST\n\napplication/json\n{date}\n" + "".join(rpnow._lines(body))
    digest = hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()
    return {**known, "Authorization": f"SSI demo:{base64.b64encode(digest).decode()}"}


def register(client, body, known=None):
    return client.post("/psi/register", data=json.dumps(body), headers=known or headers(body))


@pytest.mark.parametrize(
    "vector", VECTORS["signature"], ids=lambda one: one["input"]["secret_key_id"]
)
def test_both_sides_sign_the_vectors_identically(vector):
    given = vector["input"]
    known = {"Content-Type": given["content_type"], "Date": given["date"]}
    signed = rpnow._signature(given["body"], known, given["secret_key"])
    assert vector["output"]["authorization_header"] == f"SSI {given['secret_key_id']}:{signed}"


def test_a_registration_is_accepted_once(client, sim, body):
    first = register(client, body)
    assert first.status_code == 200
    again = register(client, body)
    assert again.json == first.json
    (row,) = sim.store.attempts()
    assert (row["id"], row["email"]) == (first.json["ssiRecordLocator"], "zoe@example.com")
    assert row["full_name"] == "Zoë O’Neil Smith"
    assert row["lms_host"].startswith(("http://", "https://"))


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"secret": "other"}, 401, "signature"),
        ({"date": "Thu, 05 Mar 2026 09:18:07 GMT"}, 401, "date"),
        ({"date": "today"}, 401, "date"),
    ],
)
def test_wrong_signatures(client, sim, body, change, status, text):
    answer = register(client, body, headers(body, **change))
    assert answer.status_code == status
    assert text in answer.json["error"]
    assert not sim.store.attempts()


@pytest.mark.parametrize(
    "known", ["", "SSI", "SSI demo", "SSI demo:", "Bearer demo:x", "SSI x:y", "SSI é:y"]
)
def test_no_signature_at_all(client, body, known):
    answer = register(client, body, {**headers(body), "Authorization": known})
    assert answer.status_code == 401


def test_a_modified_body_is_refused(client, body):
    assert register(client, {**body, "duration": 900}, headers(body)).status_code == 401


@pytest.mark.parametrize("password", ["", "x", "AAAAAAAAAAA=", "é"])
def test_the_password_is_the_encrypted_code(client, body, password):
    changed = {**body, "examPassword": password}
    assert register(client, changed).status_code == 400


def test_missing_fields_are_named(client, body):
    del body["examUrl"]
    answer = register(client, body)
    assert (answer.status_code, answer.json["error"]) == (400, "missing: examUrl")


def test_the_application_opens_the_exam(client, sim, body):
    register(client, body)
    assert client.get("/psi/launch").status_code == 200
    assert client.post("/psi/launch", data={"code": "guess"}).status_code == 404
    answer = client.post("/psi/launch", data={"code": f" {CODE} "})
    assert (answer.status_code, answer.location) == (303, body["examUrl"])
    assert sim.store.attempts()[0]["status"] == "launched"


def test_a_session_is_closed_once_and_reviewed(client, sim, body):
    locator = register(client, body).json["ssiRecordLocator"]
    comments = [
        {"comment": "a", "start": 1, "stop": 4, "status": "Suspicious"},
        {"comment": "b", "start": 2, "source": "desktop"},
    ]
    change = {"outcome": "violation", "mode": "corrected", "comments": comments, "delay": 1}
    sim.change_script({"review": change})
    assert client.post(f"/psi/session/{CODE}").status_code == 303
    assert client.post("/psi/close", data={"code": f"{CODE} "}).location == f"/psi/session/{CODE}"
    sim.clock.now += 10
    sim.callbacks.run_due()
    assert [word for _, word in sim.lms.sent] == ["Rules Violation", "Clean"]
    calls = sim.store.rows("SELECT * FROM callbacks ORDER BY id")
    review = calls[0]["body"]
    assert review["examMetaData"]["ssiRecordLocator"] == locator
    assert [one["duration"] for one in review["webCamComments"]] == [3]
    assert [one["comments"] for one in review["desktopComments"]] == ["b"]
    assert sim.store.attempts()[0]["reviewed"]["reviewStatus"] == "Clean"


def test_our_client_accepts_the_review(client, sim, body, provider):
    locator = register(client, body).json["ssiRecordLocator"]
    review = rpnow.review(sim.store.attempts()[0], sim.script["review"], "suspicious")
    found = provider.on_review_callback({"external_id": locator.upper(), "id": 1}, review)
    assert (found["status"], len(found["comments"])) == ("suspicious", 1)


def test_unknown_sessions(client):
    assert client.get("/psi/session/none").status_code == 404
    assert client.post("/psi/session/none").status_code == 404
    assert client.post("/psi/close").status_code == 404
