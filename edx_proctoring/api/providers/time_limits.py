"""Limits of time that providers enforce themselves."""

from edx_proctoring.backends.provider_info import provider_info
from edx_proctoring.models import ProctoredExamStudentAttempt


def limit_of(attempt: ProctoredExamStudentAttempt) -> str:
    """Return the name of the provider that ends the attempt's session itself and hears of no granted time, or "".

    Only attempts that are registered there; later ones are registered with the time that they have then.
    """
    if not attempt.external_id or not attempt.taking_as_proctored:
        return ""
    found = provider_info(attempt.proctored_exam)
    return found.name_of_limit if found else ""
