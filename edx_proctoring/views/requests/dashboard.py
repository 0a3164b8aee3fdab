"""Which part of the provider's dashboard is asked for."""

from edx_proctoring.views.requests.base import QuerySerializer
from edx_proctoring.views.requests.fields import PlainTextField, TrueField


class DashboardQuery(QuerySerializer):
    """An attempt, or the configuration, of an exam."""

    attempt = PlainTextField(help_text="The provider's id of an attempt.")
    config = TrueField(help_text="`true`: the exam's configuration.")
