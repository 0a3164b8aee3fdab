"""More of the defects of the REST interface: attacks that one test per id does not try."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from edx_proctoring import api
from edx_proctoring.models import ProctoredExam, ProctoredExamSoftwareSecureReview
from edx_proctoring.testing.factories import COURSE_ID
from edx_proctoring.urls import urlpatterns
from tests.views.conftest import OTHER_COURSE, V1, E

pytestmark = pytest.mark.django_db


def nested(depth):
    return '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize(
    "status", ["created", "ready_to_start", "started", "ready_to_submit", "submitted"]
)
def test_A1_no_answer_tells_the_learner_the_locator(
    psi, attempt, make_exam, learner, as_learner, status
):
    from django.utils import timezone

    begun = {} if status in ("created", "ready_to_start") else {"started_at": timezone.now()}
    known = attempt(
        exam=make_exam(backend="software_secure"),
        external_id="secret-locator",
        status=status,
        allowed_time_limit_mins=90,
        **begun,
    )
    exam = known.proctored_exam
    values = {
        "exam_id": exam.pk,
        "attempt_id": known.pk,
        "course_id": COURSE_ID,
        "content_id": exam.content_id,
        "external_id": "secret-locator",
        "user_id": learner.pk,
        "search_by": learner.username,
        "attempt_code": known.attempt_code,
    }
    asked = set()
    for pattern in urlpatterns:
        found = pattern.pattern.regex if hasattr(pattern.pattern, "regex") else None
        names = list(found.groupindex) if found is not None else list(pattern.pattern.converters)
        try:
            from django.urls import reverse

            url = reverse(
                f"edx_proctoring:{pattern.name}", kwargs={name: values[name] for name in names}
            )
        except Exception:  # the name is that of another pattern
            continue
        if "start_exam" in url:
            continue
        for query in (
            "",
            f"?course_id={COURSE_ID}&content_id={exam.content_id}",
            "?is_learning_mfe=true",
        ):
            answer = as_learner.get(url + query)
            asked.add(pattern.name)
            assert "secret-locator" not in answer.content.decode(), url
    assert {"proctored_exam.active_exams_for_user", "proctored_exam.attempt"} <= asked


def test_A1_course_staff_do_not_see_the_locator(psi, attempt, make_exam, learner, as_staff):
    from django.utils import timezone

    attempt(
        exam=make_exam(backend="software_secure"),
        external_id="secret-locator",
        status="started",
        started_at=timezone.now(),
        allowed_time_limit_mins=90,
    )
    asked = {"user_id": learner.pk, "course_id": COURSE_ID}
    answer = as_staff.get(f"{E}/active_exams_for_user", asked)
    assert answer.json()[0]["attempt"]["external_id"] is None
    assert b"secret-locator" not in answer.content


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("a=b", "application/x-www-form-urlencoded"),
        ("", "application/x-www-form-urlencoded"),
        ("--x--\r\n", "multipart/form-data; boundary=x"),
        ("{}", "application/json"),
        ("null", "application/json"),
    ],
)
def test_B_a_registration_that_is_no_list_switches_nothing_off(exam, as_global_staff, data, kind):
    url = f"{E}/exam_registration/course_id/{COURSE_ID}"
    answer = as_global_staff.generic("PATCH", url, data, kind)
    assert answer.status_code == 422
    assert ProctoredExam.objects.get(pk=exam.pk).is_active


@pytest.mark.parametrize("depth", [150, 700, 990, 5000])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", f"{E}/exam"),
        ("put", f"{E}/exam"),
        ("patch", f"{E}/exam_registration/course_id/{COURSE_ID}"),
        ("put", f"{E}/allowance"),
        ("post", f"{E}/attempt/known/reviewed"),
        ("post", "/api/edx_proctoring/proctoring_review_callback/"),
    ],
)
def test_B_bodies_that_are_nested_too_deeply(attempt, as_global_staff, method, path, depth):
    attempt(status="submitted", external_id="known")
    answer = as_global_staff.generic(method.upper(), path, nested(depth), "application/json")
    assert answer.status_code == 400
    assert "detail" in answer.json()


def test_B_a_review_with_a_deep_part(attempt, as_global_staff):
    attempt(status="submitted", external_id="known")
    review = f'{{"status": "passed", "comments": [], "more": {nested(600)}}}'
    answer = as_global_staff.generic(
        "POST", f"{E}/attempt/known/reviewed", review, "application/json"
    )
    assert answer.status_code == 400
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


def test_B_a_review_with_a_file(attempt, as_global_staff):
    attempt(status="submitted", external_id="known")
    data = {"status": "passed", "video": SimpleUploadedFile("video", b"x")}
    answer = as_global_staff.post(f"{E}/attempt/known/reviewed", data, format="multipart")
    assert (answer.status_code, answer.json()) == (400, {"detail": "Files are not taken."})
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


def test_B_a_text_to_search_for_that_is_too_long(exam, as_staff):
    url = f"{E}/attempt/grouped/course_id/{COURSE_ID}"
    assert as_staff.get(url, {"text": "x" * 256}).status_code == 400
    assert as_staff.get(url, {"text": "x" * 255}).status_code == 200


@pytest.mark.parametrize(
    "change", [{"is_proctored": "true"}, {"backend": "gone", "is_proctored": "true"}]
)
def test_B14_what_is_stored_counts_too(make_exam, as_global_staff, change):
    exam = make_exam(backend="gone", is_proctored=False)
    answer = as_global_staff.put(f"{E}/exam", {"exam_id": exam.pk, **change})
    assert answer.status_code == 400
    assert not ProctoredExam.objects.get(pk=exam.pk).is_proctored


def test_B14_an_exam_of_a_provider_that_is_gone_can_be_switched_off(make_exam, as_global_staff):
    exam = make_exam(backend="gone")
    data = {"exam_id": exam.pk, "is_active": "false", "exam_name": "Old"}
    assert as_global_staff.put(f"{E}/exam", data).status_code == 200
    assert not ProctoredExam.objects.get(pk=exam.pk).is_active


@pytest.mark.parametrize("removed", [False, True])
def test_A6_an_attempt_of_another_exam_with_the_default_provider(
    make_exam, attempt, as_staff, staff, provider, removed
):
    provider.answer("get_instructor_url", "https://provider.example.com")
    own = make_exam(backend="test", external_id="e1")
    other = attempt(exam=make_exam(backend=None, course_id=OTHER_COURSE), external_id="foreign")
    if removed:
        api.remove_exam_attempt(other.pk, staff)
    url = f"{V1}/instructor/{COURSE_ID}/{own.pk}"
    assert as_staff.get(url).status_code == 302
    assert as_staff.get(url, {"attempt": "unknown"}).status_code == 302
    assert as_staff.get(url, {"attempt": "foreign"}).status_code == 404


def test_C_what_a_browser_reports_forges_no_line_of_the_log(attempt, as_learner, caplog):
    from django.utils import timezone

    known = attempt(status="started", started_at=timezone.now(), allowed_time_limit_mins=90)
    body = json.dumps({"action": "error", "detail": "x\nFAKE LINE"})
    as_learner.generic("PUT", f"{E}/attempt/{known.pk}", body, "application/json")
    lines = [record.getMessage() for record in caplog.records]
    assert any("FAKE LINE" in line for line in lines)
    assert not any("\n" in line for line in lines)
