"""Course staff and users outside their course: granting, reading and searching never reveal who they are."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExamStudentAllowance
from edx_proctoring.runtime import set_runtime_service
from edx_proctoring.testing.factories import (
    COURSE_ID,
    AllowanceFactory,
    AttemptFactory,
    UserFactory,
)
from tests.views.conftest import OTHER_COURSE, V1, E

pytestmark = pytest.mark.django_db

Allowance = ProctoredExamStudentAllowance
ADDRESS = "victim@example.com"
TIME = "additional_time_granted"
STAFF = ("course_staff", "global_staff")


@pytest.fixture
def victim(host: Any) -> Any:
    """A user of the platform who has nothing to do with the course, where others are enrolled."""
    host.enrollments.enrolled = {(OTHER_COURSE, 1)}
    return UserFactory(username="victim", email=ADDRESS)


@pytest.fixture
def anyone(settings: Any) -> None:
    """The published behaviour."""
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "ALLOWANCES_FOR_ANYONE": True}


@pytest.fixture
def host_cannot_tell(host: Any) -> Any:
    """The host's service lacks the method."""

    class Older:
        get_enrollments_can_take_proctored_exams = (
            host.enrollments.get_enrollments_can_take_proctored_exams
        )

    set_runtime_service("enrollments", Older())
    yield
    set_runtime_service("enrollments", None)


def grant(client: APIClient, exam: Any, user_info: Any, **more: Any) -> Any:
    body = {"exam_id": exam.pk, "user_info": user_info, "key": TIME, "value": "5", **more}
    return client.put(f"{E}/allowance", body, format="json")


def grant_many(client: APIClient, exam: Any, *names: Any) -> Any:
    body = {"course_id": exam.course_id, "exam_ids": [exam.pk], "user_ids": [*names]}
    body |= {"allowance_type": TIME, "value": "5"}
    return client.put(f"{E}/bulk_allowance", body, format="json")


@pytest.mark.parametrize("name", STAFF)
def test_a_user_id_is_not_accepted(
    name: str, exam: Any, victim: Any, clients: Any, host: Any
) -> None:
    host.enrollments.enrolled.add((COURSE_ID, victim.pk))
    answer = grant(clients[name], exam, victim.pk)
    assert (answer.status_code, answer.json()) == (
        400,
        {"detail": f"Cannot find user against {victim.pk}"},
    )
    assert grant_many(clients[name], exam, victim.pk).status_code == 400
    assert not Allowance.objects.exists()


@pytest.mark.parametrize("name", STAFF)
def test_users_outside_the_course_look_like_unknown_ones(
    name: str, exam: Any, victim: Any, clients: Any
) -> None:
    for user_info in ("victim", ADDRESS, "nobody", "nobody@example.com"):
        answer = grant(clients[name], exam, user_info)
        assert answer.status_code == 400
        assert answer.json() == {"detail": f"Cannot find user against {user_info}"}
    for user_info in ("victim", ADDRESS, "nobody"):
        known, unknown = (grant_many(clients[name], exam, one) for one in (user_info, "nobody"))
        assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert not Allowance.objects.exists()


@pytest.mark.parametrize("name", STAFF)
def test_enrolled_learners(name: str, exam: Any, victim: Any, clients: Any, host: Any) -> None:
    host.enrollments.enrolled.add((COURSE_ID, victim.pk))
    assert grant(clients[name], exam, "victim").status_code == 200
    assert grant(clients[name], exam, ADDRESS, key="other").status_code == 200
    answer = grant_many(clients[name], exam, "victim", "nobody")
    assert [row["status"] for row in answer.json()] == ["ok", "failed"]
    assert Allowance.objects.filter(user=victim).count() == 2


