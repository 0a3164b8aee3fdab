"""Exams and their policies, and the notices that providers get about them."""

import datetime

import pytest
from django.utils import timezone

from edx_proctoring import api, outbox
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    ProctoredBaseException,
    ProctoredExamAlreadyExists,
    ProctoredExamNotFoundException,
    ProctoredExamReviewPolicyAlreadyExists,
    ProctoredExamReviewPolicyNotFoundException,
)
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamReviewPolicyHistory,
    ProctoredExamStudentAllowance,
)
from tests.unknown import NO_SUCH_ID

pytestmark = pytest.mark.django_db

COURSE = "course-v1:a+b+c"


def create(content_id="content", **more):
    return api.create_exam(COURSE, content_id, "Exam", 30, **more)


def saved(provider):
    return [call.args[0] for call in provider.calls_of("on_exam_saved")]


def events():
    rows = OutboxMessage.objects.filter(kind="event").order_by("id")
    return [row.payload["name"] for row in rows]


def test_a_proctored_exam_is_saved_at_its_provider(provider):
    exam = ProctoredExam.objects.get(pk=create())
    assert exam.external_id == f"exam-{exam.pk}"
    assert exam.backend == "test"
    (document,) = saved(provider)
    assert (document["external_id"], document["is_active"]) == (None, True)
    assert events() == ["edx.special_exam.proctored.created"]
    assert ProctoredExam.history.filter(id=exam.pk).count() == 1


def test_a_timed_exam_is_not_sent_to_a_provider(provider):
    create(is_proctored=False)
    assert not saved(provider)
    assert events() == ["edx.special_exam.timed.created"]


def test_an_exam_cannot_be_created_twice():
    create()
    with pytest.raises(ProctoredExamAlreadyExists):
        create()
    assert ProctoredExam.objects.count() == 1


def test_exams_can_be_saved_while_the_provider_is_down_or_not_configured(provider):
    provider.fail("on_exam_saved", ConnectionError("down"))
    exam = ProctoredExam.objects.get(pk=create())
    assert exam.external_id is None
    create("other", backend="gone")
    assert outbox.is_pending(f"exam_saved:{exam.pk}:test")
    provider.recover()
    OutboxMessage.objects.update(next_try_at=timezone.now())
    outbox.deliver()
    exam.refresh_from_db()
    assert exam.external_id == f"exam-{exam.pk}"


def test_a_registration_saves_the_exam_first(provider, learner):
    provider.fail("on_exam_saved", ConnectionError("down"))
    exam_id = create()
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        api.create_exam_attempt(exam_id, learner.pk, taking_as_proctored=True)
    assert not provider.calls_of("register_exam_attempt")
    provider.recover()
    api.create_exam_attempt(exam_id, learner.pk, taking_as_proctored=True)
    (call,) = provider.calls_of("register_exam_attempt")
    assert call.args[0]["external_id"] == f"exam-{exam_id}"


def test_only_given_values_change():
    exam_id = create(due_date="2030-01-02T03:04:05Z")
    api.update_exam(exam_id, exam_name="New", is_active=False)
    exam = api.get_exam_by_id(exam_id)
    due = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    assert (exam["exam_name"], exam["is_active"], exam["due_date"]) == ("New", False, due)
    api.update_exam(exam_id, due_date=None)
    assert api.get_exam_by_id(exam_id)["due_date"] is None
    api.update_exam(exam_id, due_date=datetime.datetime(2030, 1, 1))
    assert api.get_exam_by_id(exam_id)["due_date"].tzinfo is not None
    assert events()[-1].endswith(".updated")


@pytest.mark.parametrize("due", ["tomorrow", "2030-99-01T00:00:00Z"])
def test_invalid_dates(due):
    with pytest.raises(ProctoredBaseException, match="is not a date"):
        create(due_date=due)
    assert not ProctoredExam.objects.exists()


@pytest.mark.parametrize("exam_id", [NO_SUCH_ID, 0, -1, 2**40, "x", None, True])
def test_unknown_exams(exam_id):
    with pytest.raises(ProctoredExamNotFoundException):
        api.get_exam_by_id(exam_id)
    with pytest.raises(ProctoredExamNotFoundException):
        api.update_exam(exam_id, exam_name="New")
    with pytest.raises(ProctoredExamNotFoundException):
        api.get_exam_by_content_id(COURSE, "content")


def test_exams_of_a_course(django_assert_num_queries):
    first, second = create("one"), create("two", is_active=False)
    with django_assert_num_queries(1):
        assert [exam["id"] for exam in api.get_all_exams_for_course(COURSE)] == [first, second]
    active = api.get_all_exams_for_course(COURSE, active_only=True)
    assert [exam["id"] for exam in active] == [first]
    assert api.get_exam_by_content_id(COURSE, "one")["id"] == first


def test_the_provider_is_notified_if_an_exam_is_no_longer_proctored(provider):
    exam_id = create()
    api.update_exam(exam_id, is_proctored=False)
    document = saved(provider)[-1]
    assert (document["is_active"], document["is_proctored"]) == (False, False)
    assert document["external_id"] == f"exam-{exam_id}"


def test_an_exam_that_changes_its_provider(provider, make_exam):
    exam_id = create()
    api.update_exam(exam_id, backend="null")
    assert saved(provider)[-1]["is_active"] is False
    assert api.get_exam_by_id(exam_id)["external_id"] is None


