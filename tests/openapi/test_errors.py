"""Common errors are documented at the operations where they occur, and only there."""

import json

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from rest_framework.test import APIClient

from edx_proctoring import views
from edx_proctoring.openapi.operations import OPERATIONS
from tests.fuzz.test_values import BODIES, address
from tests.fuzz.world import World, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.needs("lms-urls")]

PAGE = "launch_exam"  # a page
ANY_TYPE = {"deliver_rpnow_review", PAGE}  # these ignore Accept and Content-Type
PREFIX = "/api/edx_proctoring/"


@pytest.fixture
def world(settings, host, provider, transactional_db):
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    settings.PROCTORING_SETTINGS = {
        **settings.PROCTORING_SETTINGS,
        "AUTHENTICATION_CLASSES": ["tests.fuzz.world.ByHeader"],
    }
    return World(host, provider)


def url_of(world, path, **query):
    found = world.values(Certain())
    return address(PREFIX + path, {"course_id": found["course_id"], **query}, found)


def ask(client, who, method, url, body="", kind="application/json", **headers):
    client.raise_request_exception = False
    return client.generic(
        method.upper(), url, body, kind, headers={**signed_in(who), **headers}
    ).status_code


@pytest.mark.parametrize("method", sorted({method for _path, method in OPERATIONS}))
def test_unsupported_content_types_are_documented(method, world, client):
    """The operations share one world, which is restored after each: to make it takes longer than to ask."""
    for path in [path for path, known in OPERATIONS if known == method]:
        operation = OPERATIONS[path, method]
        url = url_of(world, path)
        codes = {
            ask(client, who, method, url, "<a/>", "text/xml")
            for who in ("everybody", "staff", "owner")
        }
        assert (415 in codes) == (415 in operation.errors), path
        refused = ask(client, "owner", method, url, Accept="image/png")
        assert (refused == 406) == (operation.name not in ANY_TYPE), path
        unknown = ask(client, "owner", method, url_of(world, path, format="png"))
        assert unknown == 404 or operation.name in ANY_TYPE, path
        world.settle(200)


def test_a_NUL_character_in_any_parameter_is_a_bad_request(world, client):
    """All requests share one database, because refused requests change nothing."""
    asked = [one for one in OPERATIONS if OPERATIONS[one].name != PAGE]
    codes = {
        (path, method): ask(client, "everybody", method, url_of(world, path, x="\0"))
        for path, method in asked
    }
    assert codes == dict.fromkeys(asked, 400)


def _locked(execute, sql, params, many, context):
    if sql.split()[0] in ("INSERT", "UPDATE", "DELETE"):
        raise OperationalError("database is locked")
    return execute(sql, params, many, context)


WITHOUT_WRITING = {
    "retire_user_at_providers": 500,  # one provider is not configured, with a documented error
    "deliver_rpnow_review": 400,  # RPNow is not configured
    "launch_exam": 302,  # without the attempt's token the start callback only redirects
}


def test_a_locked_database_is_a_503_where_it_is_documented(world, client, monkeypatch):
    """Nothing can be written: requests that try get 503 and change nothing, so all share one database."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    for (path, method), operation in OPERATIONS.items():
        if method == "get" and operation.name != PAGE:
            continue
        body = _good(world, path, method)
        with connection.execute_wrapper(_locked):
            code = ask(client, "everybody", method, url_of(world, path), body)
        assert code == WITHOUT_WRITING.get(operation.name, 503), (path, method)
        world.settle(503)


class Certain:
    """Replaces random choices: always picks the first existing value."""

    def choice(self, given):
        return given[0]

    def random(self):
        return 0


def _good(world, path, method):
    for verb, known, body in BODIES:
        route = known.partition("edx_proctoring/")[2]
        route = route.replace("{external}", "{external_id}").replace("{attempt}", "{attempt_id}")
        route = route.replace(world.attempts[0].proctored_exam.course_id, "{course_id}")
        if (route, verb.lower()) == (path, method):
            if "content_id" not in body:  # a new exam must not exist
                body = world.with_real(body, Certain())
            return json.dumps([body] if method == "patch" else body)
    return "{}"


ONE_EXAM = f"{PREFIX}v1/proctored_exam/exam/exam_id/1"


@pytest.mark.parametrize("client", [Client, APIClient])
def test_responses_to_all_clients_are_checked(client, monkeypatch, wrong_answers, db):
    def wrong(*_args, **_kwargs):
        return HttpResponse("not documented", status=418)

    monkeypatch.setattr(views.ProctoredExamView, "dispatch", wrong)
    client().get(ONE_EXAM)
    assert [*wrong_answers] == [
        f"GET {ONE_EXAM}: 418 is not documented",
    ]
    wrong_answers.clear()
