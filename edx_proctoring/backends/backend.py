"""The base class of all providers. Subclass `ProctoringBackendProvider`, register the class as an entry point of the
group `openedx.proctoring`, and name it in PROCTORING_BACKENDS.

One instance per process and configured name serves all threads, so do not keep the state of a request on it. The app
calls the instance in two ways:

* *asked*, when the answer is needed immediately: `register_exam_attempt`, `remove_exam_attempt`, `get_attempt`,
  `get_proctoring_config`, `get_instructor_url`, `get_onboarding_profile_info`, `retire_user`, `on_review_callback`.
  Return within `remaining_seconds()`; any exception counts as "not available now".
* *told*, through an outbox that retries failures, in order, at least once: `on_exam_saved`, `start_exam_attempt`,
  `stop_exam_attempt`, `mark_erroneous_exam_attempt`. Raise an exception if you could not deliver the notice, and expect
  to receive the same notice more than once.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import ClassVar

import requests

from edx_proctoring import constants
from edx_proctoring.backends.options import ProviderOption
from edx_proctoring.types import (
    AttemptDict,
    ExamDict,
    ExamDocument,
    JSONObject,
    RegistrationContext,
    ReviewedAttempt,
)


@dataclass(frozen=True)
class AskOptions:
    """The options of the current call."""

    until: float | None = None  # on the monotonic clock
    idempotency_key: str | None = None
    strict: bool = False
    exam_passes: tuple[str, ...] | None = None
    is_tell: bool = False


_DEFAULT = AskOptions()
# The signatures of a provider's methods are published and have no parameters for these.
_options: ContextVar[AskOptions] = ContextVar("ask_options", default=_DEFAULT)


@contextmanager
def ask_options(
    deadline: float | None = None,
    idempotency_key: str | None = None,
    strict: bool = False,
    exam_passes: tuple[str, ...] | None = None,
) -> Iterator[None]:
    """Within this block a provider has `deadline` seconds to respond.

    `idempotency_key` lets the provider recognise a repeated request. `strict`: raise errors that the provider would
    usually swallow, because the caller retries. `exam_passes`: the cookies with which a browser may see the questions
    of the attempt; None if the call is not about an attempt.
    """
    until = None if deadline is None else time.monotonic() + deadline
    token = _options.set(AskOptions(until, idempotency_key, strict, exam_passes))
    try:
        yield
    finally:
        _options.reset(token)


@contextmanager
def as_tell() -> Iterator[None]:
    """Within this block the provider is notified: no caller waits, so requests are sent even while it is down."""
    token = _options.set(replace(_options.get(), is_tell=True))
    try:
        yield
    finally:
        _options.reset(token)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Keep the caller's options, but limit the total time to `seconds`."""
    known = _options.get()
    until = time.monotonic() + seconds
    until = until if known.until is None else min(known.until, until)
    token = _options.set(replace(known, until=until))
    try:
        yield
    finally:
        _options.reset(token)


def current_options() -> AskOptions:
    """Return the options set by the caller."""
    return _options.get()


def remaining_seconds(otherwise: float) -> float:
    """Return how many seconds are left for the response, at most `otherwise`."""
    until = _options.get().until
    return otherwise if until is None else max(min(otherwise, until - time.monotonic()), 0.001)