# Registration of a course


def item(content_id, **more):
    flags = {"is_proctored": True, "is_practice_exam": False, "is_active": True}
    plain = {"exam_name": content_id, "time_limit_mins": 10, "hide_after_due": False}
    return {"content_id": content_id, **flags, **plain, **more}


def test_a_registration_replaces_the_exams_of_a_course():
    kept = create("kept", due_date="2030-01-02T03:04:05Z")
    gone = create("gone")
    ids = api.register_exams(COURSE, [item("new"), item("kept", time_limit_mins=99)])
    assert ids[1] == kept
    assert api.get_exam_by_id(kept)["time_limit_mins"] == 99
    assert api.get_exam_by_id(kept)["due_date"] is None
    left = api.get_exam_by_id(gone)
    assert (left["is_active"], left["is_proctored"]) == (False, False)
    assert api.get_exam_by_content_id(COURSE, "new")["external_id"]


def test_a_list_with_a_duplicate_writes_nothing():
    with pytest.raises(ProctoredBaseException):
        api.register_exams(COURSE, [item("a"), item("a")])
    with pytest.raises(ProctoredBaseException):
        api.register_exams(COURSE, [item("a"), item("b", due_date="soon")])
    assert not ProctoredExam.objects.exists()


def test_known_providers():
    assert api.is_known_backend("null")
    assert not api.is_known_backend("gone")


# Policies


def test_a_policy_is_created_changed_and_deleted(provider, staff, learner):
    exam_id = create()
    policy_id = api.create_exam_review_policy(exam_id, staff.pk, "No books.")
    assert saved(provider)[-1]["rule_summary"] == "No books."
    with pytest.raises(ProctoredExamReviewPolicyAlreadyExists):
        api.create_exam_review_policy(exam_id, staff.pk, "Books.")
    assert api.update_review_policy(exam_id, learner.pk, "Books.") is None
    policy = api.get_review_policy_by_exam_id(exam_id)
    assert (policy["id"], policy["review_policy"]) == (policy_id, "Books.")
    assert policy["set_by_user"]["username"] == "learner"
    assert saved(provider)[-1]["rule_summary"] == "Books."
    api.update_review_policy(exam_id, staff.pk, "")
    assert "rule_summary" not in saved(provider)[-1]
    archived = ProctoredExamReviewPolicyHistory.objects.order_by("id")
    assert [row.review_policy for row in archived] == ["No books.", "Books."]
    with pytest.raises(NotImplementedError):
        archived[0].delete()


def test_a_policy_that_does_not_exist(staff):
    exam_id = create()
    for call in (
        lambda: api.get_review_policy_by_exam_id(exam_id),
        lambda: api.remove_review_policy(exam_id),
        lambda: api.update_review_policy(exam_id, staff.pk, "x"),
    ):
        with pytest.raises(ProctoredExamReviewPolicyNotFoundException):
            call()
    assert api._get_review_policy_by_exam_id(exam_id) is None
    with pytest.raises(ProctoredExamNotFoundException):
        api.create_exam_review_policy(NO_SUCH_ID, staff.pk, "x")


# Dashboards


def test_the_configuration_of_an_exam(provider):
    exam_id = create()
    assert api.get_exam_configuration_dashboard_url(COURSE, "content") is None
    provider.has_dashboard = True
    url = api.get_exam_configuration_dashboard_url(COURSE, "content")
    assert url.endswith(f"/instructor/{COURSE}/{exam_id}?config=true")
    assert api.get_exam_configuration_dashboard_url(COURSE, "unknown") is None
    assert api.is_backend_dashboard_available(COURSE)
    assert not api.is_backend_dashboard_available("course-v1:x+y+z")


@pytest.mark.defect("PYTHON-84")
def test_kept_changing_a_policy_returns_nothing(exam, staff):
    api.create_exam_review_policy(exam.pk, staff.pk, "No books.")
    assert api.update_review_policy(exam.pk, staff.pk, "Books.") is None
    assert len(ProctoredExamStudentAllowance.all_allowances[0]) == 4
    assert api.APPROVED_STATUS == "approved"


@pytest.mark.defect("PYTHON-85")
def test_the_creation_of_an_exam_is_logged(caplog, db):
    with caplog.at_level("INFO", logger="edx_proctoring"):
        exam_id = api.create_exam("course-v1:a+b+c", "block", "Midterm", 90, backend="test")
    assert f"exam {exam_id}: created, course_id=course-v1:a+b+c" in caplog.text


@pytest.mark.defect("PYTHON-88")
def test_without_a_default_provider(settings, make_exam):
    exam = make_exam(backend=None, external_id=None)
    settings.PROCTORING_BACKENDS = {}
    assert api.is_backend_dashboard_available(exam.course_id) is False
    assert api.does_backend_support_onboarding(None) is False
    assert api.get_exam_configuration_dashboard_url(exam.course_id, exam.content_id) is None


@pytest.mark.defect("PYTHON-89")
def test_kept_the_column_is_stored_but_timed_exams_have_no_provider(provider, learner):
    exam_id = api.create_exam("course-v1:a+b+c", "x", "Quiz", 90, is_proctored=False)
    assert api.get_exam_by_id(exam_id)["backend"] == "test"
    attempt_id = api.create_exam_attempt(exam_id, learner.pk)
    for status in ("started", "submitted"):
        api.update_attempt_status(attempt_id, status)
    assert provider.calls == []
