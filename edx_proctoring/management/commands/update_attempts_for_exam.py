"""Write credit and grades of an exam's attempts to the host again."""

from typing import Unpack

from django.core.management.base import CommandError, CommandParser

from edx_proctoring import operations
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.management.arguments import whole
from edx_proctoring.management.batches import BatchCommand, BatchOptions


class Options(BatchOptions):
    """The options of this command."""

    exam_id: int


class Command(BatchCommand):
    """For hosts that lost this data."""

    help = (
        "Write credit and grades of all attempts of an exam to the host again, according to their statuses. Nothing "
        "else is repeated: no e-mails, events or provider notices are sent, and no times change. Exit code 1: some "
        "attempts failed."
    )
    resumes = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--exam_id", "--exam-id", type=whole, required=True, help="id of the exam"
        )
        super().add_arguments(parser)

    def handle(self, *args: object, **options: Unpack[Options]) -> None:
        try:
            rows = operations.resend_credit_and_grades(options["exam_id"], **self.paced(options))
        except ProctoredBaseException as error:
            raise CommandError(str(error)) from error
        self.report(rows, options, "attempt")
