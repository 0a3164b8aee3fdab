"""The staff page of a course: who may open it, and what it is made of."""

import gzip
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.test.utils import override_script_prefix
from django.urls import reverse

from edx_proctoring import extensions
from edx_proctoring.extensions import StaffSection
from edx_proctoring.testing.factories import COURSE_ID, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]
URL = f"/api/edx_proctoring/pages/courses/{COURSE_ID}/special-exams/"


OWN = ["attempts", "accommodations", "onboarding", "reviews"]


def config(page):
    """Return the data that the page passes to its scripts."""
    (text,) = re.findall(r'<script id="proctoring-staff-config"[^>]*>(.*?)</script>', page)
    return json.loads(text)


@pytest.fixture
def page(client_for, staff):
    """The page as staff of the course get it."""

    def get(**headers):
        answer = client_for(staff).get(URL, headers=headers)
        assert answer.status_code == 200
        return answer

    return get


@pytest.fixture
def section():
    """A function that has an extension add sections."""

    class Notes(extensions.Extension):
        name = "notes"
        sections = ()

        def staff_sections(self, course_id, user):
            return self.sections

    notes = Notes()
    extensions.register(notes)

    def add(*sections):
        notes.sections = sections

    yield add
    extensions.unregister("notes")


def test_the_page_of_a_course(page):
    answer = page()
    found = config(answer.content.decode())
    assert found["courseId"] == COURSE_ID
    assert found["apiBase"] == f"/api/edx_proctoring/v2/courses/{COURSE_ID}/"
    assert found["sections"] == [
        {"name": name, "title": name.capitalize(), "element": f"proctoring-{name}"} for name in OWN
    ]
    assert reverse("edx_proctoring:pages.special_exams", args=[COURSE_ID]) == URL
    assert "private" in answer["Cache-Control"]
    assert "no-cache" in answer["Cache-Control"]


def test_the_course_s_name_if_the_host_tells_it(page, host):
    def shown():
        return config(page().content.decode())["courseName"]

    assert shown() == "Demonstration Course"
    host.credit.enrolled = False  # hosts tell only those who are enrolled
    assert shown() == ""
    host.credit.fail("get_credit_state", RuntimeError("down"))
    assert shown() == ""


def test_a_course_id_with_slashes(client_for):
    url = URL.replace(COURSE_ID, "edX/Old/2012")
    html = client_for(UserFactory(is_staff=True)).get(url).content.decode()
    assert config(html)["apiBase"] == "/api/edx_proctoring/v2/courses/edX/Old/2012/"


def test_users_whose_account_is_switched_off_are_refused(client_for, settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_active=False))
    assert client.get(URL).status_code == 403


def test_it_holds_no_inline_script_and_no_inline_style(page):
    """But data for scripts, which no policy forbids."""
    html = page().content.decode()
    scripts = re.findall(r"<script([^>]*)>", html)
    assert all(' src="' in one or 'type="application/json"' in one for one in scripts)
    assert "<style" not in html
    assert not re.search(r"\s(style|on\w+)=", html)


def test_visitors_are_sent_to_sign_in_and_come_back(settings):
    answer = Client().get(f"{URL}?a=b")
    assert answer.status_code == 302
    assert answer["Location"] == f"{settings.LOGIN_URL}?next={quote(URL)}%3Fa%3Db"


def test_staff_of_another_course_are_refused(client_for, learner, host):
    host.instructor.staff.add((learner.pk, "course-v1:edX+Other+2026"))
    assert client_for(learner).get(URL).status_code == 403


def test_global_staff_need_no_role_in_the_course(client_for):
    assert client_for(UserFactory(is_staff=True)).get(URL).status_code == 200


def test_a_course_id_that_cannot_be_is_not_found(client_for):
    path = URL.replace("Demo", "De%00mo")
    assert client_for(UserFactory(is_staff=True)).get(path).status_code == 404


def test_nothing_is_changed_by_way_of_the_page(client_for, staff):
    assert client_for(staff).post(URL, {}).status_code == 405


def test_sections_of_extensions_follow_ours(page, section):
    section(StaffSection("notes", "Notes </script>", "proctoring-notes", ["notes/notes.js"]))
    html = page().content.decode()
    assert config(html)["sections"][-1] == {
        "name": "notes",
        "title": "Notes </script>",
        "element": "proctoring-notes",
    }
    scripts = re.findall(r'<script type="module" src="([^"]+)"', html)
    assert scripts == ["/static/proctoring/js/staff.js", "/static/notes/notes.js"]


def test_a_section_whose_script_was_not_collected_is_left_out(page, section, settings, tmp_path):
    names = ("proctoring/js/staff.js", "proctoring/css/staff.css")
    manifest = {"version": "1.1", "paths": {name: f"hashed/{name}" for name in names}}
    (tmp_path / "staticfiles.json").write_text(json.dumps(manifest))
    settings.STATIC_ROOT = str(tmp_path)
    storage = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": storage}}
    section(StaffSection("notes", "Notes", "proctoring-notes", ["notes/notes.js"]))
    html = page().content.decode()
    assert [one["name"] for one in config(html)["sections"]] == OWN
    assert 'src="/static/hashed/proctoring/js/staff.js"' in html


