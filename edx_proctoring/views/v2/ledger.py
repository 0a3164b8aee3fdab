"""The ledger of an attempt's time: what was decided, when, by whom, and why."""

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.attempts import ledgers
from edx_proctoring.limits import LARGEST_INTEGER
from edx_proctoring.views.v2.base import MomentField, ResourceViewSet


class LedgerRowSerializer(serializers.Serializer[Any]):
    """A row of the ledger. Rows are never changed, but that the end of a pause is added."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(
        ledgers.KINDS,
        help_text="allotment: the absolute time by limit, allowances and profile, at the start and at each "
        "recalculation; grant and outage: by staff; pause: by staff or a proctor; break: by the learner; correction: what "
        "an attempt that is resumed has used.",
    )
    seconds = serializers.IntegerField(
        help_text="Negative seconds took time away; of an open break its longest duration."
    )
    gained = serializers.IntegerField(
        allow_null=True,
        help_text="By which the row moved the end, limited by the due date; null for rows before the start, and of "
        "attempts that are gone.",
    )
    began_at = serializers.DateTimeField(allow_null=True)
    ended_at = MomentField(
        allow_null=True, help_text="Of an allotment: the due date that limits it."
    )
    by = serializers.CharField(
        help_text="A username; empty if no person did it, or the account is deleted."
    )
    reason = serializers.CharField()
    created = serializers.DateTimeField()


class LedgerViewSet(ResourceViewSet[Model]):
    """`/api/edx_proctoring/v2/courses/{course_id}/attempts/{attempt_id}/ledger/`."""

    serializer_class = LedgerRowSerializer
    resource = "attempt_ledger"

    def get_queryset(self) -> QuerySet[Any]:
        number = int(self.kwargs.get("attempt_id", 0))  # none for the OpenAPI document
        known = number if number <= LARGEST_INTEGER else 0
        return ledgers.ledger_of(self.kwargs.get("course_id", ""), known)

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return the rows, oldest first; they stay when the attempt is removed, until its learner is retired."""
        rows: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        shown = LedgerRowSerializer(ledgers.shown_rows(rows), many=True)
        return self.get_paginated_response(shown.data)
