"""The recordings drive both ends: our client and the simulated provider."""

import copy
import json

import pytest
import requests
import responses
from edx_django_utils.cache import TieredCache

from demo.simulator.app import create_app
from demo.simulator.callbacks import Callbacks
from demo.simulator.state import Simulator
from demo.simulator.store import Store
from edx_proctoring import exceptions
from edx_proctoring.backends.backend import ask_options
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from tests.demo.test_simulator import Clock, Lms
from tests.wire.recordings import example, fits, recorded

BASE = "https://provider.example.com"
COURSE = "course-v1:Org+Course+Run"
RECORDED = recorded("rest.json")
BY_SIMULATOR = [one for one in RECORDED if "not_by_the_simulator" not in one]
each = pytest.mark.parametrize("entry", RECORDED, ids=[one["name"] for one in RECORDED])


def error_of(name):
    return getattr(exceptions, name, None) or getattr(requests.exceptions, name)


@each
def test_the_client_asks_and_understands(entry, settings):
    settings.LANGUAGE_CODE = "en-us"
    TieredCache.dangerous_clear_all_tiers()
    wanted, answer = entry["request"], entry["response"]
    client = BaseRestProctoringProvider("lms", "lmssecret", base_url=BASE)
    method, args, options = (*entry["ask"], {})[:3]
    given = copy.deepcopy(args)
    with responses.RequestsMock() as remote:
        token = remote.post(
            f"{BASE}/oauth2/access_token", json={"access_token": "t", "expires_in": 99}
        )
        body = answer.get("text", json.dumps(example(answer.get("body"))))
        remote.add(wanted["method"], f"{BASE}{wanted['path']}", body, status=answer["status"])
        strict = entry.get("raises", [""])[0] == "HTTPError"
        with ask_options(strict=strict):
            if "raises" in entry:
                name, attributes = entry["raises"]
                with pytest.raises(error_of(name)) as caught:
                    getattr(client, method)(*args, **options)
                for attribute, value in attributes.items():
                    assert getattr(caught.value, attribute) == value
            else:
                assert getattr(client, method)(*args, **options) == entry["gives"]
        (sent,) = [call.request for call in remote.calls if call.request.url != token.url][:1]
    assert args == given, "the arguments were changed"
    assert sent.path_url == wanted["path"]
    assert json.loads(sent.body or "null") == wanted["body"]
    for name, value in wanted["headers"].items():
        assert fits(sent.headers[name], value), name


@pytest.fixture
def simulator():
    """It knows an exam and an attempt."""
    store = Store(seed=1, clock=Clock())
    sim = Simulator(store, Callbacks(store, Lms()))
    store.save_exam("EXAM", {"course_id": COURSE, "exam_name": "Final"})
    context = RECORDED[0]["request"]["body"]
    known = store.add_attempt("EXAM", context)
    store.write("UPDATE attempts SET id = 'ATTEMPT' WHERE id = ?", known)
    yield sim
    store.close()


@pytest.mark.parametrize("entry", BY_SIMULATOR, ids=[one["name"] for one in BY_SIMULATOR])
def test_the_simulator_answers_so(entry, simulator):
    simulator.change_script(entry.get("script", {}))
    browser = create_app(simulator).test_client()
    form = {"grant_type": "client_credentials", "client_id": "lms", "client_secret": "lmssecret"}
    token = browser.post("/oauth2/access_token", data={**form, "token_type": "jwt"}).json
    wanted = entry["request"]
    answer = browser.open(
        wanted["path"],
        method=wanted["method"],
        json=wanted["body"],
        headers={"Authorization": f"JWT {token['access_token']}"},
    )
    response = entry["response"]
    assert answer.status_code == response["status"]
    if "text" in response:
        assert answer.text == response["text"]
    else:
        assert fits(answer.json, response["body"]), answer.json


@pytest.mark.parametrize("authorization", ["", "JWT", "JWT x.y.z"])
@pytest.mark.parametrize("entry", BY_SIMULATOR[:1] + BY_SIMULATOR[-3:], ids=lambda one: one["name"])
def test_the_simulator_asks_for_a_token(entry, simulator, authorization):
    wanted = entry["request"]
    answer = (
        create_app(simulator)
        .test_client()
        .open(
            wanted["path"],
            method=wanted["method"],
            json=wanted["body"],
            headers={"Authorization": authorization},
        )
    )
    assert answer.status_code in (401, 403)
    assert len(simulator.store.attempts()) == 1


def test_every_call_of_the_client_is_recorded():
    recorded_methods = {one["ask"][0] for one in RECORDED}
    assert recorded_methods == {
        "get_attempt",
        "get_exam",
        "get_onboarding_profile_info",
        "get_proctoring_config",
        "mark_erroneous_exam_attempt",
        "on_exam_saved",
        "register_exam_attempt",
        "remove_exam_attempt",
        "retire_user",
        "start_exam_attempt",
        "stop_exam_attempt",
    }


def test_what_fits():
    assert fits({"id": "x"}, {"id": {"$any": "y"}})
    assert not fits({"id": 1}, {"id": {"$any": "y"}})
    assert not fits({"id": ""}, {"id": {"$any": "y"}})
    assert not fits({"id": "x", "more": 1}, {"id": {"$any": "y"}})
    assert not fits([], {"id": {"$any": "y"}})
