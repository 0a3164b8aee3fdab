"""System checks."""

import pytest
from celery import current_app
from django.apps import apps
from django.core.checks import run_checks
from django.db import connection
from django.urls import path

from edx_proctoring import checks
from edx_proctoring.crypto import obscured_user_id
from edx_proctoring.testing.providers import FakeProvider

urlpatterns = [path("nothing", lambda request: None)]


def messages():
    return run_checks(tags=["edx_proctoring"])


def found():
    """Return the ids in their order; Django stores checks in a set and runs them in any order."""
    return sorted(message.id.rpartition(".")[2] for message in messages())


@pytest.fixture
def proctoring(settings):
    """Change PROCTORING_SETTINGS."""

    def change(**values):
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **values}

    return change


def test_a_correct_configuration_has_no_findings():
    assert found() == []


@pytest.mark.parametrize("value", [5, "by pigeon"])
def test_E001_a_wrong_setting(proctoring, value):
    proctoring(DELIVERY=value)
    assert found() == ["E001"]


def test_E001_names_the_value_and_the_expected_type(proctoring):
    proctoring(ALLOW_REVIEW_UPDATES="yes")
    (message,) = run_checks(tags=["edx_proctoring"])
    assert "PROCTORING_SETTINGS['ALLOW_REVIEW_UPDATES'] has the value 'yes', not bool" in str(
        message
    )


def test_E001_providers_that_are_not_a_dictionary(settings):
    settings.PROCTORING_BACKENDS = ["null"]
    assert found() == ["E001", "W001"]


@pytest.mark.parametrize("key", ["STAFF_BASE_TEMPLATE", "LEARNER_BASE_TEMPLATE"])
def test_E006_a_base_template_that_cannot_be_loaded(proctoring, key):
    proctoring(**{key: "proctoring/staff/base.html"})
    assert found() == []
    proctoring(**{key: "absent.html"})
    (message,) = messages()
    assert message.id == "edx_proctoring.E006"
    assert "absent.html" in message.msg


@pytest.mark.parametrize("switch", checks.SWITCHES)
def test_I001_switches_that_are_set(proctoring, switch):
    proctoring(**{switch: True})
    assert found() == ["I001"]
    assert switch in messages()[0].msg


@pytest.mark.parametrize("backends", [{"DEFAULT": "gone"}, {"null": {}}, {}])
def test_W001_no_default_provider(settings, backends):
    settings.PROCTORING_BACKENDS = backends
    assert found() == ["W001"]


def test_E002_a_provider_that_cannot_be_used_does_not_stop_the_site(settings, monkeypatch, caplog):
    config = apps.get_app_config("edx_proctoring")
    monkeypatch.setattr(config, "backend_errors", {})
    settings.PROCTORING_BACKENDS = {"DEFAULT": "null", "null": {}, "software_secure": {}}
    monkeypatch.setattr(
        config, "backends", {**dict(config._load_backends()), "test": FakeProvider()}
    )
    assert "null" in config.backends
    assert "software_secure" not in config.backends
    assert found() == ["E002"]
    assert "cannot be used" in caplog.text


def test_E002_a_provider_that_cannot_be_imported(monkeypatch, caplog):
    config = apps.get_app_config("edx_proctoring")
    monkeypatch.setattr(config, "backend_errors", {})

    class EntryPoint:
        name = "broken"

    config._not_imported(None, EntryPoint, ImportError("ugettext"))
    assert "ugettext" in config.backend_errors["broken"]
    assert found() == ["E002"]


def test_W009_a_provider_that_is_not_installed(settings):
    settings.PROCTORING_BACKENDS = {**settings.PROCTORING_BACKENDS, "proctortrack": {}}
    assert found() == ["W009"]
    assert "proctortrack" in messages()[0].msg


def test_W002_unknown_options(settings):
    options = {"base_ulr": "https://x", "LINK_URLS": {}, "timeout": 3}
    settings.PROCTORING_BACKENDS = {**settings.PROCTORING_BACKENDS, "null": options}
    assert found() == ["W002"]
    assert "base_ulr." in messages()[0].msg


def test_W003_no_obfuscation_key(settings):
    settings.PROCTORING_USER_OBFUSCATION_KEY = ""
    assert found() == ["W003"]


def test_W003_not_if_no_provider_gets_ids(settings):
    settings.PROCTORING_USER_OBFUSCATION_KEY = ""
    settings.PROCTORING_BACKENDS = {"DEFAULT": "null", "null": {}}
    assert found() == []


@pytest.mark.needs("lms")
def test_W005_the_urls_of_the_app_are_missing(settings):
    settings.ROOT_URLCONF = "tests.test_checks"
    assert found() == ["W005"]


