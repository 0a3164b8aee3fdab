"""What every provider must do. Subclass `ProctoringBackendProvider`, register the class as an entry point of the group
`openedx.proctoring`, and name it in PROCTORING_BACKENDS.

One instance per process and configured name answers all threads, so keep no state of a request on it. The instance is
called in two ways:

* *asked*, when the answer is needed at once: `register_exam_attempt`, `remove_exam_attempt`, `get_attempt`,
  `get_proctoring_config`, `get_instructor_url`, `get_onboarding_profile_info`, `retire_user`, `on_review_callback`.
  Answer within `remaining_seconds()`; whatever you raise counts as "not available now".
* *told*, through an outbox that repeats what fails, in order, at least once: `on_exam_saved`, `start_exam_attempt`,
  `stop_exam_attempt`, `mark_erroneous_exam_attempt`. Raise when you could not deliver it; be prepared to hear it twice.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import requests

from edx_proctoring import constants
from edx_proctoring.backends.options import ProviderOption


@dataclass(frozen=True)
class AskOptions:
    """How the provider is being asked right now."""

    until: float | None = None  # on the monotonic clock
    idempotency_key: str | None = None
    strict: bool = False
    exam_passes: tuple[str, ...] | None = None
    is_tell: bool = False


_DEFAULT = AskOptions()
# The signatures of a provider's methods are published and have no place for these.
_options: ContextVar[AskOptions] = ContextVar("ask_options", default=_DEFAULT)


@contextmanager
def ask_options(
    deadline: float | None = None,
    idempotency_key: str | None = None,
    strict: bool = False,
    exam_passes: tuple[str, ...] | None = None,
) -> Iterator[None]:
    """Within this block a provider has `deadline` seconds to answer.

    `idempotency_key` makes a repeated request recognisable. `strict`: a provider that usually swallows failures raises
    them, because the caller repeats what failed. `exam_passes`: what a browser may show to see the questions of the
    attempt in question; None where no attempt is in question.
    """
    until = None if deadline is None else time.monotonic() + deadline
    token = _options.set(AskOptions(until, idempotency_key, strict, exam_passes))
    try:
        yield
    finally:
        _options.reset(token)


@contextmanager
def as_tell() -> Iterator[None]:
    """Within this block the provider is told something: nobody waits, so requests are sent even while it is down."""
    token = _options.set(replace(_options.get(), is_tell=True))
    try:
        yield
    finally:
        _options.reset(token)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """As the caller wants it, but in no more than `seconds` altogether."""
    known = _options.get()
    until = time.monotonic() + seconds
    until = until if known.until is None else min(known.until, until)
    token = _options.set(replace(known, until=until))
    try:
        yield
    finally:
        _options.reset(token)


def current_options() -> AskOptions:
    """What the caller wants."""
    return _options.get()


def remaining_seconds(otherwise: float) -> float:
    """How long the answer may still take, at most `otherwise` seconds."""
    until = _options.get().until
    return otherwise if until is None else max(min(otherwise, until - time.monotonic()), 0.001)


class ProctoringBackendProvider(ABC):
    """A provider of proctoring. Options of PROCTORING_BACKENDS become attributes.

    `provider_options` declares the options that a class adds to those of its base classes.
    """

    provider_options: ClassVar[tuple[ProviderOption, ...]] = (
        ProviderOption("verbose_name", why="Name that learners and staff read."),
        ProviderOption("tech_support_email", why="Whom learners ask for technical help."),
        ProviderOption("tech_support_phone", why="Likewise, by phone."),
        ProviderOption(
            "integration_specific_email", why="Address in learners' pages, for questions."
        ),
        ProviderOption(
            "learner_notification_from_email", why="Sender of the status mails to learners."
        ),
        ProviderOption("help_center_article_url", why="Where learners read about this provider."),
        ProviderOption("has_dashboard", bool, why="Offer instructors the provider's dashboard?"),
        ProviderOption("supports_onboarding", bool, why="Does the provider have onboarding?"),
        ProviderOption(
            "passing_statuses",
            (list, tuple),
            why="Words of the provider's reviews that mean a pass.",
        ),
        ProviderOption(
            "ping_interval",
            int,
            why="Seconds between two questions whether the provider's software still runs.",
        ),
    )
    verbose_name = "Unknown"
    tech_support_email = ""
    tech_support_phone = ""
    learner_notification_from_email = ""
    help_center_article_url = ""
    has_dashboard = False
    supports_onboarding = False
    # Whoever knows the id of an attempt may post its review: learners must not see it.
    external_id_is_secret = False
    # Its reviews come without an account: the attempt's id and what its options say must be proof enough.
    takes_anonymous_reviews = False
    # It is told the address of the start callback, and sends the learner's browser there.
    uses_start_callback = False
    # False: all happens in this process, there is no service that could be down.
    has_service = True
    # A second POST of the exam once its id is known, for providers that need to hear their own id.
    resave_with_external_id = False
    # Does your service follow an attempt whose time changes while it runs? Then these three are called:
    # extend_exam_attempt, pause_exam_attempt, continue_exam_attempt.
    supports_time_changes = False

    def __init__(self, **kwargs: Any) -> None:
        for name, value in kwargs.items():
            setattr(self, name, value)

    @property
    def ping_interval(self) -> int:
        """Seconds between two questions whether the provider's software still runs on the learner's computer."""
        own: int | None = self.__dict__.get("_ping_interval")
        default: int = constants.DEFAULT_DESKTOP_APPLICATION_PING_INTERVAL_SECONDS
        return default if own is None else own

    @ping_interval.setter
    def ping_interval(self, seconds: int) -> None:
        self.__dict__["_ping_interval"] = seconds

    @abstractmethod
    def register_exam_attempt(
        self, exam: Mapping[str, Any], context: MutableMapping[str, Any]
    ) -> Any:
        """Register an attempt before it exists here; returns your id of it (text), or None without ids.

        `context`: `lms_host`, `time_limit_mins`, `attempt_code`, `is_sample_attempt`, `user_id` (obscured),
        `full_name`, `email`, perhaps `review_policy` and `review_policy_exception`; it is yours to change.
        Raise BackendProviderCannotRegisterAttempt or BackendProviderSentNoAttemptID (no attempt is created), or
        BackendProviderOnboardingException (it is created in that status).
        """
        raise NotImplementedError

    @abstractmethod
    def start_exam_attempt(self, exam: str, attempt: str) -> Any:
        """The learner has started. Your ids of exam and attempt."""
        raise NotImplementedError

    @abstractmethod
    def stop_exam_attempt(self, exam: str, attempt: str) -> Any:
        """The learner has submitted, or the time is over."""
        raise NotImplementedError

    @abstractmethod
    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> Any:
        """The attempt broke off."""
        raise NotImplementedError

    def extend_exam_attempt(self, exam: str, attempt: str, seconds: int) -> Any:
        """The attempt ends later by these seconds, or earlier where they are negative."""
        return None

    def pause_exam_attempt(self, exam: str, attempt: str) -> Any:
        """The attempt's clock stands still."""
        return None

    def continue_exam_attempt(self, exam: str, attempt: str) -> Any:
        """The attempt's clock runs again."""
        return None

    @abstractmethod
    def remove_exam_attempt(self, exam: str, attempt: str) -> Any:
        """Delete the attempt at your service.

        Return True when it is gone (also when it was never there), False when your service answered but did not confirm
        it. Raise an exception when your service could not be asked or failed (no answer, 5xx): a removal from the outbox
        is then tried again, and staff get 502. If your service has no way to remove attempts, raise NotImplementedError,
        or let the requests.HTTPError of its 405 or 501 through: staff can then remove the attempt here alone.
        """
        raise NotImplementedError

    @abstractmethod
    def get_software_download_url(self) -> str | None:
        """Where learners get your software, if it is the same place for all attempts."""
        raise NotImplementedError

    @abstractmethod
    def on_review_callback(self, attempt: Mapping[str, Any], payload: Any) -> Any:
        """Turn what you post as a review into `status` (a word of ReviewStatus), `comments` (list of `comment`,
        `status`, perhaps `start`, `stop`, `duration` in seconds), perhaps `payload` and `reviewed_by` (an e-mail
        address). Verify first: raise ProctoredExamSuspiciousLookup for what is not yours."""
        raise NotImplementedError

    @abstractmethod
    def on_exam_saved(self, exam: Mapping[str, Any]) -> Any:
        """An exam was created or changed; returns your id of it, or None. `exam` may have `rule_summary`."""
        raise NotImplementedError

    def ping(self) -> requests.Response | None:
        """Optional: ask your service something harmless that shows whether it can be used, with your credentials.

        `proctoring_doctor` calls it, within `remaining_seconds()`. Raise an exception when the service cannot be used; of a
        requests.HTTPError the status is shown. Return the response, if there is one: its date shows how far the clocks
        differ.
        """
        raise NotImplementedError

    def get_javascript(self) -> str:
        """Address of the script that runs in the learner's page, or ''."""
        return ""

    def get_exam(self, exam: Any) -> Any:
        """The exam as you know it; `exam` is ours."""
        return exam

    def get_attempt(self, attempt: Any) -> Any:
        """The attempt as you know it; `download_url` and `instructions` (list of texts) are shown to the learner."""
        return attempt

    def get_instructor_url(
        self,
        course_id: str,
        user: Mapping[str, Any],
        exam_id: str | None = None,
        attempt_id: str | None = None,
        show_configuration_dashboard: bool = False,
        encrypted_video_review_url: Any = None,
    ) -> str | None:
        """Address of your dashboard for this instructor (`id` obscured, `full_name`, `email`), or None."""
        return None

    def retire_user(self, user_id: str) -> bool | None:
        """Delete what you know of a user (obscured id): true, false, or None when there is nothing to do."""
        return None

    def should_block_access_to_exam_material(self) -> bool:
        """Is the current request not from your software, so that questions must not be shown?"""
        return False

    def get_onboarding_profile_info(self, course_id: str, **kwargs: Any) -> Any:
        """How far learners of the course are with onboarding, or None. BackendProviderOnboardingProfilesException."""
        return None

    def get_proctoring_config(self) -> Any:
        """`download_url`, `name`, `rules`, `instructions`, or None."""
        return None

    def get_video_review_aes_key(self) -> str | None:
        """Hex key for links to videos; without one links are not stored."""
        return None
