"""`Idempotency-Key`: a repeated request is executed once."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from edx_proctoring import api, operations
from edx_proctoring.models import IdempotentRequest
from edx_proctoring.tasks import purge_outbox
from edx_proctoring.views.v2 import problems
from edx_proctoring.views.v2.idempotency import idempotent

pytestmark = pytest.mark.django_db


class Counting(APIView):
    """Counts how often it is executed; answers what it is told to."""

    runs = 0

    def get_exception_handler(self):
        return problems.answer

    @idempotent
    def post(self, request):
        type(self).runs += 1
        if request.data.get("fail"):
            raise RuntimeError
        if request.data.get("again"):
            assert self.ask(request.user, {**request.data}, "key").status_code == 409
        return Response({"run": type(self).runs}, status=request.data.get("status", 200))

    @classmethod
    def ask(cls, user, body, key="key", path="/bulk"):
        headers = {"Idempotency-Key": key} if key else {}
        request = APIRequestFactory().post(path, body, format="json", headers=headers)
        force_authenticate(request, user)
        return cls.as_view()(request)


@pytest.fixture
def ask():
    """Sends a request to a view that has not run yet."""
    return type("Fresh", (Counting,), {"runs": 0}).ask


def test_a_repetition_is_answered_like_the_first(ask, staff):
    first, again = ask(staff, {"a": 1, "status": 207}), ask(staff, {"status": 207, "a": 1})
    assert (first.status_code, first.data) == (again.status_code, again.data) == (207, {"run": 1})
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first


def test_keys_belong_to_users_and_routes(ask, staff, learner):
    runs = [ask(staff, {}), ask(learner, {}), ask(staff, {}, path="/other"), ask(staff, {}, "KEY")]
    assert [one.data["run"] for one in runs] == [1, 2, 3, 4]


def test_another_body_is_refused(ask, staff):
    ask(staff, {"a": 1})
    answer = ask(staff, {"a": 2})
    assert (answer.status_code, answer.data["code"]) == (422, "idempotency_key_reused")


def test_while_the_first_runs(ask, staff):
    assert ask(staff, {"again": True}).status_code == 200


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é"])
def test_a_key_is_required(ask, staff, key):
    answer = ask(staff, {}, key)
    assert (answer.status_code, answer.data["code"]) == (400, "invalid")
    assert answer.data["errors"][0]["field"] == "Idempotency-Key"


def test_a_failure_may_be_tried_again(ask, staff):
    with pytest.raises(RuntimeError):
        ask(staff, {"fail": True})
    assert ask(staff, {"status": 503}).data == {"run": 2}
    assert ask(staff, {}).data == {"run": 3}


def test_keys_live_a_day(ask, staff):
    ask(staff, {})
    then = timezone.now() - datetime.timedelta(hours=25)
    IdempotentRequest.objects.update(created=then)
    assert ask(staff, {"a": 2}).data == {"run": 2}
    IdempotentRequest.objects.update(created=then)
    purge_outbox()
    assert not IdempotentRequest.objects.exists()
    assert api.forget_requests() == 0


def test_the_key_of_a_request_that_died_is_free_after_a_short_lease(ask, staff):
    ask(staff, {})
    now, minute = timezone.now(), datetime.timedelta(minutes=1)
    died = IdempotentRequest.objects.all()
    died.update(status=None, answer=None, created=now - 6 * minute)
    assert ask(staff, {}).status_code == 409
    died.update(created=now - 7 * minute)
    assert ask(staff, {}).data == {"run": 2}
    again = ask(staff, {})
    assert (again.data, again["Idempotency-Replayed"]) == ({"run": 2}, "true")
    died.update(created=now - 30 * minute)  # a response is kept for the whole day
    assert ask(staff, {}).data == {"run": 2}


def test_a_new_key_takes_one_statement_before_and_one_after(ask, staff):
    with CaptureQueriesContext(connection) as queries:
        ask(staff, {})
    ours = [one["sql"] for one in queries if "proctoring_idempotent_request" in one["sql"]]
    assert [sql.split()[0] for sql in ours] == ["INSERT", "UPDATE"]


def test_retirement_forgets_answers(ask, learner):
    ask(learner, {})
    operations.retire_user(learner.pk)
    assert not IdempotentRequest.objects.exists()
