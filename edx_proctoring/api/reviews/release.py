"""The comments of a review that its learner sees: none until staff release them, one by one."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils import timezone

from edx_proctoring.models import ProctoredExamSoftwareSecureComment, ReleasedComment

if TYPE_CHECKING:
    from edx_proctoring.types import User


def release_comments(comment_ids: Iterable[int], by: "User | None") -> int:
    """Show these comments on the learner's page of a session that did not pass; return how many were not shown before.

    A new delivery of the review replaces its comments, and none of the new ones is released.
    """
    rows = ProctoredExamSoftwareSecureComment.objects.filter(pk__in=list(comment_ids), release=None)
    shown = [
        ReleasedComment(comment=row, released_at=timezone.now(), released_by=by) for row in rows
    ]
    # Somebody else may release the same comments now.
    ReleasedComment.objects.bulk_create(shown, ignore_conflicts=True)
    return len(shown)


def withhold_comments(comment_ids: Iterable[int]) -> int:
    """Take these comments off the learner's page; return how many were shown on it."""
    return ReleasedComment.objects.filter(comment__in=list(comment_ids)).delete()[0]
