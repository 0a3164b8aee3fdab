"""The provider for REST APIs, base class of third-party providers."""

import logging
import time
import uuid
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode, urlparse

import jwt
import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language

from edx_proctoring import cache
from edx_proctoring.backends.backend import ProctoringBackendProvider, as_tell, current_options
from edx_proctoring.backends.masking import masked_response
from edx_proctoring.backends.options import TIMEOUT, ProviderOption
from edx_proctoring.backends.responses import json_object, json_of, unanswered_as, usable_id
from edx_proctoring.backends.rest_time_changes import RestTimeChanges
from edx_proctoring.backends.tokens import TokenSession, forget_token
from edx_proctoring.backends.transport import RestTransport, Timeout, filled
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderCannotRetireUser,
    BackendProviderOnboardingException,
    BackendProviderOnboardingProfilesException,
    BackendProviderSentNoAttemptID,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.types import (
    JSON,
    AttemptDict,
    ExamDict,
    ExamDocument,
    JSONObject,
    RegistrationContext,
    ReviewedAttempt,
)

try:
    from webpack_loader.utils import get_files
except ImportError:  # optional: without it there are no provider scripts

    def get_files(*_args: object, **_kwargs: object) -> list[dict[str, str]]:
        """Return no files."""
        return []


log = logging.getLogger(__name__)

CONFIG_SECONDS = 60


