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
    """Does all that it should."""

    base_url = "https://bad.example.com"
    verbose_name = "Bad"
    supports_onboarding = False


class ChangesTheExam(Good):
    """Puts its own words into what it was handed."""

    def register_exam_attempt(self, exam, context):
        exam["seen"] = True
        return super().register_exam_attempt(exam, context)


class WaitsForEver(Good):
    """Its own request, without a time-out."""

    def start_exam_attempt(self, exam, attempt):
        url = self.exam_attempt_url.format(exam_id=exam, attempt_id=attempt)
        self.session.patch(url, json={"status": "started"}).raise_for_status()


class TellsTheLog(Good):
    """Logs whom it registers."""

    def register_exam_attempt(self, exam, context):
        log.info("registering %s", context["full_name"])
        return super().register_exam_attempt(exam, context)


class LosesNotices(Good):
    """Logs and goes on."""

    def stop_exam_attempt(self, exam, attempt):
        try:
            return super().stop_exam_attempt(exam, attempt)
        except requests.RequestException:
            log.warning("not told")


class CannotForget(Good):
    """Takes 404 for a failure, though the attempt is gone."""

    def remove_exam_attempt(self, exam, attempt):
        url = self.exam_attempt_url.format(exam_id=exam, attempt_id=attempt)
        answer = self.session.delete(url, timeout=remaining_seconds(5))
        answer.raise_for_status()
        return answer.json()["status"] == "deleted"


class TakesAnything(Good):
    """Every delivery is a review that was passed."""

    def on_review_callback(self, attempt, payload):
        return {"status": "passed", "comments": []}


class AsksTheDatabase(Good):
    """Looks the learner up."""

    def register_exam_attempt(self, exam, context):
        get_user_model().objects.filter(email=context["email"]).exists()
        return super().register_exam_attempt(exam, context)


class PromisesADashboard(Good):
    """Says that it has one, and has no address of it."""

    def get_instructor_url(self, *args, **kwargs):
        return None


class LetsErrorsThrough(Good):
    """Failures of a registration are raised unchanged."""

    def register_exam_attempt(self, exam, context):
        url = self.create_exam_attempt_url.format(exam_id=exam["external_id"])
        body = {**context, "status": "created"}
        headers = {"Idempotency-Key": current_options().idempotency_key}
        answer = self.session.post(url, json=body, headers=headers, timeout=remaining_seconds(5))
        answer.raise_for_status()
        return answer.json()["id"]


class KeepsTheLearner(Good):
    """Its next request knows whom it registered last."""

    def register_exam_attempt(self, exam, context):
        self.last = dict(context)
        return super().register_exam_attempt(exam, context)


class HasWordsOfItsOwn(Good):
    """Its service does not know that status."""

    def stop_exam_attempt(self, exam, attempt):
        return self._tell(exam, attempt, "finished")


class LosesExams(Good):
    """Nobody saves them again."""

    def on_exam_saved(self, exam):
        try:
            return super().on_exam_saved(exam)
        except requests.RequestException:
            return None


class PhonesHome(Good):
    """When it is made: the site does not start without its service."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        requests.get(self.base_url, timeout=1)


class TakesTwoOptions(Good):
    """And no other."""

    def __init__(self, client_id, client_secret):
        super().__init__(client_id, client_secret)


class IsPatient(Good):
    """Its caller is not."""

    seconds = 300

    def remove_exam_attempt(self, exam, attempt):
        url = self.exam_attempt_url.format(exam_id=exam, attempt_id=attempt)
        answer = requests.delete(url, timeout=self.seconds)
        if answer.status_code == 404:
            return True
        answer.raise_for_status()
        return answer.json()["status"] == "deleted"


class PrintsAddresses(Good):
    """On the console, with its secret."""

    def retire_user(self, user_id):
        print(f"{self.user_info_url}?key={self.client_secret}")
        return super().retire_user(user_id)


class ChangesTheAttempt(Good):
    """Puts its own words into what it was handed with a review."""

    def on_review_callback(self, attempt, payload):
        attempt["proctored_exam"]["seen"] = True
        return payload


class HidesItsScript(Good):
    """The page would load it."""

    npm_module = "@bad/worker"


class HasNoPages(Good):
    """Of its learners' onboarding it gives the list alone."""

    supports_onboarding = True

    def get_onboarding_profile_info(self, course_id, **kwargs):
        answer = super().get_onboarding_profile_info(course_id, **kwargs)
        return answer if "user_id" in kwargs else answer["results"]


class HasItsOwnTime(IsPatient):
    """It is short, but the caller may have less."""

    seconds = 10


class DropsTheKey(Good):
    """A registration that is repeated is a new one for its service."""

    def register_exam_attempt(self, exam, context):
        with ask_options(deadline=remaining_seconds(10)):
            return super().register_exam_attempt(exam, context)


class CannotRemove(Good):
    """Its service has no removal, and it does not say so."""

    def remove_exam_attempt(self, exam, attempt):
        try:
            return super().remove_exam_attempt(exam, attempt)
        except requests.HTTPError as error:
            if error.response.status_code in (405, 501):
                return False
            raise


class TakesAnOutageForANo(Good):
    """A removal that its service did not hear of is never tried again."""

    def remove_exam_attempt(self, exam, attempt):
        try:
            return super().remove_exam_attempt(exam, attempt)
        except requests.HTTPError as error:
            if error.response.status_code == 503:
                return False
            raise


class HasAnApiKey(Good):
    """Of another kind than it says, or than the suite says."""

    provider_options = (ProviderOption("client_id", int),)


class TellsItsApiKey(Good):
    """It declares that as a secret, and shows it."""

    provider_options = (ProviderOption("client_id", secret=True),)

    def retire_user(self, user_id):
        log.info("asking with %s", self.client_id)
        return super().retire_user(user_id)


class ShowsItself(Good):
    """Wherever it is logged."""

    def __repr__(self):
        return f"ShowsItself({vars(self)})"


class IsAlwaysWell(Good):
    """Its health says nothing."""

    def ping(self):
        self.session.get(self.config_url, timeout=remaining_seconds(5))


class CannotBeBuilt(Good):
    """It wants what nobody configures."""

    def __init__(self, region, **kwargs):
        super().__init__(**kwargs)


class SpeaksOtherwise(ProctoringBackendProvider):
    """Its protocol is its own."""

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
        """It notices by itself."""

    def stop_exam_attempt(self, exam, attempt):
        """It notices by itself."""

    def mark_erroneous_exam_attempt(self, exam, attempt):
        """It notices by itself."""

    def remove_exam_attempt(self, exam, attempt):
        return True

    def get_software_download_url(self):
        return None

    def on_exam_saved(self, exam):
        return None

    def on_review_callback(self, attempt, payload):
        return None
