"""The labels of attempt statuses in Django admin."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Statuses that staff may set.
STATUS_CHOICES = [
    (Status.created, _("Created")),
    (Status.download_software_clicked, _("Download Software Clicked")),
    (Status.ready_to_start, _("Ready To Start")),
    (Status.started, _("Started")),
    (Status.ready_to_submit, _("Ready To Submit")),
    (Status.declined, _("Declined")),
    (Status.timed_out, _("Timed Out")),
    (Status.submitted, _("Submitted")),
    (Status.second_review_required, _("Second Review Required")),
    (Status.verified, _("Verified")),
    (Status.rejected, _("Rejected")),
    (Status.error, _("Error")),
]
# Further statuses of attempts.
LABELS = {
    **dict(STATUS_CHOICES),
    Status.eligible: _("Eligible"),
    Status.expired: _("Expired"),
    Status.onboarding_missing: _("Onboarding Missing"),
    Status.onboarding_pending: _("Onboarding Pending"),
    Status.onboarding_failed: _("Onboarding Failed"),
    Status.onboarding_expired: _("Onboarding Expired"),
    Status.onboarding_reset: _("Onboarding Reset"),
}


def label(status: str) -> "StrOrPromise":
    """Return the label in the reader's language; an unknown status is returned unchanged."""
    return LABELS.get(status, status)
