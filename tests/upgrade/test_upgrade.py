"""Upgrade in place, and rollback, with databases that the published package created and filled."""

import ast
import json

import pytest

from tests.upgrade.conftest import COURSE, LOCKS
from tests.upgrade.environments import ROOT

pytestmark = pytest.mark.upgrade

# On MariaDB an index of attempts by learner is left over from a constraint that was removed.
LEFT_BY_THE_PUBLISHED_MIGRATIONS = "[['user_id'], False, False, None, True]"


def test_each_side_runs_its_own_package(upgrade):
    assert "site-packages" in upgrade.published.where()
    assert str(ROOT / "edx_proctoring") in upgrade.ours.where()


def test_every_row_stays(upgrade):
    before = upgrade.stages["rows before"]
    assert all(rows for table, rows in before.items()), "a table was not filled"
    for stage in ("rows after", "rows back", "rows again"):
        for table, rows in before.items():
            assert upgrade.stages[stage][table] == rows, (stage, table)
    assert not upgrade.stages["unapplied"]


def test_both_return_the_same(upgrade):
    before = upgrade.stages["seen before"]
    for stage in ("seen after", "seen back"):
        for what, shown in before.items():
            assert upgrade.stages[stage][what] == shown, (stage, what)


def foreign_keys_with_their_indexes(schema):
    """Return foreign keys with their indexes: MariaDB keeps an index under the key's name, or under its own name if a
    wider one was removed.
    """
    tables = {}
    for table, found in schema.items():
        constraints = [ast.literal_eval(text) for text in found["constraints"]]
        keys = [one for one in constraints if one[3]]
        plain = [one for one in constraints if one[1:] == [False, False, None, True]]
        for key in keys:
            twins = [one for one in plain if one[0] == key[0]]
            key[4] = key[4] or bool(twins)
            constraints = [one for one in constraints if one not in twins]
        tables[table] = {**found, "constraints": sorted(map(repr, constraints))}
    return tables


def test_removing_our_tables_leaves_the_published_schema(upgrade):
    before, back = upgrade.stages["schema before"], upgrade.stages["schema back"]
    assert foreign_keys_with_their_indexes(back) == foreign_keys_with_their_indexes(before)


def test_a_new_database_equals_an_upgraded_one(both_schemas):
    upgraded, new = both_schemas
    assert upgraded.keys() == new.keys()
    for table, found in upgraded.items():
        assert new[table]["columns"] == found["columns"], table
        extra = set(found["constraints"]) - set(new[table]["constraints"])
        assert set(new[table]["constraints"]) <= set(found["constraints"]), table
        assert extra <= {LEFT_BY_THE_PUBLISHED_MIGRATIONS}, table


# Ours works on what the published package has stored

NEXT = {
    "created": "download_software_clicked",
    "download_software_clicked": "ready_to_start",
    "ready_to_start": "started",
    "started": "ready_to_submit",
    "ready_to_submit": "submitted",
    "submitted": "verified",
    "timed_out": "submitted",
    "verified": "rejected",
    "rejected": "verified",
    "eligible": "created",
    "expired": "ready_to_start",
    "onboarding_reset": "submitted",
    "onboarding_pending": "error",
}


@pytest.mark.parametrize("kind", ["proctored", "timed"])
def test_each_attempt_can_make_its_next_transition(upgrade, kind):
    ours, attempts = upgrade.ours, upgrade.filled[kind]
    for status in attempts.keys() & NEXT.keys():
        before = len(ours.histories(attempts[status]))
        ours.ask("update_attempt_status", attempts[status], NEXT[status], cascade_effects=False)
        history = ours.histories(attempts[status])
        assert history[before:] == [f"~ {NEXT[status]}"], status
    assert ours.deliver() == 0


def test_an_interrupted_attempt_can_be_resumed(upgrade):
    ours, broken = upgrade.ours, upgrade.filled["proctored"]["error"]
    attempt = ours.ask("get_exam_attempt_by_id", broken)
    exam_id, user_id = attempt["proctored_exam"]["id"], attempt["user"]["id"]
    ours.ask("mark_exam_attempt_as_ready_to_resume", broken)
    resumed = ours.ask("create_exam_attempt", exam_id, user_id, taking_as_proctored=True)
    ours.ask("start_exam_attempt", exam_id, user_id)
    assert ours.ask("get_exam_attempt_by_id", resumed)["time_remaining_seconds"] == 754
    assert ours.ask("get_exam_attempt_by_id", broken)["resumed"]
    started = upgrade.filled["resumed"]
    ours.ask("update_attempt_status", started, "started")
    assert ours.ask("get_exam_attempt_by_id", started)["time_remaining_seconds"] == 99
    # Before its time is over, which the published package counts in whole minutes.
    ours.ask("update_attempt_status", started, "submitted")


