"""Credit requirements before an exam, and exams that are declined without an attempt."""

import pytest

from edx_proctoring import api
from edx_proctoring.api.attempts.changes import decline_unattempted
from edx_proctoring.exceptions import ProctoredExamNotFoundException, UserNotFoundException
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.runtime import set_runtime_service
from edx_proctoring.testing.factories import COURSE_ID
from tests.unknown import NO_SUCH_ID

pytestmark = pytest.mark.django_db

FIRST = "block-v1:edX+Demo+2026+type@sequential+block@first"


@pytest.fixture
def check(exam, learner, host):
    """Return the exam with a requirement in the given status."""

    def check(status, namespace="proctored_exam", name=FIRST):
        host.credit.requirements = [
            {"namespace": "grade", "name": "grade", "order": 0, "status": "failed"},
            {"namespace": namespace, "name": name, "order": 1, "status": status},
            {"namespace": "proctored_exam", "name": exam.content_id, "order": 2, "status": None},
            {"namespace": "proctored_exam", "name": "later", "order": 3, "status": "failed"},
        ]
        return api.check_prerequisites(api.get_exam_by_id(exam.pk), learner.pk)

    return check


def statuses():
    return list(ProctoredExamStudentAttempt.objects.values_list("status", flat=True))


def test_all_requirements_are_met(check):
    found = check("satisfied")["prerequisite_status"]
    assert found["are_prerequisites_satisifed"]
    assert [entry["name"] for entry in found["satisfied_prerequisites"]] == [FIRST]
    assert not statuses()


@pytest.mark.needs("lms-urls")
@pytest.mark.parametrize(("status", "kind"), [("failed", "failed"), (None, "pending")])
def test_unmet_requirements_have_a_link(check, status, kind):
    found = check(status)["prerequisite_status"]
    assert not found["are_prerequisites_satisifed"]
    (entry,) = found[f"{kind}_prerequisites"]
    assert entry["jumpto_url"] == f"/courses/{COURSE_ID}/jump_to/{FIRST}"
    assert not statuses()


@pytest.mark.parametrize(("namespace", "name"), [("reverification", FIRST), ("proctored_exam", "")])
def test_other_requirements_have_no_link(check, namespace, name):
    found = check("failed", namespace, name)["prerequisite_status"]
    assert found["failed_prerequisites"][0]["jumpto_url"] is None


@pytest.mark.urls("edx_proctoring.urls")
def test_hosts_without_the_route(check):
    assert check("failed")["prerequisite_status"]["failed_prerequisites"][0]["jumpto_url"] is None


def test_a_declined_requirement_declines_the_exam_once(check):
    for _ in range(2):
        found = check("declined")["prerequisite_status"]
        assert [entry["name"] for entry in found["declined_prerequisites"]] == [FIRST]
    assert statuses() == ["declined"]


def test_an_existing_attempt_is_unchanged(check, attempt, exam):
    attempt(exam=exam, status="created")
    check("declined")
    assert statuses() == ["created"]


@pytest.mark.parametrize("why", ["no service", "not enrolled", "broken"])
def test_hosts_without_a_credit_service(exam, learner, host, why):
    if why == "no service":
        set_runtime_service("credit", None)
    elif why == "not enrolled":
        host.credit.enrolled = False
    else:
        host.credit.fail("get_credit_state", RuntimeError("closed"))
    found = api.check_prerequisites(api.get_exam_by_id(exam.pk), learner.pk)
    assert "prerequisite_status" not in found


def test_declining_an_unknown_exam(exam, learner):
    with pytest.raises(ProctoredExamNotFoundException):
        decline_unattempted(NO_SUCH_ID, learner.pk)
    with pytest.raises(UserNotFoundException):
        decline_unattempted(exam.pk, NO_SUCH_ID)
    assert not statuses()


def test_declining_cascades_to_the_course(exam, make_exam, learner, host):
    other = make_exam()
    assert decline_unattempted(exam.pk, learner.pk)
    assert statuses() == ["declined", "declined"]
    words = {
        call.kwargs["req_name"]: call.kwargs["status"]
        for call in host.calls_of("set_credit_requirement_status")
    }
    assert words == {exam.content_id: "declined", other.content_id: "declined"}
