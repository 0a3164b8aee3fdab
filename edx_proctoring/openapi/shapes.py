"""Serializers of responses that no other serializer of the package describes."""

from typing import Any

from rest_framework import serializers as s

from edx_proctoring.openapi.time_shapes import TIME_CHANGES, TimeChangesSerializer
from edx_proctoring.serializers import (
    ProctoredExamSerializer,
    ProctoredExamStudentAllowanceSerializer,
    ProctoredExamStudentAttemptSerializer,
)


def text(**options: Any) -> s.CharField:
    """Text of up to 255 characters, without characters that databases reject."""
    options.setdefault("max_length", 255)
    return s.CharField(**options)


class ErrorSerializer(s.Serializer[object]):
    """An error."""

    detail = s.CharField()


class FieldErrorSerializer(s.Serializer[object]):
    """An error of one field of the form."""

    detail = s.CharField()
    field = s.CharField(required=False)


class ExamIdSerializer(s.Serializer[object]):
    """The exam that was created or changed."""

    exam_id = s.IntegerField()


class AttemptIdSerializer(s.Serializer[object]):
    """The attempt that was created or changed."""

    exam_attempt_id = s.IntegerField()


class ActionOutcomeSerializer(s.Serializer[object]):
    """The attempt; false if an error was not recorded."""

    exam_attempt_id = s.JSONField()


class ExamSerializer(ProctoredExamSerializer):
    """An exam."""

    external_id = text(allow_null=True)
    backend = text(allow_null=True)
    due_date = s.DateTimeField(allow_null=True)

    class Meta(ProctoredExamSerializer.Meta):
        ref_name = "Exam"


class AttemptSerializer(ProctoredExamStudentAttemptSerializer):
    """An attempt."""

    proctored_exam = ExamSerializer()
    started_at = s.DateTimeField(allow_null=True)
    completed_at = s.DateTimeField(allow_null=True)
    time_remaining_seconds = s.FloatField(allow_null=True)


class PolledAttemptSerializer(TimeChangesSerializer, AttemptSerializer):
    """An attempt as polled by its learner."""

    accessibility_time_string = s.CharField()

    class Meta(AttemptSerializer.Meta):
        fields = (*AttemptSerializer.Meta.fields, "accessibility_time_string", *TIME_CHANGES)


class GroupedAttemptSerializer(AttemptSerializer):
    """The newest attempt of a learner in an exam, and all of their attempts in it."""

    all_attempts = AttemptSerializer(many=True)

    class Meta(AttemptSerializer.Meta):
        fields = (*AttemptSerializer.Meta.fields, "all_attempts")


class PaginationSerializer(s.Serializer[object]):
    """The position of this page."""

    has_previous = s.BooleanField()
    has_next = s.BooleanField()
    current_page = s.IntegerField()
    total_pages = s.IntegerField()


class GroupedAttemptsSerializer(s.Serializer[object]):
    """A page of attempts."""

    proctored_exam_attempts = GroupedAttemptSerializer(many=True)
    pagination_info = PaginationSerializer()
    attempt_url = s.CharField()


class OtherExamSerializer(s.Serializer[object]):
    """Another exam that the learner takes at the same time."""

    exam_display_name = s.CharField()
    exam_url_path = s.CharField(allow_null=True)
    time_remaining_seconds = s.FloatField()
    is_paused = s.BooleanField()


