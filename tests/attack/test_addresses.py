"""Staff of one course try to read e-mail addresses of people outside their course."""

import pytest

from tests.attack.courses import course, everything_shown

pytestmark = pytest.mark.attack


@pytest.mark.parametrize(
    "named", [int, str, "0{}".format, " {}".format, "{} ".format, "+{}".format, "{}.0".format]
)
def test_a_user_id_does_not_reveal_an_address(site, named):
    """User ids can be guessed; in 6.1.4 the response contained the e-mail address."""
    mine = course()
    staff, victim = site.person(mine, is_staff=True), site.person()
    exam = site.exam(mine)
    body = {"exam_id": exam, "key": "additional_time_granted", "value": "5"}
    answer = staff.send("PUT", "allowance", json={**body, "user_info": named(victim.user.pk)})
    assert answer.status_code < 500
    assert victim.user.email not in everything_shown(staff, mine)


@pytest.mark.parametrize("named", [int, str])
@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("path", ["bulk_allowance", "{course}/bulk_allowance"])
def test_user_ids_do_not_reveal_addresses_in_bulk(site, named, listed, path):
    mine = course()
    staff, victim = site.person(mine, is_staff=True), site.person()
    exam = site.exam(mine)
    users = named(victim.user.pk)
    body = {"exam_ids": [exam] if listed else str(exam), "user_ids": [users] if listed else users}
    more = {"allowance_type": "additional_time_granted", "value": "5"}
    answer = staff.send("PUT", path.format(course=mine), json={**body, **more})
    assert answer.status_code < 500
    assert victim.user.email not in everything_shown(staff, mine)


def test_a_username_does_not_reveal_an_address(site):
    """Usernames are public; addresses are not."""
    mine = course()
    staff, victim = site.person(mine, is_staff=True), site.person()
    exam = site.exam(mine)
    body = {"exam_id": exam, "key": "additional_time_granted", "value": "5"}
    staff.send("PUT", "allowance", json={**body, "user_info": victim.username})
    assert victim.user.email not in everything_shown(staff, mine)
