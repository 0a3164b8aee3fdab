"""Attempts of a course."""

from typing import TYPE_CHECKING, Any, TypedDict, cast

import django_filters
from django.db.models import Model, Q, QuerySet
from django_filters.utils import translate_validation
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from edx_proctoring import api
from edx_proctoring.api.attempts import learner_search, pages
from edx_proctoring.api.attempts.counts import RowCount
from edx_proctoring.api.attempts.creation_order import EVERYTHING, Narrowing
from edx_proctoring.api.attempts.list_rows import ListedAttempts
from edx_proctoring.exam_types import EXAM_TYPES
from edx_proctoring.statuses import KNOWN
from edx_proctoring.views.v2.attempt_rows import rows_of
from edx_proctoring.views.v2.base import ResourceViewSet
from edx_proctoring.views.v2.lists import (
    PAGING,
    Flag,
    Identifier,
    Moment,
    Order,
    Pages,
    Search,
    check_parameters,
    is_number,
    wants_exact_count,
)

if TYPE_CHECKING:
    from edx_proctoring.models.attempts import AttemptQuerySet


class LearnerSerializer(serializers.Serializer[Model]):
    """The learner of an attempt."""

    username = serializers.CharField()
    email = serializers.CharField()


class AttemptExamSerializer(serializers.Serializer[Model]):
    """The exam of an attempt."""

    id = serializers.IntegerField()
    course_id = serializers.CharField()
    content_id = serializers.CharField(help_text="The subsection's usage key.")
    exam_name = serializers.CharField()
    type = serializers.SerializerMethodField()

    def get_type(self, exam: api.ProctoredExam) -> str:
        return api.type_of_exam(exam)


def clock_of(
    field: serializers.Field[Any, Any, Any, Any], attempt: api.ProctoredExamStudentAttempt
) -> api.AttemptClock | None:
    """Return the attempt's clock, which the view has read for all rows of the page."""
    clocks: dict[int, api.AttemptClock] = field.context.get("clocks", {})
    return clocks.get(attempt.pk)


class EndField(serializers.DateTimeField):
    """The deadline of a running attempt."""

    def get_attribute(self, instance: Any) -> Any:
        clock = clock_of(self, instance)
        return None if clock is None or clock.is_over else clock.ends_at


class PausedSerializer(serializers.Serializer[Any]):
    """An open pause of an attempt."""

    kind = serializers.ChoiceField(["pause", "break"], help_text="By staff, or by the learner.")
    since = serializers.DateTimeField()
    message = serializers.CharField(help_text="The reason shown to the learner, or empty.")
    is_too_long = serializers.BooleanField(
        help_text="Whether a pause by staff has lasted longer than `LONGEST_PAUSE_MINUTES`. Only `continue` ends it."
    )

    def get_attribute(self, instance: Any) -> Any:
        clock = clock_of(self, instance)
        return clock.pause if clock else None


class CourseAttemptSerializer(serializers.Serializer[Model]):
    """An attempt. Its code and the provider's id are left out, because anybody who has both can post a review of it."""

    id = serializers.IntegerField()
    user = LearnerSerializer()
    exam = AttemptExamSerializer(source="proctored_exam")
    status = serializers.CharField(
        help_text="The status as the learner would see it now: an attempt whose time is over has ended."
    )
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    allowed_time_limit_mins = serializers.IntegerField(
        allow_null=True, help_text="Null before the start."
    )
    ends_at = EndField(
        allow_null=True,
        help_text="The deadline to the second; during a pause, without the time since it began. Null unless running.",
    )
    paused = PausedSerializer(allow_null=True, help_text="Null unless the clock is stopped.")
    taking_as_proctored = serializers.BooleanField()
    is_resumable = serializers.BooleanField()
    ready_to_resume = serializers.BooleanField()
    resumed = serializers.BooleanField()
    created = serializers.DateTimeField()
    modified = serializers.DateTimeField()
    needs_attention = serializers.SerializerMethodField(
        help_text="Staff must decide: whether the learner may resume, or what the review means."
    )
    earlier_count = serializers.SerializerMethodField(
        help_text="How many earlier attempts the learner has in the exam; the attempt itself tells which."
    )

    def get_needs_attention(self, attempt: api.ProctoredExamStudentAttempt) -> bool:
        return pages.needs_attention(attempt)

    def get_earlier_count(self, attempt: api.ProctoredExamStudentAttempt) -> int:
        counts: dict[int, int] = self.context["earlier_counts"]
        return counts.get(attempt.pk, 0)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return super().to_representation(api.shown_attempt(instance, clock_of(self, instance)))


