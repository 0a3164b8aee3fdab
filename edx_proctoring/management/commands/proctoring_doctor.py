"""Check the installation."""

import json
from typing import TypedDict, Unpack

from django.core.management.base import BaseCommand, CommandError, CommandParser

from edx_proctoring import operations
from edx_proctoring.management.arguments import not_negative

FAILING = {"error": ("error",), "warning": ("error", "warning")}


class Options(TypedDict):
    """The options of this command."""

    json: bool
    deadline: float
    fail_on: str


class Command(BaseCommand):
    """Changes nothing."""

    help = (
        "Run the system checks, contact each provider (and compare clocks), the broker and its workers, and inspect "
        "the outbox. Changes nothing. Exit code 0: no errors; 1: at least one error."
    )
    requires_system_checks = ()  # this command reports them itself

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument(
            "--deadline", type=not_negative, default=5,
            help="time limit in seconds for all checks together (default: %(default)s)",
        )  # fmt: skip
        parser.add_argument(
            "--fail-on", choices=sorted(FAILING), default="error",
            help="the least severity that counts as a failure (default: %(default)s)",
        )  # fmt: skip

    def handle(self, *args: object, **options: Unpack[Options]) -> None:
        found = operations.diagnose(options["deadline"])
        if options["json"]:
            self.stdout.write(json.dumps([one.as_dict() for one in found], indent=2))
        else:
            self._table(found)
        bad = [one for one in found if one.state in FAILING[options["fail_on"]]]
        if bad:
            raise CommandError(f"{len(bad)} of {len(found)} findings need attention.")

    def _table(self, found: list[operations.Finding]) -> None:
        width = max(len(one.subject) for one in found)
        styles = {
            "ok": self.style.SUCCESS,
            "error": self.style.ERROR,
            "warning": self.style.WARNING,
        }
        for one in found:
            state = styles.get(one.state, str)(f"{one.state:<8}")
            self.stdout.write(f"{state}{one.subject:<{width}}  {one.text}")
            if one.hint:
                self.stdout.write(f"{'':<8}{'':<{width}}  -> {one.hint}")
