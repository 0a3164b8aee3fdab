"""The transcripts are of the guides as they are now, and have no stops."""

import re

import pytest

from scripts.follow_guides import GUIDES, PAGE, ROOT, sections, steps

pytestmark = pytest.mark.needs("one-run")


def written(page):
    """Return each step of the guide as the transcript has it: its command, or its file with the number of lines."""
    for kind, name, text in steps(page):
        if kind == "line":
            yield name.replace("\\\n", "\\\n   > ")
        else:
            more = ", at the end" if kind == "more" else ""
            yield f"# {name}: {len(text.splitlines())} lines{more}"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.page)
def test_each_step_of_the_guide_was_walked_in_its_order(guide):
    rest, found = sections()[guide.page], list(written(guide.page))
    assert found
    for step in found:
        _, known, rest = rest.partition(f"{step}\n")
        assert known, (
            f"{step} is not in the transcript: python -m scripts.follow_guides {guide.page}"
        )


def test_there_are_no_stops():
    assert re.findall(r"stops: (\d+)", PAGE.read_text("utf-8")) == ["0"] * len(GUIDES)


def test_each_guide_with_commands_is_walked():
    """The others say what to look at; tests/tutor gives those commands of Tutor's that need containers to a stand-in of Docker."""
    guides = {path.stem for path in (ROOT / "docs" / "guide").glob("*.rst")}
    typed = {page for page in guides if any(kind == "line" for kind, _, _ in steps(page))}
    assert typed == {guide.page for guide in GUIDES}
