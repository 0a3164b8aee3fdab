"""Information for learners about the platform and the exam's provider."""

import logging
from typing import Any

from edx_proctoring import backends, conf, constants, host
from edx_proctoring.api.lookup import exam_by_id
from edx_proctoring.backends import display
from edx_proctoring.backends.backend import ProctoringBackendProvider, ask_options
from edx_proctoring.models import ProctoredExam

log = logging.getLogger(__name__)


def get_proctoring_settings_by_exam_id(exam_id: int) -> dict[str, Any]:
    """Return `platform_name`, `contact_us`, `link_urls`, `exam_proctoring_backend`, and for proctored exams more about
    the provider.

    `exam_proctoring_backend` is the provider's configuration, `{}` if it has none or does not answer.
    Raises ProctoredExamNotFoundException, BackendProviderNotConfigured.
    """
    exam = exam_by_id(exam_id)
    settings: dict[str, Any] = {
        "platform_name": constants.PLATFORM_NAME,
        "contact_us": constants.DEFAULT_CONTACT_EMAIL,
        "link_urls": conf.proctoring.LINK_URLS,
        "exam_proctoring_backend": {},
    }
    if exam.is_proctored:
        settings.update(_of_provider(exam))
    return settings


def _of_provider(exam: ProctoredExam) -> dict[str, Any]:
    provider = backends.require_provider(exam)
    return {
        "exam_proctoring_backend": _configuration(provider, exam),
        "provider_tech_support_email": provider.tech_support_email,
        "provider_tech_support_phone": provider.tech_support_phone,
        "provider_name": provider.verbose_name,
        "learner_notification_from_email": provider.learner_notification_from_email,
        "integration_specific_email": get_integration_specific_email(provider),
        "proctoring_escalation_email": host.escalation_email(exam.course_id),
    }


def _configuration(provider: ProctoringBackendProvider, exam: ProctoredExam) -> Any:
    try:
        with ask_options(deadline=conf.proctoring.ASK_DEADLINE_SECONDS):
            return display.configuration(provider.get_proctoring_config() or {})
    except Exception as error:
        # The exam's page is shown without it, rather than not at all.
        log.warning("provider configuration unavailable, exam_id=%s: %r", exam.pk, error)
        return {}


def get_integration_specific_email(provider: ProctoringBackendProvider | None) -> str:
    """Return the provider's own address for learners, else the platform's contact."""
    own = getattr(provider, "integration_specific_email", None)
    return str(own or constants.DEFAULT_CONTACT_EMAIL or "")