def test_the_exams_course_is_checked(
    exam: Any, make_exam: Any, victim: Any, clients: Any, host: Any
) -> None:
    other = make_exam(course_id=OTHER_COURSE)
    host.enrollments.enrolled = {(OTHER_COURSE, victim.pk)}
    assert grant(clients["global_staff"], exam, "victim").status_code == 400
    assert grant(clients["global_staff"], other, "victim").status_code == 200
    body = {"exam_ids": [exam.pk, other.pk], "user_ids": ["victim"]}
    body |= {"allowance_type": TIME, "value": "5"}
    answer = clients["global_staff"].put(f"{E}/bulk_allowance", body, format="json")
    assert [row["status"] for row in answer.json()] == ["failed", "ok"]


def test_the_host_is_asked_once_per_learner(make_exam: Any, clients: Any, host: Any) -> None:
    exams = [make_exam() for _ in range(3)]
    names = [UserFactory().username for _ in range(4)]
    body = {"exam_ids": [one.pk for one in exams], "user_ids": names, "course_id": COURSE_ID}
    body |= {"allowance_type": TIME, "value": "5"}
    clients["course_staff"].put(f"{E}/bulk_allowance", body, format="json")
    assert len(host.calls_of("get_active_enrollments_by_course_and_user")) == 4
    assert Allowance.objects.count() == 12


@pytest.mark.parametrize("host_fails", [False, True])
def test_a_host_that_cannot_tell(
    host_fails: bool, exam: Any, victim: Any, clients: Any, host: Any, request: Any
) -> None:
    if host_fails:
        host.enrollments.fail("get_active_enrollments_by_course_and_user", RuntimeError())
    else:
        request.getfixturevalue("host_cannot_tell")
    assert grant(clients["course_staff"], exam, "victim").status_code == 200
    assert grant(clients["course_staff"], exam, victim.pk, key="other").status_code == 400
    (row,) = clients["course_staff"].get(f"{E}/{COURSE_ID}/allowance").json()
    assert row["user"] == {"id": victim.pk, "username": "victim", "email": ""}


@pytest.mark.parametrize("name", STAFF)
def test_the_switch(name: str, exam: Any, victim: Any, clients: Any, anyone: None) -> None:
    assert grant(clients[name], exam, victim.pk).status_code == 200
    assert grant_many(clients[name], exam, "victim").status_code == 200
    assert ADDRESS in clients[name].get(f"{E}/{COURSE_ID}/allowance").content.decode()
    assert (
        ADDRESS in clients[name].get(f"{E}/{COURSE_ID}/allowance?text={ADDRESS}").content.decode()
    )


def test_invalid_values_are_reported_first(exam: Any, victim: Any, clients: Any) -> None:
    answer = grant(clients["course_staff"], exam, "victim", value="many")
    assert "should be non-negative integer" in answer.json()["detail"]


def addresses(client: APIClient, query: str = "") -> dict[str, str]:
    """Return the addresses by username, as both lists show them."""
    rows = client.get(f"{E}/{COURSE_ID}/allowance{query}").json()
    grouped = client.get(f"{E}/{COURSE_ID}/grouped/allowance{query}").json()
    assert [row for some in grouped.values() for row in some] == rows
    return {row["user"]["username"]: row["user"]["email"] for row in rows}


@pytest.fixture
def granted(exam: Any, make_exam: Any, victim: Any, host: Any) -> Any:
    """Allowances of an enrolled learner, of one with an attempt, and of a user outside the course."""
    enrolled = UserFactory(username="enrolled", email="enrolled@example.com")
    host.enrollments.enrolled.add((COURSE_ID, enrolled.pk))
    tried = UserFactory(username="tried", email="tried@example.com")
    AttemptFactory(proctored_exam=make_exam(), user=tried)
    AttemptFactory(proctored_exam=make_exam(course_id=OTHER_COURSE), user=victim)
    for user in (enrolled, tried, victim):
        AllowanceFactory(proctored_exam=exam, user=user)
    return victim


