"""Providers, each with one mistake that authors make."""

import logging

import requests
from django.contrib.auth import get_user_model

from edx_proctoring.backends.backend import (
    ProctoringBackendProvider,
    ask_options,
    current_options,
    remaining_seconds,
)
from edx_proctoring.backends.options import ProviderOption
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt

log = logging.getLogger(__name__)


class Good(BaseRestProctoringProvider):
    """Has no mistakes."""

    base_url = "https://bad.example.com"
    verbose_name = "Bad"
    supports_onboarding = False


class ChangesTheExam(Good):
    """Modifies the exam that it is passed."""

    def register_exam_attempt(self, exam, context):
        exam["seen"] = True
        return super().register_exam_attempt(exam, context)


class WaitsForEver(Good):
    """Sends a request without a time-out."""

    def start_exam_attempt(self, exam, attempt):
        url = self.exam_attempt_url.format(exam_id=exam, attempt_id=attempt)
        self.session.patch(url, json={"status": "started"}).raise_for_status()


class TellsTheLog(Good):
    """Logs the learner that it registers."""

    def register_exam_attempt(self, exam, context):
        log.info("registering %s", context["full_name"])
        return super().register_exam_attempt(exam, context)


class LosesNotices(Good):
    """Logs a failure and swallows it."""

    def stop_exam_attempt(self, exam, attempt):
        try:
            return super().stop_exam_attempt(exam, attempt)
        except requests.RequestException:
            log.warning("not told")


class LosesPauses(Good):
    """Declares that it hears of pauses, and swallows their failures."""

    supports_time_changes = True

    def pause_exam_attempt(self, exam, attempt):
        try:
            return super().pause_exam_attempt(exam, attempt)
        except requests.RequestException:
            log.warning("not told")


class CannotForget(Good):
    """Treats 404 as a failure, although the attempt is gone."""

    def remove_exam_attempt(self, exam, attempt):
        url = self.exam_attempt_url.format(exam_id=exam, attempt_id=attempt)
        answer = self.session.delete(url, timeout=remaining_seconds(5))
        answer.raise_for_status()
        return answer.json()["status"] == "deleted"


class TakesAnything(Good):
    """Accepts every delivery as a passed review."""

    def on_review_callback(self, attempt, payload):
        return {"status": "passed", "comments": []}


class AsksTheDatabase(Good):
    """Queries the learner."""

    def register_exam_attempt(self, exam, context):
        get_user_model().objects.filter(email=context["email"]).exists()
        return super().register_exam_attempt(exam, context)


class PromisesADashboard(Good):
    """Declares a dashboard but returns no URL."""

    def get_instructor_url(self, *args, **kwargs):
        return None


class LetsErrorsThrough(Good):
    """Raises failures of a registration unchanged."""

    def register_exam_attempt(self, exam, context):
        url = self.create_exam_attempt_url.format(exam_id=exam["external_id"])
        body = {**context, "status": "created"}
        headers = {"Idempotency-Key": current_options().idempotency_key}
        answer = self.session.post(url, json=body, headers=headers, timeout=remaining_seconds(5))
        answer.raise_for_status()
        return answer.json()["id"]


class KeepsTheLearner(Good):
    """Stores the last registered learner on the instance."""

    def register_exam_attempt(self, exam, context):
        self.last = dict(context)
        return super().register_exam_attempt(exam, context)


class HasWordsOfItsOwn(Good):
    """Uses a status that its service does not know."""

    def stop_exam_attempt(self, exam, attempt):
        return self._tell(exam, attempt, "finished")


class LosesExams(Good):
    """Swallows failures, so that exams are not saved again."""

    def on_exam_saved(self, exam):
        try:
            return super().on_exam_saved(exam)
        except requests.RequestException:
            return None


