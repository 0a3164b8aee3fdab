"""The page for monitoring: its example, its configuration and its names are those of the code."""

import json
import logging
import logging.config
import re
from pathlib import Path

from edx_proctoring.views.v2.health import STATES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "monitor.rst").read_text(encoding="utf-8")


def block(language):
    """The page's block in this language."""
    (found,) = re.findall(rf"\.\. code-block:: {language}\n\n((?:   .*\n|\n)+)", PAGE)
    return "\n".join(line.removeprefix("   ") for line in found.splitlines())


def test_the_configuration_of_the_log_works():
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


def test_the_example_is_a_report():
    example = json.loads(block("json"))
    assert set(example) == {"status", "version", "checks"}
    assert example["status"] in STATES
    for check in example["checks"].values():
        assert set(check) == {"status", "text", "hint", "numbers"}


def test_loggers_and_messages_are_those_of_the_code():
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
