"""Django admin for support: an attempt's timeline, and the outbox."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from edx_proctoring import api, operations, outbox
from edx_proctoring.admin import labels
from edx_proctoring.backends import breaker
from edx_proctoring.effects.messages import KINDS
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamReviewPolicy,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ReleasedComment,
)
from edx_proctoring.testing.factories import AttemptFactory, UserFactory
from tests.admin.conftest import ADMIN, ATTEMPTS, REVIEWS, change, page_of

pytestmark = pytest.mark.django_db


def test_the_timeline_has_user_time_statuses_and_reason_of_each_change(client, told, boss):
    timeline = page_of(client, ATTEMPTS, told.pk).context["timeline"]
    seen = [(step.before, step.after, step.who, str(step.why)) for step in timeline["steps"]]
    assert seen[0] == ("", "Created", "", "test set-up")
    assert ("Created", "Ready To Start", "", "the learner") in seen
    assert ("Submitted", "Second Review Required", "", "the provider") in seen
    assert seen[-1] == ("Second Review Required", "Rejected", "boss", "staff")
    times = [step.at for step in timeline["steps"]]
    assert times == sorted(times)
    started = next(step for step in timeline["steps"] if step.after == "Started")
    assert any("minutes allowed" in note for note in started.notes)


def test_reviews_with_comments_and_messages_are_on_the_page(client, told):
    page = page_of(client, ATTEMPTS, told.pk)
    text = page.content.decode()
    assert "3–9 s: A phone! (Suspicious)" in text
    assert [bool(one.get("earlier")) for one in page.context["timeline"]["reviews"]] == [
        False,
        True,
    ]
    kinds = {one["message"].kind for one in page.context["timeline"]["messages"]}
    assert {"email", "provider_notice", "signal", "event"} <= kinds
    assert "E-mail about the status</a>" in text
    strangers = AttemptFactory(status="submitted")
    assert str(strangers.attempt_code) not in text


def test_the_page_takes_the_same_queries_however_long_the_history(client, told, boss):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            page_of(client, ATTEMPTS, told.pk)
        return len(queries)

    cost()
    before = cost()
    for status in ("verified", "rejected", "verified"):
        api.update_attempt_status(
            told.pk, status, update_attributable_to=UserFactory(), reason="staff"
        )
    review = ProctoredExamSoftwareSecureReview.objects.get()
    for word in ("Clean", "Suspicious"):
        api.decide_review(review.pk, word, UserFactory())
    assert cost() == before


def test_the_timeline_shows_only_data_that_the_user_may_view_elsewhere(client_with, told):
    page = page_of(client_with("view_proctoredexamstudentattempt"), ATTEMPTS, told.pk)
    assert page.status_code == 200
    timeline = page.context["timeline"]
    assert (timeline["reviews"], timeline["messages"]) == (None, None)
    assert "A phone!" not in page.content.decode()
    names = ("view_proctoredexamstudentattempt", "view_outboxmessage")
    timeline = page_of(client_with(*names), ATTEMPTS, told.pk).context["timeline"]
    assert timeline["reviews"] is None
    assert timeline["messages"]


def test_texts_of_learners_and_providers_are_escaped(client, attempt):
    known = attempt(status="submitted", completed_at=timezone.now())
    comment = {"start": 1, "stop": 2, "duration": 1, "comment": "<b>x</b>", "status": "Suspicious"}
    api.receive_review(known, {"status": "suspicious", "comments": [comment]})
    assert "<b>x</b>" not in page_of(client, ATTEMPTS, known.pk).content.decode()


# The outbox


@pytest.fixture
def given_up():
    """Return a message that could not be delivered."""
    outbox.put(outbox.Draft("email", "a", "a", {"history_id": 0}))
    OutboxMessage.objects.update(state="given_up", last_error="ConnectionError: " + "x" * 500)
    return OutboxMessage.objects.get()


def test_the_outbox_shows_the_error_of_a_message(client, given_up):
    text = client.get(f"{ADMIN}/outboxmessage/?state__exact=given_up").content.decode()
    assert "ConnectionError: xxx" in text
    assert "x" * 300 not in text
    assert "x" * 500 in page_of(client, "outboxmessage", given_up.pk).content.decode()
    assert (
        "ConnectionError" not in client.get(f"{ADMIN}/outboxmessage/?kind=event").content.decode()
    )


def test_messages_are_shown_with_a_label_and_their_key_as_title(client, told):
    assert labels.message_labels().keys() == set(KINDS)
    email = OutboxMessage.objects.filter(kind="email").latest("id")
    words = f'<span title="{email.key}">E-mail about the status</span>'
    page = client.get(f"{ADMIN}/outboxmessage/?kind=email").content.decode()
    assert words in page
    assert f'{ATTEMPTS}/{told.pk}/change/">{told.pk}</a>' in page
    assert "Notice to the provider</a>" in page  # a choice of the filter
    assert words in page_of(client, "outboxmessage", email.pk).content.decode()
    outbox.put(outbox.Draft("a_kind", "a", "a", {}))
    assert ">a kind<" in client.get(f"{ADMIN}/outboxmessage/?kind=?").content.decode()


def test_users_with_view_permission_only_cannot_deliver_messages(client_with, given_up):
    data = {"action": "deliver_again", "_selected_action": [given_up.pk]}
    reader = client_with("view_outboxmessage")
    assert reader.get(f"{ADMIN}/outboxmessage/").status_code == 200
    reader.post(f"{ADMIN}/outboxmessage/", data)
    given_up.refresh_from_db()
    assert given_up.state == "given_up"
    client_with("change_outboxmessage").post(f"{ADMIN}/outboxmessage/", data)
    given_up.refresh_from_db()
    assert given_up.state != "given_up"


@pytest.mark.parametrize("model", [ATTEMPTS, REVIEWS, "outboxmessage"])
@pytest.mark.defect("ADMIN-7")
def test_lists_do_not_scan_tables(client, told, model):
    client.get(f"{ADMIN}/{model}/")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{ADMIN}/{model}/")
    scans = [one["sql"] for one in queries if "DISTINCT" in one["sql"]]
    big = ("attempt", "review", "outbox")  # the list of courses scans the exams, which are few
    assert not [sql for sql in scans if any(f"FROM {quoted}" in sql for quoted in tables(big))]


def tables(words):
    names = connection.introspection.table_names()
    found = [name for name in names if any(word in name for word in words)]
    return [connection.ops.quote_name(name) for name in found]


@pytest.mark.parametrize(("word", "count"), [("submitted", 1), ("started", 0), ("bogus", 2)])
def test_the_filter_offers_statuses_by_label(client, attempt, word, count):
    attempt(status="submitted", completed_at=timezone.now())
    attempt(status="onboarding_reset")
    page = client.get(f"{ADMIN}/{ATTEMPTS}/?status={word}")
    assert page.context["cl"].queryset.count() == count


def test_the_outbox_shows_which_provider_is_down(client, rest):
    assert "No answer from" not in client.get(f"{ADMIN}/outboxmessage/").content.decode()
    for _ in range(breaker.FAILURES):
        breaker.of_requests(rest.address).note(failed=True)
    assert "No answer from rest since" in client.get(f"{ADMIN}/outboxmessage/").content.decode()
    breaker.of_requests(rest.address).note(failed=False)
    assert "No answer from" not in client.get(f"{ADMIN}/outboxmessage/").content.decode()


# Users, in the host's own pages


@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("/admin/auth/user/{pk}/delete/", {"post": "yes"}),
        (
            "/admin/auth/user/",
            {"action": "delete_selected", "_selected_action": "{pk}", "post": "yes"},
        ),
    ],
)
def test_the_author_of_a_policy_cannot_be_deleted_and_the_page_says_why(
    client, exam, staff, url, data
):
    def send(**data):
        return client.post(url.format(pk=staff.pk), data, follow=True)

    data = {name: value.format(pk=staff.pk) for name, value in data.items()}
    policy_id = api.create_exam_review_policy(exam.pk, staff.pk, "No books.")
    text = client.get(f"/admin/auth/user/{staff.pk}/delete/").content.decode()
    assert "review policy" in text
    assert 'name="post"' not in text  # no button to confirm
    assert send(**data).status_code == 403
    policy = {"proctored_exam": exam.pk, "review_policy": "Books."}
    change(client, "proctoredexamreviewpolicy", policy_id, **policy)
    assert send(**data).status_code == 200
    assert not type(staff).objects.filter(pk=staff.pk).exists()
    assert ProctoredExamReviewPolicy.objects.get().set_by_user.username == "boss"


def test_policies_can_be_deleted_alone_and_with_their_exam(client, make_exam, staff):
    for exam, page in ((make_exam(), "proctoredexam"), (make_exam(), "proctoredexamreviewpolicy")):
        policy_id = api.create_exam_review_policy(exam.pk, staff.pk, "No books.")
        pk = exam.pk if page == "proctoredexam" else policy_id
        client.post(f"{ADMIN}/{page}/{pk}/delete/", {"post": "yes"})
        assert not ProctoredExamReviewPolicy.objects.filter(pk=policy_id).exists()


def test_retirement_deletes_reviewers_notes(client, told, attempt, learner):
    other = attempt(user=UserFactory(), status="submitted", completed_at=timezone.now())
    kept = api.receive_review(other, {"status": "suspicious"})
    gone = ProctoredExamSoftwareSecureReview.objects.get(attempt_code=told.attempt_code)
    for review in (gone, kept):
        change(client, REVIEWS, review.pk, review_status="Clean", note="was seen by the nurse")
    for _ in range(2):
        operations.retire_user(told.user_id)
        assert b"nurse" not in page_of(client, REVIEWS, gone.pk).content
        assert b"nurse" not in client.get(f"{ADMIN}/{REVIEWS}/{gone.pk}/history/").content
        assert b"nurse" in page_of(client, REVIEWS, kept.pk).content


def test_the_app_has_a_verbose_name(client):
    shown = client.get("/admin/").context["app_list"]
    assert "Proctoring" in [app["name"] for app in shown]


# Decisions by buttons


@pytest.mark.parametrize(
    ("button", "decision", "status"),
    [("_approve", "Clean", "verified"), ("_reject", "Suspicious", "rejected")],
)
def test_buttons_have_the_same_effect_as_saving(client, attempt, boss, button, decision, status):
    known = attempt(status="submitted", completed_at=timezone.now())
    review = api.receive_review(known, {"status": "suspicious", "comments": []})
    assert f'name="{button}"' in page_of(client, REVIEWS, review.pk).content.decode()
    pressed = {button: "Any language", "note": "Seen it", "review_status": "Not Reviewed"}
    page = change(client, REVIEWS, review.pk, **pressed)
    assert page.status_code == 200
    review.refresh_from_db()
    known.refresh_from_db()
    assert (review.review_status, review.reviewed_by, known.status) == (decision, boss, status)
    assert "Seen it" in page_of(client, REVIEWS, review.pk).content.decode()


def test_buttons_require_the_permission_to_change_reviews(client_with, attempt):
    known = attempt(status="submitted", completed_at=timezone.now())
    review = api.receive_review(known, {"status": "suspicious", "comments": []})
    reader = client_with("view_proctoredexamsoftwaresecurereview")
    assert "_approve" not in page_of(reader, REVIEWS, review.pk).content.decode()
    data = {"_approve": "Approve"}
    assert reader.post(f"{ADMIN}/{REVIEWS}/{review.pk}/change/", data).status_code == 403
    decider = client_with("change_proctoredexamsoftwaresecurereview")
    change(decider, REVIEWS, review.pk, review_status="Fine")
    review.refresh_from_db()
    assert (review.review_status, review.reviewed_by) == ("Suspicious", None)


def test_staff_choose_the_comments_shown_to_the_learner(client, told, boss, client_with):
    one = ProctoredExamSoftwareSecureComment.objects.get(comment="A phone!")
    review = page_of(client, REVIEWS, one.review_id).content.decode()
    url = f"{ADMIN}/proctoredexamsoftwaresecurecomment/"
    assert f'href="{url}?review__id__exact={one.review_id}"' in review
    assert "The learner sees it." not in review

    def act(by, action):
        body = {"action": action, "_selected_action": [one.pk]}
        page = by.post(f"{url}?review__id__exact={one.review_id}", body, follow=True)
        return page.content.decode()

    viewer = client_with("view_proctoredexamsoftwaresecurecomment")
    assert "A phone!" in act(viewer, "release")
    assert not ReleasedComment.objects.exists()
    assert "Comments shown to their learners: 1" in act(client, "release")
    assert ReleasedComment.objects.get().released_by == boss
    assert "The learner sees it." in page_of(client, REVIEWS, one.review_id).content.decode()
    entry = LogEntry.objects.get(user=boss, object_id=str(one.pk))
    assert entry.change_message == "Released."
    assert "Comments hidden from their learners: 1" in act(client, "withhold")
    assert not ReleasedComment.objects.exists()
    assert client.post(f"{url}{one.pk}/change/", {"comment": "x"}).status_code == 403
    assert client.post(f"{url}{one.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{url}add/").status_code == 403