class PhonesHome(Good):
    """Contacts its service in the constructor, so that the site does not start without it."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        requests.get(self.base_url, timeout=1)


class TakesTwoOptions(Good):
    """Accepts only its two options."""

    def __init__(self, client_id, client_secret):
        super().__init__(client_id, client_secret)


class IsPatient(Good):
    """Waits longer than its caller."""

    seconds = 300

    def remove_exam_attempt(self, exam, attempt):
        url = self.exam_attempt_url.format(exam_id=exam, attempt_id=attempt)
        answer = requests.delete(url, timeout=self.seconds)
        if answer.status_code == 404:
            return True
        answer.raise_for_status()
        return answer.json()["status"] == "deleted"


class PrintsAddresses(Good):
    """Prints its URL, including the secret."""

    def retire_user(self, user_id):
        print(f"{self.user_info_url}?key={self.client_secret}")
        return super().retire_user(user_id)


class ChangesTheAttempt(Good):
    """Modifies the attempt that it is passed with a review."""

    def on_review_callback(self, attempt, payload):
        attempt["proctored_exam"]["seen"] = True
        return payload


class HidesItsScript(Good):
    """Raises an exception for its script, which the page would load."""

    npm_module = "@bad/worker"


class HasNoPages(Good):
    """Returns onboarding profiles as a plain list, without pages."""

    supports_onboarding = True

    def get_onboarding_profile_info(self, course_id, **kwargs):
        answer = super().get_onboarding_profile_info(course_id, **kwargs)
        return answer if "user_id" in kwargs else answer["results"]


class HasItsOwnTime(IsPatient):
    """Has a short time-out, but its caller may have less time."""

    seconds = 10


class DropsTheKey(Good):
    """Does not send the idempotency key, so that a repeated registration creates another attempt."""

    def register_exam_attempt(self, exam, context):
        with ask_options(deadline=remaining_seconds(10)):
            return super().register_exam_attempt(exam, context)


class CannotRemove(Good):
    """Its service cannot remove attempts, and it does not report that."""

    def remove_exam_attempt(self, exam, attempt):
        try:
            return super().remove_exam_attempt(exam, attempt)
        except requests.HTTPError as error:
            if error.response.status_code in (405, 501):
                return False
            raise


class TakesAnOutageForANo(Good):
    """Returns False for a removal that did not reach its service, so that it is never retried."""

    def remove_exam_attempt(self, exam, attempt):
        try:
            return super().remove_exam_attempt(exam, attempt)
        except requests.HTTPError as error:
            if error.response.status_code == 503:
                return False
            raise


class HasAnApiKey(Good):
    """Its API key has another type than declared, or than the suite passes."""

    provider_options = (ProviderOption("client_id", int),)


class TellsItsApiKey(Good):
    """Declares the API key as a secret, and shows it."""

    provider_options = (ProviderOption("client_id", secret=True),)

    def retire_user(self, user_id):
        log.info("asking with %s", self.client_id)
        return super().retire_user(user_id)


class ShowsItself(Good):
    """Shows its secret in its repr."""

    def __repr__(self):
        return f"ShowsItself({vars(self)})"


class IsAlwaysWell(Good):
    """Its `ping()` returns nothing."""

    def ping(self):
        self.session.get(self.config_url, timeout=remaining_seconds(5))


class CannotBeBuilt(Good):
    """Requires an option that nobody configures."""

    def __init__(self, region, **kwargs):
        super().__init__(**kwargs)


class SpeaksOtherwise(ProctoringBackendProvider):
    """Uses its own protocol."""

    verbose_name = "Other"

    def register_exam_attempt(self, exam, context):
        url, body = "https://other.example.com/attempts", {"code": context["attempt_code"]}
        try:
            answer = requests.post(url, json=body, timeout=remaining_seconds(5))
            answer.raise_for_status()
            return answer.json()["locator"]
        except (requests.RequestException, LookupError, TypeError) as error:
            raise BackendProviderCannotRegisterAttempt(repr(error), 502) from error

    def start_exam_attempt(self, exam, attempt):
        """Do nothing: the service detects it itself."""

    def stop_exam_attempt(self, exam, attempt):
        """Do nothing: the service detects it itself."""

    def mark_erroneous_exam_attempt(self, exam, attempt):
        """Does nothing: the service detects it itself."""

    def remove_exam_attempt(self, exam, attempt):
        return True

    def get_software_download_url(self):
        return None

    def on_exam_saved(self, exam):
        return None

    def on_review_callback(self, attempt, payload):
        return None
