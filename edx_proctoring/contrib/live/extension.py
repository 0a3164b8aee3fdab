"""The hooks of this app."""

import logging
from collections.abc import Iterable, Mapping

from django.utils import timezone

from edx_proctoring import extensions, transactions
from edx_proctoring.circuit_breaker import IN_PROCESS, CircuitBreaker
from edx_proctoring.contrib.live import api, jobs, urls
from edx_proctoring.contrib.live.models import Heartbeat
from edx_proctoring.types import JSONObject

log = logging.getLogger(__name__)

PAUSE_SECONDS = 30  # without heartbeats after one failed


class Live(extensions.Extension):
    """Heartbeats and outages."""

    name = "proctoring_live"

    def on_poll(self, attempt_id: int, status: str) -> None:
        """Record the heartbeat. After a failure, polls of this process do without for a while: a database that is full
        or locked slows one of them, by a second at most.
        """
        breaker = CircuitBreaker("proctoring_live.heartbeat", PAUSE_SECONDS, IN_PROCESS)
        if not breaker.admits():
            return
        try:
            Heartbeat.objects.beat(attempt_id, status, timezone.now())
        except Exception as error:
            transactions.close_if_lost(error)
            breaker.note(failed=True)
            log.warning("heartbeat not recorded: %s", type(error).__name__)

    def personal_data(self, user_id: int) -> Iterable[JSONObject]:
        beats = Heartbeat.objects.filter(attempt__user_id=user_id).order_by("id")
        return [
            {"attempt_id": beat.attempt_id, "seen_at": beat.seen_at.isoformat()} for beat in beats
        ]

    def retire(self, user_id: int) -> None:
        Heartbeat.objects.filter(attempt__user_id=user_id).delete()

    def message_kinds(self) -> Mapping[str, extensions.MessageHandler]:
        return {api.KIND: extensions.MessageHandler(jobs.deliver)}

    def urls(self) -> extensions.Routes:
        return extensions.Routes(v2=urls.V2)

    def roles(self) -> Mapping[str, Mapping[str, extensions.Role]]:
        return {**urls.ROLES}
