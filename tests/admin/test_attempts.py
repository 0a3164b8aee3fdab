"""Django admin of attempts and reviews: changes by staff and their effects."""

import pytest
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.models import OutboxMessage, ProctoredExam, ProctoredExamSoftwareSecureReview
from edx_proctoring.testing.factories import ExamFactory
from tests.admin.conftest import ADMIN, ATTEMPTS, REVIEWS, Attempt, change, page_of, said

pytestmark = pytest.mark.django_db


@pytest.mark.defect("ADMIN-1")
def test_saving_the_same_status_repeats_no_effects(client, attempt):
    known = attempt(status="submitted", completed_at=timezone.now())
    before = (OutboxMessage.objects.count(), known.completed_at)
    change(client, ATTEMPTS, known.pk, status="submitted")
    known.refresh_from_db()
    assert (OutboxMessage.objects.count(), known.completed_at) == before


@pytest.mark.defect("ADMIN-2")
def test_resume_flags_are_shown_and_not_editable(client, attempt):
    known = attempt(status="error", is_resumable=True)
    text = page_of(client, ATTEMPTS, known.pk).content.decode()
    for name in ("is_resumable", "ready_to_resume", "resumed"):
        assert f'name="{name}"' not in text
        assert f"field-{name}" in text


@pytest.mark.defect("ADMIN-3")
@pytest.mark.parametrize("status", ["onboarding_reset", "expired", "onboarding_missing"])
def test_a_stored_status_that_is_not_among_the_choices_is_kept(client, attempt, status):
    known = attempt(status=status)
    form = page_of(client, ATTEMPTS, known.pk).context["adminform"].form
    assert form["status"].value() == status
    assert status in dict(form.fields["status"].choices)
    change(client, ATTEMPTS, known.pk, status=status)
    known.refresh_from_db()
    assert known.status == status


@pytest.mark.defect("ADMIN-4")
def test_deleting_reviews_requires_the_permission(client_with, told):
    review = ProctoredExamSoftwareSecureReview.objects.get()
    url = f"{ADMIN}/{REVIEWS}/{review.pk}/delete/"
    assert client_with(f"change_{REVIEWS}").post(url, {"post": "yes"}).status_code == 403
    assert ProctoredExamSoftwareSecureReview.objects.exists()
    client_with(f"delete_{REVIEWS}").post(url, {"post": "yes"})
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


@pytest.mark.defect("ADMIN-5")
def test_an_unconfigured_provider_causes_no_server_error(client, attempt, host):
    known = attempt(status="submitted", completed_at=timezone.now())
    review = api.receive_review(known, {"status": "suspicious"})
    ProctoredExam.objects.update(backend="gone")
    host.unregister()
    assert change(client, REVIEWS, review.pk, review_status="Suspicious").status_code == 200
    known.refresh_from_db()
    assert known.status == "rejected"
    assert change(client, ATTEMPTS, known.pk, status="verified").status_code == 200


@pytest.mark.defect("ADMIN-5")
@pytest.mark.parametrize("gone", ["attempt", "exam"])
def test_a_review_of_a_removed_attempt_or_exam_can_be_decided(client, attempt, boss, gone):
    known = attempt(status="submitted", completed_at=timezone.now())
    review = api.receive_review(known, {"status": "suspicious"})
    if gone == "exam":
        ProctoredExamSoftwareSecureReview.objects.update(exam=None)
        known.proctored_exam.delete()
    else:
        api.remove_exam_attempt(known.pk, boss)
    assert change(client, REVIEWS, review.pk, review_status="Clean").status_code == 200
    review.refresh_from_db()
    assert (review.review_status, review.reviewed_by) == ("Clean", boss)


@pytest.mark.defect("ADMIN-6")
def test_the_provider_s_payload_cannot_be_changed(client, told):
    review = ProctoredExamSoftwareSecureReview.objects.get()
    before = review.raw_data
    change(client, REVIEWS, review.pk, review_status="Clean", raw_data="notes")
    review.refresh_from_db()
    assert (review.raw_data, review.review_status) == (before, "Clean")


@pytest.mark.defect("ADMIN-6")
def test_notes_are_stored_next_to_the_payload(client, told, boss):
    review = ProctoredExamSoftwareSecureReview.objects.get()
    payload = review.raw_data
    for note in ("[looked] <b>twice</b>", ""):
        data = {"review_status": "Clean", "note": note}
        client.post(f"{ADMIN}/{REVIEWS}/{review.pk}/change/", data)
    review.refresh_from_db()
    assert (review.raw_data, review.review_status) == (payload, "Clean")
    text = page_of(client, REVIEWS, review.pk).content.decode()
    assert "boss: [looked] &lt;b&gt;twice&lt;/b&gt;" in text
    assert client.get(f"{ADMIN}/{REVIEWS}/{review.pk}/history/").status_code == 200


