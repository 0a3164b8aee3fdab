"""Reviews of a course: what providers found, and what staff decide."""

from typing import Any, TypeAlias

import django_filters
from django.db.models import Model
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api
from edx_proctoring.api.reviews import course
from edx_proctoring.statuses import SoftwareSecureReviewStatus
from edx_proctoring.views.permissions import (
    COURSE_STAFF,
    caller,
    has_role,
    may_decide,
    reviewed_backends,
)
from edx_proctoring.views.v2.attempt_details import ReviewCommentSerializer
from edx_proctoring.views.v2.attempts import AttemptExamSerializer, LearnerSerializer
from edx_proctoring.views.v2.base import ResourceViewSet, StrictSerializer, row_of
from edx_proctoring.views.v2.conditional import etag_of, expected_etags, is_expected
from edx_proctoring.views.v2.lists import Flag, Identifier, Moment, Order, Search

Review: TypeAlias = api.ProctoredExamSoftwareSecureReview
WORDS = list(SoftwareSecureReviewStatus.to_standard_status)


class CourseReviewSerializer(serializers.Serializer[Model]):
    """The review of an attempt. The provider's payload and its video are left out."""

    id = serializers.IntegerField()
    attempt_id = serializers.SerializerMethodField(help_text="Null if the attempt was removed.")
    attempt_status = serializers.SerializerMethodField(help_text="Empty if the attempt was removed.")  # fmt: skip
    user = LearnerSerializer(source="student", allow_null=True)
    exam = AttemptExamSerializer()
    review_status = serializers.CharField(
        help_text="Clean, Rules Violation, Suspicious or Not Reviewed."
    )
    is_passing = serializers.BooleanField(help_text="Does the provider count it as passed?")
    reviewed_by = serializers.CharField(
        source="reviewed_by.username",
        allow_null=True,
        default=None,
        help_text="The username of the person who decided; null if nobody has.",
    )
    can_decide = serializers.SerializerMethodField(
        help_text="May the caller decide? Course staff may only read, as in 6.1.4."
    )
    comments = serializers.SerializerMethodField()
    created = serializers.DateTimeField()
    modified = serializers.DateTimeField()

    def _attempt(self, review: Review) -> api.ProctoredExamStudentAttempt | None:
        attempts: dict[str, api.ProctoredExamStudentAttempt] = self.context["attempts"]
        return attempts.get(review.attempt_code)

    def get_attempt_id(self, review: Review) -> int | None:
        attempt = self._attempt(review)
        return attempt.pk if attempt else None

    def get_attempt_status(self, review: Review) -> str:
        attempt = self._attempt(review)
        return attempt.status if attempt else ""

    def get_can_decide(self, review: Review) -> bool:
        return may_decide(self.context["request"].user, review, self.context["reviewed_backends"])

    def get_comments(self, review: Review) -> ReviewCommentSerializer(many=True):  # type: ignore[valid-type]  # for the OpenAPI document
        rows = review.proctoredexamsoftwaresecurecomment_set.all()
        ordered = sorted(rows, key=lambda one: (one.start_time, one.pk))
        return [ReviewCommentSerializer(one).data for one in ordered]


class DecisionSerializer(StrictSerializer):
    """The body of a decision."""

    review_status = serializers.ChoiceField(
        WORDS, help_text="Clean approves the attempt, Suspicious rejects it, as in Django admin."
    )


class ReviewFilter(django_filters.FilterSet):
    """Filters and order of the list."""

    search = Search(
        ["student__username", "student__email"],
        help_text="Words in the learner's username or e-mail address.",
    )
    exam = Identifier(field_name="exam_id", help_text="The exam's id.")
    review_status = django_filters.MultipleChoiceFilter(
        choices=[(word, word) for word in WORDS], distinct=False
    )
    decided = Flag(
        field_name="is_attempt_active",
        method="by_a_person",
        help_text="Has a person decided?",
    )
    modified_after = Moment(field_name="modified", lookup_expr="gte")
    modified_before = Moment(field_name="modified", lookup_expr="lt")
    ordering = Order(
        fields={
            "id": "id",
            "student__username": "username",
            "exam__exam_name": "exam_name",
            "review_status": "review_status",
            "reviewed_by__username": "reviewed_by",
            "created": "created",
            "modified": "modified",
        }
    )

    def by_a_person(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(reviewed_by__isnull=not value)


class ReviewViewSet(ResourceViewSet[Model]):
    """`/api/edx_proctoring/v2/courses/{course_id}/reviews/`, last changed first."""

    serializer_class = CourseReviewSerializer
    filterset_class = ReviewFilter
    changes_class = DecisionSerializer
    resource = "reviews"

    @cached_property
    def reviewed_backends(self) -> list[str] | None:
        """The providers about whose reviews the caller may decide; None means all."""
        return reviewed_backends(caller(self.request))

    def get_queryset(self) -> Any:
        return course.find_reviews(self.kwargs.get("course_id", ""))

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Read the attempts of all rows with one query."""
        if args:
            rows = args[0] if kwargs.get("many") else [args[0]]
            found = {
                "attempts": course.attempts_of(rows),
                "reviewed_backends": self.reviewed_backends,
            }
            kwargs["context"] = {**self.get_serializer_context(), **found}
        return super().get_serializer(*args, **kwargs)

    def get_object(self) -> Any:
        review = row_of(self.get_queryset(), self.kwargs["review_id"])
        self._check_may_use(review)
        return review

    def _check_may_use(self, review: Review) -> None:
        user = caller(self.request)
        is_reader = self.action == "retrieve" and has_role(user, COURSE_STAFF, self.kwargs["course_id"])  # fmt: skip
        if not (is_reader or may_decide(user, review, self.reviewed_backends)):
            raise PermissionDenied

    def partial_update(self, request: Request, **kwargs: str) -> Response:
        """Decide. The attempt follows as if the decision was made in Django admin; requires `If-Match`, and global
        staff or membership of the group `<provider>_review`.
        """
        expected, known = expected_etags(request), self.get_object()
        body = DecisionSerializer(data=request.data)
        body.is_valid(raise_exception=True)

        def is_as_seen(review: Review) -> bool:
            return is_expected(expected, etag_of(self.get_serializer(review).data))

        by = caller(request)
        api.decide_review(known.pk, body.validated_data["review_status"], by, is_as_seen)
        return Response(self.get_serializer(self.get_object()).data)
