"""The page on monitoring: its example, configuration and names match the code."""

import json
import logging
import logging.config
import re
from pathlib import Path

import pytest

from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.views import handle_proctored_exception
from edx_proctoring.views.v2.health import STATES

ROOT = Path(__file__).parents[2]
# Each suggested alarm, and the test that causes the fault.
HEALTH, DIAGNOSTICS = "views/v2/test_health.py", "operations/test_diagnostics.py"
TRIED = {
    "``health/ready/`` of each process, every 10 s": (HEALTH, "test_without_a_database"),
    "``outbox``: ``late_seconds``": (HEALTH, "test_alarms_for_messages"),
    "``outbox``: ``given_up``": (DIAGNOSTICS, "test_messages_that_were_given_up"),
    "``outbox``: ``waiting``": (HEALTH, "test_alarms_for_messages"),
    "``sweep``: ``late_seconds``": (HEALTH, "test_an_alarm_for_a_sweep_that_does_not_run"),
    "``pauses``: ``too_long``": (HEALTH, "test_pauses_that_staff_may_have_forgotten"),
    "``provider <name>``": (HEALTH, "test_a_provider_that_hangs_and_one_that_is_gone"),
    "``provider <name>``: ``clock_skew_seconds``": (DIAGNOSTICS, "test_clocks_that_differ"),
    "``broker``": (HEALTH, "test_without_a_broker"),
    "``cache``": (HEALTH, "test_without_a_cache"),
    "log: ``message given up``, ``no handler registered``": (
        "test_outbox_lanes.py",
        "test_messages_of_an_unknown_kind_are_given_up",
    ),
    "log: ``edx_proctoring_views`` at level ``ERROR``": (
        "docs/test_monitor.py",
        "test_responses_from_500_are_logged_as_errors",
    ),
}
PAGE = (ROOT / "docs" / "monitor.rst").read_text(encoding="utf-8")


def block(language):
    """Return the page's code block in this language."""
    (found,) = re.findall(rf"\.\. code-block:: {language}\n\n((?:   .*\n|\n)+)", PAGE)
    return "\n".join(line.removeprefix("   ") for line in found.splitlines())


def test_the_logging_configuration_works():
    names: dict[str, object] = {}
    exec(block("python"), names)
    before = {name: logging.getLogger(name).handlers[:] for name in names["LOGGING"]["loggers"]}
    levels = {name: logging.getLogger(name).level for name in before}
    try:
        logging.config.dictConfig({**names["LOGGING"], "incremental": False})
        (handler,) = logging.getLogger("edx_proctoring").handlers
        line = json.loads(handler.format(logging.makeLogRecord({"msg": "done", "name": "x"})))
        fields = re.search(r"one object per line with (.*?):\n", PAGE, re.DOTALL)[1]
        assert {*line, "exception"} == set(re.findall(r"``(\w+)``", fields))
    finally:
        for name, handlers in before.items():
            logging.getLogger(name).handlers[:] = handlers
            logging.getLogger(name).setLevel(levels[name])


def test_the_example_has_the_form_of_a_health_report():
    example = json.loads(block("json"))
    assert set(example) == {"status", "version", "checks"}
    assert example["status"] in STATES
    for check in example["checks"].values():
        assert set(check) == {"status", "text", "hint", "numbers"}


def test_named_loggers_and_messages_exist_in_the_code():
    source = {
        path: path.read_text(encoding="utf-8") for path in (ROOT / "edx_proctoring").rglob("*.py")
    }
    for name in set(re.findall(r"``(edx_proctoring\.[a-z_.]+)``", PAGE.partition("Logger\n")[2])):
        path = ROOT / f"{name.replace('.', '/')}.py"
        assert "log = logging.getLogger(__name__)" in source[path], name
        assert re.search(r"\blog\.\w+\(", source[path]), name
    alarms = re.findall(r"\* - log: (.*)", PAGE)
    texts = [text for line in alarms for text in re.findall(r"``([a-z]+(?: [a-z]+)+)``", line)]
    assert len(texts) == 2
    for text in texts:
        assert any(f'"{text}' in code for code in source.values()), text


def test_each_alarm_has_a_test():
    alarms = PAGE.partition("Suggested alarms\n")[2].partition("Logs\n----")[0]
    watched = re.findall(r"^   \* - (.+)\n     - (?!Alarm$)", alarms, re.MULTILINE)
    assert watched == list(TRIED)
    for name, test in TRIED.values():
        assert f"def {test}(" in (ROOT / "tests" / name).read_text("utf-8")


@pytest.mark.parametrize("code", [500, 502, 503, 409])
def test_responses_from_500_are_logged_as_errors(code, caplog):
    error = type("Refused", (ProctoredBaseException,), {"http_status": code})
    assert handle_proctored_exception(error("no"), "View").status_code == code
    (record,) = caplog.records
    assert (record.name, record.levelname) == (
        "edx_proctoring_views",
        "ERROR" if code >= 500 else "WARNING",
    )
