"""Start-up of the host: its services, its permission, its tracker."""

from typing import Any

import rules
from django.apps import AppConfig


class HostConfig(AppConfig):
    """The host."""

    name = "demo.host"
    label = "host"
    verbose_name = "Demo host"

    def ready(self) -> None:
        from eventtracking import tracker
        from eventtracking.tracker import Tracker

        from demo.host import celery, services  # noqa: F401  importing them registers them
        from edx_proctoring.signals import exam_attempt_status_signal

        services.register()
        permission = "edx_proctoring.can_take_proctored_exam"
        if not rules.perm_exists(permission):
            rules.add_perm(permission, rules.predicate(services.may_take_proctored))
        tracker.register_tracker(Tracker({"table": Recorder()}))
        exam_attempt_status_signal.connect(on_status, dispatch_uid="demo.host")


class Recorder:
    """Stores events in a table."""

    def send(self, event: dict[str, Any]) -> None:
        from demo.host.models import Told

        Told.objects.create(kind="event", name=event["name"], data=_texts(event["data"]))


def on_status(**kwargs: Any) -> None:
    """Store signals in the same table."""
    from demo.host.models import Told

    data = {name: kwargs[name] for name in ("attempt_id", "user_id", "status")}
    Told.objects.create(kind="signal", name="exam_attempt_status_signal", data=_texts(data))


def _texts(data: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in data.items()}
