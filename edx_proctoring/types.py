"""Types that several layers share: users, JSON, and the published dictionaries, each named by its noun.

Provider authors import this before Django is set up, so users are known by their model to type checkers only.
"""

import datetime
from typing import TYPE_CHECKING, NotRequired, TypeAlias, TypedDict

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser as AnonymousUser
    from django.contrib.auth.models import User as User
else:  # the host's user model

    class User:
        """A row of the user model."""

    class AnonymousUser:
        """Django's user of a request without an account."""


AnyUser: TypeAlias = User | AnonymousUser
JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
JSONObject: TypeAlias = dict[str, JSON]


class ExamFacts(TypedDict):
    """The fields of an exam that deadlines depend on."""

    id: int
    course_id: str
    content_id: str
    time_limit_mins: int
    due_date: datetime.datetime | None
    is_proctored: bool
    is_practice_exam: bool


class ExamDict(ExamFacts):
    """An exam as `api` returns it."""

    external_id: str | None
    exam_name: str
    is_active: bool
    hide_after_due: bool
    backend: str | None


class ExamChanges(TypedDict, total=False):
    """Columns of an exam that callers change."""

    content_id: str
    exam_name: str
    time_limit_mins: int
    due_date: datetime.datetime | str | None
    is_proctored: bool
    is_practice_exam: bool
    external_id: str | None
    is_active: bool
    hide_after_due: bool
    backend: str | None


class ExamDocument(TypedDict):
    """An exam as providers get it when it is saved."""

    id: int
    course_id: str
    content_id: str
    time_limit_mins: int
    due_date: str | None
    is_proctored: bool
    is_practice_exam: bool
    external_id: str | None
    exam_name: str
    is_active: bool
    hide_after_due: bool
    backend: str | None
    rule_summary: NotRequired[str]
    rules: NotRequired[JSON]


class Requirement(TypedDict, total=False):
    """A credit requirement of a learner, as returned by the host's credit service."""

    namespace: str
    name: str
    display_name: str
    order: int
    status: str | None
    jumpto_url: str | None


class PrerequisitesDict(TypedDict):
    """A learner's progress with the requirements before an exam; the first key is misspelled as published."""

    are_prerequisites_satisifed: bool
    satisfied_prerequisites: list[Requirement]
    failed_prerequisites: list[Requirement]
    pending_prerequisites: list[Requirement]
    declined_prerequisites: list[Requirement]


class ExamWithPrerequisites(ExamDict):
    """An exam with its prerequisites."""

    prerequisite_status: NotRequired[PrerequisitesDict]


class CreditState(TypedDict, total=False):
    """A learner's credit state, as returned by the host's credit service."""

    enrollment_mode: str
    profile_fullname: str
    student_email: str
    is_credit_course: bool
    course_name: str
    course_end_date: datetime.datetime | None
    credit_requirement_status: list[Requirement]


class UserDict(TypedDict):
    """A user within another dictionary."""

    id: int
    username: str
    email: str


class AttemptDict(TypedDict):
    """An attempt as `api` returns it."""

    id: int
    created: str
    modified: str
    user: UserDict
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    external_id: str | None
    status: str
    proctored_exam: ExamDict
    allowed_time_limit_mins: int | None
    attempt_code: str
    is_sample_attempt: bool
    taking_as_proctored: bool
    review_policy_id: int | None
    is_status_acknowledged: bool
    time_remaining_seconds: int | None
    is_resumable: bool
    ready_to_resume: bool
    resumed: bool


class AttemptChanges(TypedDict, total=False):
    """Columns of an attempt that `lifecycle` changes."""

    status: str
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    allowed_time_limit_mins: int | None
    time_remaining_seconds: int | None
    is_status_acknowledged: bool
    is_resumable: bool
    ready_to_resume: bool
    resumed: bool
    external_id: str | None
    taking_as_proctored: bool


class RemovedAttemptDict(TypedDict):
    """A removed attempt whose exam or learner no longer exists."""

    id: int
    attempt_code: str | None
    external_id: str | None
    status: str


ReviewedAttempt = AttemptDict | RemovedAttemptDict  # its review may still arrive


class AllowanceDict(TypedDict):
    """An allowance as `api` returns it."""

    id: int
    created: str
    modified: str
    user: UserDict
    key: str
    value: str
    proctored_exam: ExamDict


class ReviewPolicyDict(TypedDict):
    """A review policy as `api` returns it."""

    id: int
    created: str
    modified: str
    set_by_user: UserDict
    proctored_exam: ExamDict
    review_policy: str


class OnboardingData(TypedDict):
    """A learner's onboarding status, and until when it is valid."""

    onboarding_status: str | None
    expiration_date: datetime.datetime | str | None


class OnboardingStatus(OnboardingData):
    """The same, with the exam to take."""

    onboarding_link: str | None
    onboarding_past_due: bool
    onboarding_release_date: str | None
    review_requirements_url: JSON


class OnboardingRow(TypedDict):
    """A learner in the list of onboarding statuses."""

    username: str
    enrollment_mode: str
    status: str | None
    modified: datetime.datetime | None
    valid_until: datetime.datetime | None


class ActiveExam(TypedDict):
    """An exam that a learner is taking."""

    exam: ExamDict
    attempt: AttemptDict
    allowances: list[AllowanceDict]


class LatestAttempt(AttemptDict):
    """The newest attempt of a learner in an exam, with all of them."""

    all_attempts: list[AttemptDict]


class StatusSummary(TypedDict):
    """A one-line summary of a learner's state in an exam."""

    status: NotRequired[str]
    short_description: str
    suggested_icon: str
    in_completed_state: bool


class RegistrationContext(TypedDict, total=False):
    """Information about learner and attempt that a provider gets on registration."""

    lms_host: str
    time_limit_mins: int
    attempt_code: str
    is_sample_attempt: bool
    user_id: str
    full_name: str
    email: str | None
    review_policy: str
    review_policy_exception: str
    camera_exempt: bool


class MessagePayload(TypedDict, total=False):
    """Payload of outbox messages; each kind uses some of the keys. Ids and codes only, no names."""

    bulk_id: int
    pause_id: int
    attempt_id: int
    exam_id: int
    user_id: int
    history_id: int
    course_id: str
    content_id: str
    requesting_user_id: int | None
    status: str | None
    language: str
    zero: bool
    if_overrides: bool
    by: int | None
    comment: str
    certificate: bool
    verb: str
    provider: str
    exam_external_id: str | None
    attempt_external_id: str | None
    left: str | None
    created: bool
    is_practice_exam: bool
    is_proctored: bool
    supports_onboarding: bool | None
    exam_name: str
    review_status: str
    review_url: str
    change: str
    seconds: int
    ends_at: str | None
    arguments: list[int]
    user_ids: list[int] | None
    after: int
    done: int
    total: int
    failed: list[int]
    dates_changed: bool
