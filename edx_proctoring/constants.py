"""The published constants. Those based on settings are read at each use; a patched attribute takes precedence."""

import datetime
from typing import Any

from edx_proctoring import conf

# Public names of settings, and their sources.
_FROM_SETTINGS = {
    "SITE_NAME": "SITE_NAME",
    "PLATFORM_NAME": "PLATFORM_NAME",
    "FROM_EMAIL": "STATUS_EMAIL_FROM_ADDRESS",
    "DEFAULT_CONTACT_EMAIL": "CONTACT_EMAIL",
    "ALLOW_REVIEW_UPDATES": "ALLOW_REVIEW_UPDATES",
    "DEFAULT_SOFTWARE_SECURE_REVIEW_POLICY": "DEFAULT_REVIEW_POLICY",
    "REQUIRE_FAILURE_SECOND_REVIEWS": "REQUIRE_FAILURE_SECOND_REVIEWS",
    "SOFTWARE_SECURE_CLIENT_TIMEOUT": "SOFTWARE_SECURE_CLIENT_TIMEOUT",
    "SOFTWARE_SECURE_SHUT_DOWN_GRACEPERIOD": "SOFTWARE_SECURE_SHUT_DOWN_GRACEPERIOD",
    "DEFAULT_DESKTOP_APPLICATION_PING_INTERVAL_SECONDS": (
        "DESKTOP_APPLICATION_PING_INTERVAL_SECONDS"
    ),
    "ONBOARDING_PROFILE_API": "USE_ONBOARDING_PROFILE_API",
}

# "Not given" for `api.update_exam(due_date=…)`, compared by identity; naive as in 6.1.4.
MINIMUM_TIME = datetime.datetime.fromtimestamp(0)  # noqa: DTZ006  naive because it always was
VERIFICATION_DAYS_VALID = 365
TIME_MULTIPLIER = "time_multiplier"

# Waffle switches
PING_FAILURE_PASSTHROUGH_TEMPLATE = "edx_proctoring.{}_ping_failure_passthrough"
ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API = (
    "edx_proctoring.onboarding_profile_instructor_dashboard_api"
)
REDS_API_REDIRECT = "edx_proctoring.reds_api_redirect"


def __getattr__(name: str) -> Any:
    if name in _FROM_SETTINGS:
        return getattr(conf.proctoring, _FROM_SETTINGS[name])
    if name == "CONTENT_VIEWABLE_PAST_DUE_DATE":
        return conf.django.PROCTORED_EXAM_VIEWABLE_PAST_DUE
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_FROM_SETTINGS, "CONTENT_VIEWABLE_PAST_DUE_DATE"])
