"""The recordings test both sides: our client and the simulated provider."""

import copy
import json
from urllib.parse import urlsplit

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
from edx_proctoring.testing.contract.base import ONBOARDING
from edx_proctoring.testing.contract.wire import REST_ANSWERS
from tests.demo.test_simulator import Clock, Lms
from tests.wire.recordings import example, fits, recorded

pytestmark = pytest.mark.needs("django-crum")

BASE = "https://provider.example.com"
COURSE = "course-v1:Org+Course+Run"
RECORDED = recorded("rest.json")
BY_SIMULATOR = [one for one in RECORDED if "not_by_the_simulator" not in one]
each = pytest.mark.parametrize("entry", RECORDED, ids=[one["name"] for one in RECORDED])


def error_of(name):
    return getattr(exceptions, name, None) or getattr(requests.exceptions, name)


@each
def test_the_client_sends_and_reads_as_recorded(entry, settings):
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
    """A simulator with an exam and an attempt."""
    store = Store(seed=1, clock=Clock())
    sim = Simulator(store, Callbacks(store, Lms()))
    store.save_exam("EXAM", {"course_id": COURSE, "exam_name": "Final"})
    context = RECORDED[0]["request"]["body"]
    known = store.add_attempt("EXAM", context)
    store.write("UPDATE attempts SET id = 'ATTEMPT' WHERE id = ?", known)
    yield sim
    store.close()


@pytest.mark.parametrize("entry", BY_SIMULATOR, ids=[one["name"] for one in BY_SIMULATOR])
def test_the_simulator_responds_as_recorded(entry, simulator):
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
def test_the_simulator_requires_a_token(entry, simulator, authorization):
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
        "continue_exam_attempt",
        "extend_exam_attempt",
        "get_attempt",
        "get_exam",
        "get_onboarding_profile_info",
        "get_proctoring_config",
        "mark_erroneous_exam_attempt",
        "on_exam_saved",
        "pause_exam_attempt",
        "register_exam_attempt",
        "remove_exam_attempt",
        "retire_user",
        "start_exam_attempt",
        "stop_exam_attempt",
    }


def test_values_that_match_a_recording():
    assert fits({"id": "x"}, {"id": {"$any": "y"}})
    assert not fits({"id": 1}, {"id": {"$any": "y"}})
    assert not fits({"id": ""}, {"id": {"$any": "y"}})
    assert not fits({"id": "x", "more": 1}, {"id": {"$any": "y"}})
    assert not fits([], {"id": {"$any": "y"}})


OF_THE_KIT = {
    "register": "a registration",
    "notify started": "a notice: started",
    "notify submitted": "a notice: submitted",
    "notify error": "a notice: error",
    "notify extended": "a notice: time granted",
    "notify paused": "a notice: paused",
    "notify continued": "a notice: going on",
    "remove": "a removal",
    "remove gone": "a removal of what is gone",
    "remove unconfirmed": "a removal that is not confirmed",
    "exam": "a changed exam",
    "config": "the configuration",
    "profile": "a learner's onboarding",
    "profiles": "a page of a course's onboarding",
    "retire": "a learner whose data are deleted",
    "retire unknown": "a learner whom the provider does not know",
    **{
        f"onboarding_{word}": f"a registration that needs onboarding: {word}" for word in ONBOARDING
    },
}


@pytest.mark.parametrize("case", REST_ANSWERS)
def test_the_provider_contract_uses_the_same_recordings(case):
    """The recordings in the wheel for `ProviderContract` equal these files."""
    (known,) = [one for one in RECORDED if one["name"] == OF_THE_KIT[case]]
    kit, response = REST_ANSWERS[case], known["response"]
    assert kit.status == response["status"]
    answer, wanted = kit.answer, example(response["body"])
    if isinstance(answer, dict):
        assert answer.keys() == wanted.keys()
    assert type(answer) is type(wanted)
    if kit.request is None:
        return
    assert kit.request["method"] == known["request"]["method"]
    path = kit.request["path"].replace("exam-1", "EXAM").replace("attempt-1", "ATTEMPT")
    parts = zip(path.split("/"), urlsplit(known["request"]["path"]).path.split("/"), strict=True)
    assert [ours for ours, theirs in parts if ours != theirs] in ([], ["u"])
    assert (kit.request.get("body") or {}).keys() <= (known["request"]["body"] or {}).keys()
