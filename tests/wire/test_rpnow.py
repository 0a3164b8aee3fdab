"""PSI's recordings test both sides: our client with a fixed clock, and the simulated PSI."""

import datetime
import json

import pytest
import responses
import time_machine

from demo.simulator import rpnow
from demo.simulator.app import create_app
from demo.simulator.callbacks import Callbacks
from demo.simulator.state import Simulator
from demo.simulator.store import Store
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from tests.demo.test_simulator import Clock, Lms
from tests.wire.recordings import example, fits, recorded

pytestmark = pytest.mark.needs("lms-urls", "django-crum")

BASE = "https://psi.example.com"
NOW = datetime.datetime(2026, 3, 5, 9, 8, 7, tzinfo=datetime.UTC)
RECORDED = recorded("rpnow.json")
each = pytest.mark.parametrize("entry", RECORDED, ids=[one["name"] for one in RECORDED])


def client(options):
    return SoftwareSecureBackendProvider(
        organization="Org",
        exam_sponsor="Sponsor",
        exam_register_endpoint=f"{BASE}/psi/register",
        software_download_url=f"{BASE}/psi/launch",
        secret_key_id="org",
        crypto_key=rpnow.CRYPTO_KEY.decode(),
        send_email=True,
        **{"secret_key": "orgsecret", **options},
    )


@each
def test_the_client_signs_and_reads_as_recorded(entry, settings):
    settings.SITE_NAME, settings.HTTPS = "lms.example.com", "on"
    wanted, answer = entry["request"], entry["response"]
    with responses.RequestsMock() as remote, time_machine.travel(NOW, tick=False):
        body = json.dumps(example(answer["body"]))
        remote.post(f"{BASE}{wanted['path']}", body, status=answer["status"])
        ask = client(entry.get("options", {})).register_exam_attempt
        if "raises" in entry:
            with pytest.raises(BackendProviderCannotRegisterAttempt) as caught:
                ask(*entry["ask"])
            assert caught.value.http_status == entry["raises"]
        else:
            assert ask(*entry["ask"]) == entry["gives"]
        sent = remote.calls[0].request
    assert json.loads(sent.body) == wanted["body"]
    assert {name: sent.headers[name] for name in wanted["headers"]} == wanted["headers"]


class OtherVendor(SoftwareSecureBackendProvider):
    """A vendor with the same protocol, which overrides the published methods of the RPNow provider."""

    def _get_payload(self, exam, context):
        return {**super()._get_payload(exam, context), "ssiProduct": "other"}


def test_a_subclass_can_change_the_document(settings):
    settings.SITE_NAME, settings.HTTPS = "lms.example.com", "on"
    entry = next(one for one in RECORDED if "gives" in one)
    ours = client(entry.get("options", {}))
    with responses.RequestsMock() as remote, time_machine.travel(NOW, tick=False):
        body = json.dumps(example(entry["response"]["body"]))
        remote.post(f"{BASE}{entry['request']['path']}", body)
        ours.__class__ = OtherVendor
        assert ours.register_exam_attempt(*entry["ask"]) == entry["gives"]
        sent = json.loads(remote.calls[0].request.body)
    assert sent == {**entry["request"]["body"], "ssiProduct": "other"}


@each
def test_the_simulator_responds_as_recorded(entry):
    clock = Clock()
    clock.now = NOW.timestamp()
    store = Store(seed=1, clock=clock)
    sim = Simulator(store, Callbacks(store, Lms()))
    wanted, response = entry["request"], entry["response"]
    sim.change_script(entry.get("script", {}))
    answer = (
        create_app(sim)
        .test_client()
        .post(wanted["path"], data=json.dumps(wanted["body"]), headers=wanted["headers"])
    )
    assert answer.status_code == response["status"]
    assert fits(answer.json, response["body"]), answer.json
    store.close()
