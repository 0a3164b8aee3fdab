"""End all open pauses, before an older version of the app takes over."""

from typing import Unpack

from django.core.management.base import CommandError, CommandParser

from edx_proctoring import operations
from edx_proctoring.management.batches import CommandOptions, WatchedCommand


class Command(WatchedCommand):
    """Older versions have no pauses, so the clock of a paused attempt would keep running there."""

    help = (
        "End all open pauses and breaks, so that the deadlines that older versions of the app read are final. Run it "
        "before a rollback to 6.1.4, and keep staff from pausing attempts afterwards. Exit code 0: no open pause is "
        "left; 1: some could not be ended (see the log), run it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_dry_run(parser)

    def handle(self, *args: object, **options: Unpack[CommandOptions]) -> None:
        ended = failed = 0
        for attempt_id, worked in operations.close_pauses(dry_run=options["dry_run"]):
            ended, failed = ended + worked, failed + (not worked)
            self.progress(f"attempt {attempt_id}", options["verbosity"])
        verb = "to be ended" if options["dry_run"] else "ended"
        self.stdout.write(f"{ended} pauses {verb}, {failed} failed")
        if failed:
            raise CommandError(f"{failed} pauses could not be ended; the log says why.")
