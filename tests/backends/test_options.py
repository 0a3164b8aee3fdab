"""Options declared by provider classes: which are passed, which are reported, and which stay secret."""

import logging
from types import SimpleNamespace
from urllib.parse import quote_plus

import pytest
import requests
from django.apps import apps
from django.core.checks import run_checks
from django.utils.translation import gettext_lazy

from edx_proctoring import apps as app_module
from edx_proctoring import operations, outbox
from edx_proctoring.backends import masking, options
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.backends.options import ProviderOption, options_of
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.models import OutboxMessage

KEY = "v3ry/secret key+of=Acme"


class Acme(NullBackendProvider):
    """A third party's provider with its own options."""

    provider_options = (
        ProviderOption("api_key", secret=True, why="The key of the account."),
        ProviderOption("region", default="eu"),
        ProviderOption("retries", int),
    )


class AcmePlus(Acme):
    """Adds one option and changes another."""

    provider_options = (ProviderOption("plan"), ProviderOption("region", default="us"))


@pytest.fixture
def load(settings, monkeypatch):
    """Load `acme` as the app does when it starts; return the provider, or None."""
    config = apps.get_app_config("edx_proctoring")
    monkeypatch.setattr(config, "backend_errors", {})
    monkeypatch.setattr(config, "backend_classes", dict(config.backend_classes))
    monkeypatch.setattr(config, "backends", dict(config.backends))

    def load(provider_class, given):
        class Manager(list):
            def __init__(self, **_how):
                super().__init__([SimpleNamespace(name="acme", plugin=provider_class)])

        monkeypatch.setattr(app_module, "NamedExtensionManager", Manager)
        settings.PROCTORING_BACKENDS = {**settings.PROCTORING_BACKENDS, "acme": given}
        config.backends.update(config._load_backends())
        return config.backends.get("acme")

    return load


def w002():
    return [
        one.msg
        for one in run_checks(tags=["edx_proctoring"])
        if one.id in ("edx_proctoring.W002", "edx_proctoring.E002")
    ]


def test_declared_options_are_passed(load, caplog):
    found = load(Acme, {"api_key": KEY, "retries": 3, "verbose_name": gettext_lazy("Acme")})
    assert (found.api_key, found.retries, found.region) == (KEY, 3, "eu")
    assert w002() == []
    assert "ignored" not in caplog.text


def test_a_class_extends_the_options_of_its_base_classes(load):
    found = load(AcmePlus, {"api_key": KEY, "plan": "big"})
    assert (found.api_key, found.plan, found.region) == (KEY, "big", "us")
    assert {"api_key", "retries", "plan", "verbose_name"} <= options_of(AcmePlus).keys()


def test_unknown_options_are_reported_and_dropped(load):
    found = load(Acme, {"api_ky": KEY, "LINK_URLS": {}})
    assert not hasattr(found, "api_ky")
    assert w002() == ["PROCTORING_BACKENDS['acme'] has unknown options: api_ky."]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"retries": "3"}, "retries is of type str, not int"),
        ({"retries": True}, "retries is of type bool, not int"),
        ({"api_key": 12345678}, "api_key is of type int, not str"),
        ({"has_dashboard": "false"}, "has_dashboard is of type str, not bool"),
    ],
)
def test_a_value_of_the_wrong_type_is_reported_and_passed(load, given, problem):
    found = load(Acme, given)
    assert {name: getattr(found, name) for name in given} == given
    assert w002() == [f"PROCTORING_BACKENDS['acme'] has options of the wrong type: {problem}."]


@pytest.mark.parametrize("given", [{}, {"retries": None}, {"retries": 3}])
def test_unset_options_have_no_wrong_type(load, given):
    load(Acme, given)
    assert w002() == []


@pytest.mark.parametrize("declared", ["api_key", ("api_key",), {"api_key": str}])
def test_an_invalid_declaration_affects_one_provider_only(load, declared):
    wrong = type("Wrong", (NullBackendProvider,), {"provider_options": declared})
    assert load(wrong, {}) is None
    (message,) = w002()
    assert "provider_options of Wrong is not a tuple of ProviderOption" in message


def test_a_provider_that_is_not_a_dictionary_affects_nothing(load):
    assert load(Acme, None) is None
    assert len(w002()) == 1


def test_hosts_may_extend_the_published_list(load):
    published = app_module.BACKEND_CONFIGURATION_ALLOW_LIST
    assert published is options.BACKEND_CONFIGURATION_ALLOW_LIST
    published.append("colour")
    try:
        assert load(Acme, {"colour": "blue"}).colour == "blue"
        assert w002() == []
    finally:
        published.remove("colour")


