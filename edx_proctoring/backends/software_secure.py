"""PSI's RPNow: registration, reviews, links to videos, and the check for its secure browser."""

import datetime
import json
import logging
from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import urlsplit

import requests
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from edx_proctoring import conf, constants, links
from edx_proctoring.backends import connections, psi_formats, transport
from edx_proctoring.backends.backend import (
    ProctoringBackendProvider,
    current_options,
    within,
)
from edx_proctoring.backends.options import TIMEOUT, ProviderOption
from edx_proctoring.backends.responses import json_of, unanswered_as, usable_id
from edx_proctoring.backends.transport import Timeout
from edx_proctoring.crypto import decode_and_decrypt
from edx_proctoring.exam_cookie import EXAM_COOKIE, EXAM_COOKIE_SECONDS
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderSentNoAttemptID,
    ProctoredExamBadReviewStatus,
    ProctoredExamSuspiciousLookup,
)
from edx_proctoring.launch_tokens import launch_token
from edx_proctoring.statuses import SoftwareSecureReviewStatus
from edx_proctoring.types import (
    JSON,
    ExamDict,
    ExamDocument,
    JSONObject,
    RegistrationContext,
    ReviewedAttempt,
)

try:
    from crum import get_current_request
except ImportError:  # optional: without it the secure browser is not enforced

    def get_current_request() -> HttpRequest | None:
        """Return None."""
        return None


log = logging.getLogger(__name__)

SOFTWARE_SECURE_INVALID_CHARS = psi_formats.INVALID_CHARS
COMMENT_KEYS = {
    "start": "eventStart",
    "stop": "eventFinish",
    "duration": "duration",
    "comment": "comments",
    "status": "eventStatus",
}