def test_W004_pages_of_the_host_are_missing(settings):
    settings.ROOT_URLCONF = "tests.projects.studio_urls"
    settings.SERVICE_VARIANT = "cms"
    assert found() == []
    settings.ROOT_URLCONF = "tests.urls_without_pages"
    settings.SERVICE_VARIANT = "lms"
    assert found() == ["W004", "W004", "W004"]
    hints = [one.hint for one in run_checks(tags=["edx_proctoring"])]
    assert "the course's id and the content's" in hints[0]


@pytest.fixture
def celery():
    """Celery's configuration."""
    before = {name: current_app.conf[name] for name in ("broker_url", "task_always_eager")}
    yield current_app.conf
    current_app.conf.update(before)


@pytest.mark.parametrize(
    ("url", "eager", "ids"),
    [(None, False, ["W006"]), ("memory://", False, []), (None, True, [])],
)
def test_W006_no_broker(proctoring, celery, url, eager, ids):
    proctoring(DELIVERY="celery")
    celery.update(broker_url=url, task_always_eager=eager)
    assert found() == ids


def test_W006_the_default_address_of_celery_does_not_count(proctoring, celery):
    """An incomplete setting is reported with the missing part."""
    proctoring(DELIVERY="celery")
    celery.update(broker_url="amqp://guest@localhost//", task_always_eager=False)
    (warning,) = run_checks(tags=["edx_proctoring"])
    assert warning.id == "edx_proctoring.W006"
    assert "amqp://guest@localhost//, does not count" in warning.hint
    celery.update(broker_url="amqp://guest:guest@localhost//")
    assert found() == []


def database():
    return [
        message
        for message in run_checks(tags=["database"], databases=["default"])
        if message.id.startswith("edx_proctoring.")
    ]


@pytest.mark.django_db
def test_W007_a_database_of_an_older_version():
    assert database() == []
    table = "proctoring_outbox"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    try:
        assert [message.id for message in database()] == ["edx_proctoring.W007"]
        assert table in database()[0].msg
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE elsewhere RENAME TO {table}")


@pytest.mark.django_db
def test_W007_a_column_is_missing():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE proctoring_outbox RENAME COLUMN origin TO origins")
    try:
        assert "proctoring_outbox.origin." in database()[0].msg
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE proctoring_outbox RENAME COLUMN origins TO origin")


def test_W008_no_site_name(proctoring):
    proctoring(SITE_NAME="")
    assert found() == ["W008"]


def test_every_message_has_a_hint(settings, proctoring):
    proctoring(SITE_NAME="", START_CALLBACK_SUBMITS=True)
    settings.PROCTORING_BACKENDS = {"DEFAULT": "x", "other": {}, "null": {"a": 1}}
    settings.PROCTORING_USER_OBFUSCATION_KEY = ""
    every = messages()
    assert {one.id[-4:] for one in every} == {"W001", "W002", "W003", "W009", "I001", "W008"}
    assert all(one.hint for one in every)


@pytest.fixture
def reviewed(monkeypatch):
    """A provider whose reviews arrive without authentication."""
    fake = FakeProvider()
    fake.takes_anonymous_reviews = True
    fake.review_callback_secret, fake.review_callback_networks = "", ()
    fake.review_callback_proxies = ()
    config = apps.get_app_config("edx_proctoring")
    monkeypatch.setattr(config, "backends", {**config.backends, "test": fake})
    return fake


def test_W010_unrestricted_reviews(reviewed):
    assert found() == ["W010"]
    assert "['review_callback_secret']" in messages()[0].hint


@pytest.mark.parametrize(
    "options",
    [{"review_callback_secret": "sesame"}, {"review_callback_networks": ["192.0.2.0/24"]}],
)
def test_W010_reviews_of_a_known_sender(reviewed, options):
    for name, value in options.items():
        setattr(reviewed, name, value)
    assert found() == []


@pytest.mark.parametrize("option", ["review_callback_networks", "review_callback_proxies"])
@pytest.mark.parametrize("value", ["192.0.2.0/24", ["nonsense"], ["192.0.2.0/240"]])
def test_E004_invalid_networks(reviewed, option, value):
    reviewed.review_callback_secret = "sesame"
    setattr(reviewed, option, value)
    assert found() == ["E004"]
    assert option in messages()[0].msg


def test_E005_a_name_that_begins_with_a_digit(monkeypatch):
    config = apps.get_app_config("edx_proctoring")
    monkeypatch.setattr(config, "backends", {**config.backends, "7sins": FakeProvider()})
    assert found() == ["E005"]


def test_E005_prevents_equal_ids():
    assert obscured_user_id(1, "7sins") == obscured_user_id(17, "sins")