class ProctoringBackendProvider(ABC):
    """A proctoring provider. Options of PROCTORING_BACKENDS become attributes.

    `provider_options` declares the options that a class adds to those of its base classes.
    """

    provider_options: ClassVar[tuple[ProviderOption, ...]] = (
        ProviderOption("verbose_name", why="Name shown to learners and staff."),
        ProviderOption("tech_support_email", why="Technical support address for learners."),
        ProviderOption("tech_support_phone", why="Technical support phone number for learners."),
        ProviderOption(
            "integration_specific_email", why="Contact address shown to learners, for questions."
        ),
        ProviderOption(
            "learner_notification_from_email", why="Sender of the status e-mails to learners."
        ),
        ProviderOption(
            "help_center_article_url", why="Page with information for learners about this provider."
        ),
        ProviderOption(
            "has_dashboard",
            bool,
            why="Whether to show instructors a link to the provider's dashboard.",
        ),
        ProviderOption(
            "supports_onboarding", bool, why="Whether the provider supports onboarding."
        ),
        ProviderOption(
            "passing_statuses",
            (list, tuple),
            why="Review statuses of the provider that count as passed.",
        ),
        ProviderOption(
            "ping_interval",
            int,
            why="Seconds between two checks that the provider's software is still running.",
        ),
    )
    verbose_name = "Unknown"
    tech_support_email = ""
    tech_support_phone = ""
    learner_notification_from_email = ""
    help_center_article_url = ""
    has_dashboard = False
    supports_onboarding = False
    # Knowing the id of an attempt is enough to post its review, so learners must not see it.
    external_id_is_secret = False
    # Reviews arrive without a user account and are authenticated by the attempt's id and the options.
    takes_anonymous_reviews = False
    # The provider is given the address of the start callback and sends the learner's browser there.
    uses_start_callback = False
    # False: everything happens in this process, so there is no service that could be down.
    has_service = True
    # Send the exam again once its id is known, for providers that need their own id in the document.
    resave_with_external_id = False
    # Set to True if your service supports changes of a running attempt's time. Then extend_exam_attempt,
    # pause_exam_attempt and continue_exam_attempt are called.
    supports_time_changes = False

    # Set to True if your service ends sessions after the duration that it was told at registration. Time granted later
    # does not reach it, unless `supports_time_changes`; previews name such providers.
    limits_duration = False

    # Set to True if your service understands `camera_exempt` in the context of a registration.
    supports_camera_exemption = False

    def __init__(self, **kwargs: object) -> None:
        for name, value in kwargs.items():
            setattr(self, name, value)

    @property
    def ping_interval(self) -> int:
        """Seconds between two checks that the provider's software is still running on the learner's computer."""
        own: int | None = self.__dict__.get("_ping_interval")
        default: int = constants.DEFAULT_DESKTOP_APPLICATION_PING_INTERVAL_SECONDS
        return default if own is None else own

    @ping_interval.setter
    def ping_interval(self, seconds: int) -> None:
        self.__dict__["_ping_interval"] = seconds

    @abstractmethod
    def register_exam_attempt(
        self, exam: ExamDict, context: RegistrationContext
    ) -> str | int | None:
        """Register an attempt before it is stored here; return your id of it (text), or None if you use no ids.

        `context`: `lms_host`, `time_limit_mins`, `attempt_code`, `is_sample_attempt`, `user_id` (obscured),
        `full_name`, `email`, optionally `review_policy`, `review_policy_exception` (what reviewers must know about this
        learner) and, if your class sets `supports_camera_exemption`, `camera_exempt`; you may modify it.
        Raise BackendProviderCannotRegisterAttempt or BackendProviderSentNoAttemptID (no attempt is created), or
        BackendProviderOnboardingException (it is created in that status).
        """
        raise NotImplementedError

    @abstractmethod
    def start_exam_attempt(self, exam: str, attempt: str) -> object:
        """The learner has started the attempt. `exam` and `attempt` are your ids."""
        raise NotImplementedError

    @abstractmethod
    def stop_exam_attempt(self, exam: str, attempt: str) -> object:
        """The learner has submitted the attempt, or its time is over."""
        raise NotImplementedError

    @abstractmethod
    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> object:
        """The attempt was interrupted by an error."""
        raise NotImplementedError

    def extend_exam_attempt(self, exam: str, attempt: str, seconds: int) -> object:
        """The end of the attempt moves by these seconds; negative seconds make it earlier."""
        return None

    def pause_exam_attempt(self, exam: str, attempt: str) -> object:
        """The attempt's clock has been stopped."""
        return None

    def continue_exam_attempt(self, exam: str, attempt: str) -> object:
        """The attempt's clock is running again."""
        return None

    @abstractmethod
    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """Delete the attempt at your service.

        Return True if it is gone (or never existed), False if your service responded but did not confirm the removal.
        Raise an exception if your service failed or could not be reached (no response, 5xx): a removal from the outbox
        is then retried, and staff get 502. If your service cannot remove attempts, raise NotImplementedError, or do not
        catch the requests.HTTPError of its 405 or 501: staff can then remove the attempt from the LMS only.
        """
        raise NotImplementedError

    @abstractmethod
    def get_software_download_url(self) -> str | None:
        """Return where learners download your software, if it is the same address for all attempts."""
        raise NotImplementedError

    @abstractmethod
    def on_review_callback(self, attempt: ReviewedAttempt, payload: JSONObject) -> object:
        """Convert what you post as a review into `status` (a value of ReviewStatus), `comments` (list of `comment`,
        `status`, optionally `start`, `stop`, `duration` in seconds), optionally `payload` and `reviewed_by` (an e-mail
        address).

        Verify the sender first: raise ProctoredExamSuspiciousLookup if the review does not come from you.
        """
        raise NotImplementedError

    @abstractmethod
    def on_exam_saved(self, exam: ExamDocument) -> str | int | None:
        """An exam was created or changed; return your id of it, or None. `exam` may have `rule_summary`."""
        raise NotImplementedError

    def ping(self) -> requests.Response | None:
        """Optional: send your service a harmless request that shows whether it is available, with your credentials.

        `proctoring_doctor` calls this method, within `remaining_seconds()`. Raise an exception if the service is not
        available; the status of a requests.HTTPError is shown. Return the response if there is one: its date shows the
        difference between the clocks.
        """
        raise NotImplementedError

    def get_javascript(self) -> str:
        """Return the address of the script that runs on the learner's page, or ''."""
        return ""

    def get_exam(self, exam: ExamDict) -> ExamDict | JSONObject:
        """Return the exam as you know it; `exam` is ours."""
        return exam

    def get_attempt(self, attempt: AttemptDict) -> AttemptDict | JSONObject:
        """Return the attempt as you know it; `download_url` and `instructions` (list of texts) are shown to the
        learner.
        """
        return attempt

    def get_instructor_url(
        self,
        course_id: str,
        user: Mapping[str, str],
        exam_id: str | None = None,
        attempt_id: str | None = None,
        show_configuration_dashboard: bool = False,
        encrypted_video_review_url: bytes | None = None,
    ) -> str | None:
        """Return the address of your dashboard for this instructor (`id` obscured, `full_name`, `email`), or None."""
        return None

    def retire_user(self, user_id: str) -> bool | None:
        """Delete the data of a user (obscured id): return True or False, or None if you store none."""
        return None

    def should_block_access_to_exam_material(self) -> bool:
        """Return True if the current request does not come from your software, so that the questions must stay hidden."""
        return False

    def get_onboarding_profile_info(self, course_id: str, **kwargs: str) -> JSONObject | None:
        """Return the onboarding profiles of the course's learners, or None. Raise
        BackendProviderOnboardingProfilesException on failure.
        """
        return None

    def get_proctoring_config(self) -> JSONObject | None:
        """Return `download_url`, `name`, `rules`, `instructions`, or None."""
        return None

    def get_video_review_aes_key(self) -> str | None:
        """Return the hex key that encrypts links to videos; without a key, links are not stored."""
        return None
