"""The board's page: permissions, and the scripts that it loads."""

import json
import re

import pytest

from edx_proctoring.contrib.live import rooms
from edx_proctoring.testing.factories import COURSE_ID, UserFactory

pytestmark = pytest.mark.django_db

PAGE = f"/api/edx_proctoring/pages/courses/{COURSE_ID}/live/"
STAFF_PAGE = f"/api/edx_proctoring/pages/courses/{COURSE_ID}/special-exams/"
SCRIPTS = ["/static/proctoring/js/staff.js", "/static/proctoring/js/live.js"]


def sections(html):
    config = re.search(r'<script id="proctoring-staff-config"[^>]*>(.*?)</script>', html, re.S)
    assert config
    return [one["name"] for one in json.loads(config[1])["sections"]]


def scripts(html):
    return re.findall(r'<script type="module" src="([^"]+)"', html)


def test_course_staff_have_the_board_as_the_first_section(client, staff):
    client.force_login(staff)
    html = client.get(STAFF_PAGE).content.decode()
    assert sections(html)[:2] == ["live", "attempts"]
    assert scripts(html)[:2] == SCRIPTS
    assert sections(client.get(PAGE).content.decode()) == ["live"]


def test_invigilators_have_only_the_board(client, staff):
    invigilator = UserFactory(username="pat")
    client.force_login(invigilator)
    assert client.get(PAGE).status_code == 403
    rooms.appoint(COURSE_ID, "Room A", "pat", by=staff)
    html = client.get(PAGE).content.decode()
    assert (sections(html), scripts(html)) == (["live"], SCRIPTS)
    assert client.get(STAFF_PAGE).status_code == 403


def test_anonymous_users_are_redirected_to_the_login(client):
    answer = client.get(PAGE)
    assert answer.status_code == 302
    assert "next=" in answer["Location"]
