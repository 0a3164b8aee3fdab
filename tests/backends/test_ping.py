"""Health checks of providers, and how the doctor and the states report them."""

import pytest
import requests
from django.apps import apps

from edx_proctoring.backends import provider_states
from edx_proctoring.backends.breaker import FAILURES
from edx_proctoring.backends.null import NullBackendProvider
from tests.backends.test_software_secure import psi
from tests.operations.test_diagnostics import finding, remote, use  # noqa: F401  fixtures

pytestmark = pytest.mark.django_db


class Custom(NullBackendProvider):
    """A provider with another protocol."""

    has_service = True


class Pinged(Custom):
    """Implements `ping()`."""

    answer = None

    def ping(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def use_custom(provider_class=Pinged, **options):
    apps.get_app_config("edx_proctoring").backends["custom"] = provider_class(**options)


def test_a_custom_provider_without_ping_is_not_checked():
    use_custom(Custom)
    found = finding("provider custom")
    assert found.state == "note"
    assert "ping()" in found.hint
    assert "custom" not in provider_states()


def test_a_custom_provider_that_responds():
    use_custom()
    found = finding("provider custom")
    assert found.state == "ok"
    assert found.text.startswith("answers in ")
    assert found.numbers.keys() == {"milliseconds"}
    assert provider_states()["custom"].failures == 0


def test_the_error_of_a_custom_provider_is_shown():
    response = requests.Response()
    response.status_code = 403
    use_custom(answer=requests.HTTPError("no", response=response))
    found = finding("provider custom")
    assert (found.state, found.numbers["status"]) == ("error", 403)
    assert provider_states()["custom"].failures == 0  # it is there


def test_states_include_the_doctors_result_of_a_custom_provider():
    use_custom(answer=requests.ConnectionError("refused"))
    for _ in range(FAILURES):
        assert finding("provider custom").text == "unreachable: ConnectionError: refused"
    assert provider_states()["custom"].is_down
    assert finding("requests to custom").state == "error"
    use_custom()
    assert finding("provider custom").state == "ok"
    assert not provider_states()["custom"].is_down


def test_the_doctor_does_not_open_the_circuit_breaker():
    """Its deadline may be shorter than that of learners."""
    use("http://127.0.0.1:9")
    for _ in range(FAILURES):
        assert finding("provider remote").state == "error"
    assert provider_states()["remote"].failures == 0


@pytest.mark.parametrize(("status", "state"), [(405, "ok"), (500, "error")])
def test_psi_gets_a_harmless_request(remote, status, state):  # noqa: F811  a fixture
    remote.status = status
    provider = psi()
    provider.exam_register_endpoint = remote.url()
    apps.get_app_config("edx_proctoring").backends["psi"] = provider
    found = finding("provider psi")
    assert (found.state, found.numbers["status"]) == (state, status)
