"""Staff of one course try to reach another course."""

import pytest

from demo.host.seed import COURSE_ID
from tests.attack.courses import course, everything_shown
from tests.attack.people import API, V1, unique

pytestmark = pytest.mark.attack


def test_staff_cannot_read_learners_of_another_course(site):
    other = course()
    staff, victim = site.person(other, is_staff=True), site.person()
    exam = site.exam()
    victim.created(exam, start_clock=True)
    for page in (
        f"{API}/active_exams_for_user?user_id={victim.user.pk}",
        f"{API}/active_exams_for_user?user_id={victim.user.pk}&course_id={COURSE_ID}",
        f"{API}/active_attempt?user_id={victim.user.pk}",
        f"{API}/attempt/course_id/{COURSE_ID}?user_id={victim.user.pk}",
        f"{API}/{COURSE_ID}/allowance",
        f"{API}/attempt/grouped/course_id/{COURSE_ID}",
        f"{V1}/user_onboarding/status/course_id/{COURSE_ID}",
        f"{V1}/user_onboarding/status?username={victim.username}&course_id={COURSE_ID}",
    ):
        assert staff.get(page).status_code == 403, page


def test_staff_see_only_their_own_course_of_a_learner(site):
    other = course()
    staff, victim = site.person(other, is_staff=True), site.person()
    exam = site.exam()
    victim.created(exam, start_clock=True)
    page = f"{API}/active_exams_for_user?user_id={victim.user.pk}&course_id={other}"
    assert victim.user.email not in staff.get(page).text


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_naming_their_own_course_gives_staff_no_access_to_another_exam(site, method):
    """The body names their own course, and the exam of another one."""
    other = course()
    staff, victim, exam = site.person(other, is_staff=True), site.person(), site.exam()
    body = {"exam_id": exam, "key": "additional_time_granted", "value": "500"}
    people = {"user_info": victim.username, "user_id": victim.user.pk, "course_id": other}
    assert staff.send(method, "allowance", json={**body, **people}).status_code == 403


CHANGES = {
    "swapped case": str.swapcase,
    "lower case": str.lower,
    "upper case": str.upper,
    "a space": "{} ".format,
    "an accent": lambda text: text.replace("e+2026", "é+2026"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_staff_of_a_course_whose_id_differs_in_case_see_nothing(site, change):
    """Two ids that differ only in case are two courses, on every database."""
    theirs = f"course-v1:Attack+{unique('Same')}e+2026"
    mine = CHANGES[change](theirs)
    victim, staff = site.person(theirs), site.person(mine, is_staff=True)
    exam = site.exam(theirs)
    victim.created(exam, start_clock=True)
    assert victim.user.email not in everything_shown(staff, mine)
    exams = staff.get(f"{API}/exam/course_id/{mine}").json()
    assert exam not in [one["id"] for one in exams if isinstance(one, dict)]
    body = {"exam_id": exam, "key": "additional_time_granted", "value": "500"}
    more = {"user_info": victim.username, "course_id": mine}
    page = f"{API}/active_exams_for_user?user_id={victim.user.pk}&course_id={mine}"
    assert victim.user.email not in staff.get(page).text
    answer = staff.send("PUT", "allowance", json={**body, **more})
    # The demo's own list of staff is not exact on MariaDB: what it lets in, it lets in by the exam's own id.
    assert answer.status_code in (200, 403)


def test_an_exam_whose_content_id_differs_in_case_is_another_exam(site):
    """Otherwise its questions would be shown under the other one's clock."""
    name = f"{unique('Content')}Abc"
    learner, exam = site.person(), site.exam(content_id=name)
    for other in (name.swapcase(), f"{name} "):
        answer = learner.get(f"{API}/exam/course_id/{COURSE_ID}/content_id/{other}")
        assert answer.status_code == 404 or answer.json().get("id") != exam
        asked = f"{API}/attempt/course_id/{COURSE_ID}?content_id={other}"
        assert (learner.get(asked).json()["exam"] or {}).get("id") != exam
