"""Every setting with its name, default, type and a description. Settings are read when they are used.

`proctoring` reads PROCTORING_SETTINGS; `django` reads the Django settings that the app shares with its host. An invalid
value is reported by a system check and raises ImproperlyConfigured when it is used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise


@dataclass(frozen=True)
class Setting:
    """One setting. `default` may be a function that computes the default."""

    name: str
    default: Any
    type: type | tuple[type, ...]
    why: str
    # Whether to read a Django setting of the same name if PROCTORING_SETTINGS has none.
    fallback: bool = False

    def kinds(self) -> str:
        """Return the types of the value as text."""
        types = self.type if isinstance(self.type, tuple) else (self.type,)
        return " or ".join("None" if one is type(None) else one.__name__ for one in types)

    def default_value(self) -> Any:
        """Return the value if nothing is set."""
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
    Setting("SITE_NAME", "", str, "host part of links in e-mails and to providers", True),
    Setting("PLATFORM_NAME", "", str, "the platform's name on pages and in e-mails", True),
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
        "contact for learners whose provider has none of its own",
    ),
    Setting("LINK_URLS", None, (dict, type(None)), "links shown to learners: faq, contact_us, …"),
    Setting(
        "ALLOW_REVIEW_UPDATES",
        True,
        bool,
        "whether a later review may replace an earlier one",
        True,
    ),
    Setting(
        "DEFAULT_REVIEW_POLICY",
        "Closed Book",
        str,
        "RPNow's rules for exams without a review policy",
        True,
    ),
    Setting(
        "REQUIRE_FAILURE_SECOND_REVIEWS",
        True,
        bool,
        "whether staff must confirm a suspicious review before the attempt is rejected",
        True,
    ),
    Setting(
        "SOFTWARE_SECURE_CLIENT_TIMEOUT",
        30,
        int,
        "no effect; kept for code that reads the constant",
        True,
    ),
    Setting(
        "SOFTWARE_SECURE_SHUT_DOWN_GRACEPERIOD",
        10,
        int,
        "no effect; kept for code that reads the constant",
        True,
    ),
    Setting(
        "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS",
        60,
        int,
        "how often a page checks that the provider's software is still running",
        True,
    ),
    Setting(
        "USE_ONBOARDING_PROFILE_API",
        False,
        bool,
        "whether to take onboarding statuses from the provider",
        True,
    ),
    Setting(
        "DASHBOARD_TAB",
        True,
        bool,
        "whether Open edX's instructor dashboard gets a tab that leads to the staff page",
    ),
    Setting(
        "ALLOW_TIMED_OUT_STATE",
        False,
        bool,
        "whether overdue attempts become timed_out instead of submitted",
    ),
    Setting(
        "ALLOW_CALLBACK_SIMULATION",
        False,
        bool,
        "whether to accept simulated RPNow reviews for testing, with DEBUG only",
    ),
    Setting(
        "low_threshold_pct", 0.2, (int, float), "share of the time left at which the timer warns"
    ),
    Setting(
        "critically_low_threshold_pct",
        0.05,
        (int, float),
        "share of the time left at which the timer warns for the last time",
    ),
    Setting("SHOW_REVIEW_COMMENTS", False, bool, "learners who failed see all review comments"),
    Setting("RESULT_BUSINESS_DAYS", 0, int, "days until the result that receipts name; 0: no date"),
    Setting("INTERRUPTION_EMAILS", True, bool, "e-mails about an interruption and its end"),
    Setting("EXAM_IN_EMAIL_SUBJECTS", False, bool, "exam and course in published subjects"),
    Setting(
        "DELIVERY",
        "auto",
        str,
        "how messages are delivered: 'celery', 'inline', or 'auto' (by Celery if it has a broker)",
    ),
    Setting(
        "ORIGIN",
        _setting("SERVICE_VARIANT", "default"),
        str,
        "distinguishes processes that share a database but not their services (LMS and Studio)",
    ),
    Setting("OUTBOX_KEEP_DAYS", 30, int, "delivered messages are deleted after this time"),
    Setting("OUTBOX_KEEP_GIVEN_UP_DAYS", 90, int, "for given-up ones, bulk actions and imports"),
    Setting("OUTBOX_GIVE_UP_DAYS", 7, int, "undeliverable messages are given up after this time"),
    Setting(
        "COMPILE_QUERIES_ONCE",
        True,
        bool,
        "whether frequent queries are compiled to SQL once in each process; saves CPU time, changes no result",
    ),
    Setting("OUTBOX_LEASE_SECONDS", 120, int, "a delivery that takes longer counts as lost"),
    Setting(
        "LONGEST_PAUSE_MINUTES",
        15,
        int,
        "how long a pause should last at most; the stored minutes cover this time, and the sweep extends them for longer pauses",
    ),
    Setting(
        "HEALTH_TOKEN",
        "",
        str,
        "monitoring that sends Authorization: Bearer <this> may read the health report, like global staff; empty: nobody",
    ),
    Setting("LATE_MINUTES", 10, int, "checks report a sweep or message that is later than this"),
    Setting("ASK_DEADLINE_SECONDS", 30, (int, float), "how long a provider may take to respond"),
    Setting(
        "TELL_DEADLINE_SECONDS",
        3,
        (int, float),
        "how long a notice to a provider may block a worker, and so delay all e-mails",
    ),
    Setting(
        "INLINE_EXAM_SAVE_DEADLINE_SECONDS",
        5,
        (int, float),
        "how long saving exams may wait for the provider before the worker takes over",
    ),
    Setting(
        "SLOW_SECONDS",
        2,
        (int, float),
        "a host service, event tracker or receiver that takes longer is skipped by requests for 30 s",
    ),
    Setting("LANGUAGE_OF_USER", None, _TEXT, "dotted path to a function(user) → language code"),
    Setting(
        "AUTHENTICATION_CLASSES",
        None,
        (list, tuple, type(None)),
        "REST authentication; by default session and, with edx-drf-extensions, JWT",
    ),
    Setting(
        "FRAME_ANCESTORS",
        (),
        (list, tuple),
        "additional origins that may show errors of the instructor's panel in a frame",
    ),
    Setting(
        "REQUIRE_ENROLLMENT",
        False,
        bool,
        "whether learners must be enrolled to see and begin exams",
    ),
    Setting("PROGRESS_ROUTE", "student_progress", str, "route of the learner's progress page"),
    Setting(
        "STAFF_BASE_TEMPLATE",
        "proctoring/staff/base.html",
        str,
        "the template that the staff page extends: it has the blocks title and content",
    ),
    Setting(
        "LEARNER_BASE_TEMPLATE",
        "proctoring/learner/base.html",
        str,
        "the same for the learner's page My exams",
    ),
    Setting("THROTTLES", {}, dict, "REST throttle rates by scope; none by default"),
    Setting(
        "PRACTICE_ATTEMPTS_PER_HOUR",
        20,
        int,
        "how many practice and onboarding attempts a learner may create or reset by REST per hour; 0: no limit",
    ),
    Setting("MAX_REQUEST_BYTES", 65_536, int, "maximum size of a REST request's body, else 413"),
    Setting(
        "MAX_DOCUMENT_BYTES",
        524_288,
        int,
        "the same for reviews, bulk allowances and the registration of a course's exams",
    ),
    Setting(
        "REVIEW_CALLBACK_ANY_BACKEND",
        False,
        bool,
        "as in 6.1.4: the anonymous review callback accepts reviews for any provider's exams",
    ),
    Setting(
        "ALLOW_CALLBACK_SIMULATION_IN_PRODUCTION",
        False,
        bool,
        "as in 6.1.4: ALLOW_CALLBACK_SIMULATION also works without DEBUG",
    ),
    Setting(
        "READY_CALLBACK_ANY_USER", False, bool, "as in 6.1.4: anyone may report an attempt as ready"
    ),
    Setting(
        "ALLOWANCES_FOR_ANYONE",
        False,
        bool,
        "as in 6.1.4: through REST, course staff may grant allowances to any user, also by id, and see their e-mail addresses",
    ),
    Setting(
        "START_CALLBACK_SUBMITS",
        False,
        bool,
        "as in 6.1.4: the start callback submits a running attempt without checking the caller",
    ),
    Setting(
        "START_CALLBACK_WITHOUT_TOKEN",
        False,
        bool,
        "as in 6.1.4: the start callback marks any provider's attempt as ready if the caller has its code",
    ),
    Setting(
        "TIMED_EXAM_FALLS_THROUGH",
        False,
        bool,
        "as in 6.1.4: a timed exam is open, without a clock, in every status that has no screen",
    ),
    Setting(
        "DECLINE_WHILE_RUNNING",
        False,
        bool,
        "as in 6.1.4: learners may opt out of proctoring after they have started the exam",
    ),
    Setting(
        "OPT_OUT_ANYWAY",
        False,
        bool,
        "as in 6.1.4: a declined exam is open even if the course does not allow opting out",
    ),
    Setting(
        "ALLOW_START_WITHOUT_SETUP",
        False,
        bool,
        "as in 6.1.4: learners may start a proctored exam before the provider is ready",
    ),
)

DJANGO = (
    Setting(
        "PROCTORING_BACKENDS", {}, dict, "the providers by name with their options, and DEFAULT"
    ),
    Setting("PROCTORING_USER_OBFUSCATION_KEY", "", str, "key for the user ids sent to providers"),
    Setting(
        "PROCTORED_EXAM_VIEWABLE_PAST_DUE",
        False,
        bool,
        "whether learners see content and results after the due date",
    ),
    Setting("HTTPS", "on", str, "'on' for https links"),
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
    Setting("NODE_MODULES_ROOT", None, object, "folder of the providers' npm modules"),
    Setting("LANGUAGE_CODE", "en-us", str, "language of learners whose own language is unknown"),
    Setting("DEBUG", False, bool, "development"),
)

SETTINGS = (*PROCTORING, *DJANGO)


def _checked(setting: Setting, value: Any, where: str) -> Any:
    if type(value) is setting.type:
        return value  # as nearly always; a request reads dozens of settings
    if isinstance(value, Promise) and issubclass(str, setting.type):
        return str(value)  # hosts translate their name
    is_number = setting.type in (int, (int, float))
    if not isinstance(value, setting.type) or (is_number and isinstance(value, bool)):
        raise ImproperlyConfigured(
            f"{where} has the value {value!r}, not {setting.kinds()}. Meaning of the setting: {setting.why}."
        )
    return value


class _Proctoring:
    """PROCTORING_SETTINGS, read at each use."""

    _settings: ClassVar = {setting.name: setting for setting in PROCTORING}

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

    _settings: ClassVar = {setting.name: setting for setting in DJANGO}

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
    """Return the name of the default provider, or None."""
    name: str | None = django.PROCTORING_BACKENDS.get("DEFAULT")
    return name


def problems() -> list[str]:
    """Return the problems with the settings, one sentence each."""
    found = []
    for reader, settings in ((proctoring, PROCTORING), (django, DJANGO)):
        for setting in settings:
            try:
                getattr(reader, setting.name)
            except ImproperlyConfigured as error:
                found.append(str(error))
    return found
