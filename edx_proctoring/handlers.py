"""Receivers of model signals, needed because hosts save models directly."""

import logging
from typing import TYPE_CHECKING, TypeVar

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Model, ProtectedError, QuerySet
from django.db.models.signals import ModelSignal, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from edx_proctoring import host
from edx_proctoring.late_imports import late_module
from edx_proctoring.models import (
    TIME_VALUES,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamReviewPolicyHistory,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
    archive_model,
    exactly,
    is_handled,
    note_for_post_save,
    take_note_of_pre_save,
)
from edx_proctoring.runtime import get_runtime_service

if TYPE_CHECKING:
    from edx_proctoring import api
else:  # imported when used: see `late_imports`
    api = late_module("edx_proctoring.api")

log = logging.getLogger(__name__)
Row = TypeVar("Row", bound=Model)

# Looked up at every use, because test suites of hosts patch `get_runtime_service` here.
host.set_completion_lookup(lambda name: get_runtime_service(name))  # noqa: PLW0108  looked up late


def _stored(instance: Row, raw: object = False) -> Row | None:
    """Return the row stored in the database; None for a new row and while fixtures are loaded.

    Inside a transaction it is locked, so that it is the version that the save replaces.
    """
    if raw or instance.pk is None:
        return None
    rows = type(instance)._default_manager.filter(pk=instance.pk)
    if connection.in_atomic_block and connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return rows.first()


def _origin_model(origin: object) -> type:
    """Return the model of the deleted row or queryset."""
    return origin.model if isinstance(origin, QuerySet) else type(origin)


def _is_cascade(instance: Model, origin: object) -> bool:
    """Return whether the row is deleted by a cascade."""
    return origin is not None and _origin_model(origin) is not type(instance)


@receiver(pre_save, sender=ProctoredExam)
def check_for_category_switch(
    sender: type[Model], instance: ProctoredExam, **kwargs: object
) -> None:
    """Notify the former provider of an exam; the new provider starts without the former one's id."""
    before = _stored(instance, kwargs.get("raw", False))
    former = api.leave_former_provider(before, instance) if before is not None else None
    time = before and (before.time_limit_mins, before.due_date)
    note_for_post_save(instance, former_provider=former, time=time)
    if former and former.name and not api.is_known_backend(former.name):
        log.error(
            "former provider of exam %s not notified, it is not configured: %s",
            instance.pk,
            former.name,
        )


@receiver(post_save, sender=ProctoredExam)
def on_exam_time_changed(sender: type[Model], instance: ProctoredExam, **kwargs: object) -> None:
    """Recalculate running attempts after a change of the limit or the due date; an unchanged exam costs no query."""
    before = take_note_of_pre_save(instance, "time")
    if before is not None and before != (instance.time_limit_mins, instance.due_date):
        api.recalculate_running([instance.pk])


@receiver(post_save, sender=ProctoredExamStudentAllowance)
def on_allowance_saved(
    sender: type[Model], instance: ProctoredExamStudentAllowance, **kwargs: object
) -> None:
    """Recalculate the learner's running attempt. Deleting an allowance takes no time away."""
    if kwargs.get("raw") or kwargs.get("is_one_of_many"):
        return
    if instance.key in TIME_VALUES:
        api.recalculate_running([instance.proctored_exam_id], [instance.user_id])


@receiver(post_save, sender=ProctoredExam)
@receiver(post_save, sender=ProctoredExamReviewPolicy)
def save_exam_on_backend(
    sender: type[Model], instance: ProctoredExam | ProctoredExamReviewPolicy, **kwargs: object
) -> None:
    """Notify the provider of the current state of a proctored exam and its review policy."""
    if kwargs.get("raw"):
        return
    if isinstance(instance, ProctoredExamReviewPolicy):
        api.tell_exam_saved(instance.proctored_exam)
    else:
        api.tell_exam_saved(instance, take_note_of_pre_save(instance, "former_provider"))


@receiver(pre_save, sender=ProctoredExamReviewPolicy)
@receiver(pre_delete, sender=ProctoredExamReviewPolicy)
def on_review_policy_changed(
    sender: type[Model], instance: ProctoredExamReviewPolicy, signal: ModelSignal, **kwargs: object
) -> None:
    """Archive the former version of the policy; notify the provider of a deleted policy."""
    before = _stored(instance, kwargs.get("raw", False))
    if before is None or _is_cascade(instance, kwargs.get("origin")):
        return
    archive_model(ProctoredExamReviewPolicyHistory, before, id="original_id")