class BaseRestProctoringProvider(RestTransport, RestTimeChanges, ProctoringBackendProvider):
    """Calls `base_url` with OAuth2 client credentials; subclasses may override the URL properties."""

    provider_options: ClassVar[tuple[ProviderOption, ...]] = (
        ProviderOption("base_url", why="Base URL of the provider's REST interface."),
        ProviderOption("client_id", why="Our client id at the provider."),
        ProviderOption("client_secret", secret=True, why="Our client secret at the provider."),
        ProviderOption("default_rules", dict, why="Rules for exams that have none of their own."),
        ProviderOption(
            "needs_oauth", bool, why="Without effect, kept from 6.1.4: all requests have a token."
        ),
        ProviderOption(
            "token_expiration_time",
            int,
            why="Seconds for which a link to the provider's dashboard is valid.",
        ),
        TIMEOUT,
    )
    base_url: str | None = None
    token_expiration_time = 60
    needs_oauth = True
    has_dashboard = True
    supports_onboarding = True
    passing_statuses: ClassVar[Sequence[str]] = ("Clean",)
    timeout: Timeout = 30  # seconds, or (connect, read)

    def __init__(
        self, client_id: str | None = None, client_secret: str | None = None, **kwargs: object
    ) -> None:
        self.default_rules: JSON = None
        super().__init__(**kwargs)
        if self.base_url is None:
            raise ImproperlyConfigured("the option base_url is missing")
        self.client_id = client_id
        self.client_secret = client_secret
        self.session = TokenSession(self.base_url, client_id, client_secret)

    # The service and its URLs

    def ping(self) -> requests.Response:
        """GET the configuration with a token, once, even while the provider counts as down."""
        response = self._request("GET", self.config_url, {"allow_redirects": False})
        if response.status_code >= 300:
            raise requests.HTTPError("the configuration was refused", response=response)
        return response

    @property
    def _base(self) -> str:
        return str(self.base_url).removesuffix("/")

    def _forget_token(self) -> bool:
        return forget_token(self.session)

    @property
    def exam_attempt_url(self) -> str:
        """URL to GET, PATCH and DELETE an attempt."""
        return self._base + "/api/v1/exam/{exam_id}/attempt/{attempt_id}/"

    @property
    def create_exam_attempt_url(self) -> str:
        """URL to POST a new attempt."""
        return self._base + "/api/v1/exam/{exam_id}/attempt/"

    @property
    def create_exam_url(self) -> str:
        """URL to POST a new exam."""
        return self._base + "/api/v1/exam/"

    @property
    def exam_url(self) -> str:
        """URL to POST a changed exam."""
        return self._base + "/api/v1/exam/{exam_id}/"

    @property
    def config_url(self) -> str:
        """URL to GET the configuration."""
        return self._base + "/api/v1/config/"

    @property
    def instructor_url(self) -> str:
        """URL of the dashboard for instructors."""
        return self._base + "/api/v1/instructor/{client_id}/?jwt={jwt}"

    @property
    def user_info_url(self) -> str:
        """URL to DELETE a user."""
        return self._base + "/api/v1/user/{user_id}/"

    @property
    def onboarding_statuses_url(self) -> str:
        """URL to GET the onboarding status of learners."""
        return self._base + "/api/v1/courses/{course_id}/onboarding_statuses"

    @property
    def proctoring_instructions(self) -> list[JSON]:
        """Instructions that replace those sent by the provider."""
        return []

    # Exams

    def on_exam_saved(self, exam: ExamDocument) -> str | int | None:
        """POST the exam; return the provider's id, or None on failure (with `strict`, raise the error)."""
        body = dict(exam)
        if self.default_rules and not body.get("rules"):
            body["rules"] = self.default_rules
        url = self.create_exam_url
        if body.get("external_id"):
            url = filled(self.exam_url, exam_id=body["external_id"])
        try:
            found = json_object(self._call("POST", url, json=body)).get("id")
            if found and not usable_id(found):
                raise ValueError("the id is neither text nor a number")
            return found if usable_id(found) else None
        except Exception as error:
            if current_options().strict:
                raise
            answer = getattr(error, "response", None)
            said = "no answer" if answer is None else masked_response(answer)
            log.exception(
                "exam not saved at the provider, exam_id=%s: %r, %s", body.get("id"), error, said
            )
            return None

    def get_exam(self, exam: ExamDict) -> ExamDict | JSONObject:
        """GET the exam as the provider knows it; {} if it does not know the exam."""
        external_id = exam.get("external_id")
        if not external_id:
            return {}
        return json_object(self._call("GET", filled(self.exam_url, exam_id=external_id)))

    # Attempts

    def register_exam_attempt(
        self, exam: ExamDict, context: RegistrationContext
    ) -> str | int | None:
        """POST the attempt; return the provider's id."""
        body = {name: value for name, value in context.items() if name != "attempt_code"}
        body["status"] = Status.created
        if not exam["external_id"]:
            raise BackendProviderCannotRegisterAttempt("the provider has no id for the exam", 502)
        url = filled(self.create_exam_attempt_url, exam_id=exam["external_id"])
        key = current_options().idempotency_key
        headers = {"Idempotency-Key": key} if key else {}
        with unanswered_as(BackendProviderCannotRegisterAttempt):
            response = self._call("POST", url, json=body, headers=headers, checked=False)
        return self._registered(response)

    def _registered(self, response: requests.Response) -> str | int:
        if response.status_code not in (200, 201):
            raise BackendProviderCannotRegisterAttempt(response.content, response.status_code)
        try:
            answer = json_object(response)
        except ValueError as error:
            raise BackendProviderCannotRegisterAttempt(response.content, 502) from error
        if answer.get("status") in Status.onboarding_errors:
            raise BackendProviderOnboardingException(str(answer["status"]))
        external_id = answer.get("id")
        if not usable_id(external_id):
            raise BackendProviderSentNoAttemptID(answer, response.status_code)
        return external_id

    def start_exam_attempt(self, exam: str, attempt: str) -> object:
        """PATCH the status started."""
        return self._tell(exam, attempt, Status.started)

    def stop_exam_attempt(self, exam: str, attempt: str) -> object:
        """PATCH the status submitted."""
        return self._tell(exam, attempt, Status.submitted)

    def mark_erroneous_exam_attempt(self, exam: str, attempt: str) -> object:
        """PATCH the status error."""
        return self._tell(exam, attempt, Status.error)

    def _tell(self, exam: str, attempt: str, status: str) -> object:
        with as_tell():
            answer = self._make_attempt_request(exam, attempt, method="PATCH", status=status)
        return answer.get("status") if answer else None

    def _make_attempt_request(
        self,
        exam: str | None,
        attempt: str | None,
        method: str = "POST",
        status: str | None = None,
        **payload: JSON,
    ) -> JSONObject:
        """Send a request to the attempt's URL; return the response's object, or {} without ids, or if it has none."""
        if not attempt or not exam:
            return {}
        body = {**payload, "status": status} if status else payload
        url = filled(self.exam_attempt_url, exam_id=exam, attempt_id=attempt)
        headers = self._get_language_headers() if method == "GET" else {}
        response = self._call(method, url, json=body or None, headers=headers)
        try:
            return json_object(response)
        except ValueError:
            # A GET reads an object. A notice has arrived, whatever the provider's response says.
            if method == "GET" and current_options().strict:
                raise
            log.warning("the provider's response is not an object: %s", masked_response(response))
            return {}

    def remove_exam_attempt(self, exam: str, attempt: str) -> bool:
        """DELETE the attempt; return True if it was deleted or unknown."""
        if not attempt or not exam:
            return False
        url = filled(self.exam_attempt_url, exam_id=exam, attempt_id=attempt)
        response = self._call("DELETE", url, checked=False)
        if response.status_code == 404:
            return True
        response.raise_for_status()
        try:
            return bool(json_object(response).get("status") == "deleted")
        except ValueError:
            log.warning("the provider's response is not an object: %s", masked_response(response))
            return False

    def get_attempt(self, attempt: AttemptDict) -> AttemptDict | JSONObject:
        """GET the attempt; {} while the provider is down (with `strict`, raise the error) or does not know it."""
        exam_id, attempt_id = attempt["proctored_exam"]["external_id"], attempt["external_id"]
        try:
            answer = self._make_attempt_request(exam_id, attempt_id, method="GET")
        except requests.RequestException as error:
            if current_options().strict:
                raise
            log.warning("provider's attempt data unavailable: %r", error)
            answer = {}
        instructions = self.proctoring_instructions or answer.get("instructions") or []
        return {**answer, "instructions": instructions} if attempt_id else {}

    def on_review_callback(self, attempt: ReviewedAttempt, payload: JSONObject) -> Any:
        """Return the review unchanged, because it already has our format."""
        return payload

    # Configuration, dashboard, users

    def get_proctoring_config(self) -> JSONObject:
        """GET the configuration, cached for a minute per language; {} while the provider is down."""
        headers = self._get_language_headers()
        key = f"edx_proctoring.config.{self._base}.{headers['Accept-Language']}"
        config: JSONObject | None = cache.get(key)
        if config is None:
            try:
                config = json_object(self._call("GET", self.config_url, headers=headers))
            except (requests.RequestException, ValueError) as error:
                log.warning("provider's configuration unavailable: %r", error)
                return {}
            cache.set(key, config, CONFIG_SECONDS)
        return config

    def get_software_download_url(self) -> str | None:
        """Return the address from the configuration."""
        url: str | None = self.get_proctoring_config().get("download_url")  # type: ignore[assignment]  # whatever the provider sends
        return url

    def get_javascript(self) -> str:
        """Return the first script of the bundle `npm_module` (by default named after the package) in the loader's
        WORKERS.
        """
        name = getattr(self, "npm_module", None) or type(self).__module__.split(".")[0]
        try:
            files = get_files(name, config="WORKERS")
        except Exception as error:
            warnings.warn(f"No script of {name} for proctoring: {error!r}", stacklevel=2)
            return ""
        urls = [str(file["url"]) for file in files]
        url = next((url for url in urls if urlparse(url).path.endswith(".js")), (urls or [""])[0])
        if not url:
            warnings.warn(f"No script of {name} for proctoring", stacklevel=2)
        return _at_lms(url)

    def get_instructor_url(
        self,
        course_id: str,
        user: Mapping[str, str],
        exam_id: str | None = None,
        attempt_id: str | None = None,
        show_configuration_dashboard: bool = False,
        encrypted_video_review_url: bytes | None = None,
    ) -> str:
        """Return the dashboard's URL with a short-lived token that identifies the instructor and the course, exam or
        attempt.
        """
        token: dict[str, Any] = {
            "course_id": course_id,
            "user": user,
            "iss": self.client_id,
            "jti": uuid.uuid4().hex,
            "exp": time.time() + self.token_expiration_time,
        }
        if exam_id:
            token["exam_id"] = exam_id
            if show_configuration_dashboard:
                token["config"] = True
            if attempt_id:
                token["attempt_id"] = attempt_id
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some providers issue short secrets
            encoded = jwt.encode(token, self.client_secret, algorithm="HS256")  # type: ignore[arg-type]  # refuses None
        return self.instructor_url.format(client_id=self.client_id, jwt=encoded)

    def retire_user(self, user_id: str) -> bool:
        """DELETE the user; return the provider's answer, True or False."""
        url = filled(self.user_info_url, user_id=user_id)
        try:
            response = self._call("DELETE", url, checked=False)
            answer = json_of(response)
        except (requests.RequestException, ValueError) as error:
            raise BackendProviderCannotRetireUser("The provider could not be reached.") from error
        if not response.ok or not isinstance(answer, bool):
            log.warning("user not retired at the provider: %s", masked_response(response))
            raise BackendProviderCannotRetireUser("The provider did not delete the user.")
        return answer

    def get_onboarding_profile_info(self, course_id: str, **kwargs: str) -> JSONObject | None:
        """GET the onboarding profiles; `kwargs` are the query: user_id, status, page, page_size."""
        url = filled(self.onboarding_statuses_url, course_id=course_id)
        if kwargs:
            url += f"?{urlencode(kwargs)}"
        with unanswered_as(BackendProviderOnboardingProfilesException):
            response = self._call("GET", url, checked=False)
        if response.status_code != 200:
            raise BackendProviderOnboardingProfilesException(response.content, response.status_code)
        try:
            return json_object(response)
        except ValueError as error:
            raise BackendProviderOnboardingProfilesException(response.content, 502) from error

    def _get_language_headers(self) -> dict[str, str]:
        """Return the reader's language, then the site's default, in the form that providers know."""
        default, current = settings.LANGUAGE_CODE, get_language()
        language = f"{current};{default}" if current and current != default else default
        return {"Accept-Language": language}


def _at_lms(url: str) -> str:
    """Return the URL, below the LMS if it is a path: other hosts show our pages, too."""
    root = getattr(settings, "LMS_ROOT_URL", None)
    is_path = url.startswith("/") and not url.startswith("//")
    return f"{root}{url}" if root and is_path else url
