"""Manual repairs, for commands: in batches, row by row. A failure is reported and does not affect the other rows."""

import datetime
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef

from edx_proctoring import effects, lifecycle, transactions
from edx_proctoring.api.lookup import exam_by_id
from edx_proctoring.api.reviews.receive import (
    apply_saved_review,
    is_decided_by_staff,
    status_after_review,
)
from edx_proctoring.backends.provider_info import provider_info
from edx_proctoring.lifecycle.removal import forget
from edx_proctoring.lifecycle.rows import other_statuses
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
    exactly,
)
from edx_proctoring.statuses import IN_PROGRESS, ProctoredExamStudentAttemptStatus

log = logging.getLogger(__name__)

Attempt = ProctoredExamStudentAttempt
Review = ProctoredExamSoftwareSecureReview
Pause = Callable[[], object]

DONE, UNCHANGED, SKIPPED, FAILED = "done", "unchanged", "skipped", "failed"
REPAIR_BATCH_SIZE = 300


@dataclass(frozen=True)
class Repaired:
    """The result for one row: its id, the outcome (done, unchanged, skipped or failed), and a reason."""

    id: int
    outcome: str
    detail: str = ""


def _nothing() -> None:
    return None


def _pages(rows: Any, size: int, after: int = 0) -> Iterator[list[int]]:
    """Yield ids in order; one page is held in memory."""
    while page := list(
        rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:size]
    ):
        after = page[-1]
        yield page


def _each(
    pages: Iterable[list[int]], work: Callable[[int], Repaired], between: Pause
) -> Iterator[Repaired]:
    """Process each row; `between` is called before the next page if the previous one changed something."""
    changed = False
    for page in pages:
        if changed:
            between()
        changed = False
        for row_id in page:
            done = _tried(work, row_id)
            changed = changed or done.outcome == DONE
            yield done


def _tried(work: Callable[[int], Repaired], row_id: int) -> Repaired:
    try:
        return work(row_id)
    except Exception as error:
        log.exception("repair failed, id=%s", row_id)
        return Repaired(row_id, FAILED, str(error) or repr(error))


def forget_attempts(
    ids: Iterable[int],
    *,
    force: bool = False,
    dry_run: bool = False,
    batch_size: int = REPAIR_BATCH_SIZE,
    between: Pause = _nothing,
) -> Iterator[Repaired]:
    """Delete attempts that were never started; their providers are notified afterwards, with retries.

    Does not change answers, grades or credit, and emits no events. Attempts in progress are skipped unless `force` is
    set; unknown ids are skipped.
    """

    def work(attempt_id: int) -> Repaired:
        known = Attempt.objects.get_exam_attempt_by_id(attempt_id)
        if known is None:
            return Repaired(attempt_id, SKIPPED, "no such attempt")

        def decide() -> Repaired:
            attempt = lifecycle.lock_attempt(known)
            if attempt.status in IN_PROGRESS and not force:
                return Repaired(attempt_id, SKIPPED, f"it is {attempt.status}")
            if not dry_run:
                forget(attempt)
            return Repaired(attempt_id, DONE, known.status)

        return lifecycle.locked(known.user_id, decide)

    rows = iter(ids)
    pages = iter(lambda: list(itertools.islice(rows, batch_size)), [])
    return _each(pages, work, between)


def deactivate_orphaned_reviews(
    *, dry_run: bool = False, batch_size: int = REPAIR_BATCH_SIZE, between: Pause = _nothing
) -> Iterator[tuple[str, int]]:
    """Mark reviews, then archived reviews, of removed attempts as inactive; yield (table, rows) per batch.

    Sends no signals and archives nothing.
    """
    living = Attempt.objects.filter(exactly(attempt_code=OuterRef("attempt_code")))
    changed = False
    for model in (Review, ProctoredExamSoftwareSecureReviewHistory):
        orphaned: Any = model._default_manager.filter(~Exists(living), is_attempt_active=True)
        for page in _pages(orphaned, batch_size):
            if changed:
                between()
            rows = model._default_manager.filter(~Exists(living), pk__in=page)
            count = (
                len(page)
                if dry_run
                else transactions.run(partial(rows.update, is_attempt_active=False))
            )
            changed = count > 0 and not dry_run
            yield str(model._meta.verbose_name), count


