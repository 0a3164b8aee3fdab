"""The picture of the guide *How time is computed*: its example, with the ends that the package computes.

``python docs/_extensions/deadline.py`` writes it anew.
"""

import datetime
from dataclasses import dataclass, replace
from pathlib import Path
from xml.sax.saxutils import escape

from edx_proctoring.timing import Deadline, ExtraTime

FILE = Path(__file__).resolve().parents[1] / "_static" / "time.svg"
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
LEFT, TOP, ROW, BAR, PER_MINUTE = 190, 20, 40, 18, 5
TICKS = range(0, 106, 15)
COLOURS = {"allotment": "#2f6f9f", "adjustments": "#c27a1a", "cut": "#d5d5d5"}
LABELS = {"allotment": "allotment", "adjustments": "adjustments", "cut": "cut by the due date"}


@dataclass(frozen=True)
class Step:
    """Something that happens, and the deadline after it."""

    text: str
    deadline: Deadline


def steps() -> list[Step]:
    """The example of the guide: each step adds one thing to the one before."""
    started = Deadline(NOON, ExtraTime().allotment(60) * 60)
    granted = replace(started, adjusted=10 * 60)
    begun = NOON + datetime.timedelta(minutes=40)
    paused = replace(granted, paused_since=begun, pause_ends=begun + datetime.timedelta(minutes=7))
    continued = paused.at(begun + datetime.timedelta(minutes=7))
    raised = replace(continued, allotment=ExtraTime().allotment(75) * 60)
    due = replace(raised, due=NOON + datetime.timedelta(minutes=80))
    return [
        Step("limit of 60 minutes", started),
        Step("grant of 10 minutes", granted),
        Step("pause of 7 minutes", continued),
        Step("limit raised to 75", raised),
        Step("due date 13:20", due),
    ]


def picture() -> str:
    """An SVG with a bar for each step, from the start to the deadline."""
    found = steps()
    bottom = TOP + ROW * len(found)
    width = _x(TICKS[-1]) + 70
    parts = [*map(_tick, TICKS), *(_bar(place, one) for place, one in enumerate(found)), *_legend()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 60}" font-size="13" '
        'font-family="sans-serif" fill="#1c1c1c">\n'
        f'<rect width="{width}" height="{bottom + 60}" fill="#ffffff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _x(minutes: float) -> int:
    return LEFT + round(minutes * PER_MINUTE)


def _tick(minutes: int) -> str:
    bottom, x = TOP + ROW * len(steps()), _x(minutes)
    time = NOON + datetime.timedelta(minutes=minutes)
    return (
        f'<path d="M {x} {TOP - 8} V {bottom}" stroke="#e4e4e4"/>'
        f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{time:%H:%M}</text>'
    )


def _bar(place: int, step: Step) -> str:
    """The allotment, the adjustments, and what the due date cuts from them; the end is the package's."""
    deadline, y = step.deadline, TOP + ROW * place
    end = (deadline.ends_at - deadline.started_at).total_seconds() / 60
    allotment = deadline.allotment / 60
    uncut = allotment + deadline.adjusted / 60
    ranges = {
        "allotment": (0, min(allotment, end)),
        "adjustments": (min(allotment, end), end),
        "cut": (end, uncut),
    }
    bars = "".join(
        f'<rect x="{_x(begin)}" y="{y}" width="{_x(until) - _x(begin)}" height="{BAR}" fill="{COLOURS[kind]}"/>'
        for kind, (begin, until) in ranges.items()
        if until > begin
    )
    return (
        f'<text x="{LEFT - 12}" y="{y + 14}" text-anchor="end">{escape(step.text)}</text>{bars}'
        f'<text x="{_x(max(end, uncut)) + 8}" y="{y + 14}" font-weight="bold">{deadline.ends_at:%H:%M}</text>'
    )


def _legend() -> list[str]:
    y = TOP + ROW * len(steps()) + 34
    return [
        f'<rect x="{LEFT + 150 * place}" y="{y}" width="14" height="14" fill="{COLOURS[kind]}"/>'
        f'<text x="{LEFT + 150 * place + 20}" y="{y + 12}">{escape(label)}</text>'
        for place, (kind, label) in enumerate(LABELS.items())
    ]


if __name__ == "__main__":
    FILE.write_text(picture(), encoding="utf-8")
