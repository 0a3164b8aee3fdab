"""The hooks of this app."""

import logging
from collections.abc import Iterable, Mapping

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone

from edx_proctoring import extensions, transactions
from edx_proctoring.circuit_breaker import IN_PROCESS, CircuitBreaker
from edx_proctoring.contrib.live import outage_jobs, outages, poll, privacy, urls
from edx_proctoring.contrib.live.models import Heartbeat
from edx_proctoring.contrib.live.views import page
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.types import JSONObject

log = logging.getLogger(__name__)

PAUSE_SECONDS = 30  # without heartbeats after one failed


class Live(extensions.Extension):
    """Heartbeats, outages, rooms, announcements and questions."""

    name = "proctoring_live"

    def on_poll(self, attempt_id: int, status: str, shows_messages: bool) -> None:
        """Record the heartbeat. After a failure, polls of this process do without for a while: a database that is full
        or locked slows one of them, by a second at most.
        """
        breaker = CircuitBreaker("proctoring_live.heartbeat", PAUSE_SECONDS, IN_PROCESS)
        if not breaker.admits():
            return
        try:
            Heartbeat.objects.beat(
                attempt_id, status, timezone.now(), shows_messages=shows_messages
            )
        except Exception as error:
            transactions.close_if_lost(error)
            breaker.note(failed=True)
            log.warning("heartbeat not recorded: %s", type(error).__name__)

    def poll_data(self, attempt: ProctoredExamStudentAttempt) -> JSONObject:
        return poll.poll_data(attempt)

    def personal_data(self, user_id: int) -> Iterable[JSONObject]:
        return privacy.personal_data(user_id)

    def retire(self, user_id: int) -> None:
        privacy.retire(user_id)

    def message_kinds(self) -> Mapping[str, extensions.MessageHandler]:
        return {outages.KIND: extensions.MessageHandler(outage_jobs.deliver)}

    def urls(self) -> extensions.Routes:
        return extensions.Routes(v2=urls.V2, pages=urls.PAGES)

    def roles(self) -> Mapping[str, Mapping[str, extensions.Role]]:
        return {**urls.ROLES}

    def staff_sections(
        self, course_id: str, user: AbstractBaseUser
    ) -> Iterable[extensions.StaffSection]:
        return [page.section()]