def resend_credit_and_grades(
    exam_id: int,
    *,
    after: int = 0,
    dry_run: bool = False,
    batch_size: int = REPAIR_BATCH_SIZE,
    between: Pause = _nothing,
) -> Iterator[Repaired]:
    """Write credit and grades of an exam's attempts again, according to their statuses; starts after the id `after`.

    Statuses and times are not changed; no e-mails, provider notices or events are sent. Raises
    ProctoredExamNotFoundException.
    """
    exam = exam_by_id(exam_id)

    def work(attempt_id: int) -> Repaired:
        known = Attempt.objects.get_exam_attempt_by_id(attempt_id)
        if known is None:
            return Repaired(attempt_id, SKIPPED, "removed meanwhile")
        return lifecycle.locked(known.user_id, lambda: _resend(known, dry_run=dry_run))

    return _each(
        _pages(Attempt.objects.filter(proctored_exam=exam), batch_size, after), work, between
    )


def _resend(known: Attempt, *, dry_run: bool) -> Repaired:
    attempt = lifecycle.lock_attempt(known)
    exam, status = attempt.proctored_exam, attempt.status
    pair = Attempt.history.filter(proctored_exam_id=exam.pk, user_id=attempt.user_id)
    review = Review.get_review_by_attempt_code(attempt.attempt_code or "")
    change = effects.Change(
        attempt=attempt,
        exam=exam,
        before=status,
        after=status,
        others=other_statuses(attempt),
        provider=provider_info(exam),
        by=review.reviewed_by if review else None,
        override_active=pair.filter(status=ProctoredExamStudentAttemptStatus.rejected).exists(),
    )
    wanted = [effect for effect in effects.plan(change) if effect.kind in ("credit", "grade")]
    if wanted and not dry_run:
        effects.perform(change, wanted)
    return Repaired(attempt.pk, DONE if wanted else UNCHANGED, status)


def reapply_reviews(
    first: datetime.datetime,
    last: datetime.datetime,
    *,
    after: int = 0,
    dry_run: bool = False,
    batch_size: int = REPAIR_BATCH_SIZE,
    between: Pause = _nothing,
) -> Iterator[Repaired]:
    """Apply reviews modified from `first` to `last` (aware) to their attempts again; starts after the id `after`.

    The reviews themselves are not saved, so a repetition finds the same rows. Decisions by staff are kept.
    """
    rows = Review.objects.filter(modified__range=(first, last))
    return _each(_pages(rows, batch_size, after), lambda pk: _reapply(pk, dry_run=dry_run), between)


def _reapply(review_id: int, *, dry_run: bool) -> Repaired:
    known = Review.objects.get(pk=review_id)
    found = Attempt.objects.get_exam_attempt_by_code(known.attempt_code)
    if found is None:
        return Repaired(review_id, SKIPPED, "its attempt was removed")
    return lifecycle.locked(
        found.user_id, lambda: _reapply_locked(review_id, found, dry_run=dry_run)
    )


def _reapply_locked(review_id: int, found: Attempt, *, dry_run: bool) -> Repaired:
    review = Review.objects.get(pk=review_id)
    attempt = lifecycle.lock_attempt(found)
    before, to = attempt.status, status_after_review(review, attempt)
    if to is None or to == before:
        return Repaired(review_id, UNCHANGED, before)
    if review.reviewed_by_id is None and is_decided_by_staff(attempt, review):
        return Repaired(review_id, SKIPPED, f"staff decided {before}")
    if not dry_run:
        apply_saved_review(review)
    return Repaired(review_id, DONE, f"{before} -> {to}")
