"""The simulator as a provider of an LMS: everything that the author of a provider has to write."""

from edx_proctoring.backends.rest import BaseRestProctoringProvider


class SimulatorProvider(BaseRestProctoringProvider):
    """Uses the REST protocol with the simulator, whose URL is an option in PROCTORING_BACKENDS."""

    base_url = "http://127.0.0.1:11136"
    verbose_name = "Proctoring Simulator"
    tech_support_email = "help@simulator.example.com"
    tech_support_phone = "+1 555 0100"
    learner_notification_from_email = "results@simulator.example.com"
    supports_onboarding = False

    def get_javascript(self) -> str:
        """Return the URL of the worker's script, which the simulator serves itself."""
        return f"{self.base_url.rstrip('/')}/worker.js"
