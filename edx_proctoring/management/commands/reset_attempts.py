"""Delete attempts listed in a file."""

from collections.abc import Iterator
from typing import Unpack

from django.core.management.base import CommandError, CommandParser

from edx_proctoring import operations
from edx_proctoring.management.batches import BatchCommand, BatchOptions


class Options(BatchOptions):
    """The options of this command."""

    file_path: str
    force: bool


class Command(BatchCommand):
    """For attempts that were never started."""

    help = (
        "Delete attempts, one id per line of a file, and ask their providers to remove them. For attempts that were "
        "never started: answers, grades and credit are not changed. The whole file is checked before anything is "
        "deleted; unknown ids are skipped, so an interrupted run can simply be repeated. Exit code 1: some could not "
        "be deleted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "-p", "--file_path", required=True, help="text file, one attempt id per line"
        )
        parser.add_argument("--force", action="store_true", help="delete attempts in progress, too")
        super().add_arguments(parser)

    def handle(self, *args: object, **options: Unpack[Options]) -> None:
        """Check the whole file, then delete."""
        path = options["file_path"]
        for _attempt_id in self._ids(path):
            pass
        done = operations.forget_attempts(
            self._ids(path), force=options["force"], **self.paced(options)
        )
        self.report(done, options, "attempt")

    def _ids(self, path: str) -> Iterator[int]:
        """Read line by line, so that a long file is not held in memory."""
        try:
            with open(path, encoding="utf-8") as lines:
                for number, line in enumerate(lines, 1):
                    text = line.strip()
                    if not text:
                        continue
                    if not (text.isascii() and text.isdigit()):
                        raise CommandError(
                            f"Line {number} of {path} is not an attempt id: {text!r}"
                        )
                    yield int(text)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"Cannot read {path}: {error}") from error
