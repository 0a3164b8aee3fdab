"""What commands that work through many rows have in common: batches, pauses, progress, a dry run, exit codes."""

import argparse
import logging
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from edx_proctoring import api


def at_least_one(text: str) -> int:
    """The type of a batch's size."""
    size = int(text)
    if size < 1:
        raise argparse.ArgumentTypeError("a batch holds at least one row")
    return size


def not_negative(text: str) -> float:
    """The type of a pause."""
    seconds = float(text)
    if not 0 <= seconds < 86400:
        raise argparse.ArgumentTypeError("a pause lasts 0 seconds or longer, less than a day")
    return seconds


class BatchCommand(BaseCommand):
    """Rows in batches, with a pause after each batch that changed something, except the last."""

    resumes = False

    def add_arguments(self, parser: Any) -> None:
        """The options of them all."""
        parser.add_argument(
            "--batch_size", "--batch-size", type=at_least_one, default=api.REPAIR_BATCH_SIZE,
            help="rows between two pauses (default: %(default)s)",
        )  # fmt: skip
        parser.add_argument(
            "--sleep_time", "--sleep-time", type=not_negative, default=10,
            help="seconds of a pause (default: %(default)s)",
        )  # fmt: skip
        parser.add_argument(
            "--dry_run",
            "--dry-run",
            action="store_true",
            help="say what would be done, change nothing",
        )
        if self.resumes:
            parser.add_argument(
                "--after",
                type=int,
                default=0,
                help="go on behind this id, as an interrupted run said",
            )

    def paced(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options as the functions of `api` take them."""
        pause = options["sleep_time"]
        paced = {
            "batch_size": options["batch_size"],
            "dry_run": options["dry_run"],
            "between": lambda: time.sleep(pause),
        }
        return {**paced, "after": options["after"]} if self.resumes else paced

    def progress(self, text: str, verbosity: int) -> None:
        """A line for who watches."""
        if verbosity > 1 or self.stdout.isatty():
            self.stdout.write(text)

    def report(self, rows: Iterable[api.Repaired], options: dict[str, Any], noun: str) -> None:
        """Work through the rows; the sum at the end, CommandError when some failed."""
        counts: Counter[str] = Counter()
        last = None
        try:
            for row in rows:
                counts[row.outcome] += 1
                last = row.id
                self._one(row, options, noun)
        except KeyboardInterrupt:
            self.stderr.write(f"interrupted; the last {noun} was {last}")
            raise
        verb = "to be done" if options["dry_run"] else "done"
        self.stdout.write(
            f"{counts.total()} {noun}s: {counts['done']} {verb}, {counts['unchanged']} unchanged, "
            f"{counts['skipped']} skipped, {counts['failed']} failed"
        )
        if counts["failed"]:
            raise CommandError(f"{counts['failed']} {noun}s failed; the lines above say why.")

    def _one(self, row: api.Repaired, options: dict[str, Any], noun: str) -> None:
        text = f"{noun} {row.id}: {row.outcome}" + (f" ({row.detail})" if row.detail else "")
        logging.getLogger(type(self).__module__).info(text)
        if row.outcome == "failed":
            self.stderr.write(text)
        elif row.outcome == "skipped":
            self.stdout.write(text)
        else:
            self.progress(text, options["verbosity"])