class AttemptFilter(django_filters.FilterSet):
    """Filters and order of the list."""

    search = Search(
        ["user__username", "user__email"],
        help_text="Words in the learner's username or e-mail address.",
    )
    exam = Identifier(field_name="proctored_exam_id", help_text="The exam's id.")
    type = django_filters.ChoiceFilter(
        choices=[(name, name) for name in EXAM_TYPES],
        method="of_type",
        help_text="The type of the exam.",
    )
    status = django_filters.MultipleChoiceFilter(
        choices=[(name, name) for name in sorted(KNOWN)],
        distinct=False,
        help_text="Any of these statuses as stored: an overdue attempt keeps its status until the sweep ends it.",
    )
    needs_attention = Flag(
        field_name="ready_to_resume",
        method="waiting",
        help_text="Interrupted without permission to resume, or waiting for a second review.",
    )
    resumable = Flag(
        field_name="is_resumable",
        method="interrupted",
        help_text="Staff may permit the learner to resume.",
    )
    started_after = Moment(field_name="started_at", lookup_expr="gte")
    started_before = Moment(field_name="started_at", lookup_expr="lt")
    created_after = Moment(field_name="created", lookup_expr="gte")
    created_before = Moment(field_name="created", lookup_expr="lt")
    ordering = Order(
        computed={"type": pages.exam_type_of_row},
        fields={
            "id": "id",
            "user__username": "username",
            "proctored_exam__exam_name": "exam_name",
            "status": "status",
            "started_at": "started_at",
            "completed_at": "completed_at",
            "allowed_time_limit_mins": "allowed_time_limit_mins",
            "is_resumable": "is_resumable",
            "ready_to_resume": "ready_to_resume",
            "created": "created",
            "modified": "modified",
        },
    )

    def of_type(self, queryset: "AttemptQuerySet", name: str, value: str) -> "AttemptQuerySet":
        return api.attempts_of_type(queryset, value)

    def waiting(self, queryset: "AttemptQuerySet", name: str, value: bool) -> "AttemptQuerySet":
        return choose(queryset, pages.NEEDS_ATTENTION, value)

    def interrupted(self, queryset: "AttemptQuerySet", name: str, value: bool) -> "AttemptQuerySet":
        return choose(queryset, pages.RESUMABLE, value)


def choose(rows: "AttemptQuerySet", condition: Q, value: bool) -> "AttemptQuerySet":
    """Return the rows that meet the condition, or all others."""
    return rows.filter(condition if value else ~condition)


class AttemptViewSet(ResourceViewSet[Model]):
    """`/api/edx_proctoring/v2/courses/{course_id}/attempts/`: the newest attempt per learner and exam."""

    serializer_class = CourseAttemptSerializer
    filterset_class = AttemptFilter
    resource = "attempts"

    def shown(self, rows: Any) -> list[dict[str, Any]]:
        """Return the rows of a page as its serializer would, in a fraction of the time."""
        return rows_of(rows)

    def get_queryset(self) -> QuerySet[Model]:
        return api.find_attempts(self.kwargs.get("course_id", ""))  # none for the OpenAPI document

    def filter_queryset(self, queryset: Any) -> Any:
        """Read no more of the course than the page needs, unless there is an order, or few learners match the search."""
        query, paginator = self.request.query_params, self.paginator
        check_parameters(query, AttemptFilter.base_filters, PAGING)
        found = checked(AttemptFilter(query, queryset=queryset, request=self.request))
        page, values = query.get("page", "1"), found.form.cleaned_data
        words = values["search"].split()
        course_id = self.kwargs["course_id"]
        exam_ids = pages.ids_of_exams(course_id, **exams_of(found)) if words else None
        few = learner_search.few_learners(exam_ids, words) if exam_ids is not None else None
        if few is not None or not is_number(page):
            some = found.qs if few is None else found.qs.filter(user_id__in=few)
            return ListedAttempts(cast("AttemptQuerySet", some))
        assert isinstance(paginator, Pages)
        reach = int(page[:20]) * paginator.get_page_size(self.request)
        rows, count = self._first(found, reach, exam_ids)
        paginator.known_count, paginator.is_about = count.number, count.is_about
        return rows

    def _first(
        self, found: AttemptFilter, reach: int, exam_ids: list[int] | None
    ) -> tuple[ListedAttempts, RowCount]:
        """Return rows of which the first `reach` are those of the list, and the number of all."""
        course_id, values = self.kwargs["course_id"], found.form.cleaned_data
        whole = cast("AttemptQuerySet", found.qs)
        selection: dict[str, Any] = {
            **exams_of(found),
            "exam_ids": exam_ids,
            "narrowing": narrowing_of(found),
            "is_exact": wants_exact_count(self.request),
        }
        ordering = list(filter(None, values["ordering"] or ()))
        if ordering in ([], ["created"], ["-created"]):
            oldest = ordering == ["created"]
            some, count = api.find_newest_attempts(course_id, reach, **selection, oldest=oldest)
            return ListedAttempts(some), count
        name = ordering[0] if len(ordering) == 1 else ""
        first, count = pages.find_in_order(course_id, name, reach, **selection)
        return ListedAttempts(whole.filter(first or Q())), count


class ExamConditions(TypedDict):
    """Conditions on the exams of attempts."""

    exam_id: int | None
    exam_type: str


def exams_of(found: AttemptFilter) -> ExamConditions:
    """Return the conditions of the query on exams."""
    values = found.form.cleaned_data
    exam_id = int(values["exam"]) if values["exam"] else None
    return {"exam_id": exam_id, "exam_type": values["type"] or ""}


def checked(found: AttemptFilter) -> AttemptFilter:
    """Return the filters. Raises ValidationError, by field."""
    if not found.is_valid():
        error: object = translate_validation(found.errors)
        assert isinstance(error, ValidationError)
        raise error
    return found


def narrowing_of(found: AttemptFilter) -> Narrowing:
    """Return the conditions of the query, but for those on exams; not the order."""
    values = {
        name: value
        for name, value in found.form.cleaned_data.items()
        if value not in (None, "", []) and name not in ("exam", "type", "ordering")
    }
    if not values:
        return EVERYTHING
    parts = [Q()]
    if statuses := values.get("status"):
        parts = [Q(status=status) for status in sorted(set(statuses))]
    elif values.get("needs_attention"):
        parts = [pages.INTERRUPTED, pages.SECOND_REVIEW]

    words = str(values.get("search", "")).split()
    found.form.cleaned_data["search"] = ""  # `few_learners` has found that it matches many

    def narrow(rows: "AttemptQuerySet") -> "AttemptQuerySet":
        rest = cast("AttemptQuerySet", found.filter_queryset(rows))
        return learner_search.of_many_learners(rest, words) if words else rest

    return Narrowing(repr(sorted(values.items())), narrow, parts)
