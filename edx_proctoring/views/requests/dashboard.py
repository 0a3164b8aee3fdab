"""Requests for the provider's dashboard."""

from edx_proctoring.views.requests.base import QuerySerializer
from edx_proctoring.views.requests.fields import OptionalIdField, PlainTextField, TrueField


class DashboardQuery(QuerySerializer):
    """An attempt of an exam, or its configuration."""

    attempt = PlainTextField(help_text="The provider's id of an attempt.")
    id = OptionalIdField(help_text="Our id of an attempt, instead of the provider's.")
    config = TrueField(help_text="`true`: the exam's configuration.")
