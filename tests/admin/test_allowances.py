"""Allowances, exams and reviews in Django admin."""

import pytest

from edx_proctoring import api
from edx_proctoring.models import (
    OutboxMessage,
    ProctoredExamStudentAllowanceHistory,
)
from edx_proctoring.models import ProctoredExamStudentAllowance as Allowance
from edx_proctoring.testing.factories import AllowanceFactory, ExamFactory

pytestmark = pytest.mark.django_db
URL = "/admin/edx_proctoring/proctoredexamstudentallowance/"


def errors(answer):
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors


def test_an_allowance_is_granted_with_its_effects(client, exam, learner):
    data = {"user": learner.pk, "proctored_exam": exam.pk, "key": "time_multiplier", "value": "1.5"}
    assert client.post(f"{URL}add/", data).status_code == 302
    granted = Allowance.objects.get()
    assert (granted.user_id, granted.key, granted.value) == (learner.pk, "time_multiplier", "1.5")
    assert [one.payload["name"] for one in OutboxMessage.objects.filter(kind="event")][-1].endswith(
        "allowance.created"
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": "-5"}, "value"),
        ({"key": "time_multiplier", "value": "0.5"}, "value"),
        ({"key": "unknown"}, "key"),
        ({"proctored_exam": "closed"}, "proctored_exam"),
    ],
)
def test_an_invalid_allowance_shows_an_error_at_its_field(client, exam, learner, change, field):
    closed = ExamFactory(is_active=False)
    data = {"user": learner.pk, "proctored_exam": exam.pk, "key": "additional_time_granted", "value": "5"}  # fmt: skip
    data.update({**change, **({"proctored_exam": closed.pk} if "proctored_exam" in change else {})})
    assert list(errors(client.post(f"{URL}add/", data))) == [field]
    assert not Allowance.objects.exists()


def test_only_the_value_can_be_changed_and_the_former_one_is_archived(client, exam, learner):
    granted = AllowanceFactory(proctored_exam=exam, user=learner, value="5")
    answer = client.post(f"{URL}{granted.pk}/change/", {"value": "15", "key": "time_multiplier"})
    assert answer.status_code == 302
    granted.refresh_from_db()
    assert (granted.key, granted.value) == ("additional_time_granted", "15")
    assert ProctoredExamStudentAllowanceHistory.objects.get().value == "5"


def test_the_list_can_be_searched_by_learner_and_exam_and_deletes_allowances(client, exam, learner):
    granted = AllowanceFactory(proctored_exam=exam, user=learner)
    assert b"Midterm" in client.get(f"{URL}?q={learner.username}").content
    words = '<span title="additional_time_granted">Additional Time (minutes)</span>'
    assert words in client.get(f"{URL}?key=additional_time_granted").content.decode()
    assert words not in client.get(f"{URL}?key=time_multiplier").content.decode()
    assert words in client.get(f"{URL}{granted.pk}/change/").content.decode()
    data = {"action": "delete_selected", "_selected_action": [granted.pk], "post": "yes"}
    assert client.post(URL, data).status_code == 302
    assert not Allowance.objects.exists()


def test_the_list_of_exams_shows_their_types(client, exam):
    answer = client.get("/admin/edx_proctoring/proctoredexam/?is_active__exact=1")
    assert b"field-time_limit_mins" in answer.content


def test_a_review_shows_its_comments_and_links_to_its_attempt(client, attempt):
    known = attempt(status="submitted")
    comment = {"comment": "<Phone>", "status": "Suspicious", "start": 10, "stop": 15, "duration": 5}
    voices = {**comment, "comment": "Voices", "start": 12, "stop": 0}  # without an end
    review = api.receive_review(known, {"status": "suspicious", "comments": [comment, voices]})
    url = f"/admin/edx_proctoring/proctoredexamsoftwaresecurereview/{review.pk}/change/"
    page = client.get(url).content.decode()
    assert f'href="/admin/edx_proctoring/proctoredexamstudentattempt/{known.pk}/change/"' in page
    assert "10–15 s: &lt;Phone&gt; (Suspicious)" in page
    assert "<br>12 s: Voices (Suspicious)" in page
    api.remove_exam_attempt(known.pk, None)
    assert client.get(url).status_code == 200
