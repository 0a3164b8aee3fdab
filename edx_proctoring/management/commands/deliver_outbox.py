"""Deliver pending outbox messages from cron, if Celery beat is not used."""

from typing import Unpack

from django.core.management.base import CommandParser

from edx_proctoring import operations, outbox
from edx_proctoring.management.arguments import at_least_one
from edx_proctoring.management.batches import CommandOptions, WatchedCommand


class Options(CommandOptions):
    """The options of this command."""

    limit: int | None
    purge: bool


class Command(WatchedCommand):
    """May run beside workers and as often as needed: messages leased by other processes are skipped."""

    help = (
        "Deliver due messages: e-mails, notices to providers, updates of the LMS, events and signals. Those of one "
        "lane (an attempt, a learner in an exam) are delivered one after the other; failed ones are retried later. "
        "Run it every minute, or schedule the Celery task edx_proctoring.tasks.deliver_outbox. May be interrupted and "
        "repeated at any time. Exit code 0 even if messages are still pending: manage.py proctoring_doctor reports "
        "whether they wait too long."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--limit", type=at_least_one,
            help="maximum number of lanes, oldest first (default: all)",
        )  # fmt: skip
        parser.add_argument(
            "--purge",
            action="store_true",
            help="afterwards delete messages, stored responses and records of finished bulk actions and imports that are older "
            "than the settings allow",
        )
        self.add_dry_run(parser)

    def handle(self, *args: object, **options: Unpack[Options]) -> None:
        if options["dry_run"]:
            self.stdout.write(f"{len(outbox.due_lanes(options['limit']))} lanes are due")
            return
        verbosity = options["verbosity"]
        result = outbox.deliver(
            options["limit"],
            after_each=lambda count: self.progress(f"{count} delivered", verbosity),
        )
        self.stdout.write(f"{result['delivered']} delivered, {result['waiting']} wait")
        if options["purge"]:
            self.stdout.write(f"{operations.forget_old_rows()} deleted")
