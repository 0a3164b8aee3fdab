"""Each bad provider fails its own check and no other, with words that say what to mend."""

import json

import pytest

from edx_proctoring.testing import check
from tests.contract import bad

pytestmark = pytest.mark.django_db

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
        "503 as answer to stop_exam_attempt gave None; it must raise Exception",
    ),
    "CannotForget": ("removal", "404"),
    "TakesAnything": ("garbage is no review", "the delivery {} gave"),
    "AsksTheDatabase": ("no queries", "register_exam_attempt queried the database: SELECT"),
    "PromisesADashboard": ("flags", "has_dashboard, but get_instructor_url gave None"),
    "LetsErrorsThrough": (
        "registration that fails",
        "it must raise BackendProviderCannotRegisterAttempt",
    ),
}


def rows_of(name):
    return check.run(check.suite_of(getattr(bad, name), OPTIONS, DOES))


def test_without_a_mistake_all_holds():
    assert {row[1] for row in rows_of("Good")} == {check.HOLDS, check.LEFT_OUT}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_and_explained(name):
    failed = [(title, why) for title, state, why in rows_of(name) if state == check.FAILS]
    title, words = MISTAKES[name]
    assert [one for one, _ in failed] == [title]
    assert words in failed[0][1]


def test_the_command(tmp_path, capsys):
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
def test_what_cannot_be_checked(what, capsys):
    assert check.main([what]) == 2
    assert "cannot be checked" in capsys.readouterr().err


def test_options_that_cannot_be_read(tmp_path, capsys):
    file = tmp_path / "options.json"
    file.write_text("{")
    assert check.main(["tests.contract.bad:Good", "--options", str(file)]) == 2
    assert "cannot be checked" in capsys.readouterr().err


def test_a_case_without_a_recording_is_said():
    suite = check.suite_of(bad.Good, OPTIONS, DOES)
    suite.answers = {}
    rows = check.run(suite)
    assert ("registration", check.LEFT_OUT, "no recording of 'register'") in rows


def test_options_that_no_provider_gets():
    rows = check.run(check.suite_of(bad.Good, {**OPTIONS, "npm_module": "x"}, DOES))
    (why,) = [row[2] for row in rows if row[1] == check.FAILS]
    assert "['npm_module']" in why