@pytest.mark.defect("ADMIN-8")
@pytest.mark.parametrize("removed", [False, True])
def test_a_review_without_exam_shows_the_exam_of_its_attempt(client, told, boss, removed):
    ProctoredExamSoftwareSecureReview.objects.update(exam=None, student=None)
    if removed:
        api.remove_exam_attempt(told.pk, boss)
    row = client.get(f"{ADMIN}/{REVIEWS}/").context["cl"].result_list[0]
    admin = client.get(f"{ADMIN}/{REVIEWS}/").context["cl"].model_admin
    assert admin.course_id_for_review(row) == told.proctored_exam.course_id
    assert admin.exam_name_for_review(row) == told.proctored_exam.exam_name
    assert admin.student_username_for_review(row) == "learner"


@pytest.mark.defect("ADMIN-9")
def test_deleting_a_reviewer_keeps_the_review(told, boss, django_user_model):
    django_user_model.objects.get(pk=boss.pk).delete()
    assert ProctoredExamSoftwareSecureReview.objects.get().reviewed_by is None


@pytest.mark.defect("ADMIN-9")
def test_an_exam_with_attempts_cannot_be_deleted(client, told):
    exam = told.proctored_exam
    page = client.post(f"{ADMIN}/proctoredexam/{exam.pk}/delete/", {"post": "yes"})
    assert page.status_code == 403
    assert Attempt.objects.filter(pk=told.pk).exists()
    empty = ExamFactory()
    client.post(f"{ADMIN}/proctoredexam/{empty.pk}/delete/", {"post": "yes"})
    assert not ProctoredExam.objects.filter(pk=empty.pk).exists()


@pytest.mark.defect("ADMIN-10")
def test_saving_an_exam_emits_one_event_and_notifies_the_provider_once(
    client, exam, provider, tracker
):
    provider.calls.clear()
    data = {
        "course_id": exam.course_id,
        "content_id": exam.content_id,
        "external_id": exam.external_id,
        "exam_name": "Renamed",
        "time_limit_mins": "5",
        "is_proctored": "on",
        "is_active": "on",
        "backend": "test",
    }
    assert change(client, "proctoredexam", exam.pk, **data).status_code == 200
    exam.refresh_from_db()
    assert exam.exam_name == "Renamed"
    assert len(provider.calls_of("on_exam_saved")) == 1
    events = OutboxMessage.objects.filter(kind="event", lane=f"publish:exam:{exam.pk}")
    assert [key.rpartition(":")[2] for key in events.values_list("key", flat=True)] == ["updated"]


@pytest.mark.defect("ADMIN-11")
def test_the_status_choices_do_not_depend_on_DEBUG(client, attempt, settings):
    known = attempt()

    def choices():
        form = page_of(client, ATTEMPTS, known.pk).context["adminform"].form
        return form.fields["status"].choices

    before = choices()
    settings.DEBUG = True
    assert choices() == before


@pytest.mark.defect("ADMIN-11")
@pytest.mark.parametrize(
    ("status", "shown"), [("second_review_required", "Zweite Überprüfung nötig"), ("odd", "odd")]
)
def test_statuses_are_shown_as_labels(client, attempt, status, shown, settings):
    known = attempt(status=status)
    settings.LANGUAGE_CODE = "de"
    text = client.get(f"{ADMIN}/{ATTEMPTS}/").content.decode()
    assert f'<td class="field-status_label">{shown}</td>' in text
    assert f"selected>{shown}</option>" in page_of(client, ATTEMPTS, known.pk).content.decode()


def restore(client, known, version, **data):
    url = f"{ADMIN}/{ATTEMPTS}/{known.pk}/history/{version.history_id}/"
    return client.post(url, data, follow=True)


@pytest.mark.defect("ADMIN-12")
def test_restoring_an_old_version_has_the_effects_of_a_change(client, told):
    submitted = told.history.filter(status="submitted").first()
    assert restore(client, told, submitted, status="submitted").status_code == 200
    told.refresh_from_db()
    assert told.status == "submitted"
    newest = told.history.latest()
    assert (newest.history_change_reason, newest.history_user.username) == ("staff", "boss")


@pytest.mark.defect("ADMIN-12")
def test_a_version_with_an_illegal_status_is_not_restored(client, told):
    page = restore(client, told, told.history.filter(status="started").first(), status="started")
    assert "not allowed" in said(page)[0]
    told.refresh_from_db()
    assert told.status == "rejected"


def test_users_with_view_permission_only_cannot_restore(client_with, told):
    reader = client_with("view_proctoredexamstudentattempt")
    version = told.history.filter(status="submitted").first()
    assert restore(reader, told, version, status="verified").status_code == 403
    told.refresh_from_db()
    assert told.status == "rejected"
