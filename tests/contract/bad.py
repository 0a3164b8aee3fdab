"""Providers, each with one mistake that authors make."""

import logging

import requests
from django.contrib.auth import get_user_model

from edx_proctoring.backends.rest import BaseRestProctoringProvider

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
        answer = self.session.delete(url, timeout=5)
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
    """What goes wrong with a registration surfaces as it is."""

    def register_exam_attempt(self, exam, context):
        url = self.create_exam_attempt_url.format(exam_id=exam["external_id"])
        answer = self.session.post(url, json={"user_id": context["user_id"]}, timeout=5)
        answer.raise_for_status()
        return answer.json()["id"]
