"""Deliver what others still have to be told: for cron, where Celery beat does not run."""

from typing import Any

from edx_proctoring import outbox
from edx_proctoring.management.batches import WatchedCommand, at_least_one


class Command(WatchedCommand):
    """Beside workers and as often as one likes: nobody delivers a message that somebody else holds."""

    help = (
        "Deliver messages that are due: e-mails, notices to providers, orders to the host, events and signals. Those of "
        "one lane (an attempt, a learner in an exam) go one after the other; what fails is tried again later. Run it "
        "every minute, or schedule the Celery task edx_proctoring.tasks.deliver_outbox. May be interrupted and repeated "
        "at any time. Exit code 0, also while messages wait: manage.py proctoring_doctor says whether they wait too long."
    )

    def add_arguments(self, parser: Any) -> None:
        """The options."""
        parser.add_argument(
            "--limit", type=at_least_one,
            help="lanes at most, the oldest first (default: all)",
        )  # fmt: skip
        parser.add_argument(
            "--purge",
            action="store_true",
            help="afterwards delete what was delivered, or given up, longer ago than the settings say",
        )
        self.add_dry_run(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
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
            self.stdout.write(f"{outbox.purge()} deleted")