def test_published_options_are_declared_by_our_classes():
    declared = {
        **options_of(BaseRestProctoringProvider),
        **options_of(SoftwareSecureBackendProvider),
    }
    assert set(options.BACKEND_CONFIGURATION_ALLOW_LIST) <= declared.keys()
    assert {name for name, one in declared.items() if one.secret} == {
        *options.PUBLISHED_SECRETS,
        "review_callback_secret",
    }
    assert all(one.why for one in declared.values())


# Secrets


def leak(log, *texts):
    error = requests.ConnectionError(f"https://acme.example.com/?key={quote_plus(KEY)}")
    log.warning("asked %s with %s", *texts, KEY)
    log.error("not asked: %r", error)
    try:
        raise error
    except requests.RequestException:
        log.exception("not asked")


@pytest.mark.parametrize(
    "name",
    ["edx_proctoring.outbox", "edx_proctoring_views", "urllib3.connectionpool", Acme.__module__],
)
def test_secrets_are_not_in_the_log(load, caplog, name):
    load(Acme, {"api_key": KEY})
    leak(logging.getLogger(name), "x")
    assert "asked x with ***" in caplog.text
    assert "https://acme.example.com/?key=***" in caplog.text
    assert "Traceback" in caplog.text
    assert KEY not in caplog.text
    assert quote_plus(KEY) not in caplog.text


def test_other_log_records_are_unchanged(load, caplog):
    load(Acme, {"api_key": KEY})
    logging.getLogger("edx_proctoring.outbox").warning("nothing of %s", "interest")
    (record,) = caplog.records
    assert (record.msg, record.args) == ("nothing of %s", ("interest",))


@pytest.mark.parametrize("key", ["ab", "", None])
def test_other_values_are_not_masked(load, key):
    load(Acme, {"api_key": key})
    assert masking.without_secrets("a table of None, abc") == "a table of None, abc"


def test_a_short_secret_is_masked_as_a_separate_word(load):
    load(Acme, {"api_key": "secret"})
    text = masking.without_secrets("client_secret, secrets, key=secret&x")
    assert text == "client_secret, secrets, key=***&x"


def test_secrets_of_a_provider_that_cannot_be_instantiated(load, caplog):
    class Fails(Acme):
        def __init__(self, **kwargs):
            raise ValueError(f"no account for {kwargs['api_key']}")

    assert load(Fails, {"api_key": KEY}) is None
    (message,) = w002()
    assert "no account for ***" in message
    assert KEY not in caplog.text
    assert "no account for ***" in caplog.text


def test_an_invalid_declaration_breaks_no_log_call(load, caplog):
    wrong = type("Wrong", (NullBackendProvider,), {"provider_options": ("api_key",)})
    apps.get_app_config("edx_proctoring").backends["wrong"] = wrong(client_secret=KEY)
    logging.getLogger("edx_proctoring.outbox").warning("asked with %s", KEY)
    assert "asked with ***" in caplog.text


def test_secrets_are_masked_before_a_response_is_shortened(load):
    load(Acme, {"api_key": KEY})
    text = "x" * (masking.LOGGED_CHARACTERS - 5) + KEY
    shown = masking.masked_cause(http_error(text))
    assert KEY[:5] not in shown
    assert KEY not in masking.masked_cause(ValueError(KEY))


def http_error(text):
    error = ValueError()
    error.content, error.http_status = text, 502
    return error


def test_secrets_are_not_in_the_repr(load):
    found = load(Acme, {"api_key": KEY})
    assert KEY not in repr(found) + str(found)
    assert KEY not in repr(ProviderOption("api_key", default=KEY, secret=True))


class Loud(Acme):
    """Its exceptions contain the key."""

    has_service = True

    def ping(self):
        raise requests.ConnectionError(f"https://acme.example.com/?key={quote_plus(KEY)}")


@pytest.mark.django_db
def test_the_doctor_shows_no_secrets(load):
    load(Loud, {"api_key": KEY})
    found = {one.subject: one for one in operations.diagnose(30)}
    assert found["provider acme"].state == "error"
    assert "key=***" in found["provider acme"].text
    assert quote_plus(KEY) not in str([one.as_dict() for one in found.values()])


@pytest.fixture
def _leaking():
    """Register a kind of message whose delivery fails with the key in its error."""

    def fails(message):
        raise ValueError(f"key={KEY}")

    outbox.register("leaking", fails)
    yield
    outbox.unregister("leaking")


@pytest.mark.django_db
@pytest.mark.usefixtures("_leaking")
def test_stored_errors_have_no_secrets(load):
    load(Acme, {"api_key": KEY})
    outbox.put(outbox.Draft("leaking", "a", "a", {}))
    OutboxMessage.objects.filter(key="a").update(lease="", lease_until=None)
    outbox.deliver()
    assert OutboxMessage.objects.get(key="a").last_error == "ValueError: key=***"


def test_options_of_other_classes_are_empty():
    assert "verbose_name" in options_of(ProctoringBackendProvider)
    assert options_of(object()) == {}
