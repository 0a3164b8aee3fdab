"""Review policies: instructions for the reviewers of an exam."""

from collections.abc import Callable

from django.db import connection

from edx_proctoring import lifecycle, transactions
from edx_proctoring.api.lookup import as_id, exam_by_id
from edx_proctoring.exceptions import (
    ExamChangedMeanwhile,
    ProctoredExamReviewPolicyAlreadyExists,
    ProctoredExamReviewPolicyNotFoundException,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamReviewPolicy
from edx_proctoring.serializers import ProctoredExamReviewPolicySerializer
from edx_proctoring.types import ReviewPolicyDict, User


def create_exam_review_policy(exam_id: int, set_by_user_id: int | None, review_policy: str) -> int:
    """Give the exam a policy and return the policy's id; notifies the provider.

    Raises ProctoredExamNotFoundException, ProctoredExamReviewPolicyAlreadyExists, and UserNotFoundException, because a
    policy needs an author.
    """
    exam, author_id = exam_by_id(exam_id), lifecycle.find_learner(set_by_user_id).pk

    def store() -> int:
        _lock(exam.pk)
        if ProctoredExamReviewPolicy.get_review_policy_for_exam(exam.pk) is not None:
            raise ProctoredExamReviewPolicyAlreadyExists(
                f"exam_id={exam_id} has a review policy already."
            )
        policy = ProctoredExamReviewPolicy.objects.create(
            proctored_exam=exam, set_by_user_id=author_id, review_policy=review_policy
        )
        return policy.pk

    return transactions.run(store)


def update_review_policy(exam_id: int, set_by_user_id: int | None, review_policy: str) -> None:
    """Change the policy's text and author; an empty text deletes the policy.

    None keeps the author, because Studio does not always know who edited a subsection. Raises
    ProctoredExamReviewPolicyNotFoundException, UserNotFoundException.
    """
    if not review_policy:
        remove_review_policy(exam_id)
        return

    def store() -> None:
        policy = _locked_policy(exam_id)
        if set_by_user_id is not None:
            policy.set_by_user_id = lifecycle.find_learner(set_by_user_id).pk
        policy.review_policy = review_policy
        policy.save()

    transactions.run(store)


def set_review_policy(
    exam_id: int,
    review_policy: str,
    author: User,
    is_as_seen: Callable[[ProctoredExamReviewPolicy | None], bool],
) -> ProctoredExamReviewPolicy | None:
    """Set the exam's policy, or remove it if the text is empty; return it. The same text again changes nothing.

    Raises ExamChangedMeanwhile if `is_as_seen`, called under the lock with the stored policy, returns False.
    """

    def store() -> ProctoredExamReviewPolicy | None:
        _lock(exam_id)
        known = ProctoredExamReviewPolicy.get_review_policy_for_exam(exam_id)
        if not is_as_seen(known):
            raise ExamChangedMeanwhile
        if not review_policy:
            if known is not None:
                known.delete()
            return None
        if known is None:
            return ProctoredExamReviewPolicy.objects.create(
                proctored_exam_id=exam_id, set_by_user_id=author.pk, review_policy=review_policy
            )
        if known.review_policy != review_policy:
            known.set_by_user, known.review_policy = author, review_policy
            known.save()
        return known

    return transactions.run(store)


def find_review_policy(exam_id: int) -> ProctoredExamReviewPolicy | None:
    """Return the exam's policy, or None."""
    return ProctoredExamReviewPolicy.get_review_policy_for_exam(exam_id)


def remove_review_policy(exam_id: int) -> None:
    """Delete the policy; the archive keeps a copy. Raises ProctoredExamReviewPolicyNotFoundException."""
    transactions.run(lambda: _locked_policy(exam_id).delete())


def get_review_policy_by_exam_id(exam_id: int) -> ReviewPolicyDict:
    """Return the policy. Raises ProctoredExamReviewPolicyNotFoundException."""
    return ProctoredExamReviewPolicySerializer.row(_policy(exam_id))


def _get_review_policy_by_exam_id(exam_id: int) -> str | None:
    """Return the policy's text, or None."""
    policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(exam_id)
    return policy.review_policy if policy else None


def _policy(exam_id: int) -> ProctoredExamReviewPolicy:
    number = as_id(exam_id)
    policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(number) if number else None
    if policy is None:
        raise ProctoredExamReviewPolicyNotFoundException(f"exam_id={exam_id} has no review policy.")
    return policy


def _locked_policy(exam_id: int) -> ProctoredExamReviewPolicy:
    _lock(exam_id)
    return _policy(exam_id)


def _lock(exam_id: int) -> None:
    """Lock the exam, because no database constraint prevents two policies of the same exam.

    Must be the transaction's first statement, so that later reads see the current state.
    """
    if connection.features.has_select_for_update:
        list(
            ProctoredExam.objects.select_for_update()
            .filter(pk=as_id(exam_id) or 0)
            .values_list("pk")
        )
