"""Write accommodation profiles to a CSV file."""

import csv
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from edx_proctoring.contrib.accommodations import api, csv_rows
from edx_proctoring.contrib.accommodations.models import Profile


class Command(BaseCommand):
    """The file can be imported again unchanged."""

    help = (
        "Write accommodation profiles to a CSV file in UTF-8. Texts that a spreadsheet would execute as a formula begin "
        "with an apostrophe, which import_accommodations removes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="path of the file")
        parser.add_argument("--course_id", "--course-id", default="", help="only the profiles of this course, of its organisation and of the site")  # fmt: skip

    def handle(self, *args: object, **options: Any) -> None:
        """Write the rows in batches."""
        course_id = options["course_id"]
        found = api.find_profiles(course_id, all_scopes=True) if course_id else Profile.objects.order_by("id")  # fmt: skip
        count = 0
        try:
            with open(options["file"], "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(csv_rows.COLUMNS)
                for count, row in enumerate(csv_rows.export_rows(found), 1):  # noqa: B007  the last one is reported
                    writer.writerow(row)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error}") from error
        self.stdout.write(f"{count} profiles written")
