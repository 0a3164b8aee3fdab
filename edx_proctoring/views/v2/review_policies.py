"""The review policy of an exam: what its reviewers have to know."""

from typing import TYPE_CHECKING

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.reviews import policy_texts
from edx_proctoring.views.permissions import caller
from edx_proctoring.views.v2.base import StrictSerializer
from edx_proctoring.views.v2.conditional import etag_of, expected_etags, is_expected
from edx_proctoring.views.v2.exams import ExamViewSet

if TYPE_CHECKING:
    from edx_proctoring.models import ProctoredExamReviewPolicy

LONGEST_POLICY = 10_000


class ReviewPolicySerializer(serializers.Serializer["ProctoredExamReviewPolicy"]):
    """The policy of an exam, which may have none."""

    review_policy = serializers.CharField(
        default="", help_text="Empty if there is none; the provider's own default applies then."
    )
    set_by = serializers.CharField(source="set_by_user.username", allow_null=True, default=None)
    modified = serializers.DateTimeField(allow_null=True, default=None)


class ReviewPolicyChangesSerializer(StrictSerializer):
    """The body of a change."""

    review_policy = serializers.CharField(
        max_length=LONGEST_POLICY, allow_blank=True, help_text="Empty removes the policy."
    )


def _shown(policy: "ProctoredExamReviewPolicy | None") -> dict[str, object]:
    if policy is None:
        return {"review_policy": "", "set_by": None, "modified": None}
    return dict(ReviewPolicySerializer(policy).data)


class ReviewPolicyViewSet(ExamViewSet):
    """`/api/edx_proctoring/v2/courses/{course_id}/exams/{exam_id}/review-policy/`."""

    serializer_class = ReviewPolicySerializer  # type: ignore[assignment]  # of the policy instead of the exam
    changes_class = ReviewPolicyChangesSerializer  # type: ignore[assignment]  # the same
    resource = "review_policies"

    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return the exam's policy."""
        return Response(_shown(policy_texts.find_review_policy(self.get_object().pk)))

    def partial_update(self, request: Request, **kwargs: str) -> Response:
        """Set or remove the policy; attempts keep the one they began with. Requires `If-Match`."""
        expected, exam = expected_etags(request), self.get_object()
        body = ReviewPolicyChangesSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        policy = policy_texts.set_review_policy(
            exam.pk,
            body.validated_data["review_policy"],
            caller(request),
            lambda known: is_expected(expected, etag_of(_shown(known))),
        )
        return Response(_shown(policy))
