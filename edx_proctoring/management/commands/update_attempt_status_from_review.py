"""Apply reviews to their attempts again."""

import datetime
from typing import Unpack

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from edx_proctoring import operations
from edx_proctoring.management.batches import BatchCommand, BatchOptions


def _moment(text: str, name: str) -> datetime.datetime:
    try:
        moment = datetime.datetime.fromisoformat(text)
        return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
    except (TypeError, ValueError, OverflowError) as error:
        raise CommandError(
            f"{name} does not have the form '2026-05-04 12:00:00': {text!r}"
        ) from error


class Options(BatchOptions):
    """The options of this command."""

    start_date_time: str
    end_date_time: str


class Command(BatchCommand):
    """The reviews themselves are not saved, so repeating the command finds the same reviews and changes nothing more."""

    help = (
        "Move attempts to the statuses that follow from their reviews, for reviews modified in a range of time. Dates "
        "are in the time zone of the settings unless they contain one (2026-05-04T12:00:00+02:00). Decisions by staff "
        "are kept. Exit code 1: some reviews failed."
    )
    resumes = True

    def add_arguments(self, parser: CommandParser) -> None:
        for name, what in (("start", "first"), ("end", "last")):
            parser.add_argument(
                f"--{name}_date_time", f"--{name}-date-time", required=True,
                help=f"{what} date and time, YYYY-MM-DD HH:MM:SS",
            )  # fmt: skip
        super().add_arguments(parser)

    def handle(self, *args: object, **options: Unpack[Options]) -> None:
        first = _moment(options["start_date_time"], "--start_date_time")
        last = _moment(options["end_date_time"], "--end_date_time")
        if first > last:
            raise CommandError("--start_date_time must not be after --end_date_time.")
        rows = operations.reapply_reviews(first, last, **self.paced(options))
        self.report(rows, options, "review")
