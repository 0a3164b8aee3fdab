"""Django admin: what staff see, decide and cannot do."""

import datetime
from urllib.parse import quote

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api, outbox
from edx_proctoring.admin import prettify_course_id
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.testing.factories import COURSE_ID, AttemptFactory, UserFactory
from tests.sessions import sign_in

pytestmark = pytest.mark.django_db

ADMIN = "/admin/edx_proctoring"


@pytest.fixture
def boss(django_user_model):
    """A superuser."""
    return django_user_model.objects.create_superuser("boss", "boss@example.com", "x")


@pytest.fixture
def client(boss):
    """A client authenticated as the superuser."""
    return sign_in(Client(), boss)


@pytest.fixture
def suspicious(attempt):
    """A review that waits for a person."""
    known = attempt(status="submitted", completed_at=timezone.now())
    data = {"status": "suspicious", "comments": []}
    return api.receive_review(known, data)


def status_of(review):
    code = review.attempt_code
    return ProctoredExamStudentAttempt.objects.get(attempt_code=code).status


def change(client, model, pk, **data):
    return client.post(f"{ADMIN}/{model}/{pk}/change/", data, follow=True)


@pytest.mark.parametrize(
    "model",
    [
        "proctoredexam",
        "proctoredexamreviewpolicy",
        "proctoredexamsoftwaresecurereview",
        "proctoredexamsoftwaresecurereviewhistory",
        "proctoredexamstudentattempt",
        "outboxmessage",
    ],
)
def test_lists(client, suspicious, boss, model):
    api.create_exam_review_policy(suspicious.exam_id, boss.pk, "x")
    api.decide_review(suspicious.pk, "Suspicious", boss)
    page = client.get(f"{ADMIN}/{model}/")
    assert page.status_code == 200
    assert client.get(f"{ADMIN}/{model}/?q=learner").status_code == 200


LISTS = [
    "proctoredexam",
    "proctoredexamreviewpolicy",
    "proctoredexamsoftwaresecurereview",
    "proctoredexamsoftwaresecurereviewhistory",
    "proctoredexamstudentattempt",
    "outboxmessage",
]


def test_lists_cost_the_same_for_many_rows(client, boss):
    def more(count):
        for _ in range(count):
            known = AttemptFactory(status="submitted", completed_at=timezone.now())
            api.create_exam_review_policy(known.proctored_exam_id, boss.pk, "x")
            review = api.receive_review(known, {"status": "suspicious"})
            api.decide_review(review.pk, "Suspicious", boss)

    def cost(model):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"{ADMIN}/{model}/")
        return len(page.context["cl"].result_list), len(queries)

    more(2)
    for model in LISTS:
        cost(model)
    few = {model: cost(model) for model in LISTS}
    more(6)
    for model, (rows, queries) in few.items():
        many, more_queries = cost(model)
        assert many >= rows + 6 >= 8, model
        assert more_queries == queries, model


@pytest.fixture
def reviews(attempt, make_exam, boss):
    """Reviews by description; all except one are of current exams."""
    due = timezone.now() + datetime.timedelta(days=1)
    exams = {
        "ours": make_exam(due_date=due),
        "theirs": make_exam(course_id="course-v1:a+b+c", due_date=due),
        "off": make_exam(is_active=False),
    }

    def one(exam, status):
        known = attempt(exam=exams[exam], status="submitted", completed_at=timezone.now())
        return api.receive_review(known, {"status": status})

    found = {
        "failed": one("ours", "suspicious"),
        "passed": one("ours", "passed"),
        "decided": one("theirs", "suspicious"),
        "off": one("off", "suspicious"),
    }
    api.decide_review(found["decided"].pk, "Suspicious", boss)
    return found


