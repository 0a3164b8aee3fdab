"""Mark reviews of removed attempts as inactive."""

import logging
from typing import Unpack

from edx_proctoring import operations
from edx_proctoring.management.batches import BatchCommand, BatchOptions

log = logging.getLogger(__name__)


class Command(BatchCommand):
    """Repairs old rows; current versions do this when an attempt is removed."""

    help = (
        "Set is_attempt_active=False on reviews, and archived reviews, whose attempt is gone. May be interrupted and "
        "repeated at any time: a further run finds only what is left."
    )

    def handle(self, *args: object, **options: Unpack[BatchOptions]) -> None:
        total = 0
        for table, count in operations.deactivate_orphaned_reviews(**self.paced(options)):
            total += count
            log.info("%s: %s rows inactive", table, count)
            self.progress(f"{table}: {count}", options["verbosity"])
        verb = "to be marked" if options["dry_run"] else "marked"
        self.stdout.write(f"{total} reviews {verb} inactive")
