"""What commands that work through many rows have in common: batches, pauses, progress, a dry run, exit codes."""

import argparse
import logging
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from edx_proctoring import operations
from edx_proctoring.limits import LARGEST_INTEGER


def whole(text: str, least: int = 0) -> int:
    """The type of counts and ids."""
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not least <= number <= LARGEST_INTEGER:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no whole number from {least} to {LARGEST_INTEGER}"
        )
    return number


def at_least_one(text: str) -> int:
    """The type of a batch's size."""
    return whole(text, 1)


def not_negative(text: str) -> float:
    """The type of a pause."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 to a day")
    return seconds


class WatchedCommand(BaseCommand):
    """Says how far it is to who watches."""

    def add_dry_run(self, parser: Any) -> None:
        """The option."""
        parser.add_argument(
            "--dry_run",
            "--dry-run",
            action="store_true",
            help="say what would be done, change nothing",
        )

    def progress(self, text: str, verbosity: int) -> None:
        """A line on a terminal, or where it was asked for."""
        if verbosity > 1 or self.stdout.isatty():
            self.stdout.write(text)


class BatchCommand(WatchedCommand):
    """Rows in batches, with a pause after each batch that changed something, except the last."""

    resumes = False

    def add_arguments(self, parser: Any) -> None:
        """The options of them all."""
        parser.add_argument(
            "--batch_size", "--batch-size", type=at_least_one, default=operations.REPAIR_BATCH_SIZE,
            help="rows between two pauses (default: %(default)s)",
        )  # fmt: skip
        parser.add_argument(
            "--sleep_time", "--sleep-time", type=not_negative, default=10,
            help="seconds of a pause (default: %(default)s)",
        )  # fmt: skip
        self.add_dry_run(parser)
        if self.resumes:
            parser.add_argument(
                "--after",
                type=whole,
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

    def report(
        self, rows: Iterable[operations.Repaired], options: dict[str, Any], noun: str
    ) -> None:
        """Work through the rows; the sum at the end, CommandError when some failed or somebody interrupts."""
        counts: Counter[str] = Counter()
        last = options.get("after", 0)
        try:
            for row in rows:
                counts[row.outcome] += 1
                last = row.id
                self._one(row, options, noun)
        except KeyboardInterrupt:
            how = f"with --after {last}" if self.resumes else "by a further run"
            text = f"Interrupted after {counts.total()} {noun}s; go on {how}."
            raise CommandError(text, returncode=130) from None
        verb = "to be done" if options["dry_run"] else "done"
        self.stdout.write(
            f"{counts.total()} {noun}s: {counts['done']} {verb}, {counts['unchanged']} unchanged, "
            f"{counts['skipped']} skipped, {counts['failed']} failed"
        )
        if counts["failed"]:
            raise CommandError(f"{counts['failed']} {noun}s failed; the lines above say why.")

    def _one(self, row: operations.Repaired, options: dict[str, Any], noun: str) -> None:
        text = f"{noun} {row.id}: {row.outcome}" + (f" ({row.detail})" if row.detail else "")
        logging.getLogger(type(self).__module__).info(text)
        if row.outcome == "failed":
            self.stderr.write(text)
        elif row.outcome == "skipped":
            self.stdout.write(text)
        else:
            self.progress(text, options["verbosity"])
