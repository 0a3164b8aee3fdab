"""Profiles as CSV: import by command and REST, export, and round trips."""

import csv
import io
import tracemalloc

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring.contrib.accommodations import csv_rows, imports
from edx_proctoring.contrib.accommodations.models import Profile, ProfileChange
from edx_proctoring.testing.factories import COURSE_ID, UserFactory
from tests.contrib.accommodations.conftest import HEAD, URL, counts
from tests.lifecycle.noon import MINUTE, NOON, end_of

pytestmark = pytest.mark.django_db


def refused(answer):
    return {row["line"]: sorted(row["errors"]) for row in answer.json()["rows"] if row["errors"]}


def exported(client):
    answer = client.get(f"{URL}export/")
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return b"".join(answer.streaming_content).decode()


def test_a_preview_stores_nothing_and_a_repeated_import_changes_nothing(send, learner, staff):
    file = f"{HEAD}learner,1.5,10,Attest\n"
    preview = send(file, path="import/preview/")
    assert counts(preview) == (1, 0, 0, 0)
    assert not Profile.objects.exists()
    done = send(file)
    assert done.json() == preview.json()
    [row] = done.json()["rows"]
    assert (row["line"], row["username"], row["outcome"]) == (2, "learner", "created")
    assert row["changes"] == {
        "factor": [None, "1.50"],
        "minutes": [None, 10],
        "note": [None, "Attest"],
    }
    assert counts(send(file)) == (0, 0, 1, 0)
    [change] = ProfileChange.objects.all()
    assert (change.action, change.by_id, change.profile_id) == (
        "created",
        staff.pk,
        Profile.objects.get().pk,
    )


def test_changes_are_reported_by_field_and_absent_columns_are_kept(profile, send):
    known = profile(factor=1.5, minutes=7, note="old", valid_until=NOON)
    answer = send("username,factor,note\nlearner,2,\n")
    [row] = answer.json()["rows"]
    assert row["changes"] == {"factor": ["1.50", "2.00"], "note": ["old", ""]}
    known.refresh_from_db()
    assert (known.factor, known.minutes, known.note, known.valid_until) == (2, 7, "", NOON)
    assert counts(send("username,factor,valid_until\nlearner,,\n")) == (0, 1, 0, 0)
    known.refresh_from_db()
    assert (known.factor, known.valid_until) == (1, None)


def test_an_import_recalculates_running_attempts(send, hour, start, clock):
    running = start(hour)
    send("username,factor\nlearner,1.5\n", path="import/preview/")
    assert end_of(running) == NOON + 60 * MINUTE
    send("username,factor\nlearner,1.5\n")
    assert end_of(running) == NOON + 90 * MINUTE


def test_invalid_rows_do_not_prevent_the_import_of_others(send, learner):
    UserFactory(username="zoe")
    file = (
        "username,factor,minutes,break_count,valid_from,scope,scope_id\n"
        "nobody,1.5,,,,,\n"
        "learner,abc,-1,,soon,,\n"
        "learner,1.5,,1,,,\n"
        "learner,1.5\n"
        "\n"
        "learner,1.5,,,,galaxy,\n"
        "learner,1.5,,,,course,course-v1:a+b+c\n"
        "learner,1.5,,,,site,\n"
        ",1.5,,,,,\n"
        "zoe,1.25,,,,course,\n"
        "zoe,1.5,,,,,\n"
        "learner,nan,99999999999999999999,,,,\n"
    )
    answer = send(file)
    assert counts(answer) == (1, 0, 0, 10)
    assert refused(answer) == {
        2: ["username"],
        3: ["factor", "minutes", "valid_from"],
        4: ["break_minutes"],
        5: [""],
        7: ["scope"],
        8: ["scope_id"],
        9: ["scope"],
        10: ["username"],
        12: ["username"],
        13: ["factor", "minutes"],
    }
    assert Profile.objects.get().user.username == "zoe"


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "must name the columns"),
        (b"factor\n1.5\n", "username"),
        (b"username,colour\nlearner,red\n", "colour"),
        (b"username,factor,Factor\nlearner,1,1\n", "twice"),
        (b"username,note\nlearner,M\xfcller\n", "UTF-8"),
        ("username\nlearner\n".encode("utf-16"), "UTF-8"),
        (b"username,note\nlearner,a\0b\n", "cannot be stored"),
        (b'username,note\nlearner,"open\n', "Line 2"),
        (b'username,note\nlearner,ok\nlearner,"a"b\n', "Line 3"),
        (b"username,note\nlearner," + b"x" * 200_000, "Line 2"),
    ],
)
def test_unreadable_files_change_nothing(send, learner, file, says):
    for path in ("import/", "import/preview/"):
        answer = send(file, path=path)
        assert answer.status_code == 400, answer.content
        assert says in answer.json()["detail"]
    assert not Profile.objects.exists()


