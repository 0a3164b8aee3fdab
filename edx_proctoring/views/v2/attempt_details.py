"""One attempt of a course, with its timeline."""

from typing import Any

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.attempts import details
from edx_proctoring.views.v2.attempts import AttemptExamSerializer, CourseAttemptSerializer
from edx_proctoring.views.v2.base import MomentField, ResourceViewSet


class DetailedExamSerializer(AttemptExamSerializer):
    """The exam of an attempt, with what limits its time."""

    time_limit_mins = serializers.IntegerField()
    due_date = MomentField(allow_null=True)
    backend = serializers.CharField(allow_null=True, help_text="The provider's name.")


class ColumnChangeSerializer(serializers.Serializer[object]):
    """A value that changed together with the status, or on its own."""

    field = serializers.CharField()
    before = serializers.JSONField(help_text="A number, a boolean, or null.")
    after = serializers.JSONField(help_text="A number, a boolean, or null.")


class TimelineEntrySerializer(serializers.Serializer[object]):
    """An entry of the timeline."""

    at = serializers.DateTimeField()
    kind = serializers.CharField(
        help_text="created, status, changed (values without the status), grant, pause, break, continue, outage, "
        "correction, review, or extension."
    )
    by = serializers.CharField(help_text="A username, or empty.")
    before = serializers.CharField(help_text="The former status, or empty.")
    after = serializers.CharField(help_text="The new status; of a review, its status.")
    reason = serializers.CharField(
        help_text="Of a status: learner, staff, provider, time-out, sweep or cascade, perhaps with more after a comma or "
        "a colon. Of time: the text that staff wrote."
    )
    seconds = serializers.IntegerField(allow_null=True, help_text="Only for changes of time.")
    changes = ColumnChangeSerializer(many=True)
    text = serializers.CharField(help_text="The sentence of an extension, else empty.")
    notes = serializers.ListField(child=serializers.CharField())


class EarlierAttemptSerializer(serializers.Serializer[Model]):
    """An earlier attempt of the same learner in the same exam."""

    id = serializers.IntegerField()
    status = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    ready_to_resume = serializers.BooleanField()
    resumed = serializers.BooleanField()
    created = serializers.DateTimeField()


class ReviewCommentSerializer(serializers.Serializer[Model]):
    """A comment of the reviewer on a part of the session."""

    start_time = serializers.IntegerField(help_text="Seconds from the start.")
    stop_time = serializers.IntegerField(help_text="Seconds from the start.")
    duration = serializers.IntegerField()
    comment = serializers.CharField()
    status = serializers.CharField()


class AttemptReviewSerializer(serializers.Serializer[object]):
    """The review of an attempt."""

    id = serializers.IntegerField()
    review_status = serializers.CharField(
        help_text="Clean, Rules Violation, Suspicious or Not Reviewed."
    )
    reviewed_by = serializers.CharField(help_text="The username of the reviewer, or empty.")
    created = serializers.DateTimeField()
    modified = serializers.DateTimeField()
    comments = ReviewCommentSerializer(many=True)


class ProviderSerializer(serializers.Serializer[object]):
    """The provider of a proctored exam."""

    name = serializers.CharField()
    attempt_url = serializers.CharField(
        allow_null=True,
        help_text="The address that leads to the attempt in the provider's dashboard; null if there is none.",
    )


class DetailedAttemptSerializer(CourseAttemptSerializer):
    """The row of the list, with more about the exam."""

    exam = DetailedExamSerializer(source="proctored_exam")


class AttemptPartsSerializer(serializers.Serializer[Any]):
    """The fields that the list does not have."""

    is_newest = serializers.BooleanField()
    earlier = EarlierAttemptSerializer(
        many=True,
        help_text="Earlier attempts of the same learner in the same exam, newest first; empty for one of these.",
    )
    actions = serializers.ListField(
        child=serializers.CharField(),
        help_text="What staff may do with the attempt now: reset, resume, end, extend, pause, continue.",
    )
    review = AttemptReviewSerializer(allow_null=True)
    timeline = TimelineEntrySerializer(many=True, help_text="Oldest first.")
    provider = ProviderSerializer(allow_null=True, help_text="Null for timed exams.")
    enrollment_mode = serializers.CharField(
        help_text="The track of the learner's enrollment; empty if the host does not tell."
    )
    progress_url = serializers.CharField(
        allow_null=True,
        help_text="The host's page with the learner's progress; null if it has none.",
    )


class AttemptDetailsSerializer(AttemptPartsSerializer, DetailedAttemptSerializer):
    """An attempt with everything that staff see of it."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        attempt_id = instance.attempt.pk
        context = {
            "earlier_counts": {attempt_id: len(instance.earlier)},
            "clocks": {attempt_id: instance.clock} if instance.clock else {},
        }
        row = DetailedAttemptSerializer(instance.attempt, context=context).data
        return {**row, **AttemptPartsSerializer(instance).data}


class AttemptDetailsViewSet(ResourceViewSet[Model]):
    """`/api/edx_proctoring/v2/courses/{course_id}/attempts/{attempt_id}/`."""

    serializer_class = AttemptDetailsSerializer
    resource = "attempts"
    filterset_class = None

    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return one attempt, the newest of its learner and exam or an earlier one."""
        course_id, attempt_id = self.kwargs["course_id"], int(self.kwargs["attempt_id"])
        found = details.get_attempt_details(course_id, attempt_id)
        if found is None:
            raise NotFound(_why_not_found(course_id, attempt_id))
        return Response(AttemptDetailsSerializer(found).data)


def _why_not_found(course_id: str, attempt_id: int) -> str | None:
    removal = details.get_removal(course_id, attempt_id)
    if removal is None:
        return None
    by, at = removal
    name = f" by {by}" if by else ""
    return f"This attempt was removed{name} at {at.isoformat(timespec='seconds')}."
