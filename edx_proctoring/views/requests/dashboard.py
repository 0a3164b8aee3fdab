"""Requests for the provider's dashboard."""

from edx_proctoring.views.requests.base import QuerySerializer
from edx_proctoring.views.requests.fields import PlainTextField, TrueField


class DashboardQuery(QuerySerializer):
    """An attempt of an exam, or its configuration."""

    attempt = PlainTextField(help_text="The provider's id of an attempt.")
    config = TrueField(help_text="`true`: the exam's configuration.")