def test_a_file_that_is_too_large_is_refused(send, learner, settings, monkeypatch):
    settings.PROCTORING_SETTINGS = {"MAX_DOCUMENT_BYTES": 100}
    assert send(HEAD + "learner,1.5,10,\n" * 10).status_code == 413
    settings.PROCTORING_SETTINGS = {}
    monkeypatch.setattr(csv_rows, "MOST_ROWS", 3)
    answer = send(HEAD + "learner,1.5,10,\n" * 4)
    assert (answer.status_code, "3 rows" in answer.json()["detail"]) == (400, True)
    assert send("{}", kind="application/json").status_code == 415
    assert not Profile.objects.exists()


def test_a_file_saved_by_excel_can_be_imported(send, learner):
    text = "\ufeffUsername;Factor;camera_exempt;note\r\nlearner;1,5;WAHR;Über\r\n"
    assert counts(send(text)) == (1, 0, 0, 0)
    known = Profile.objects.get()
    assert (str(known.factor), known.camera_exempt, known.note) == ("1.50", True, "Über")


def test_learners_can_be_given_by_email_address(send, learner):
    UserFactory(username="zoe", email="zoe@example.com")
    assert counts(send("username\nzoe@example.com\n")) == (1, 0, 0, 0)


def test_new_profiles_require_learners_of_the_course(send, learner, host, profile, boss):
    profile(user=UserFactory(username="zoe"), minutes=1)
    host.enrollments.enrolled = set()
    answer = send("username,minutes\nlearner,5\nzoe,5\n")
    assert (counts(answer), refused(answer)) == ((0, 1, 0, 1), {2: ["username"]})
    assert counts(send("username,scope\nlearner,site\nlearner,organisation\n", user=boss)) == (
        2,
        0,
        0,
        0,
    )


NASTY = [
    "=1+1",
    "'=1",
    "''",
    "'x",
    "@x",
    "-1",
    '"q"; a,b',
    "two\r\nlines\u2028",
    " space ",
    "\tx",
    "'",
    "a;=1+1",
    "a;'=1",
    "a;''\t@x;;-1",
    "a\n=1\r\n+2\r-3",
    "=1;'=2;''",
]


def cells(text, delimiter):
    """Return the cells as a spreadsheet reads the file."""
    return [cell for row in csv.reader(io.StringIO(text), delimiter=delimiter) for cell in row]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_is_executed_as_a_formula_whatever_the_separator(
    profile, client_for, boss, delimiter
):
    for number, text in enumerate(NASTY):
        profile(user=UserFactory(username=f"user{number}"), note=text, for_reviewers=text)
    lines = exported(client_for(boss)).splitlines()
    found = [cell for line in lines for cell in cells(line, delimiter)]
    assert not [cell for cell in found if cell.startswith(("=", "+", "-", "@"))]


