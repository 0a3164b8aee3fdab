"""Create and change accommodation profiles from a CSV file."""

from collections import Counter
from typing import Unpack

from django.core.management.base import CommandError, CommandParser

from edx_proctoring.api.users import get_user
from edx_proctoring.contrib.accommodations import imports
from edx_proctoring.contrib.accommodations.imports import RowResult
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.management.batches import CommandOptions, WatchedCommand
from edx_proctoring.models import find_user_id


class Options(CommandOptions):
    """The options of this command."""

    file: str
    course_id: str
    by: str


class Command(WatchedCommand):
    """Rows that are refused do not block the others."""

    help = (
        "Create and change accommodation profiles from a CSV file in UTF-8, with the columns of export_accommodations "
        "(only username is required). The whole file is read once before anything is stored. Prints each row that is "
        "changed or refused, with its line. The same file again changes nothing. Exit code 1: rows were refused, or "
        "the file could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="path of the file")
        parser.add_argument("--course_id", "--course-id", default="", help="the course of rows without scope_id; only scopes around it are accepted")  # fmt: skip
        parser.add_argument("--by", default="", help="username to be recorded as the author")
        self.add_dry_run(parser)

    def handle(self, *args: object, **options: Unpack[Options]) -> None:
        """Import, and report the rows."""
        counts: Counter[str] = Counter()
        try:
            by = get_user(find_user_id(options["by"])) if options["by"] else None
            with open(options["file"], encoding="utf-8-sig", newline="") as file:
                reach = imports.Reach(options["course_id"])
                dry_run = options["dry_run"]
                for row in imports.import_profiles(file, reach, by, dry_run=dry_run):
                    counts[row.outcome] += 1
                    self._show(row)
        except (OSError, ProctoredBaseException) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        self._report(counts, dry_run=options["dry_run"])

    def _report(self, counts: Counter[str], *, dry_run: bool) -> None:
        verb = "to be " if dry_run else ""
        self.stdout.write(
            f"{counts.total()} rows: {counts['created']} {verb}created, {counts['changed']} {verb}changed, "
            f"{counts['unchanged']} unchanged, {counts['refused']} refused"
        )
        if counts["refused"]:
            raise CommandError(f"{counts['refused']} rows were refused; the lines above say why.")

    def _show(self, row: RowResult) -> None:
        if row.outcome == imports.REFUSED:
            errors = "; ".join(
                f"{name}: {' '.join(texts)}".removeprefix(": ")
                for name, texts in row.errors.items()
            )
            self.stderr.write(f"line {row.line}, {row.username}: refused ({errors})")
        elif row.outcome != imports.UNCHANGED:
            pairs = ", ".join(f"{name} {value}" for name, value in row.changes.items())
            self.stdout.write(f"line {row.line}, {row.username}: {row.outcome} ({pairs})")
