"""Import large files in the worker: each batch of rows is stored in one transaction with its progress, so it counts once."""

import datetime
import io
import time
from collections import Counter

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language, override

from edx_proctoring import conf, outbox
from edx_proctoring.contrib.accommodations import imports
from edx_proctoring.contrib.accommodations.models import ImportJob
from edx_proctoring.models import OutboxMessage
from edx_proctoring.outbox import Draft
from edx_proctoring.types import JSONObject, User

KIND = "proctoring_accommodations_import"
AT_ONCE = 500  # rows that are imported in the request


class ImportedElsewhere(RuntimeError):
    """Another process has imported the same rows meanwhile; nothing was stored."""


def begin_import(text: str, total: int, reach: imports.Reach, by: User | None) -> ImportJob:
    """Store a file that was checked, for the worker; `total` is the number of its rows."""
    with transaction.atomic():
        job = ImportJob.objects.create(
            course_id=reach.course_id, all_scopes=reach.all_scopes, by=by, text=text, total=total
        )
        key = f"{KIND}:{job.pk}"
        payload: JSONObject = {"job_id": job.pk, "language": get_language()}
        outbox.put(Draft(KIND, key, key, payload, any_process=True))
    return job


def deliver(message: OutboxMessage) -> None:
    """Import the rows that are left; after half of the lease, leave the others to the next try.

    Errors of rows are stored in the language of the request that sent the file.
    """
    job = ImportJob.objects.select_related("by").filter(pk=message.payload["job_id"]).first()
    if job is None or job.finished_at is not None:
        return
    with override(message.payload.get("language") or get_language()):
        _import(job, message)


def _import(job: ImportJob, message: OutboxMessage) -> None:
    until = time.monotonic() + conf.proctoring.OUTBOX_LEASE_SECONDS / 2
    file, reach = io.StringIO(job.text, newline=""), imports.Reach(job.course_id, job.all_scopes)
    batches = imports.import_batches(
        file, reach, job.by, skip=job.done, note=lambda results: _note(job, results)
    )
    for results in batches:
        _add(job, results)
        outbox.note_progress(message, message.payload.copy())
        if time.monotonic() > until and job.done < job.total:
            raise outbox.NotNow(f"{job.done} of {job.total} rows imported")
    _finish(job.pk)


def stop(message: OutboxMessage) -> None:
    """End an import whose message is given up, and delete the file, which names learners; `done` says how far it came."""
    _finish(message.payload["job_id"])


def forget(before: datetime.datetime) -> None:
    """Delete the progress of imports that ended before this time."""
    ImportJob.objects.filter(finished_at__lt=before).delete()


def _finish(job_id: int) -> None:
    unfinished = ImportJob.objects.filter(pk=job_id, finished_at=None)
    unfinished.update(finished_at=timezone.now(), text="")


def _note(job: ImportJob, results: imports.Results) -> None:
    """Store the progress with these rows, unless another process has done so."""
    counts, refused = _with(job, results)
    rows = ImportJob.objects.filter(pk=job.pk, done=job.done)
    if not rows.update(done=job.done + len(results), counts=counts, refused=refused):
        raise ImportedElsewhere


def _add(job: ImportJob, results: imports.Results) -> None:
    job.counts, job.refused = _with(job, results)
    job.done += len(results)


def _with(
    job: ImportJob, results: imports.Results
) -> tuple[dict[str, int], list[dict[str, object]]]:
    counts = Counter(job.counts) + Counter(one.outcome for one in results)
    refused = [
        {"line": one.line, "errors": one.errors}
        for one in results
        if one.outcome == imports.REFUSED
    ]
    return dict(counts), [*job.refused, *refused]