class TimerSerializer(TimeChangesSerializer):
    """Data for the timer. If `in_timed_exam` is false, only that and `is_proctored` are included."""

    in_timed_exam = s.BooleanField(required=False)
    is_proctored = s.BooleanField(required=False)
    taking_as_proctored = s.BooleanField(required=False)
    exam_type = s.CharField(required=False)
    exam_display_name = s.CharField(required=False)
    exam_url_path = s.CharField(required=False, allow_null=True)
    time_remaining_seconds = s.FloatField(required=False)
    total_time = s.CharField(required=False)
    low_threshold_sec = s.IntegerField(required=False)
    critically_low_threshold_sec = s.IntegerField(required=False)
    course_id = s.CharField(required=False)
    attempt_id = s.IntegerField(required=False)
    external_id = s.CharField(required=False, allow_null=True)
    accessibility_time_string = s.CharField(required=False)
    attempt_status = s.CharField(required=False)
    exam_started_poll_url = s.CharField(required=False)
    attempt_ready_to_resume = s.BooleanField(required=False)
    use_legacy_attempt_api = s.BooleanField(required=False)
    desktop_application_js_url = s.CharField(required=False)
    ping_interval = s.IntegerField(required=False)
    attempt_code = s.CharField(required=False, allow_null=True)
    software_download_url = s.CharField(required=False, allow_null=True)
    other_exams = OtherExamSerializer(
        many=True, required=False, help_text="Only if the learner takes several exams at a time."
    )


class LearnerExamSerializer(ExamSerializer):
    """An exam with the data that its page needs."""

    attempt = TimerSerializer()
    type = s.CharField()
    passed_due_date = s.BooleanField()
    use_legacy_attempt_api = s.BooleanField()
    total_time = s.CharField(required=False)
    prerequisite_status = s.DictField(required=False)
    onboarding_link = s.CharField(required=False)

    class Meta(ExamSerializer.Meta):
        fields = (
            *ExamSerializer.Meta.fields,
            "attempt",
            "type",
            "passed_due_date",
            "use_legacy_attempt_api",
            "total_time",
            "prerequisite_status",
            "onboarding_link",
        )


class ExamPageSerializer(s.Serializer[object]):
    """`exam` is {} if there is no exam, `active_attempt` is {} if no attempt is running."""

    exam = s.DictField()
    active_attempt = TimerSerializer()


class AllowanceSerializer(ProctoredExamStudentAllowanceSerializer):
    """An allowance."""

    proctored_exam = ExamSerializer()


class BulkOutcomeSerializer(s.Serializer[object]):
    """One pair of user and exam."""

    exam_id = s.CharField()
    user_id = s.CharField()
    status = s.ChoiceField(choices=["ok", "failed"])
    detail = s.CharField(required=False)


class RunningExamSerializer(s.Serializer[object]):
    """An exam in progress."""

    exam = ExamSerializer()
    attempt = AttemptSerializer()
    allowances = AllowanceSerializer(many=True)


class OnboardingStatusSerializer(s.Serializer[object]):
    """A learner's onboarding status, and the exam to take."""

    onboarding_status = s.CharField(allow_null=True)
    expiration_date = s.CharField(allow_null=True)
    onboarding_link = s.CharField(allow_null=True)
    onboarding_past_due = s.BooleanField()
    onboarding_release_date = s.CharField(allow_null=True)
    review_requirements_url = s.CharField()


class OnboardingRowSerializer(s.Serializer[object]):
    """One learner of a course."""

    username = s.CharField()
    enrollment_mode = s.CharField()
    status = s.CharField(allow_null=True)
    modified = s.DateTimeField(allow_null=True)


class OnboardingPageSerializer(s.Serializer[object]):
    """A page of learners."""

    results = OnboardingRowSerializer(many=True)
    count = s.IntegerField()
    num_pages = s.IntegerField()
    previous = s.CharField(allow_null=True)
    next = s.CharField(allow_null=True)
    use_onboarding_profile_api = s.BooleanField()


class SettingsSerializer(s.Serializer[object]):
    """Contacts and links. Timed exams only have the first four."""

    platform_name = s.CharField()
    contact_us = s.CharField()
    link_urls = s.DictField(allow_null=True)
    exam_proctoring_backend = s.DictField()
    provider_tech_support_email = s.CharField(required=False, allow_null=True)
    provider_tech_support_phone = s.CharField(required=False, allow_null=True)
    provider_name = s.CharField(required=False, allow_null=True)
    learner_notification_from_email = s.CharField(required=False, allow_null=True)
    integration_specific_email = s.CharField(required=False, allow_null=True)
    proctoring_escalation_email = s.CharField(required=False, allow_null=True)


class PolicySerializer(s.Serializer[object]):
    """Instructions for reviewers."""

    review_policy = s.CharField(allow_null=True)
