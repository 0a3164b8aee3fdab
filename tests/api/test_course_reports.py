"""Reports on a course: violations, completion, the provider's dashboard."""

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamSoftwareSecureReview

pytestmark = pytest.mark.django_db


def credit_words(host):
    return [call.kwargs["status"] for call in host.calls_of("set_credit_requirement_status")]


@pytest.mark.defect("PYTHON-55")
def test_kept_a_resumed_exam_is_complete_once_all_its_attempts_are_verified(attempt, exam, host):
    first = attempt(exam=exam, status="error", ready_to_resume=True, resumed=True)
    last = attempt(exam=exam, status="submitted", completed_at=timezone.now())
    api.update_attempt_status(last.pk, "verified")
    assert "satisfied" not in credit_words(host)
    api.update_attempt_status(first.pk, "verified")
    assert credit_words(host)[-1] == "satisfied"


@pytest.mark.defect("PYTHON-56")
@pytest.mark.parametrize("options", [{}, {"include_practice_exams": True}])
def test_the_report_includes_practice_exams_and_every_review(
    options, attempt, exam, practice_exam, learner
):
    for one in (exam, practice_exam):
        code = attempt(exam=one, status="submitted").attempt_code
        ProctoredExamSoftwareSecureReview.objects.create(
            attempt_code=code, review_status="Clean", raw_data="{}", student=learner, exam=one
        )
    for _ in range(2):
        attempt(exam=exam, attempt_code=None, status="error")
    report = api.get_exam_violation_report(exam.course_id, **options)
    assert len(report) == 4
    assert [row["review_status"] for row in report].count("Clean") == 2


@pytest.mark.defect("PYTHON-57")
def test_the_course_is_complete_if_the_newest_attempts_are(attempt, make_exam, learner):
    exam, gone = make_exam(), make_exam(is_active=False)
    assert gone.pk
    attempt(exam=exam, status="error", resumed=True)
    done = timezone.now()
    attempt(exam=exam, status="verified", completed_at=done)
    assert api.get_last_exam_completion_date(exam.course_id, learner.username) == done
    make_exam()
    assert api.get_last_exam_completion_date(exam.course_id, learner.username) is None


@pytest.mark.defect("PYTHON-58")
def test_the_dashboard_is_that_of_the_exams_provider(make_exam, provider):
    provider.has_dashboard = True
    exam, other = make_exam(), make_exam(backend="null")
    assert api.get_exam_configuration_dashboard_url(exam.course_id, exam.content_id)
    assert api.get_exam_configuration_dashboard_url(other.course_id, other.content_id) is None
