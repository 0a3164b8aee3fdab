"""Acme's proctoring: the REST protocol, with three peculiarities of its own."""

from typing import Any

from edx_proctoring.backends.options import ProviderOption
from edx_proctoring.backends.rest import BaseRestProctoringProvider


class AcmeProvider(BaseRestProctoringProvider):
    """Operators set `base_url`, `client_id`, `client_secret` and `api_key`, perhaps `region`."""

    provider_options = (
        ProviderOption("api_key", secret=True, why="The key of the platform's account."),
        ProviderOption("region", default="eu", why="Where recordings are kept: eu or us."),
    )
    verbose_name = "Acme"
    tech_support_email = "support@acme.example.com"
    supports_onboarding = False

    def __init__(self, api_key: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)  # the other options become attributes, here `region`
        self.session.headers["X-Api-Key"] = api_key

    @property
    def proctoring_instructions(self) -> list[str]:
        """Instead of those that the service sends."""
        return ["Close all other programs.", "Start the system check and wait until it is done."]

    def register_exam_attempt(self, exam: Any, context: Any) -> Any:
        """Acme wants to know whose course it is; the context is copied, because it is the app's."""
        organization = str(exam["course_id"]).partition(":")[2].partition("+")[0]
        more = {"organization": organization, "region": self.region}
        return super().register_exam_attempt(exam, {**context, **more})
