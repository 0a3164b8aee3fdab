"""Bodies sent by providers. Providers define the format of their reviews and parse them themselves (`backends`)."""

from rest_framework import serializers
from rest_framework.fields import empty

from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.statuses import ReviewStatus
from edx_proctoring.views.requests.base import BodySerializer
from edx_proctoring.views.requests.fields import TextField


def seconds() -> serializers.IntegerField:
    """Return a field for seconds since the start of the recording."""
    return serializers.IntegerField(
        required=False, allow_null=True, min_value=-LARGEST_INTEGER, max_value=LARGEST_INTEGER
    )


class PassedOnSerializer(BodySerializer):
    """An object that the provider validates: the fields document the usual content, and everything is passed on."""

    def run_validation(self, data: object = empty) -> object:
        return data


class ReadySerializer(BodySerializer):
    """The body is ignored."""

    status = serializers.CharField(required=False)


class CommentSerializer(serializers.Serializer[object]):
    """A comment; times are seconds from the start of the recording."""

    comment = serializers.CharField()
    status = TextField()
    start = seconds()
    stop = seconds()
    duration = seconds()


class ReviewSerializer(PassedOnSerializer):
    """A review in the format of REST providers; providers may define their own."""

    status = serializers.ChoiceField(
        choices=[
            ReviewStatus.passed,
            ReviewStatus.violation,
            ReviewStatus.suspicious,
            ReviewStatus.not_reviewed,
        ]
    )
    comments = CommentSerializer(many=True, required=False, allow_null=True)
    reviewed_by = serializers.CharField(required=False, allow_null=True)
    payload = serializers.DictField(required=False)


class RpnowReviewSerializer(PassedOnSerializer):
    """A review in RPNow's format."""

    examMetaData = serializers.DictField()
    reviewStatus = serializers.CharField()
    videoReviewLink = serializers.CharField(required=False)
    webCamComments = serializers.ListField(required=False)
    desktopComments = serializers.ListField(required=False)
