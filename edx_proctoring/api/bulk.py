"""One of many changes: its failure must not stop the others."""

import logging
from collections.abc import Callable

from django.utils.translation import gettext as _

from edx_proctoring.exceptions import ProctoredBaseException, UnexpectedFailure

log = logging.getLogger(__name__)


def error_of(work: Callable[[], object], subject: str) -> ProctoredBaseException | None:
    """Do `work` for the subject, which is named in the log; return its error, or None.

    An error of a host's service or of the database is logged with its traceback and returned as UnexpectedFailure.
    """
    try:
        work()
    except ProctoredBaseException as error:
        return error
    except Exception:
        log.exception("bulk change failed for %s", subject)
        return UnexpectedFailure(_("Something went wrong here, and the error was logged."))
    return None
