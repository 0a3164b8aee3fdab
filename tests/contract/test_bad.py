"""Each faulty provider fails its own check and no other, with a message that says what to correct."""

import json

import pytest

from edx_proctoring.testing import check
from edx_proctoring.testing.contract.wire import NEVER, REST_ANSWERS
from tests.contract import bad

pytestmark = [pytest.mark.django_db, pytest.mark.needs("django-crum", "one-run")]

OPTIONS = {"client_id": "id-of-bad", "client_secret": "a-secret-of-bad"}
DOES = ["registers", "notifies", "removes", "reviews", "dashboard", "retirement", "download"]
MISTAKES = {
    "ChangesTheExam": (
        "arguments stay as they were",
        "register_exam_attempt changed the exam: work on a copy",
    ),
    "WaitsForEver": ("deadlines", "pass timeout= to the request: PATCH https://bad.example.com"),
    "TellsTheLog": ("logs", "the learner's name is in the log: leave it out, or mask it"),
    "LosesNotices": (
        "notices that fail",
        "503 as response to stop_exam_attempt returned None; it must raise Exception",
    ),
    "LosesPauses": (
        "time changes that fail",
        "503 as response to pause_exam_attempt returned None; it must raise Exception",
    ),
    "CannotForget": ("removal", "404"),
    "TakesAnything": ("garbage is no review", "the delivery {} returned"),
    "AsksTheDatabase": ("no queries", "register_exam_attempt queried the database: SELECT"),
    "PromisesADashboard": ("flags", "has_dashboard, but get_instructor_url returned None"),
    "LetsErrorsThrough": (
        "registration that fails",
        "it must raise BackendProviderCannotRegisterAttempt",
    ),
    "KeepsTheLearner": (
        "nothing is kept",
        "after register_exam_attempt last has the learner's full_name: store no",
    ),
    "HasWordsOfItsOwn": (
        "requests",
        "/api/v1/exam/exam-1/attempt/attempt-1/): 'status' is 'finished'",
    ),
    "LosesExams": ("exams that are not saved", "returned None; do not swallow the exception"),
    "PhonesHome": (
        "options",
        "the constructor sends a request to its service (https://bad.example.com/)",
    ),
    "TakesTwoOptions": ("options", "accept **kwargs and pass them to super().__init__"),
    "IsPatient": ("deadlines", "attempt-1/: 300 s): pass timeout=remaining_seconds(yours)"),
    "PrintsAddresses": ("logs", "client_secret is in the log: leave it out, or mask it"),
    "ChangesTheAttempt": (
        "arguments stay as they were",
        "on_review_callback changed the attempt: work on a copy",
    ),
    "HidesItsScript": (
        "what is not declared is not done",
        "it has an npm_module: add 'worker script' to the capabilities",
    ),
    "HasNoPages": ("onboarding profiles", "without a user_id it returned [{"),
    "HasItsOwnTime": (
        "deadlines",
        "remove_exam_attempt may take longer than its caller waits, 0.5 s (DELETE https://bad",
    ),
    "DropsTheKey": (
        "registration that is repeated",
        "lacks the header Idempotency-Key: send current_options().idempotency_key",
    ),
    "CannotRemove": (
        "removal that is unsupported",
        "405 as response to a removal returned False; it must raise Exception",
    ),
    "TakesAnOutageForANo": (
        "removal",
        "503 as response to a removal returned False; it must raise",
    ),
    "HasAnApiKey": ("options", "client_id is of type str, not int; correct provider_options"),
    "TellsItsApiKey": ("logs", "client_id is in the log: leave it out, or mask it"),
    "ShowsItself": ("logs", "client_secret is in the log: leave it out, or mask it"),
    "IsAlwaysWell": ("ping", "503 as response to a ping returned None; it must raise"),
    "CannotBeBuilt": ("options", "missing 1 required positional argument: 'region'"),
}


def rows_of(name):
    provider = getattr(bad, name)
    more = ["onboarding"] if provider.supports_onboarding else []
    more += ["time changes"] if provider.supports_time_changes else []
    return check.run(check.suite_of(provider, OPTIONS, [*DOES, *more]))


def test_a_provider_without_mistakes_passes():
    assert {row[1] for row in rows_of("Good")} == {check.HOLDS, check.LEFT_OUT}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_found_and_explained(name):
    failed = [(title, why) for title, state, why in rows_of(name) if state == check.FAILS]
    title, words = MISTAKES[name]
    assert [one for one, _ in failed] == [title]
    assert words in failed[0][1]


def test_the_command_line(tmp_path, capsys):
    file = tmp_path / "options.json"
    file.write_text(json.dumps(OPTIONS))
    more = [word for one in DOES for word in ("--capability", one)]
    assert check.main(["tests.contract.bad:Good", "--options", str(file), *more]) == 0
    out = capsys.readouterr().out
    assert "0 FAILS" in out
    assert "'onboarding' is not among the capabilities" in out
    assert check.main(["tests.contract.bad:TellsTheLog", "--options", str(file), *more]) == 1
    assert "leave it out, or mask it" in capsys.readouterr().out


@pytest.mark.parametrize("what", ["no.such:Thing", "tests.contract.bad:Nobody", "nonsense"])
def test_providers_that_cannot_be_checked(what, capsys):
    assert check.main([what]) == 2
    assert "cannot be checked" in capsys.readouterr().err