def test_addresses_in_lists(granted: Any, clients: Any) -> None:
    shown = {"enrolled": "enrolled@example.com", "tried": "tried@example.com"}
    for query in ("", "?page_size=10", "?ordering=-created"):
        assert addresses(clients["course_staff"], query) == {**shown, "victim": ""}
        assert addresses(clients["global_staff"], query) == {**shown, "victim": ADDRESS}


@pytest.mark.parametrize(
    ("text", "course", "everywhere"),
    [
        ("example.com", {"enrolled", "tried"}, {"enrolled", "tried", "victim"}),
        ("victim@", set(), {"victim"}),
        ("victim", {"victim"}, {"victim"}),  # the name is no secret of the list
        ("tried@", {"tried"}, {"tried"}),
    ],
)
def test_searching_for_addresses(
    text: str, course: set[str], everywhere: set[str], granted: Any, clients: Any
) -> None:
    assert set(addresses(clients["course_staff"], f"?text={text}")) == course
    assert set(addresses(clients["global_staff"], f"?text={text}")) == everywhere


def test_a_long_list_calls_the_host_a_limited_number_of_times(
    exam: Any, victim: Any, clients: Any, host: Any
) -> None:
    AllowanceFactory.create_batch(120, proctored_exam=exam)
    host.questions.clear()
    clients["course_staff"].get(f"{E}/{COURSE_ID}/allowance")
    assert len(host.calls_of("get_active_enrollments_by_course_and_user")) == 100


@pytest.mark.parametrize("name", STAFF)
def test_removing_an_allowance(name: str, exam: Any, granted: Any, clients: Any) -> None:
    key = Allowance.objects.filter(user=granted).get().key
    for whom in ({"user_info": "nobody"}, {"user_info": "no@example.com"}, {"user_id": 987654}):
        answer = clients[name].delete(
            f"{E}/allowance", {"exam_id": exam.pk, "key": key, **whom}, format="json"
        )
        assert (answer.status_code, answer.content) == (200, b"")
    assert Allowance.objects.count() == 3
    for whom in ({"user_info": "victim"}, {"user_info": "enrolled@example.com"}):
        body = {"exam_id": exam.pk, "key": key, **whom}
        assert clients[name].delete(f"{E}/allowance", body, format="json").status_code == 200
    assert [row.user.username for row in Allowance.objects.all()] == ["tried"]


@pytest.mark.parametrize("body", [{}, {"user_info": 5}, {"user_info": ""}, {"user_id": "x"}])
def test_removing_without_naming_a_learner(body: Any, exam: Any, clients: Any) -> None:
    body = {"exam_id": exam.pk, "key": TIME, **body}
    assert clients["course_staff"].delete(f"{E}/allowance", body, format="json").status_code == 400


def test_onboarding_of_users_outside_the_course(
    onboarding: Any, victim: Any, clients: Any, host: Any
) -> None:
    url = f"{V1}/user_onboarding/status?course_id={COURSE_ID.replace('+', '%2B')}&username="
    staff = clients["course_staff"]
    stranger, nobody = staff.get(f"{url}victim"), staff.get(f"{url}nobody")
    assert (stranger.status_code, stranger.json()) == (nobody.status_code, nobody.json())
    assert stranger.status_code == 404
    assert stranger.json() == {"detail": "There is no such user."}
    told = clients["global_staff"].get(f"{url}victim")
    assert told.json() != stranger.json()
    for member in (True, False):
        if member:
            host.enrollments.enrolled.add((COURSE_ID, victim.pk))
        else:
            host.enrollments.enrolled.clear()
            AttemptFactory(proctored_exam=onboarding, user=victim)
        assert staff.get(f"{url}victim").json().keys() == told.json().keys()


def test_onboarding_if_the_host_cannot_tell(
    onboarding: Any, victim: Any, clients: Any, host_cannot_tell: None
) -> None:
    url = f"{V1}/user_onboarding/status?course_id={COURSE_ID.replace('+', '%2B')}&username=victim"
    assert clients["course_staff"].get(url).json() != {"detail": "There is no such user."}
