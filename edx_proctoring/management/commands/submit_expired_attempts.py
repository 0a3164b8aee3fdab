"""End overdue attempts: from cron, if Celery beat is not used, and by hand after an outage."""

from typing import Unpack

from django.core.management.base import CommandError, CommandParser

from edx_proctoring import operations
from edx_proctoring.management.arguments import at_least_one
from edx_proctoring.management.batches import CommandOptions, WatchedCommand


class Options(CommandOptions):
    """The options of this command."""

    batch_size: int


class Command(WatchedCommand):
    """May run at any time and as often as needed: attempts that have already ended stay unchanged."""

    help = (
        "Submit attempts whose time is over and that no open page has submitted, as of the moment their time was "
        "over. Run it at least every 30 seconds, or schedule the Celery task "
        "edx_proctoring.tasks.submit_expired_attempts. Exit code 0: all overdue attempts were ended; 1: some could "
        "not be ended (see the log), the next run tries them again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--batch_size", "--batch-size", type=at_least_one, default=operations.SWEEP_BATCH_SIZE,
            help="running attempts to hold in memory at once (default: %(default)s)",
        )  # fmt: skip
        self.add_dry_run(parser)

    def handle(self, *args: object, **options: Unpack[Options]) -> None:
        done = operations.Sweep()
        for done in operations.sweep_expired_attempts(
            batch_size=options["batch_size"], dry_run=options["dry_run"]
        ):
            self.progress(f"{done.looked_at} looked at, {done.ended} ended", options["verbosity"])
        verb = "to be ended" if options["dry_run"] else "ended"
        self.stdout.write(f"{done.looked_at} under way, {done.ended} {verb}, {done.failed} failed")
        if done.failed:
            raise CommandError(f"{done.failed} attempts could not be ended; the log says why.")