def test_practice_attempts_can_be_reset(upgrade):
    ours, practice = upgrade.ours, upgrade.filled["practice"]
    for status in ("submitted", "rejected", "timed_out"):
        attempt = ours.ask("get_exam_attempt_by_id", practice[status])
        pair = (attempt["proctored_exam"]["id"], attempt["user"]["id"])
        new = ours.ask("reset_practice_exam", *pair, requesting_user=upgrade.filled["author"])
        assert new not in practice.values()
        assert ours.ask("get_current_exam_attempt", *pair)["id"] == new


def test_staff_remove_attempts(upgrade):
    ours, author = upgrade.ours, upgrade.filled["author"]
    for status in ("onboarding_missing", "onboarding_failed", "declined"):
        attempt_id = upgrade.filled["proctored"][status]
        ours.ask("remove_exam_attempt", attempt_id, requesting_user=author)
        assert str(attempt_id) not in ours.attempts()
        assert ours.histories(attempt_id)[-1] == f"- {status}"


def test_a_new_review_replaces_a_stored_one(upgrade):
    attempt = upgrade.ours.ask(
        "get_exam_attempt_by_id", upgrade.filled["proctored"]["second_review_required"]
    )
    code = {"attempt_code": attempt["attempt_code"]}
    archived = upgrade.ours.count("ProctoredExamSoftwareSecureReviewHistory", **code)
    assert review(upgrade.ours, attempt["external_id"], "passed") == 200
    assert upgrade.ours.attempts()[str(attempt["id"])] == "verified"
    assert upgrade.ours.count("ProctoredExamSoftwareSecureReviewHistory", **code) == archived + 1
    assert upgrade.ours.count("ProctoredExamSoftwareSecureReview", **code) == 1
    assert upgrade.published.attempts()[str(attempt["id"])] == "verified"


def review(side, external_id, status):
    reviewer = side.new_user(f"reviewer-{external_id}", "test_review")
    comments = [{"comment": "Looks away", "status": "Suspicious", "start": 1, "stop": 2}]
    path = f"/api/edx_proctoring/v1/proctored_exam/attempt/{external_id}/reviewed"
    return side.http("POST", path, reviewer, {"status": status, "comments": comments})[0]


def test_a_learner_retires(upgrade):
    """Personal data stored by 6.1.4 is deleted, including archives; attempts and their statuses stay."""
    ours = upgrade.ours
    attempt_id = upgrade.filled["proctored"]["rejected"]
    attempt = ours.ask("get_exam_attempt_by_id", attempt_id)
    user_id, code = attempt["user"]["id"], attempt["attempt_code"]
    staff = ours.new_user("retirement", staff=True)
    archive = "ProctoredExamSoftwareSecureReviewHistory"
    assert ours.count(archive, attempt_code=code) > ours.count(
        archive, attempt_code=code, raw_data=""
    )
    status, body = ours.http(
        "POST", f"/api/edx_proctoring/v1/retire_backend_user/{user_id}/", staff
    )
    assert (status, json.loads(body)) == (200, {"test": True})
    assert ours.http("POST", f"/api/edx_proctoring/v1/retire_user/{user_id}/", staff)[0] == 204
    for model in ("ProctoredExamSoftwareSecureReview", archive):
        rows = ours.count(model, attempt_code=code)
        assert rows == ours.count(model, attempt_code=code, raw_data="") > 0
    comments = {"review__attempt_code": code}
    assert ours.count("ProctoredExamSoftwareSecureComment", **comments, comment="") == 2
    assert str(attempt_id) in upgrade.published.attempts()


# Both run: a rolling deploy, or a rollback

WAY = ("download_software_clicked", "ready_to_start", "started", "ready_to_submit", "submitted")


