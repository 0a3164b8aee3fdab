"""The header by which learners' pages choose their sentence about an error."""

import pytest

pytestmark = pytest.mark.django_db
ATTEMPTS = "/api/edx_proctoring/v1/proctored_exam/attempt"


def test_our_own_refusals_have_the_name_of_their_exception(client_for, learner, staff, attempt):
    known = attempt(status="submitted")
    answer = client_for(learner).put(f"{ATTEMPTS}/{known.pk}", {"action": "start"})
    assert answer.status_code == 400
    assert answer["Proctoring-Error"] == "ProctoredExamIllegalStatusTransition"
    assert set(answer.json()) == {"detail"}
    answer = client_for(staff).get(f"{ATTEMPTS}/{known.pk}")
    assert (answer.status_code, answer["Proctoring-Error"]) == (
        403,
        "ProctoredExamPermissionDenied",
    )


def test_what_refuses_before_us_has_none(client, attempt):
    answer = client.get(f"{ATTEMPTS}/{attempt(status='started').pk}")
    assert answer.status_code in (401, 403)
    assert "Proctoring-Error" not in answer