def test_plain_text_is_exported_unchanged(profile, client_for, boss):
    note = "30 min; see letter\r\nof 5/2026 - by Dr. O'Neil, 'urgent'"
    profile(note=note)
    assert note in exported(client_for(boss))


def test_an_export_can_be_imported_without_changes(
    profile, send, client_for, staff, boss, tmp_path
):
    for number, text in enumerate(NASTY):
        user = UserFactory(username=f"user{number}")
        profile(
            user=user,
            note=text,
            for_reviewers=text,
            factor="1.25",
            valid_from=NOON.replace(microsecond=7),
        )
    profile("site", "", minutes=3, user=UserFactory(username="-dash"), beyond_due_date=True)
    text = exported(client_for(boss))
    assert "'=1+1" in text
    assert ",=" not in text
    assert "-dash" not in exported(client_for(staff))
    assert counts(send(text, user=boss)) == (0, 0, len(NASTY) + 1, 0)
    file, again = tmp_path / "one.csv", tmp_path / "two.csv"
    call_command("export_accommodations", str(file), stdout=io.StringIO())
    told = io.StringIO()
    call_command("import_accommodations", str(file), stdout=told)
    assert f"{len(NASTY) + 1} unchanged, 0 refused" in told.getvalue()
    Profile.objects.all().delete()
    call_command("import_accommodations", str(file), by="boss", stdout=told)
    call_command("export_accommodations", str(again), stdout=told)
    assert again.read_bytes() == file.read_bytes()
    assert set(ProfileChange.objects.values_list("by__username", flat=True)) == {None, "boss"}


def test_the_command_reports_rows(learner, tmp_path, capsys):
    file = tmp_path / "file.csv"
    file.write_text(
        f"username,factor,scope_id\nlearner,1.5,{COURSE_ID}\nnobody,1,{COURSE_ID}\nlearner,1.5,\n"
    )
    told, errors = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match="2 rows were refused"):
        call_command("import_accommodations", str(file), dry_run=True, stdout=told, stderr=errors)
    assert "line 2, learner: created" in told.getvalue()
    assert "3 rows: 1 to be created, 0 to be changed, 0 unchanged, 2 refused" in told.getvalue()
    assert "line 3, nobody: refused (username: There is no such learner here.)" in errors.getvalue()
    assert "line 4, learner: refused (scope_id" in errors.getvalue()
    assert not Profile.objects.exists()


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"colour\n"])
def test_the_command_refuses_invalid_files(learner, tmp_path, content):
    file = tmp_path / "file.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=str(file)):
        call_command("import_accommodations", str(file))
    with pytest.raises(CommandError):
        call_command("export_accommodations", str(tmp_path / "none" / "file.csv"))


def run(text):
    return list(imports.import_profiles(io.StringIO(text, newline=""), imports.Reach(COURSE_ID)))


def test_queries_are_constant_per_batch(learner, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 10)
    names = [UserFactory(username=f"user{number}").username for number in range(40)]

    def asked(some, minutes):
        lines = "".join(f"{name},{minutes}\n" for name in some)
        with CaptureQueriesContext(connection) as queries:
            run(f"username,minutes\n{lines}")
        return len(queries)

    created = asked(names[:10], 1), asked(names[10:], 1)
    changed = asked(names[:10], 2), asked(names[10:], 2)
    same = asked(names[:10], 2), asked(names[10:], 2)
    for one_batch, three_batches in (created, changed, same):
        assert three_batches == one_batch * 3
    assert (max(created), max(changed), max(same)) <= (3 * 9, 3 * 10, 3 * 7)


def test_a_long_file_is_not_read_into_memory_as_a_whole(learner, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 10)

    def peak(number):
        file = io.StringIO("username,factor\n" + "nobody,1.5\n" * number, newline="")
        tracemalloc.start()
        try:
            for _row in imports.import_profiles(file, imports.Reach(COURSE_ID)):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(20)
    assert (peak(600) - peak(100)) / 500 < 500  # bytes per row