def shown(page, reviews):
    assert page.status_code == 200
    text = page.content.decode()
    return {name for name, review in reviews.items() if review.attempt_code in text}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("reviewed_by=all_unreviewed", {"failed", "passed", "off"}),
        ("reviewed_by=all_unreviewed_failures", {"failed", "off"}),
        ("exam__id={ours}", {"failed", "passed"}),
        ("exam__id=x", {"failed", "passed", "decided", "off"}),
        ("exam__id=²", {"failed", "passed", "decided", "off"}),
        ("exam__id=99999999999999999999", {"failed", "passed", "decided", "off"}),
        (f"exam__course_id={quote(COURSE_ID)}", {"failed", "passed"}),
        ("exam__course_id=course-v1:a%2Bb%2Bc", {"decided"}),
    ],
)
def test_filters_of_reviews(client, reviews, query, names):
    query = query.format(ours=reviews["failed"].exam_id)
    page = client.get(f"{ADMIN}/proctoredexamsoftwaresecurereview/?{query}")
    assert shown(page, reviews) == names


def test_choices_of_filters(client, reviews):
    page = client.get(f"{ADMIN}/proctoredexamsoftwaresecurereview/")
    exams, courses = (
        {str(choice) for choice, _label in spec.lookup_choices}
        for spec in page.context["cl"].filter_specs
        if getattr(spec, "parameter_name", "") in ("exam__id", "exam__course_id")
    )
    assert exams == {str(reviews[name].exam_id) for name in ("failed", "decided")}
    assert courses == {COURSE_ID, "course-v1:a+b+c"}


def test_filters_of_attempts(client, suspicious):
    url = f"{ADMIN}/proctoredexamstudentattempt/?proctored_exam__course_id="
    assert (
        suspicious.attempt_code.encode() in client.get(url + COURSE_ID.replace("+", "%2B")).content
    )
    assert suspicious.attempt_code.encode() not in client.get(url + "other").content


@pytest.mark.parametrize(
    ("word", "status"),
    [("Suspicious", "rejected"), ("Clean", "verified"), ("Not Reviewed", "error")],
)
def test_saving_a_review_is_the_second_review(client, boss, suspicious, word, status):
    model = "proctoredexamsoftwaresecurereview"
    page = change(client, model, suspicious.pk, review_status=word)
    assert page.status_code == 200
    suspicious.refresh_from_db()
    assert (suspicious.review_status, suspicious.reviewed_by) == (word, boss)
    assert status_of(suspicious) == status
    assert ProctoredExamSoftwareSecureReviewHistory.objects.count() == 1


def test_a_review_without_exam_and_learner(client):
    lonely = ProctoredExamSoftwareSecureReview.objects.create(
        attempt_code="LONELY", review_status="Suspicious", raw_data="{}"
    )
    model = "proctoredexamsoftwaresecurereview"
    assert b"(none)" in client.get(f"{ADMIN}/{model}/").content
    assert change(client, model, lonely.pk, review_status="Clean").status_code == 200
    lonely.refresh_from_db()
    assert lonely.review_status == "Clean"


def test_reviews_cannot_be_added_and_archived_ones_cannot_be_changed(client, boss, suspicious):
    api.decide_review(suspicious.pk, "Clean", boss)
    past = ProctoredExamSoftwareSecureReviewHistory.objects.get()
    assert client.get(f"{ADMIN}/proctoredexamsoftwaresecurereview/add/").status_code == 403
    url = f"{ADMIN}/proctoredexamsoftwaresecurereviewhistory/{past.pk}/change/"
    page = client.get(url)
    shown = {"review_status", "raw_data", "attempt_code", "exam", "student", "reviewed_by"}
    assert {*shown, "modified"} <= set(page.context["adminform"].readonly_fields)
    assert b"field-modified" in page.content
    assert client.post(url, {"review_status": "Clean"}).status_code == 403


def test_deleting_a_review_needs_the_permission(suspicious):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__contains="view_"))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    url = f"{ADMIN}/proctoredexamsoftwaresecurereview/{suspicious.pk}"
    assert client.get(f"{url}/change/").status_code == 200
    assert client.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{url}/change/", {"review_status": "Clean"}).status_code == 403


