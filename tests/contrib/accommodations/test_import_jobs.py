"""The worker imports files that are too large for a request."""

import datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django.utils.translation import override

from edx_proctoring import operations, outbox, tasks
from edx_proctoring.contrib.accommodations import import_jobs, imports
from edx_proctoring.contrib.accommodations.models import ImportJob, Profile, ProfileChange
from edx_proctoring.contrib.accommodations.values import cleaned
from edx_proctoring.models import OutboxMessage
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.contrib.accommodations.conftest import HEAD, URL, counts

pytestmark = pytest.mark.django_db
EARLY, LATE = (datetime.datetime(year, 1, 1, tzinfo=datetime.UTC) for year in (2026, 2027))


@pytest.fixture
def large(monkeypatch, proctoring_celery):
    """Leave files of more than two rows to the worker, which imports two at a time."""
    proctoring_celery(broker_url="memory://")
    monkeypatch.setattr(import_jobs, "AT_ONCE", 2)
    monkeypatch.setattr(imports, "BATCH", 2)
    for number in range(4):
        UserFactory(username=f"user{number}")
    rows = "".join(f"user{number},1.5,{number},\n" for number in range(4))
    return f"{HEAD}{rows}nobody,1,1,\nuser0,2,2,\nuser1,x,1,\n"


def test_a_large_file_is_imported_by_the_worker(send, large, client_for, staff):
    assert counts(send(large, path="import/preview/")) == (4, 0, 0, 3)
    answer = send(large)
    assert (answer.status_code, answer.json()["rows"]) == (202, [])
    job = answer.json()["job"]
    assert (job["total"], job["done"], job["finished_at"], job["by"]) == (7, 0, None, "staff")
    assert not Profile.objects.exists()
    outbox.deliver()
    url = f"{URL}imports/"
    (listed,) = client_for(staff).get(url).json()["results"]
    shown = client_for(staff).get(f"{url}{job['id']}/").json()
    names = ("total", "done", "created", "changed", "unchanged", "refused")
    assert [shown[name] for name in names] == [7, 7, 4, 0, 0, 3]
    assert listed == {name: value for name, value in shown.items() if name != "rows"}
    assert listed["finished_at"] is not None
    assert {row["line"]: list(row["errors"]) for row in shown["rows"]} == {
        6: ["username"],
        7: ["username"],
        8: ["factor"],
    }
    assert ImportJob.objects.get().text == ""  # the file contains usernames
    assert set(ProfileChange.objects.values_list("by__username", flat=True)) == {"staff"}
    assert send(large).status_code == 202
    outbox.deliver()
    assert ImportJob.objects.last().counts == {"unchanged": 4, "refused": 3}
    assert ProfileChange.objects.count() == 4


class Killed(BaseException):
    """Stands for the death of the worker's process."""


@pytest.mark.parametrize("at", ["proctoring_outbox", "proctoring_accommodations_import"])
def test_rows_imported_by_a_killed_worker_are_counted_once(send, large, at, clock):
    """It dies before or after the second batch is stored."""
    send(large)
    seen = []

    def dies(execute, sql, *more):
        if sql.startswith("UPDATE") and at in sql and ("payload" in sql or "counts" in sql):
            seen.append(sql)
            if len(seen) == 2:
                raise Killed
        return execute(sql, *more)

    with pytest.raises(Killed), connection.execute_wrapper(dies):
        outbox.deliver()
    stored = 4 if at == "proctoring_outbox" else 2
    assert ImportJob.objects.get().done == Profile.objects.count() == stored
    clock.shift(3600)
    outbox.deliver()
    job = ImportJob.objects.get()
    assert (job.done, job.counts) == (7, {"created": 4, "refused": 3})
    assert ProfileChange.objects.count() == 4
    assert [row["line"] for row in job.refused] == [6, 7, 8]


