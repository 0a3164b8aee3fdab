"""Deliver what others still have to be told: for cron, where Celery beat does not run."""

from typing import Any

from django.core.management.base import BaseCommand

from edx_proctoring import outbox


class Command(BaseCommand):
    """Once, or with --purge also delete what was delivered long ago."""

    help = "Deliver messages that are due."

    def add_arguments(self, parser: Any) -> None:
        """The options."""
        parser.add_argument("--limit", type=int, default=1000, help="lanes at once")
        parser.add_argument("--purge", action="store_true", help="delete old delivered messages")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        result = outbox.deliver(options["limit"])
        self.stdout.write(f"{result['delivered']} delivered, {result['waiting']} wait")
        if options["purge"]:
            self.stdout.write(f"{outbox.purge()} deleted")