def test_a_changed_status_has_all_its_effects(client, boss, attempt):
    known = attempt(status="submitted", completed_at=timezone.now())
    change(client, "proctoredexamstudentattempt", known.pk, status="rejected")
    newest = ProctoredExamStudentAttempt.history.filter(id=known.pk).latest("history_id")
    assert (newest.status, newest.history_change_reason) == ("rejected", "staff")
    assert newest.history_user == boss
    assert OutboxMessage.objects.filter(kind="email").count() == 1


def test_an_unchanged_status_has_none(client, attempt):
    known = attempt(status="submitted", completed_at=timezone.now())
    change(client, "proctoredexamstudentattempt", known.pk, status="submitted")
    assert ProctoredExamStudentAttempt.history.filter(id=known.pk).count() == 1


def test_an_illegal_status_is_reported_and_not_stored(client, attempt):
    known = attempt(status="verified", completed_at=timezone.now())
    page = change(client, "proctoredexamstudentattempt", known.pk, status="started")
    texts = [str(message) for message in page.context["messages"]]
    assert len(texts) == 1
    assert "This is not allowed!" in texts[0]
    known.refresh_from_db()
    assert known.status == "verified"
    assert not LogEntry.objects.exists()


def test_a_status_outside_the_choices_can_be_kept(client, attempt):
    known = attempt(status="onboarding_reset")
    page = client.get(f"{ADMIN}/proctoredexamstudentattempt/{known.pk}/change/")
    assert b'value="onboarding_reset" selected' in page.content
    change(client, "proctoredexamstudentattempt", known.pk, status="onboarding_reset")
    known.refresh_from_db()
    assert known.status == "onboarding_reset"


def test_attempts_can_be_neither_added_nor_deleted(client, attempt):
    known = attempt()
    assert client.get(f"{ADMIN}/proctoredexamstudentattempt/add/").status_code == 403
    url = f"{ADMIN}/proctoredexamstudentattempt/{known.pk}/delete/"
    assert client.post(url, {"post": "yes"}).status_code == 403
    history = client.get(f"{ADMIN}/proctoredexamstudentattempt/{known.pk}/history/")
    assert history.status_code == 200


def test_exams_and_policies(client, boss):
    data = {
        "course_id": COURSE_ID,
        "content_id": "content",
        "exam_name": "Final",
        "time_limit_mins": "5",
        "is_proctored": "on",
        "is_active": "on",
    }
    assert client.post(f"{ADMIN}/proctoredexam/add/", data, follow=True).status_code == 200
    exam = ProctoredExam.objects.get()
    assert (exam.external_id, exam.backend) == (f"exam-{exam.pk}", None)
    policy = {"proctored_exam": exam.pk, "review_policy": "No books."}
    client.post(f"{ADMIN}/proctoredexamreviewpolicy/add/", policy)
    assert ProctoredExamReviewPolicy.objects.get().set_by_user == boss


def test_messages_can_be_delivered_again(client):
    def broken(_message):
        raise ValueError("broken")

    outbox.register("test", broken)
    outbox.put(outbox.Draft("test", "a", "lane"))
    OutboxMessage.objects.update(state="given_up")
    pk = OutboxMessage.objects.get().pk
    data = {"action": "deliver_again", "_selected_action": [pk]}
    page = client.post(f"{ADMIN}/outboxmessage/", data, follow=True)
    assert b"1 messages will be delivered" in page.content
    assert OutboxMessage.objects.get().state == "pending"
    assert client.get(f"{ADMIN}/outboxmessage/add/").status_code == 403
    assert client.post(f"{ADMIN}/outboxmessage/{pk}/delete/", {"post": "yes"}).status_code == 403
    outbox.unregister("test")


def test_readable_course_ids():
    assert prettify_course_id("course-v1:edX+Demo+2026") == "edX Demo 2026"
    assert prettify_course_id("edX/Demo/2026") == "edX Demo 2026"