def test_two_workers_import_a_row_once(send, large):
    send(large)
    message = OutboxMessage.objects.get(kind=import_jobs.KIND)
    job = ImportJob.objects.get()
    ImportJob.objects.update(done=2)  # by the other worker, whose lease has expired

    def late(execute, sql, *more):
        answer = execute(sql, *more)
        if sql.startswith("SELECT") and "proctoring_accommodations_import" in sql:
            ImportJob.objects.filter(done=2).update(done=4)
        return answer

    with connection.execute_wrapper(late), pytest.raises(import_jobs.ImportedElsewhere):
        import_jobs.deliver(message)
    assert not Profile.objects.exists()
    assert job.counts == {}


def test_imports_are_visible_only_to_permitted_users(send, large, client_for, boss, staff):
    send(large, user=boss)  # the file may contain any scope
    number = ImportJob.objects.get().pk
    for user, code in ((staff, 404), (boss, 200)):
        assert client_for(user).get(f"{URL}imports/{number}/").status_code == code
        assert client_for(user).get(f"{URL}imports/{10**19}/").status_code == 404
    assert client_for(staff).get(f"{URL}imports/").json()["count"] == 0
    operations.retire_user(boss.pk)
    outbox.deliver()
    assert (ImportJob.objects.get().by_id, Profile.objects.count()) == (None, 4)


def test_the_file_is_deleted_when_the_worker_gives_up(send, large, client_for, staff, clock):
    send(large)

    def fails(execute, sql, *more):
        if "proctoring_accommodations_profile" in sql:
            raise RuntimeError("the table cannot be read")
        return execute(sql, *more)

    with connection.execute_wrapper(fails):
        outbox.deliver()
        assert ImportJob.objects.get().text == large
        clock.shift(datetime.timedelta(days=8))
        outbox.deliver()
    message = OutboxMessage.objects.get(kind=import_jobs.KIND)
    assert (message.state, ImportJob.objects.get().text) == ("given_up", "")
    shown = client_for(staff).get(f"{URL}imports/{ImportJob.objects.get().pk}/").json()
    assert (shown["done"], shown["total"]) == (0, 7)
    assert shown["finished_at"] is not None
    outbox.retry([message.pk])
    outbox.deliver()
    assert not Profile.objects.exists()


def test_old_imports_are_deleted(send, large, client_for, staff):
    send(large)
    outbox.deliver()
    number = ImportJob.objects.get().pk
    waiting = ImportJob.objects.create(course_id=COURSE_ID)
    for days, code in ((89, 200), (91, 404)):
        with time_machine.travel(timezone.now() + datetime.timedelta(days=days)):
            tasks.purge_outbox()
            assert client_for(staff).get(f"{URL}imports/{number}/").status_code == code
    assert list(ImportJob.objects.all()) == [waiting]
    assert Profile.objects.count() == 4


def test_errors_are_in_the_language_of_the_user_who_sent_the_file(client_for, staff, large):
    headers = {"Idempotency-Key": "key", "Accept-Language": "de"}
    with override("de"):  # as Django's middleware does
        client_for(staff).post(f"{URL}import/", large, content_type="text/csv", headers=headers)
    with override("fr"):  # the worker's language
        outbox.deliver()
    refused = ImportJob.objects.get().refused
    assert refused[0]["errors"] == {"username": ["Diese teilnehmende Person gibt es hier nicht."]}


@pytest.mark.parametrize(
    ("language", "values", "text"),
    [
        ("de", {"scope_id": "c", "break_count": 2}, "Anzahl und die Minuten je Pause"),
        ("es", {"scope_id": ""}, "Indique el curso"),
        ("fr", {"scope": "site", "scope_id": "c"}, "ni cours ni organisation"),
        (
            "pt-br",
            {"scope_id": "c", "valid_from": LATE, "valid_until": EARLY},
            "anterior ao início",
        ),
    ],
)
def test_errors_about_combined_values_are_translated(language, values, text):
    with override(language), pytest.raises(ValidationError, match=text):
        cleaned(Profile(**values))
