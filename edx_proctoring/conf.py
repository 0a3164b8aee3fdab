"""Every setting: its name, default and type, and one line of why. Settings are read when they are used.

`proctoring` reads PROCTORING_SETTINGS, `django` the Django settings that the app shares with its host. A wrong value is
reported by a system check and raises ImproperlyConfigured when it is used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise


@dataclass(frozen=True)
class Setting:
    """One setting. `default` may be a function that looks further."""

    name: str
    default: Any
    type: type | tuple[type, ...]
    why: str
    fallback: bool = (
        False  # is a Django setting of the same name read where PROCTORING_SETTINGS has none?
    )

    def kinds(self) -> str:
        """The types of its values, to read."""
        types = self.type if isinstance(self.type, tuple) else (self.type,)
        return " or ".join("None" if one is type(None) else one.__name__ for one in types)

    def default_value(self) -> Any:
        """The value where nothing is set."""
        return self.default() if callable(self.default) else self.default


def _setting(name: str, otherwise: Any = None) -> Callable[[], Any]:
    def default() -> Any:
        return getattr(django_settings, name, None) or otherwise

    default.__doc__ = f"the setting ``{name}``" + (f", else ``{otherwise!r}``" if otherwise else "")
    return default


def _contact() -> Any:
    """the setting ``CONTACT_EMAIL``, else ``STATUS_EMAIL_FROM_ADDRESS``"""
    return getattr(django_settings, "CONTACT_EMAIL", None) or proctoring.STATUS_EMAIL_FROM_ADDRESS


_TEXT = (str, type(None))

PROCTORING = (
    Setting("SITE_NAME", "", str, "host part of links in mails and towards providers", True),
    Setting("PLATFORM_NAME", "", str, "the platform's name on pages and in mails", True),
    Setting(
        "STATUS_EMAIL_FROM_ADDRESS",
        _setting("DEFAULT_FROM_EMAIL"),
        str,
        "sender of status e-mails",
    ),
    Setting(
        "CONTACT_EMAIL",
        _contact,
        str,
        "contact of learners whose provider has none of its own",
    ),
    Setting("LINK_URLS", None, (dict, type(None)), "links shown to learners: faq, contact_us, …"),
    Setting("ALLOW_REVIEW_UPDATES", True, bool, "may a later review replace an earlier one", True),
    Setting("DEFAULT_REVIEW_POLICY", "Closed Book", str, "RPNow's rules without a policy", True),
    Setting(
        "REQUIRE_FAILURE_SECOND_REVIEWS",
        True,
        bool,
        "a person confirms what a provider finds suspicious before it is a rejection",
        True,
    ),
    Setting("SOFTWARE_SECURE_CLIENT_TIMEOUT", 30, int, "kept for readers of the constant", True),
    Setting(
        "SOFTWARE_SECURE_SHUT_DOWN_GRACEPERIOD", 10, int, "kept for readers of the constant", True
    ),
    Setting(
        "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS",
        60,
        int,
        "how often a page asks whether the provider's software still runs",
        True,
    ),
    Setting(
        "USE_ONBOARDING_PROFILE_API",
        False,
        bool,
        "ask the provider how far a learner's onboarding is",
        True,
    ),
    Setting("ALLOW_TIMED_OUT_STATE", False, bool, "keep timed_out instead of submitted"),
    Setting(
        "ALLOW_CALLBACK_SIMULATION",
        False,
        bool,
        "accept RPNow reviews for testing, with DEBUG only",
    ),
    Setting("low_threshold_pct", 0.2, (int, float), "share of the time at which the timer warns"),
    Setting(
        "critically_low_threshold_pct",
        0.05,
        (int, float),
        "share of the time at which the timer warns for the last time",
    ),
    Setting(
        "DELIVERY",
        "auto",
        str,
        "who delivers messages: 'celery', 'inline', or 'auto', Celery where it has a broker",
    ),
    Setting(
        "ORIGIN",
        _setting("SERVICE_VARIANT", "default"),
        str,
        "tells processes apart that share a database but not their services (LMS and Studio)",
    ),
    Setting("OUTBOX_KEEP_DAYS", 30, int, "delivered messages are deleted after so long"),
    Setting("OUTBOX_KEEP_GIVEN_UP_DAYS", 90, int, "given-up messages are deleted after so long"),
    Setting("OUTBOX_GIVE_UP_DAYS", 7, int, "undeliverable messages are given up after so long"),
    Setting("OUTBOX_LEASE_SECONDS", 120, int, "a delivery that takes longer counts as dead"),
    Setting("LONGEST_PAUSE_MINUTES", 15, int, "a pause that lasts longer is reported to staff"),
    Setting("LATE_MINUTES", 10, int, "a sweep or message that is so late is reported by checks"),
    Setting("ASK_DEADLINE_SECONDS", 30, (int, float), "how long a provider may take to answer"),
    Setting(
        "TELL_DEADLINE_SECONDS",
        3,
        (int, float),
        "how long a message to a provider may keep a worker, and so everybody's mails, waiting",
    ),
    Setting(
        "INLINE_EXAM_SAVE_DEADLINE_SECONDS",
        5,
        (int, float),
        "how long saving exams may wait for the provider before it is left to the worker",
    ),
    Setting(
        "SLOW_SECONDS",
        2,
        (int, float),
        "a host service, event tracker or receiver that takes longer is left to the worker for 30 s",
    ),
    Setting("LANGUAGE_OF_USER", None, _TEXT, "dotted path to a function(user) → language code"),
    Setting(
        "AUTHENTICATION_CLASSES",
        None,
        (list, tuple, type(None)),
        "REST authentication; default session and, with edx-drf-extensions, JWT",
    ),
    Setting(
        "FRAME_ANCESTORS",
        (),
        (list, tuple),
        "further origins whose pages may show errors of the instructor's panel in a frame",
    ),
    Setting("REQUIRE_ENROLLMENT", False, bool, "learners must be enrolled to read and to begin"),
    Setting("THROTTLES", {}, dict, "REST throttle rates by scope; none by default"),
    Setting(
        "PRACTICE_ATTEMPTS_PER_HOUR",
        20,
        int,
        "how many practice and onboarding attempts a learner may create or reset by REST in an hour; 0: any number",
    ),
    Setting("MAX_REQUEST_BYTES", 65_536, int, "the largest body of a REST request, else 413"),
    Setting(
        "MAX_DOCUMENT_BYTES",
        524_288,
        int,
        "the same for reviews, allowances in bulk and the registration of a course's exams",
    ),
    Setting(
        "REVIEW_CALLBACK_ANY_BACKEND",
        False,
        bool,
        "as published: the anonymous review callback takes reviews of any provider's exams",
    ),
    Setting(
        "ALLOW_CALLBACK_SIMULATION_IN_PRODUCTION",
        False,
        bool,
        "as published: ALLOW_CALLBACK_SIMULATION counts without DEBUG, too",
    ),
    Setting(
        "READY_CALLBACK_ANY_USER", False, bool, "as published: anyone may report an attempt ready"
    ),
    Setting(
        "ALLOWANCES_FOR_ANYONE",
        False,
        bool,
        "as published: by REST course staff grant allowances to any user, also by number, and read their addresses",
    ),
    Setting(
        "START_CALLBACK_SUBMITS",
        False,
        bool,
        "as published: the start callback submits a running attempt without asking who calls",
    ),
    Setting(
        "START_CALLBACK_WITHOUT_TOKEN",
        False,
        bool,
        "as published: the start callback marks any provider's attempt ready for whoever has its code",
    ),
    Setting(
        "TIMED_EXAM_FALLS_THROUGH",
        False,
        bool,
        "as published: a timed exam is open, without a clock, in every status that has no screen",
    ),
    Setting(
        "DECLINE_WHILE_RUNNING",
        False,
        bool,
        "as published: learners may opt out of proctoring after they have started the exam",
    ),
    Setting(
        "OPT_OUT_ANYWAY",
        False,
        bool,
        "as published: a declined exam is open also where the course allows no opting out",
    ),
    Setting(
        "ALLOW_START_WITHOUT_SETUP",
        False,
        bool,
        "as published: learners may start a proctored exam before the provider is ready",
    ),
)

DJANGO = (
    Setting("PROCTORING_BACKENDS", {}, dict, "the providers by name, their options, and DEFAULT"),
    Setting("PROCTORING_USER_OBFUSCATION_KEY", "", str, "key of the user ids that providers get"),
    Setting(
        "PROCTORED_EXAM_VIEWABLE_PAST_DUE",
        False,
        bool,
        "learners see content and results after the due date",
    ),
    Setting("HTTPS", "on", str, "'on': links are https"),
    Setting("TECH_SUPPORT_EMAIL", "", str, "shown on proctored pages"),
    Setting("LEARNING_MICROFRONTEND_URL", "", _TEXT, "address of the learning micro-frontend"),
    Setting(
        "INSTRUCTOR_MICROFRONTEND_URL",
        "",
        _TEXT,
        "address of the instructor dashboard's micro-frontend",
    ),
    Setting("LMS_ROOT_URL", None, _TEXT, "address of the LMS"),
    Setting("ENV_ROOT", None, object, "folder of workers.json"),
    Setting("NODE_MODULES_ROOT", None, object, "where providers' npm modules are"),
    Setting("LANGUAGE_CODE", "en-us", str, "language of learners whose own one is not known"),
    Setting("DEBUG", False, bool, "development"),
)

SETTINGS = (*PROCTORING, *DJANGO)


def _checked(setting: Setting, value: Any, where: str) -> Any:
    if isinstance(value, Promise) and issubclass(str, setting.type):
        return str(value)  # hosts have their name translated
    if not isinstance(value, setting.type) or (
        isinstance(value, bool) and setting.type in (int, (int, float))
    ):
        raise ImproperlyConfigured(
            f"{where} has the value {value!r}, not {setting.kinds()}; it says: {setting.why}."
        )
    return value


class _Proctoring:
    """PROCTORING_SETTINGS, read at each use."""

    _settings = {setting.name: setting for setting in PROCTORING}  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        setting = self._settings.get(name)
        if setting is None:
            raise AttributeError(name)
        values = getattr(django_settings, "PROCTORING_SETTINGS", None) or {}
        if name in values:
            return _checked(setting, values[name], f"PROCTORING_SETTINGS[{name!r}]")
        if setting.fallback and hasattr(django_settings, name):
            return _checked(setting, getattr(django_settings, name), name)
        return setting.default_value()


class _Django:
    """Django settings, read at each use."""

    _settings = {setting.name: setting for setting in DJANGO}  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        setting = self._settings.get(name)
        if setting is None:
            raise AttributeError(name)
        if not hasattr(django_settings, name):
            return setting.default_value()
        return _checked(setting, getattr(django_settings, name), name)


proctoring: _Proctoring = _Proctoring()
django: _Django = _Django()


def default_provider() -> str | None:
    """The name of the default provider, or None."""
    name: str | None = django.PROCTORING_BACKENDS.get("DEFAULT")
    return name


def problems() -> list[str]:
    """What is wrong with the settings, one sentence each."""
    found = []
    for reader, settings in ((proctoring, PROCTORING), (django, DJANGO)):
        for setting in settings:
            try:
                getattr(reader, setting.name)
            except ImproperlyConfigured as error:
                found.append(str(error))
    return found
