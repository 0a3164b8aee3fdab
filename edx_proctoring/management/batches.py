"""Shared parts of commands that process many rows: batches, pauses, progress, dry run, exit codes."""

import logging
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict

from django.core.management.base import BaseCommand, CommandError, CommandParser

from edx_proctoring import operations
from edx_proctoring.management.arguments import at_least_one, not_negative, whole


class CommandOptions(TypedDict):
    """The options of all commands here."""

    verbosity: int
    dry_run: bool


class BatchOptions(CommandOptions):
    """The options of all batch commands."""

    batch_size: int
    sleep_time: float
    after: NotRequired[int]  # of those that resume


class WatchedCommand(BaseCommand):
    """A command that reports its progress."""

    def add_dry_run(self, parser: CommandParser) -> None:
        """Add the `--dry_run` option."""
        parser.add_argument(
            "--dry_run",
            "--dry-run",
            action="store_true",
            help="report what would be done without changing anything",
        )

    def progress(self, text: str, verbosity: int) -> None:
        """Print a line if the output is a terminal or progress was requested."""
        if verbosity > 1 or self.stdout.isatty():
            self.stdout.write(text)


class BatchCommand(WatchedCommand):
    """Process rows in batches, with a pause after each batch that changed something, except the last one."""

    resumes = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options common to all batch commands."""
        parser.add_argument(
            "--batch_size", "--batch-size", type=at_least_one, default=operations.REPAIR_BATCH_SIZE,
            help="pause after this many rows (default: %(default)s)",
        )  # fmt: skip
        parser.add_argument(
            "--sleep_time", "--sleep-time", type=not_negative, default=10,
            help="length of a pause in seconds (default: %(default)s)",
        )  # fmt: skip
        self.add_dry_run(parser)
        if self.resumes:
            parser.add_argument(
                "--after",
                type=whole,
                default=0,
                help="resume after this id, as reported by an interrupted run",
            )

    def paced(self, options: BatchOptions) -> dict[str, Any]:
        """Return the options as arguments for the functions of `operations`."""
        pause = options["sleep_time"]
        paced = {
            "batch_size": options["batch_size"],
            "dry_run": options["dry_run"],
            "between": lambda: time.sleep(pause),
        }
        return {**paced, "after": options["after"]} if self.resumes else paced

    def report(self, rows: Iterable[operations.Repaired], options: BatchOptions, noun: str) -> None:
        """Process the rows and print the totals. Raises CommandError if some failed or the user interrupts."""
        counts: Counter[str] = Counter()
        last = options.get("after", 0)
        try:
            for row in rows:
                counts[row.outcome] += 1
                last = row.id
                self._one(row, options, noun)
        except KeyboardInterrupt:
            how = f"with --after {last}" if self.resumes else "by running the command again"
            text = f"Interrupted after {counts.total()} {noun}s; resume {how}."
            raise CommandError(text, returncode=130) from None
        self._report_totals(counts, noun, dry_run=options["dry_run"])

    def _report_totals(self, counts: Counter[str], noun: str, *, dry_run: bool) -> None:
        verb = "to be done" if dry_run else "done"
        self.stdout.write(
            f"{counts.total()} {noun}s: {counts['done']} {verb}, {counts['unchanged']} unchanged, "
            f"{counts['skipped']} skipped, {counts['failed']} failed"
        )
        if counts["failed"]:
            raise CommandError(f"{counts['failed']} {noun}s failed; the lines above say why.")

    def _one(self, row: operations.Repaired, options: BatchOptions, noun: str) -> None:
        text = f"{noun} {row.id}: {row.outcome}" + (f" ({row.detail})" if row.detail else "")
        logging.getLogger(type(self).__module__).info(text)
        if row.outcome == "failed":
            self.stderr.write(text)
        elif row.outcome == "skipped":
            self.stdout.write(text)
        else:
            self.progress(text, options["verbosity"])
