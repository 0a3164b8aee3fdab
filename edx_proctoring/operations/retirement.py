"""Retire users: have providers delete their data, and blank personal data in this database."""

import logging
from collections.abc import Iterable, Sequence

from django.apps import apps
from django.db.models import Q

from edx_proctoring import backends, conf, crypto, extensions, outbox, transactions
from edx_proctoring.api.lookup import as_id, batches
from edx_proctoring.backends.backend import ask_options
from edx_proctoring.effects import messages
from edx_proctoring.models import (
    NOTE,
    BulkAction,
    BulkTimeChange,
    IdempotentRequest,
    OutboxMessage,
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
    TimeAdjustment,
    exactly_one_of,
)
from edx_proctoring.types import JSONObject

log = logging.getLogger(__name__)

Attempt = ProctoredExamStudentAttempt


def retire_user_at_providers(user_id: int | str) -> dict[str, bool]:
    """Have all providers delete the user's data; return the result by provider name.

    Includes the providers of attempts that were removed or declined since. A provider without data to delete is left
    out; one that fails or is no longer configured is False and does not affect the others. May be repeated.
    """
    answers: dict[str, bool] = {}
    for stored in _backends_that_know(user_id):
        name = backends.full_name(stored) or str(None)
        done = _retire_at(name, crypto.obscured_user_id(user_id, stored))
        if done is not None:
            answers[name] = answers.get(name, True) and done
    return answers


def _backends_that_know(user_id: int | str) -> list[str | None]:
    """Return provider names as exams store them. None is the default provider, which knows the user by another obscured
    id.
    """
    if as_id(user_id) is None:
        return []
    rows = Attempt.history.filter(user_id=user_id, taking_as_proctored=True)
    exams = set(rows.values_list("proctored_exam_id", flat=True))
    living = Attempt.objects.filter(user_id=user_id, taking_as_proctored=True)
    exams.update(living.values_list("proctored_exam_id", flat=True))
    names = ProctoredExam.objects.filter(pk__in=exams).values_list("backend", flat=True)
    return sorted(set(names), key=lambda name: name or "")


def _retire_at(name: str, obscured_id: str) -> bool | None:
    try:
        provider = backends.require_provider_named(name)
        assert provider is not None  # only an exam can have none
        with ask_options(deadline=conf.proctoring.ASK_DEADLINE_SECONDS):
            done = provider.retire_user(obscured_id)
    except Exception as error:  # whatever fails, continue with the other providers
        log.error("user not retired at the provider, backend=%s: %r", name, error)
        return False
    return None if done is None else bool(done)


def retire_user(user_id: int | str) -> None:
    """Blank the user's personal data here; attempts and their statuses stay. May be repeated.

    Blanks values of allowances, payloads and videos of reviews, reviewers' comments and notes, the reasons that staff
    wrote, and the archives of all these, including those of removed attempts. Has no effects: reviews are not decided
    again and no notices are sent.
    """
    number = as_id(user_id)
    if number is not None:
        transactions.run(lambda: _blank(number))


def _blank(user_id: int) -> None:
    allowance_ids = _blank_allowances(user_id)
    codes, attempts = set(), set()
    for rows in (Attempt.objects.all(), Attempt.history.all()):
        found = rows.filter(user_id=user_id).values_list("attempt_code", "id", "proctored_exam_id")
        for code, attempt_id, exam_id in found.distinct():
            attempts.add((attempt_id, exam_id))
            codes |= {code} if code else set()
    for model in (ProctoredExamSoftwareSecureReview, ProctoredExamSoftwareSecureReviewHistory):
        of_student = model.objects.filter(student_id=user_id).values_list("attempt_code", flat=True)
        codes.update(of_student)
    for some in batches(sorted(codes)):
        _blank_reviews(some)
    _blank_reasons(user_id)
    _blank_bulk_reasons(attempts)
    adjustments = TimeAdjustment.objects.filter(user_id=user_id)
    adjustments.exclude(
        attempt_id__in=Attempt.objects.filter(user_id=user_id).values("pk")
    ).delete()
    _forget_messages(user_id, attempts, allowance_ids)
    IdempotentRequest.objects.filter(user_id=user_id).delete()
    extensions.retire(user_id)