def test_files_come_from_another_host_and_requests_go_below_a_prefix(client_for, staff, settings):
    settings.STATIC_URL = "https://cdn.example.com/v7/"
    with override_script_prefix("/lms/"):
        answers = [client_for(staff).get(address) for address in (URL, f"{URL}parts/")]
    html, parts = answers[0].content.decode(), answers[1].json()
    assert 'src="https://cdn.example.com/v7/proctoring/js/staff.js"' in html
    assert 'href="https://cdn.example.com/v7/proctoring/css/staff.css"' in html
    assert "/static/" not in html
    assert parts["scripts"] == ["https://cdn.example.com/v7/proctoring/js/staff.js"]
    base = f"/lms/api/edx_proctoring/v2/courses/{COURSE_ID}/"
    assert parts["apiBase"] == config(html)["apiBase"] == base
    assert parts["page"] == f"/lms{URL}"


def test_a_section_whose_name_is_taken_is_left_out(page, section, caplog):
    section(
        StaffSection("attempts", "Mine", "my-attempts", ["notes/mine.js"]),
        StaffSection("notes", "Notes", "proctoring-notes"),
    )
    html = page().content.decode()
    found = [(one["name"], one["title"]) for one in config(html)["sections"]]
    assert found[0] == ("attempts", "Attempts")
    assert [name for name, _ in found] == [*OWN, "notes"]
    assert "notes/mine.js" not in html
    assert "section left out, its name is taken: section=attempts" in caplog.text


def test_a_section_takes_the_place_of_one_of_ours(page, section, caplog):
    section(
        StaffSection("a", "Theirs", "a-list", ["a/list.js"], replaces="accommodations"),
        StaffSection("b", "Late", "b-list", ["b/list.js"], replaces="accommodations"),
        StaffSection("c", "Lost", "c-list", ["c/list.js"], replaces="chess"),
    )
    html = page().content.decode()
    found = config(html)["sections"]
    assert [one["name"] for one in found] == OWN
    assert found[1] == {"name": "accommodations", "title": "Theirs", "element": "a-list"}
    scripts = re.findall(r'<script type="module" src="([^"]+)"', html)
    assert scripts == ["/static/proctoring/js/staff.js", "/static/a/list.js"]
    assert "its name is taken: section=b" in caplog.text
    assert "its name is taken: section=c" in caplog.text


@pytest.mark.parametrize("name", ["", "live log", "a?b", "a#b", "a%b", "ü"])
def test_a_name_that_no_address_can_hold(name):
    with pytest.raises(ValueError, match="name"):
        StaffSection(name, "Notes", "proctoring-notes")


def test_scripts_are_a_list_and_not_one_text():
    with pytest.raises(ValueError, match="scripts"):
        StaffSection("notes", "Notes", "proctoring-notes", "notes/notes.js")


def test_the_host_s_base_template_is_extended(page, settings, tmp_path):
    (tmp_path / "staff_base.html").write_text(
        "<title>{% block title %}{% endblock %} | Host</title>{% block content %}{% endblock %}"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]
    settings.PROCTORING_SETTINGS = {"STAFF_BASE_TEMPLATE": "staff_base.html"}
    html = page().content.decode()
    assert html.startswith("<title>Special exams | Host</title>")
    assert "<proctoring-staff-page" in html


def test_texts_come_in_the_reader_s_language(page, settings):
    assert config(page().content.decode())["texts"] == {}
    settings.LANGUAGE_CODE = "de"
    german = page().content.decode()
    assert '<html lang="de" dir="ltr">' in german
    assert config(german)["texts"]["All statuses"] == "Alle Status"
    assert config(german)["sections"][0]["title"] == "Versuche"


def test_the_parts_for_other_pages(client_for, staff, section):
    section(StaffSection("notes", "Notes", "proctoring-notes", ["notes/notes.js"]))
    answer = client_for(staff).get(f"{URL}parts/")
    found = answer.json()
    assert found["page"] == URL
    assert found["styles"] == "/static/proctoring/css/staff.css"
    assert found["scripts"] == ["/static/proctoring/js/staff.js", "/static/notes/notes.js"]
    assert found["courseId"] == COURSE_ID
    assert "no-cache" in answer["Cache-Control"]


def test_the_parts_are_refused_in_words(client_for, learner):
    assert Client().get(f"{URL}parts/").json() == {
        "detail": "Authentication credentials were not provided."
    }
    assert "Staff" in client_for(learner).get(f"{URL}parts/").json()["detail"]


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Prüfung beenden …"), ("de-at", "Prüfung beenden …"), ("en", None), ("xx", None)],
)
def test_learners_pages_get_the_texts_of_their_scripts(client, language, text):
    answer = client.get(f"/api/edx_proctoring/pages/texts/{language}")
    assert answer.status_code == 200
    assert answer.json().get("End the exam…") == text
    assert "public" in answer["Cache-Control"]


def test_the_script_is_small():
    script = Path(finders.find("proctoring/js/staff.js")).read_bytes()
    assert len(gzip.compress(script)) <= 60_000