@pytest.mark.parametrize("first", ["published", "ours"])
def test_both_versions_take_turns_in_an_attempt(upgrade, first):
    both = {"published": upgrade.published, "ours": upgrade.ours}
    turns = [first, *(both.keys() - {first})]
    exam_id = upgrade.filled["exams"]["proctored"]
    user_id = upgrade.ours.new_user(f"turns-{first}")
    attempt_id = both[first].ask("create_exam_attempt", exam_id, user_id, taking_as_proctored=True)
    for number, status in enumerate(WAY, start=1):
        both[turns[number % 2]].ask("update_attempt_status", attempt_id, status)
    external_id = upgrade.ours.ask("get_exam_attempt_by_id", attempt_id)["external_id"]
    assert review(both[turns[0]], external_id, "passed") == 200
    expected = ["+ created", *(f"~ {status}" for status in (*WAY, "verified"))]
    for side in both.values():
        shown = side.histories(attempt_id)
        # The published package writes some rows twice.
        assert list(dict.fromkeys(shown)) == expected
    assert upgrade.ours.deliver() == 0


def test_both_versions_serve_pages_of_the_others_learners(upgrade):
    path = "/api/edx_proctoring/v1/proctored_exam/attempt"
    for writer, reader in ((upgrade.ours, upgrade.published), (upgrade.published, upgrade.ours)):
        user_id = writer.new_user(f"page-{reader is upgrade.ours}")
        exam_id = upgrade.filled["exams"]["timed"]
        attempt_id = writer.ask("create_exam_attempt", exam_id, user_id)
        writer.ask("start_exam_attempt", exam_id, user_id)
        status, _body = reader.http("GET", f"{path}/{attempt_id}", user_id)
        assert status == 200
        status, _body = reader.http("PUT", f"{path}/{attempt_id}", user_id, {"action": "submit"})
        assert status == 200
        assert writer.attempts()[str(attempt_id)] == "submitted"


def test_the_published_package_can_delete_rows_that_our_tables_refer_to(upgrade):
    ours, published = upgrade.ours, upgrade.published
    content = "block-v1:edX+Upgrade+2026+type@sequential+block@doomed"
    exam_id = ours.ask("create_exam", COURSE, content, "Doomed", 10)
    user_id = ours.new_user("doomed")
    ours.provider(down=False)
    attempt_id = ours.ask("create_exam_attempt", exam_id, user_id, taking_as_proctored=True)
    ours.provider(down=True)
    for status in WAY:
        ours.ask("update_attempt_status", attempt_id, status)
    ours.reserve(exam_id, user_id)
    assert ours.deliver() > 0  # the provider still has to be told
    assert {model: ours.count(model, user_id=user_id) for model in LOCKS} == dict.fromkeys(LOCKS, 1)
    published.delete("ProctoredExam", exam_id)
    published.delete("User", user_id)
    ours.provider(down=False)
    assert ours.deliver() == 0
    assert upgrade.ours.attempts().keys() == published.attempts().keys()
    assert ours.histories(attempt_id)[-1] == "- submitted"


# The way back


def test_the_published_package_continues_with_our_rows(upgrade):
    ours, published = upgrade.ours, upgrade.published
    content = "block-v1:edX+Upgrade+2026+type@sequential+block@ours"
    exam_id = ours.ask("create_exam", COURSE, content, "Ours", 30)
    author, learner = upgrade.filled["author"], ours.new_user("back")
    ours.ask("create_exam_review_policy", exam_id, author, "Of ours")
    ours.ask("add_allowance_for_user", exam_id, learner, "additional_time_granted", "7")
    attempt_id = ours.ask("create_exam_attempt", exam_id, learner, taking_as_proctored=True)
    ours.ask("start_exam_attempt", exam_id, learner)
    published.migrate()
    assert not published.unapplied()
    shown, own = published.seen(COURSE), ours.seen(COURSE)
    for what, values in shown.items():
        assert own[what] == values, what
    attempt = published.ask("get_exam_attempt_by_id", attempt_id)
    assert (attempt["status"], attempt["allowed_time_limit_mins"]) == ("started", 37)
    published.ask("update_attempt_status", attempt_id, "submitted")
    published.ask("update_exam", exam_id, exam_name="Theirs")
    published.ask("remove_review_policy", exam_id)
    ours.migrate()  # and forward again
    assert ours.ask("get_exam_by_id", exam_id)["exam_name"] == "Theirs"
    ours.ask("update_attempt_status", attempt_id, "verified")
    assert published.attempts()[str(attempt_id)] == "verified"