def personal_data_of_extensions(user_id: int | str) -> dict[str, list[JSONObject]]:
    """Return the data that extensions store about the user, by the extension's name, for the host's export of personal
    data.
    """
    number = as_id(user_id)
    return {} if number is None else extensions.personal_data(number)


def _blank_allowances(user_id: int) -> set[int]:
    kept = ProctoredExamStudentAllowance.objects.filter(user_id=user_id).exclude(value="")
    kept.update(value="")  # archives the old value …
    archive = ProctoredExamStudentAllowanceHistory.objects.filter(user_id=user_id)
    archive.exclude(value="").update(value="")  # … which is then deleted, too
    return set(archive.values_list("allowance_id", flat=True))


def _blank_reviews(codes: Sequence[str]) -> None:
    for model in (ProctoredExamSoftwareSecureReview, ProctoredExamSoftwareSecureReviewHistory):
        rows = model.objects.filter(exactly_one_of("attempt_code", codes))
        rows.update(raw_data="", encrypted_video_url=b"")
    comments = ProctoredExamSoftwareSecureComment.objects.filter(
        exactly_one_of("review__attempt_code", codes)
    )
    comments.update(comment="", status="")
    reviews = ProctoredExamSoftwareSecureReview.objects.filter(
        exactly_one_of("attempt_code", codes)
    )
    _blank_notes([str(pk) for pk in reviews.values_list("pk", flat=True)])


def _blank_notes(review_ids: Sequence[str]) -> None:
    """Blank the notes of reviewers in Django admin's log, if the host uses it."""
    if not apps.is_installed("django.contrib.admin"):
        return
    entries = apps.get_model("admin", "LogEntry")._default_manager.filter(
        content_type__app_label=ProctoredExamSoftwareSecureReview._meta.app_label,
        content_type__model=ProctoredExamSoftwareSecureReview._meta.model_name,
        object_id__in=review_ids,
        change_message__startswith=NOTE,
    )
    entries.update(change_message="")


def _blank_reasons(user_id: int) -> None:
    """Blank what staff wrote about the learner's attempts; in the history the code before the text stays."""
    TimeAdjustment.objects.filter(user_id=user_id).exclude(reason="").update(reason="")
    history = Attempt.history.filter(user_id=user_id, history_change_reason__contains=": ")
    for reason in set(history.values_list("history_change_reason", flat=True)):
        code = str(reason).partition(": ")[0]
        history.filter(history_change_reason=reason).update(history_change_reason=code)


def _blank_bulk_reasons(attempts: set[tuple[int, int]]) -> None:
    """Blank the reasons of changes that were made to a selection of attempts with one of these among them."""
    ids = {attempt_id for attempt_id, _ in attempts}
    exams = ProctoredExam.objects.filter(pk__in={exam_id for _, exam_id in attempts})
    courses = exams.values("course_id")
    actions = BulkAction.objects.filter(course_id__in=courses, resource=BulkAction.ATTEMPTS)
    for action in actions.only("row_ids", "options"):
        if action.options.get("reason") and ids.intersection(action.row_ids):
            options = {**action.options, "reason": ""}
            BulkAction.objects.filter(pk=action.pk).update(options=options)
    changes = BulkTimeChange.objects.filter(course_id__in=courses, attempt_ids__isnull=False)
    _blank_reasons_of_bulk_changes(changes.exclude(reason=""), ids)


def _blank_reasons_of_bulk_changes(changes: Iterable[BulkTimeChange], ids: set[int]) -> None:
    """Blank the reasons of those changes that name one of these attempts, and of what undoes them."""
    naming = [one.pk for one in changes if ids.intersection(one.attempt_ids or ())]
    for some in batches(naming):
        rows = BulkTimeChange.objects.filter(Q(pk__in=some) | Q(undoes_id__in=some))
        rows.update(reason="")


def _forget_messages(user_id: int, attempts: set[tuple[int, int]], allowance_ids: set[int]) -> None:
    """Cancel pending e-mails and support tickets, and delete the payloads of delivered ones."""
    orders = messages.orders_of_learner(attempts, user_id, allowance_ids)
    for some in batches(sorted(orders)):
        rows = OutboxMessage.objects.filter(lane__in=some)
        waiting = rows.unfinished().filter(kind__in=messages.PERSONAL_KINDS)
        for lane in set(waiting.values_list("lane", flat=True)):
            outbox.cancel(lane, *messages.PERSONAL_KINDS)
        rows.settled().delete()
