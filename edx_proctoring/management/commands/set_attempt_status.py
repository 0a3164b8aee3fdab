"""Set the status of one attempt."""

from typing import Unpack

from django.core.management.base import CommandError, CommandParser

from edx_proctoring import api
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.management.batches import CommandOptions, WatchedCommand

Status = api.ProctoredExamStudentAttemptStatus


class Options(CommandOptions):
    """The options of this command."""

    attempt_id: str
    to_status: str


class Command(WatchedCommand):
    """Triggers all effects of the status."""

    help = (
        "Move an attempt to a status, with all effects: credit, grade, e-mail, provider notice, event. Setting the "
        "current status changes nothing. Exit code 1: the change was not possible, and nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "-a", "--attempt", dest="attempt_id", required=True, help="id of the attempt"
        )
        parser.add_argument(
            "-t", "--to", dest="to_status", required=True, help="the status, e.g. verified"
        )
        self.add_dry_run(parser)

    def handle(self, *args: object, **options: Unpack[Options]) -> None:
        given, to_status = str(options["attempt_id"]), options["to_status"]
        self.stdout.write(f"Moving attempt {given} to {to_status}.")
        if to_status != Status.onboarding_reset and not Status.is_valid_status(to_status):
            raise CommandError(f"{to_status!r} is not a status of an attempt.")
        if not (given.isascii() and given.isdigit()):
            raise CommandError(f"{given!r} is not an attempt id.")
        work = self._preview if options["dry_run"] else self._move
        try:
            work(int(given), to_status)
        except ProctoredBaseException as error:
            raise CommandError(str(error)) from error

    def _preview(self, attempt_id: int, to_status: str) -> None:
        before, after = api.planned_status(attempt_id, to_status)
        self.stdout.write(f"It is {before} and would become {after}.")

    def _move(self, attempt_id: int, to_status: str) -> None:
        api.update_attempt_status(attempt_id, to_status, reason="staff")
        self.stdout.write("Completed!")
