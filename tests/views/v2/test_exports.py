"""Lists of a course as files."""

import csv
import datetime
import io
import tracemalloc
import zipfile

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamSoftwareSecureComment
from edx_proctoring.models import ProctoredExamStudentAttempt as Attempt
from edx_proctoring.testing.factories import (
    COURSE_ID,
    AllowanceFactory,
    AttemptFactory,
    ExamFactory,
    UserFactory,
)
from edx_proctoring.testing.host import Enrollment
from edx_proctoring.views.v2 import spreadsheets
from tests.views.conftest import OTHER_COURSE

pytestmark = pytest.mark.django_db
URL = f"/api/edx_proctoring/v2/courses/{COURSE_ID}"
NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


@pytest.fixture
def client(client_for, staff):
    return client_for(staff)


@pytest.fixture
def read(client):
    def ask(path):
        answer = client.get(f"{URL}/{path}")
        assert answer.status_code == 200, answer.getvalue()
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        text = answer.getvalue().decode()
        return list(csv.DictReader(io.StringIO(text)))

    return ask


@pytest.fixture
def course(transactional_db):
    exam, quiz = ExamFactory(exam_name="Final"), ExamFactory(exam_name="Quiz", is_proctored=False)
    ana, evil = UserFactory(username="ana"), UserFactory(username="evil", email="=cmd|'/c calc'!A1")
    AttemptFactory(user=ana, proctored_exam=exam, status="error", attempt_code="EARLIER")
    ended = {"started_at": NOON, "completed_at": NOON + datetime.timedelta(hours=1)}
    reviewed = AttemptFactory(user=ana, proctored_exam=exam, status="submitted", attempt_code="NEWEST", **ended)  # fmt: skip
    AttemptFactory(user=evil, proctored_exam=quiz, status="created")
    AttemptFactory(proctored_exam=ExamFactory(course_id=OTHER_COURSE))
    comments = [
        {"comment": text, "status": status, "start": 1, "stop": 2, "duration": 1}
        for text, status in (("Phone", "Suspicious"), ("=2+3", "Suspicious"), ("Fine", "Clean"))
    ]
    api.receive_review(reviewed, {"status": "suspicious", "comments": comments})
    return exam


def test_attempts_with_the_columns_of_the_platforms_report(read, course, host):
    host.enrollments.enrollments.append(Enrollment(User.objects.get(username="ana"), "masters"))
    evil, ana = read("attempts/export/")
    assert ana == {
        "course_id": COURSE_ID,
        "provider": "test",
        "track": "masters",
        "exam_name": "Final",
        "username": "ana",
        "email": "ana@example.com",
        "attempt_code": "NEWEST",
        "allowed_time_limit_mins": "",
        "is_sample_attempt": "False",
        "started_at": "2026-03-01T12:00:00Z",
        "completed_at": "2026-03-01T13:00:00Z",
        "status": "second_review_required",
        "review_status": "Suspicious",
        "Suspicious Count": "2",
        "Suspicious Comments": "Phone; =2+3",
        "Rules Violation Count": "0",
        "Rules Violation Comments": "",
    }
    assert evil["email"] == "'=cmd|'/c calc'!A1"  # no formula
    assert (evil["provider"], evil["track"]) == ("", "")
    assert len(host.calls_of("get_active_enrollments_by_course")) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("earlier=true&search=ana", ["NEWEST", "EARLIER"]),
        ("earlier=true&search=ana&ordering=created", ["EARLIER", "NEWEST"]),
        ("type=proctored", ["NEWEST"]),
        ("status=error", []),
        ("status=error&earlier=true", ["EARLIER"]),
    ],
)
def test_the_filters_and_orders_of_the_list(read, course, query, found):
    assert [row["attempt_code"] for row in read(f"attempts/export/?{query}")] == found


def test_a_byte_order_mark_for_excel(client, course):
    answer = client.get(f"{URL}/attempts/export/?bom=true")
    assert answer.getvalue().startswith(b"\xef\xbb\xbfcourse_id,")
    assert answer["Content-Disposition"] == 'attachment; filename="attempts.csv"'
    assert "no-store" in answer["Cache-Control"]


def test_allowances(read, course):
    AllowanceFactory(proctored_exam=course, user=UserFactory(username="bo"), value="@note", key="x")
    AllowanceFactory(proctored_exam=course, user=UserFactory(username="cy"), value="15")
    bo, cy = read("allowances/export/?ordering=username")
    assert (bo["username"], bo["value"], bo["additional_minutes"]) == ("bo", "'@note", "0")
    assert (cy["value"], cy["additional_minutes"]) == ("15", "15")


def test_onboarding(read, transactional_db, provider, host):
    provider.supports_onboarding = True
    ExamFactory(is_practice_exam=True)
    host.enrollments.enrollments = [Enrollment(UserFactory(username=name)) for name in "abc"]
    rows = read("onboarding/export/")
    assert [(row["username"], row["status"]) for row in rows] == [(name, "not_started") for name in "abc"]  # fmt: skip
    assert read("onboarding/export/?status=verified") == []


@pytest.mark.parametrize("accept", ["text/csv", "*/*", "text/html,*/*;q=0.8", "application/json"])
def test_files_for_whatever_browsers_accept(client, course, accept):
    answer = client.get(f"{URL}/attempts/export/", headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    wrong = client.get(f"{URL}/attempts/export/?type=oral", headers={"Accept": accept})
    assert (wrong.status_code, wrong["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("query", ["file=pdf", "bom=1", "page=2", "page_size=10", "more=1"])
def test_what_is_not_understood_is_refused(client, course, query):
    answer = client.get(f"{URL}/attempts/export/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_workbook_has_the_same_rows_and_no_formulas(client, course):
    answer = client.get(f"{URL}/attempts/export/?file=xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="attempts.xlsx"'
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 3
    assert "<f>" not in sheet
    assert "<t>=cmd|" in sheet
    assert "<t>2026-03-01T12:00:00Z</t>" in sheet


def test_a_workbook_has_the_begin_of_a_text_that_is_too_long_for_a_cell(client, course):
    ProctoredExamSoftwareSecureComment.objects.filter(comment="Phone").update(comment="y" * 40_000)
    answer = client.get(f"{URL}/attempts/export/?file=xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert f"<t>{'y' * 32_766}…</t>" in sheet


def test_a_workbook_without_the_package_that_writes_it(client, course, monkeypatch):
    monkeypatch.setattr(spreadsheets, "find_spec", lambda name: None)
    answer = client.get(f"{URL}/attempts/export/?file=xlsx")
    assert (answer.status_code, answer.json()["code"]) == (501, "xlsx_unavailable")
    assert "pip install" in answer.json()["detail"]


def test_memory_and_queries_grow_by_batches_only(staff, client_for, exam):
    """A file of many rows is never in memory as a whole, neither as rows nor as text."""
    AttemptFactory(proctored_exam=exam)
    rows = [
        Attempt(user_id=staff.pk, proctored_exam=exam, status="verified", attempt_code=f"C{n}")
        for n in range(4000)
    ]
    Attempt.objects.bulk_create(rows, batch_size=500)
    del rows
    url, client = f"{URL}/attempts/export/?earlier=true", client_for(staff)
    client.get(url).getvalue()  # what is loaded at first use
    answer = client.get(url)
    tracemalloc.start()
    with CaptureQueriesContext(connection) as queries:
        lines = sum(chunk.count(b"\n") for chunk in answer.streaming_content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert lines == 4002
    assert len(queries) <= 3 * 9 + 1  # per batch of 500: attempts, reviews, comments
    assert peak < 6_000_000, peak  # the rows as objects alone would be 15 MB
