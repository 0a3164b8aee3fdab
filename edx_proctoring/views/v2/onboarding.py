"""Onboarding statuses of a course's learners."""

from typing import Any

import django_filters
from django.core.paginator import Page
from django.db.models import Model
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api, constants
from edx_proctoring.api.onboarding.course import ORDERS
from edx_proctoring.statuses import InstructorDashboardOnboardingAttemptStatus as Word
from edx_proctoring.types import OnboardingRow
from edx_proctoring.views import switches
from edx_proctoring.views.requests.fields import LONGEST_TEXT
from edx_proctoring.views.v2.base import ResourceViewSet
from edx_proctoring.views.v2.lists import Choice, Pages, is_number

WORDS = sorted(
    {*Word.onboarding_statuses.values(), Word.not_started, Word.other_course_approved}
    | {Word.onboarding_reset_past_due}
)


class OnboardingSerializer(serializers.Serializer[Any]):
    """The onboarding of a learner who may take proctored exams."""

    username = serializers.CharField()
    enrollment_mode = serializers.CharField()
    status = serializers.CharField(allow_null=True, help_text=", ".join(WORDS))
    modified = serializers.DateTimeField(allow_null=True, help_text="The last change of the attempt.")  # fmt: skip
    valid_until = serializers.DateTimeField(
        allow_null=True, help_text="When the approval expires, or expired."
    )


class OnboardingFilter(django_filters.FilterSet):
    """Filters of the list, which the host and the provider apply."""

    search = django_filters.CharFilter(
        method="later", max_length=LONGEST_TEXT, help_text="Text in the username or e-mail address."
    )
    status = django_filters.MultipleChoiceFilter(
        choices=[(word, word) for word in WORDS], field_name="status", method="later"
    )
    enrollment_mode = django_filters.CharFilter(
        method="later", max_length=LONGEST_TEXT, help_text="The track, such as verified."
    )
    ordering = Choice(
        [*ORDERS, *(f"-{name}" for name in ORDERS)],
        help_text="By default, the order of the host or the provider.",
    )

    def later(self, queryset: Any, name: str, value: object) -> Any:
        return queryset


class OnboardingViewSet(ResourceViewSet[Model]):
    """`/api/edx_proctoring/v2/courses/{course_id}/onboarding/`.

    404 if the course has no onboarding exam, 503 if the provider does not answer.
    """

    serializer_class = OnboardingSerializer
    filterset_class = OnboardingFilter
    resource = "onboarding"

    def get_queryset(self) -> Any:
        return api.find_attempts("").none()  # rows come from the host; this is for the parameters

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return one page."""
        self.filter_queryset(self.get_queryset())
        query, paginator = request.query_params, self.paginator
        assert isinstance(paginator, Pages)
        number = query.get("page", "1")
        if not is_number(number):
            raise NotFound
        size = paginator.get_page_size(request)
        found = find_statuses(self.kwargs["course_id"], query, page=int(number[:20]), per_page=size)
        if found.number != int(number[:20]):
            raise NotFound
        paginator.request, paginator.page = request, found
        return self.get_paginated_response(OnboardingSerializer(list(found), many=True).data)


def find_statuses(
    course_id: str, query: QueryDict, *, page: int, per_page: int
) -> Page[OnboardingRow]:
    """Return the page of the statuses that the query's filters leave, in its order."""
    return api.get_onboarding_statuses(
        course_id,
        text_search=query.get("search", "").strip() or None,
        statuses=query.getlist("status"),
        enrollment_mode=query.get("enrollment_mode") or None,
        ordering=query.get("ordering", ""),
        page=page,
        per_page=per_page,
        ask_provider=switches.is_on(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API),
    )