class SoftwareSecureBackendProvider(ProctoringBackendProvider):
    """Its id of an attempt is the record locator, which must not be shown to learners."""

    provider_options: ClassVar[tuple[ProviderOption, ...]] = (
        ProviderOption("organization", why="Our organisation's name at PSI."),
        ProviderOption("exam_sponsor", why="Name of the paying organisation at PSI."),
        ProviderOption("exam_register_endpoint", why="URL for registering attempts."),
        ProviderOption("secret_key_id", why="Id of the key that signs registrations."),
        ProviderOption("secret_key", secret=True, why="The key that signs registrations."),
        ProviderOption(
            "crypto_key",
            (str, bytes),
            secret=True,
            why="Key of the exam's password: 16 or 24 bytes.",
        ),
        ProviderOption(
            "software_download_url", why="URL where learners download the secure browser."
        ),
        ProviderOption(
            "video_review_aes_key",
            secret=True,
            why="Key of stored links to videos: 32, 48 or 64 hexadecimal digits. Without it, links are not stored.",
        ),
        ProviderOption(
            "video_review_hosts",
            (list, tuple),
            why="Hosts allowed in links to videos; by default all.",
        ),
        ProviderOption(
            "send_email", bool, why="Whether to send the learner's e-mail address to PSI."
        ),
        ProviderOption(
            "review_callback_secret",
            secret=True,
            why="Secret that proves that a review comes from PSI, in the header X-Review-Secret or the URL.",
        ),
        ProviderOption(
            "review_callback_networks",
            (list, tuple),
            why="Networks (CIDR) allowed to send reviews.",
        ),
        ProviderOption(
            "review_callback_proxies",
            (list, tuple),
            why="Networks (CIDR) of proxies whose X-Forwarded-For is trusted.",
        ),
        TIMEOUT,
    )
    verbose_name = "RPNow"
    passing_statuses: ClassVar[Sequence[str]] = ["Clean", "Rules Violation"]
    limits_duration = True
    external_id_is_secret = True
    takes_anonymous_reviews = True
    uses_start_callback = True
    review_callback_secret = (
        ""  # sent in the header X-Review-Secret, or in the address given to PSI: ?secret=…
    )
    review_callback_networks: ClassVar[
        Sequence[str]
    ] = ()  # addresses allowed to send reviews, as CIDR
    review_callback_proxies: ClassVar[
        Sequence[str]
    ] = ()  # proxies whose X-Forwarded-For is trusted, as CIDR
    video_review_hosts: ClassVar[
        Sequence[str]
    ] = ()  # hosts allowed in links to videos; () allows any
    timeout: Timeout = 10  # seconds, or (connect, read)

    def __init__(
        self,
        organization: str,
        exam_sponsor: str,
        exam_register_endpoint: str,
        secret_key_id: str,
        secret_key: str,
        crypto_key: str,
        software_download_url: str,
        video_review_aes_key: str | None = None,
        send_email: bool = False,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.organization = organization
        self.exam_sponsor = exam_sponsor
        self.exam_register_endpoint = exam_register_endpoint
        self.secret_key_id = secret_key_id
        self.secret_key = secret_key
        self.crypto_key = crypto_key.encode() if isinstance(crypto_key, str) else crypto_key
        self.software_download_url = software_download_url
        self.video_review_aes_key = video_review_aes_key
        self.send_email = send_email
        self.session = connections.PooledSession()

    def unusable_keys(self) -> dict[str, str]:
        """Return options that are not keys of the right length, and the reason: registrations or links to videos would
        fail.
        """
        found = {}
        if len(self.crypto_key) not in (16, 24):
            found["crypto_key"] = f"it has {len(self.crypto_key)} bytes, not 16 or 24"
        try:
            length = len(bytes.fromhex(self.video_review_aes_key or "00" * 16))
        except (TypeError, ValueError):
            length = 0
        if length not in (16, 24, 32):
            found["video_review_aes_key"] = "it must be 32, 48 or 64 hexadecimal digits"
        return found

    # Registration

    def register_exam_attempt(self, exam: ExamDict, context: RegistrationContext) -> str:
        """Sign and POST the registration; return the record locator."""
        payload = self._get_payload(exam, context)
        body = {name: psi_formats.without_line_feeds(part) for name, part in payload.items()}
        # Use the payload's own timestamp if it has one, because PSI compares both.
        extra = body.get("orgExtra")
        date = extra.get("examStartDate") if isinstance(extra, dict) else None
        headers = {
            "Content-Type": "application/json",
            "Date": str(date or psi_formats.http_date(timezone.now())),
        }
        signed = psi_formats.signature(body, headers, self.secret_key)
        headers["Authorization"] = f"SSI {self.secret_key_id}:{signed}"
        with unanswered_as(BackendProviderCannotRegisterAttempt):
            response = self._post(json.dumps(body), headers)
        return _locator(response)

    @property
    def address(self) -> str:
        """The address used by the circuit breaker."""
        return self.exam_register_endpoint

    def ping(self) -> requests.Response:
        """HEAD the registration URL, unsigned: PSI may refuse the request, but it responds."""
        limit = transport.limits(self.timeout)
        response = self.session.head(self.address, timeout=limit, allow_redirects=False)
        if response.status_code >= 500:
            raise requests.HTTPError("PSI failed", response=response)
        return response

    def _post(self, body: str, headers: Mapping[str, str]) -> requests.Response:
        sent = {**headers, transport.REQUEST_ID: transport.request_id()}
        url = self.exam_register_endpoint
        with within(transport.longest(self.timeout)), transport.guarded(url) as note:
            limit = transport.limits(self.timeout)
            answer = self.session.post(url, headers=sent, data=body, timeout=limit, stream=True)
            note(connections.read(answer))
        return answer

    def _get_payload(self, exam: ExamDict, context: RegistrationContext) -> JSONObject:
        """Return the registration document. Subclasses of other vendors override it, so its signature is published."""
        code = context["attempt_code"]
        path = reverse(
            "edx_proctoring:anonymous.proctoring_launch_callback.start_exam", args=[code]
        )
        return {
            "examCode": code,
            "organization": self.organization,
            "duration": context["time_limit_mins"],
            "reviewedExam": not context.get("is_sample_attempt", False),
            "reviewerNotes": _reviewer_notes(context),
            "examPassword": psi_formats.exam_password(code, self.crypto_key),
            "examSponsor": self.exam_sponsor,
            "examName": psi_formats.exam_name(exam["exam_name"]),
            "ssiProduct": "rp-now",
            "examUrl": f"{links.site_url()}{path}?token={launch_token(code)}",
            "orgExtra": self._org_extra(exam, context, timezone.now()),
        }

    def _org_extra(
        self, exam: ExamDict, context: RegistrationContext, now: datetime.datetime
    ) -> JSONObject:
        first_name, last_name = psi_formats.split_full_name(context["full_name"])
        end = now + datetime.timedelta(minutes=context["time_limit_mins"])
        extra: JSONObject = {
            "examStartDate": psi_formats.http_date(now),
            "examEndDate": psi_formats.http_date(end),
            "noOfStudents": 1,
            "examID": exam["id"],
            "courseID": exam["course_id"],
            "firstName": first_name,
            "lastName": last_name,
        }
        return {**extra, "email": context["email"]} if self.send_email else extra

    def start_exam_attempt(self, exam: str, attempt: str) -> None:
        """Does nothing: RPNow detects it itself."""

    def stop_exam_attempt(self, exam: str, attempt: str) -> None:
        """Does nothing: RPNow detects it itself."""

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> None:
        """Does nothing: RPNow detects it itself."""

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """RPNow cannot remove attempts."""
        return True

    def on_exam_saved(self, exam: ExamDocument) -> None:
        """Does nothing: RPNow receives the exam with each registration."""

    def get_software_download_url(self) -> str:
        """Return the configured address."""
        return self.software_download_url

    def get_proctoring_config(self) -> JSONObject:
        """Return the configuration for the learning MFE."""
        return {
            "download_url": self.software_download_url,
            "name": self.verbose_name,
            "rules": {},
            "instructions": [],
        }

    # Reviews

    def on_review_callback(self, attempt: ReviewedAttempt, payload: JSONObject) -> JSONObject:
        """Check that the review comes from PSI, and convert it into our format."""
        meta = payload.get("examMetaData") if isinstance(payload, Mapping) else None
        locator = meta.get("ssiRecordLocator") if isinstance(meta, Mapping) else None
        if not _is_same_locator(attempt["external_id"], locator) and not _may_simulate():
            log.warning(
                "review has another attempt's record locator, attempt_id=%s", attempt.get("id")
            )
            raise ProctoredExamSuspiciousLookup("The review does not belong to this attempt.")
        status = payload.get("reviewStatus")
        SoftwareSecureReviewStatus.validate(status)
        kinds = ("webCamComments", "desktopComments")
        comments: list[JSON] = []
        for one in [payload.get(kind) or [] for kind in kinds]:
            if not isinstance(one, list | tuple):
                raise ProctoredExamBadReviewStatus("The comments of a review must be lists.")
            comments.extend(_comment(entry) for entry in one)
        return {
            "status": SoftwareSecureReviewStatus.to_standard_status[str(status)],
            "comments": comments,
            "payload": payload,
            "reviewed_by": None,
        }

    def get_video_review_aes_key(self) -> str | None:
        """Return the configured key."""
        return self.video_review_aes_key

    def get_instructor_url(
        self,
        course_id: str,
        user: Mapping[str, str],
        exam_id: str | None = None,
        attempt_id: str | None = None,
        show_configuration_dashboard: bool = False,
        encrypted_video_review_url: bytes | None = None,
    ) -> str | None:
        """Return the stored link to the video in a form that browsers play; None if there is no readable link."""
        if not encrypted_video_review_url:
            return None
        try:
            key = bytes.fromhex(self.video_review_aes_key or "")
            url = decode_and_decrypt(bytes(encrypted_video_review_url), key).decode()
        except Exception as error:
            log.warning("link to a video cannot be decrypted: %s", type(error).__name__)
            return None
        if not self._may_follow(url):
            log.warning("link to a video ignored, it is not a web address of a listed host")
            return None
        return url.replace("DirectLink-Generic", "DirectLink-HTML5")

    def _may_follow(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        listed = not self.video_review_hosts or parts.hostname in self.video_review_hosts
        return parts.scheme in ("https", "http") and bool(parts.hostname) and listed

    def should_block_access_to_exam_material(self) -> bool:
        """Return True unless the request comes from the secure browser, which has this attempt's cookie from the start
        callback.

        If the caller does not name an attempt (`exam_passes`), any cookie of ours is accepted.
        """
        request = get_current_request()
        if request is None:
            return False
        shown = (
            request.get_signed_cookie(EXAM_COOKIE, default="", max_age=EXAM_COOKIE_SECONDS) or ""
        )
        passes = current_options().exam_passes
        if passes is None:
            return not shown
        return not any(constant_time_compare(shown, known) for known in passes)


def _locator(response: requests.Response) -> str:
    if response.status_code not in (200, 201):
        raise BackendProviderCannotRegisterAttempt(response.text, response.status_code)
    try:
        answer = json_of(response)
    except ValueError as error:
        raise BackendProviderCannotRegisterAttempt(response.text, 502) from error
    locator = answer.get("ssiRecordLocator") if isinstance(answer, Mapping) else None
    if not usable_id(locator):
        raise BackendProviderSentNoAttemptID(answer, response.status_code)
    return str(locator)


def _reviewer_notes(context: RegistrationContext) -> str:
    notes = context.get("review_policy", constants.DEFAULT_SOFTWARE_SECURE_REVIEW_POLICY)
    exception = context.get("review_policy_exception")
    return f"{notes}; {exception}" if exception else notes


def _is_same_locator(known: object, received: object) -> bool:
    if not isinstance(known, str) or not isinstance(received, str) or not known:
        return False
    return constant_time_compare(known.lower(), received.lower())


def _may_simulate() -> bool:
    allowed = conf.proctoring.ALLOW_CALLBACK_SIMULATION
    anywhere = conf.proctoring.ALLOW_CALLBACK_SIMULATION_IN_PRODUCTION
    return bool(allowed and (conf.django.DEBUG or anywhere))


def _comment(entry: JSON) -> JSON:
    if not isinstance(entry, Mapping):
        return entry
    return {ours: entry.get(theirs) for ours, theirs in COMMENT_KEYS.items()}