def test_options_that_cannot_be_read(tmp_path, capsys):
    file = tmp_path / "options.json"
    file.write_text("{")
    assert check.main(["tests.contract.bad:Good", "--options", str(file)]) == 2
    assert "cannot be checked" in capsys.readouterr().err


def test_missing_recordings_are_reported_first_and_once():
    rows = check.run(check.suite_of(bad.Good, OPTIONS, DOES, {}))
    failed = {title: why for title, state, why in rows if state == check.FAILS}
    assert set(failed) == {"recordings", "download"}
    assert "no recording of register, notify started, notify submitted" in failed["recordings"]
    assert "no recording of 'config'" in failed["download"]
    assert [title for title, _, _ in rows][:2] == ["options", "recordings"]
    consequences = {title: why for title, state, why in rows if state == check.LEFT_OUT}
    assert consequences["threads"] == "no recording of 'register', see the check 'recordings'"
    assert {"registration", "notices", "removal", "retirement", "requests"} <= set(consequences)


def test_rest_recordings_are_not_replayed_to_another_protocol():
    rows = check.run(check.suite_of(bad.SpeaksOtherwise, {}, ["registers"]))
    failed = [(title, why) for title, state, why in rows if state == check.FAILS]
    assert [title for title, _ in failed] == ["recordings"]
    assert "no recording of register: add" in failed[0][1]
    assert "It does not use the REST protocol" in failed[0][1]
    assert "KeyError" not in str(rows)
    answers = {"register": {"locator": "A1"}}
    rows = check.run(check.suite_of(bad.SpeaksOtherwise, {}, ["registers"], answers))
    assert [row for row in rows if row[1] == check.FAILS] == []


def test_an_unsuitable_recording_is_named():
    answers = {"register": {"id": "A1"}}
    rows = check.run(check.suite_of(bad.SpeaksOtherwise, {}, ["registers"], answers))
    failed = {title: why for title, state, why in rows if state == check.FAILS}
    assert "does the recording 'register' match your service's response?" in failed["registration"]
    assert next(iter(failed)) == "registration"


def test_a_provider_that_cannot_be_instantiated_fails_once():
    rows = rows_of("CannotBeBuilt")
    assert [row[0] for row in rows if row[1] == check.FAILS] == ["options"]
    assert rows[0][0] == "options"
    left_out = {why for _, state, why in rows if state == check.LEFT_OUT}
    assert "it cannot be instantiated, see the check 'options' (TypeError)" in left_out


def test_the_place_of_an_unexpected_exception_is_shown():
    class Suite(check.suite_of(bad.Good, OPTIONS, DOES)):
        def test_of_its_own(self):
            {}["x"]

    (why,) = [why for title, _, why in check.run(Suite) if title == "of its own"]
    assert why.startswith("raised KeyError('x') in test_of_its_own (test_bad.py:")


def test_the_order_is_that_of_pytest():
    """Both run base classes first, each in the order of its definitions."""
    titles = [row[0] for row in rows_of("Good")]
    for cause, consequence in [
        ("options", "words"),
        ("recordings", "registration"),
        ("registration", "threads"),
        ("requests", "deadlines"),
    ]:
        assert titles.index(cause) < titles.index(consequence)


def test_a_response_that_the_service_never_gives():
    answers = {**REST_ANSWERS, "remove unconfirmed": NEVER, "retire unknown": NEVER}
    rows = check.run(check.suite_of(bad.Good, OPTIONS, DOES, answers))
    assert {row[1] for row in rows} == {check.HOLDS, check.LEFT_OUT}


def test_recordings_from_a_file(tmp_path, capsys):
    file, options = tmp_path / "recordings.json", tmp_path / "options.json"
    options.write_text(json.dumps(OPTIONS))
    request = {"method": "POST", "path": "/attempts", "body": {"learner": "u"}}
    known = [
        {
            "name": "register",
            "request": request,
            "response": {"status": 201, "body": {"id": "a"}},
        },
        {"name": "notify", "response": {"text": "ok"}},
        {"name": "remove", "response": {"body": {"status": "deleted"}}},
        {"name": "remove unconfirmed", "never": True},
    ]
    file.write_text(json.dumps(known))
    does = ["registers", "notifies", "removes", "reviews", "dashboard"]
    more = [word for one in does for word in ("--capability", one)]
    arguments = ["tests.contract.bad:Good", "--options", str(options), "--recordings", str(file)]
    assert check.main([*arguments, *more]) == 1
    table = capsys.readouterr().out
    assert "it goes to /api/v1/exam/exam-1/attempt/; 'learner' is 'not there'" in table
    assert (
        "retire_user sends a request to its service: add 'retirement' to the capabilities" in table
    )
    assert "2 FAILS" in table
    for text in ("{", "{}x", '{"name": 1}', '[{"name": "register"}]'):
        file.write_text(text)
        assert check.main([*arguments, *more]) == 2
        assert "cannot be checked" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("what", "more", "why"),
    [
        ("tests.contract.bad:log", [], "it is not a class"),
        ("tests.contract.bad:Good", ["--capability", "flies"], "choose from registers, notifies"),
        ("tests.contract.test_own:Null", ["--capability", "reviews"], "do not pass any here"),
    ],
)
def test_wrong_arguments(what, more, why, capsys):
    assert check.main([what, *more]) == 2
    assert why in capsys.readouterr().err


def test_options_that_no_provider_gets():
    rows = check.run(check.suite_of(bad.Good, {**OPTIONS, "colour": "x"}, DOES))
    (why,) = [row[2] for row in rows if row[1] == check.FAILS]
    assert "['colour']" in why