@receiver(pre_delete, sender=ProctoredExamReviewPolicy)
def protect_authors(
    sender: type[Model], instance: ProctoredExamReviewPolicy, **kwargs: object
) -> None:
    """Keep a policy in force when its author's account is deleted; archived versions are deleted with the account.

    Authors of policies in force could otherwise never be deleted, so Django admin explains what to do before this
    happens.
    """
    if issubclass(_origin_model(kwargs.get("origin")), get_user_model()):
        text = (
            f"This user is the author of the review policy {instance.pk}. Have somebody else save the policy, or delete "
            "it; then the account can be deleted."
        )
        raise ProtectedError(text, {instance})


@receiver(post_delete, sender=ProctoredExamReviewPolicy)
def on_review_policy_deleted(
    sender: type[Model], instance: ProctoredExamReviewPolicy, **kwargs: object
) -> None:
    """Notify the provider that there is no policy any more."""
    if not _is_cascade(instance, kwargs.get("origin")):
        api.tell_exam_saved(instance.proctored_exam)


@receiver(pre_save, sender=ProctoredExamStudentAllowance)
@receiver(pre_delete, sender=ProctoredExamStudentAllowance)
def on_allowance_changed(
    sender: type[Model],
    instance: ProctoredExamStudentAllowance,
    signal: ModelSignal,
    **kwargs: object,
) -> None:
    """Archive the former version of the allowance, unless the caller has already done so."""
    if kwargs.get("is_archived"):
        return
    before = _stored(instance, kwargs.get("raw", False))
    if before is not None and not _is_cascade(instance, kwargs.get("origin")):
        archive_model(ProctoredExamStudentAllowanceHistory, before, id="allowance_id")


@receiver(pre_save, sender=ProctoredExamStudentAttempt)
def on_attempt_changed(
    sender: type[Model], instance: ProctoredExamStudentAttempt, **kwargs: object
) -> None:
    """Does nothing: completion follows the transition, not the save. Kept because it is importable."""


@receiver(pre_delete, sender=ProctoredExamStudentAttempt)
def on_attempt_deleted(
    sender: type[Model], instance: ProctoredExamStudentAttempt, **kwargs: object
) -> None:
    """Hold the learner's lock, so that no review is stored while the attempt is deleted, and tell the provider."""
    if not is_handled(instance):
        api.tell_attempt_deleted(instance)


@receiver(post_delete, sender=ProctoredExamStudentAttempt)
def finish_attempt_flow(
    sender: type[Model],
    instance: ProctoredExamStudentAttempt,
    signal: ModelSignal,
    **kwargs: object,
) -> None:
    """Keep the review of a removed attempt, but mark it as inactive."""
    if instance.attempt_code:
        reviews = ProctoredExamSoftwareSecureReview.objects.filter(
            exactly(attempt_code=instance.attempt_code), is_attempt_active=True
        )
        keys = list(reviews.values_list("pk", flat=True))
        if keys:  # an UPDATE that finds no row takes a gap lock on MariaDB
            ProctoredExamSoftwareSecureReview.objects.filter(pk__in=keys).update(
                is_attempt_active=False
            )


@receiver(pre_save, sender=ProctoredExamSoftwareSecureReview)
@receiver(pre_delete, sender=ProctoredExamSoftwareSecureReview)
def on_review_changed(
    sender: type[Model],
    instance: ProctoredExamSoftwareSecureReview,
    signal: ModelSignal,
    **kwargs: object,
) -> None:
    """Archive the former version of the review, and remember whether this save is a decision."""
    if kwargs.get("raw") or _is_cascade(instance, kwargs.get("origin")):
        return
    if signal is pre_save and instance.student_id and not is_handled(instance):
        api.lock_learner(instance.student_id)
    before = _stored(instance)
    decision = before and (before.review_status, before.reviewed_by_id)
    note_for_post_save(instance, decision=decision)
    if before is not None:
        archive_model(ProctoredExamSoftwareSecureReviewHistory, before, id=None)


@receiver(post_save, sender=ProctoredExamSoftwareSecureReview)
def finish_review_workflow(
    sender: type[Model],
    instance: ProctoredExamSoftwareSecureReview,
    signal: ModelSignal,
    **kwargs: object,
) -> None:
    """Apply a review that a host saved itself, if it is new or has a new decision."""
    decided_before = take_note_of_pre_save(instance, "decision")
    if kwargs.get("raw") or is_handled(instance):
        return
    decided = (instance.review_status, instance.reviewed_by_id)
    if kwargs["created"] or decided != decided_before:
        api.apply_saved_review(instance, is_new=bool(kwargs["created"]))
