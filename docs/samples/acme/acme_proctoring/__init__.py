"""Acme's proctoring: the REST protocol, with two peculiarities of its own."""

from typing import Any

from edx_proctoring.backends.rest import BaseRestProctoringProvider


class AcmeProvider(BaseRestProctoringProvider):
    """Operators set `base_url`, `client_id` and `client_secret`."""

    verbose_name = "Acme"
    tech_support_email = "support@acme.example.com"
    supports_onboarding = False

    @property
    def proctoring_instructions(self) -> list[str]:
        """Instead of those that the service sends."""
        return ["Close all other programs.", "Start the system check and wait until it is done."]

    def register_exam_attempt(self, exam: Any, context: Any) -> Any:
        """Acme wants to know whose course it is; the context is copied, because it is the app's."""
        organization = str(exam["course_id"]).partition(":")[2].partition("+")[0]
        return super().register_exam_attempt(exam, {**context, "organization": organization})
