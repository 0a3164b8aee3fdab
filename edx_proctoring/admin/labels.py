"""The labels of attempt statuses, allowances and outbox messages in Django admin."""

import functools
from typing import TYPE_CHECKING

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from edx_proctoring.constants import TIME_MULTIPLIER
from edx_proctoring.late_imports import late_module
from edx_proctoring.models import ProctoredExamStudentAllowance as Allowance
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from edx_proctoring.effects import messages
else:  # imported when used: see `late_imports`
    messages = late_module("edx_proctoring.effects.messages")

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


ALLOWANCES = {
    Allowance.ADDITIONAL_TIME_GRANTED[0]: _("Additional Time (minutes)"),
    TIME_MULTIPLIER: _("Additional Time (factor)"),
    Allowance.REVIEW_POLICY_EXCEPTION[0]: _("Review Policy Exception"),
}


@functools.cache
def message_labels() -> "dict[messages.MessageKind, StrOrPromise]":
    """Return the labels of all kinds of outbox messages."""
    return {
        messages.CREDIT: _("Credit of the learner"),
        messages.GRADE: _("Grade of the learner"),
        messages.COMPLETION: _("Completion of the exam in the course"),
        messages.LEARNER_STATE: _("Deletion of the answers"),
        messages.SUPPORT_NOTIFICATION: _("Notice to support about a suspicious review"),
        messages.EVENT: _("Analytics event"),
        messages.SIGNAL: _("Signal about the status"),
        messages.EMAIL: _("E-mail about the status"),
        messages.TIME_SIGNAL: _("Signal about a change of the time"),
        messages.TIME_EMAIL: _("E-mail about added time"),
        messages.PAUSE_EMAIL: _("E-mail to the course team about a long pause"),
        messages.PROVIDER_NOTICE: _("Notice to the provider"),
        messages.PROVIDER_REMOVAL: _("Removal of the attempt at the provider"),
        messages.EXAM_SAVED: _("Exam, for its provider"),
        messages.EXTENSION_CHANGE: _("Change of an attempt, for extensions"),
        messages.RECALCULATION: _("New deadlines of running attempts"),
        messages.BULK_TIME_CHANGE: _("Change of the time of many attempts"),
        messages.BULK_ACTION: _("Action on many attempts"),
    }


def allowance_label(key: str) -> "StrOrPromise":
    """Return the label of this kind of allowance; keys are free text, and another one is returned unchanged."""
    return ALLOWANCES.get(key, key)


def message_label(kind: str) -> "StrOrPromise":
    """Return the label of this kind of outbox message; a kind of an extension is returned unchanged."""
    known = {one.name: words for one, words in message_labels().items()}
    return known.get(kind, kind.replace("_", " "))


def with_title(words: "StrOrPromise", title: str) -> SafeString:
    """Return the words as HTML; the stored value is their tooltip."""
    return format_html('<span title="{}">{}</span>', title, words)
