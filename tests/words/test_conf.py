"""Settings as real hosts have them."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy

from edx_proctoring import conf, constants

DEFAULTS = {
    "SITE_NAME": "",
    "DEFAULT_REVIEW_POLICY": "Closed Book",
    "ALLOW_REVIEW_UPDATES": True,
    "REQUIRE_FAILURE_SECOND_REVIEWS": True,
    "USE_ONBOARDING_PROFILE_API": False,
    "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS": 60,
    "SOFTWARE_SECURE_CLIENT_TIMEOUT": 30,
    "SOFTWARE_SECURE_SHUT_DOWN_GRACEPERIOD": 10,
    "DASHBOARD_TAB": True,
    "ALLOW_TIMED_OUT_STATE": False,
    "ALLOW_CALLBACK_SIMULATION": False,
    "low_threshold_pct": 0.2,
    "critically_low_threshold_pct": 0.05,
    "DELIVERY": "auto",
    "LINK_URLS": None,
}
PLAIN_FALLBACKS = [setting for setting in conf.PROCTORING if setting.fallback]


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults(settings, name):
    for source in ("PROCTORING_SETTINGS", "SITE_NAME"):
        delattr(settings, source)
    assert getattr(conf.proctoring, name) == DEFAULTS[name]


@pytest.mark.parametrize("setting", PLAIN_FALLBACKS, ids=lambda setting: setting.name)
def test_where_values_come_from(settings, setting):
    values = {bool: (True, False), int: (7, 8), str: ("a", "b")}[setting.type]
    settings.PROCTORING_SETTINGS = {}
    with override_settings(**{setting.name: values[0]}):
        assert getattr(conf.proctoring, setting.name) == values[0]
        settings.PROCTORING_SETTINGS = {setting.name: values[1]}
        assert getattr(conf.proctoring, setting.name) == values[1]


@pytest.mark.parametrize("text", [gettext_lazy("submit"), lazystr("submit")])
def test_texts_may_be_lazy_translations(settings, text):
    settings.PROCTORING_SETTINGS, settings.PLATFORM_NAME = {}, text
    assert conf.proctoring.PLATFORM_NAME == constants.PLATFORM_NAME == "submit"
    assert type(conf.proctoring.PLATFORM_NAME) is str
    settings.PROCTORING_SETTINGS = {"DEFAULT_REVIEW_POLICY": text}
    assert conf.proctoring.DEFAULT_REVIEW_POLICY == "submit"
    settings.PROCTORING_SETTINGS = {"LINK_URLS": text}
    with pytest.raises(ImproperlyConfigured):
        conf.proctoring.LINK_URLS  # noqa: B018  reading it raises


@pytest.mark.parametrize(
    ("variant", "origin"), [("lms", "lms"), ("cms", "cms"), (None, "default"), ("", "default")]
)
def test_the_origin_is_the_hosts_service_variant(settings, variant, origin):
    settings.PROCTORING_SETTINGS, settings.SERVICE_VARIANT = {}, variant
    assert origin == conf.proctoring.ORIGIN
    del settings.SERVICE_VARIANT
    assert conf.proctoring.ORIGIN == "default"
    settings.PROCTORING_SETTINGS = {"ORIGIN": "own"}
    assert conf.proctoring.ORIGIN == "own"


@pytest.mark.needs("contact-address")
def test_senders_and_contacts(settings):
    settings.PROCTORING_SETTINGS = {"STATUS_EMAIL_FROM_ADDRESS": "exams@example.com"}
    assert constants.FROM_EMAIL == "exams@example.com"
    assert constants.DEFAULT_CONTACT_EMAIL == settings.CONTACT_EMAIL
    settings.CONTACT_EMAIL = None
    assert constants.DEFAULT_CONTACT_EMAIL == "exams@example.com"
    settings.PROCTORING_SETTINGS = {"CONTACT_EMAIL": "help@example.com"}
    assert constants.DEFAULT_CONTACT_EMAIL == "help@example.com"


@pytest.mark.parametrize("nothing", [None, {}])
def test_hosts_without_settings(settings, nothing):
    settings.PROCTORING_SETTINGS = nothing
    assert conf.proctoring.ALLOW_REVIEW_UPDATES is True
    assert conf.problems() == []


def test_names_are_read_once_each(settings):
    names = [setting.name for setting in conf.SETTINGS]
    assert len(names) == len(set(names))
    assert all(setting.why for setting in conf.SETTINGS)


@pytest.mark.parametrize("name", sorted(constants._FROM_SETTINGS))
def test_every_constant_can_be_patched_and_restored(monkeypatch, name):
    before = getattr(constants, name)
    with monkeypatch.context() as patched:
        patched.setattr(constants, name, "patched", raising=False)
        assert getattr(constants, name) == "patched"
    vars(constants).pop(name, None)
    assert getattr(constants, name) == before


def test_constants_that_are_not_settings():
    assert constants.VERIFICATION_DAYS_VALID == 365
    assert constants.TIME_MULTIPLIER == "time_multiplier"
    assert constants.PING_FAILURE_PASSTHROUGH_TEMPLATE.format("test") == (
        "edx_proctoring.test_ping_failure_passthrough"
    )
    assert constants.MINIMUM_TIME.tzinfo is None
