"""Providers that do not answer, on the live board."""

import pytest

from edx_proctoring import backends
from edx_proctoring.backends import breaker
from edx_proctoring.testing.factories import ExamFactory
from tests.contrib.live.rows import at, codes

pytestmark = pytest.mark.django_db


def test_an_outage_of_one_of_two_providers_is_shown_with_its_attempts(
    clock, start, board, provider, other
):
    here, there = ExamFactory(exam_name="A"), ExamFactory(exam_name="B", backend="other")
    for exam in (here, there):
        start(exam=exam)
        start(exam=exam, status="created")
    start()
    assert board()["outages"] == []
    for _ in range(breaker.FAILURES):
        breaker.note(breaker.of_messages("other"), failed=True)
    since = backends.provider_states()["other"].since
    shown = board()
    (outage,) = shown["outages"]
    assert (outage["provider"], outage["cannot_start"], outage["unwatched"]) == ("other", 1, 1)
    assert outage["since"] == since.isoformat().replace("+00:00", "Z")
    assert outage["last_try"] == outage["since"]
    found = {(one["exam"]["exam_name"], one["status"]): codes(one) for one in shown["rows"]}
    assert found == {
        ("A", "started"): [], ("A", "created"): [], ("B", "started"): ["unwatched"], ("B", "created"): ["cannot_start"],
        ("Quiz", "started"): [],
    }  # fmt: skip
    breaker.note(breaker.of_messages("other"), failed=False)
    assert board()["outages"] == []


def test_an_outage_is_shown_until_a_request_succeeds_also_if_nobody_asks(
    clock, start, board, provider
):
    start(exam=ExamFactory(), status="ready_to_start")
    for _ in range(breaker.FAILURES):
        breaker.note(breaker.of_messages("test"), failed=True)
    clock.move_to(at(10))  # requests are sent again, but nobody has sent one
    assert not backends.provider_states()["test"].is_down
    shown = board()
    (outage,), (row,) = shown["outages"], shown["rows"]
    assert (outage["since"], outage["last_try"], outage["cannot_start"]) == (
        "2026-05-04T12:00:00Z", "2026-05-04T12:00:00Z", 1,
    )  # fmt: skip
    assert (codes(row), row["provider"]["reachable"]) == (["cannot_start"], False)
    breaker.note(breaker.of_messages("test"), failed=False)
    assert (board()["outages"], codes(board()["rows"][0])) == ([], [])


def test_an_outage_after_which_nobody_asks_is_not_shown_forever(clock, start, board, provider):
    start(exam=ExamFactory(), status="ready_to_start")
    for _ in range(breaker.FAILURES):
        breaker.note(breaker.of_messages("test"), failed=True)
    clock.move_to(at(16))
    assert board()["outages"] == []


def test_two_providers_that_are_down_at_the_same_time_are_shown_separately(
    clock, start, board, provider, other
):
    provider.verbose_name, other.verbose_name = "Southgate", "Northgate"
    here, there = ExamFactory(exam_name="A"), ExamFactory(exam_name="B", backend="other")
    stuck = {exam.exam_name: start(exam=exam, status="ready_to_start") for exam in (here, there)}
    stuck["B again"] = start(exam=there, status="created")
    unwatched, unproctored = start(exam=here), start()
    for minutes, name in ((1, "test"), (2, "other")):
        clock.move_to(at(minutes))
        for _ in range(breaker.FAILURES):
            breaker.note(breaker.of_messages(name), failed=True)
    shown = board()
    outages = {
        one["name"]: (one["since"], one["cannot_start"], one["unwatched"])
        for one in shown["outages"]
    }
    assert outages == {
        "Southgate": ("2026-05-04T12:01:00Z", 1, 1), "Northgate": ("2026-05-04T12:02:00Z", 2, 0),
    }  # fmt: skip
    found = {one["attempt_id"]: one["attention"] for one in shown["rows"]}
    assert found.pop(unproctored.pk) == []
    found = {pk: [(one["code"], one["since"]) for one in reasons] for pk, reasons in found.items()}
    assert found == {
        stuck["A"].pk: [("cannot_start", "2026-05-04T12:01:00Z")],
        stuck["B"].pk: [("cannot_start", "2026-05-04T12:02:00Z")],
        stuck["B again"].pk: [("cannot_start", "2026-05-04T12:02:00Z")],
        unwatched.pk: [("unwatched", "2026-05-04T12:01:00Z")],
    }
    breaker.note(breaker.of_messages("test"), failed=False)
    (outage,) = board()["outages"]
    assert (outage["provider"], outage["cannot_start"], outage["unwatched"]) == ("other", 2, 0)
