"""``python -m benchmarks.pictures``: draws the recorded results, for the README and the documentation.

Plain SVG, which follows the reader's light or dark theme. Operations that were not recorded are left out.
"""

import math
import re
from html import escape
from pathlib import Path

from benchmarks import recorded

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "_static"
PATTERNS = ("speed-*.svg", "growth-*.svg", "memory.svg")
Point = tuple[float, float]
WIDTH, LEFT, RIGHT, ROW = 760, 330, 60, 34
STYLE = """<style>
svg { background: #ffffff } text { fill: #1c1c1c } .grid { stroke: #d8d8d8 }
.theirs { fill: #8a5a00; stroke: #8a5a00 } .ours { fill: #1f6f9f; stroke: #1f6f9f }
@media (prefers-color-scheme: dark) {
  svg { background: #15181c } text { fill: #ececec } .grid { stroke: #3b4046 }
  .theirs { fill: #e0a33a; stroke: #e0a33a } .ours { fill: #6cbbe8; stroke: #6cbbe8 }
}
</style>"""
NAMES = {"theirs": "6.1.4", "ours": "this version"}


def pictures() -> dict[str, str]:
    """Return all pictures by file name."""
    found = {}
    for server in ("sqlite", "postgresql", "mariadb"):
        sizes = _sizes(server)
        if 1000 in sizes:
            found[f"speed-{server}.svg"] = _speed(f"{server}-1000")
        if len(sizes) > 1:
            found[f"growth-{server}.svg"] = _growth(server, sizes)
    if memory := recorded.tables("memory-sqlite"):
        found["memory.svg"] = _memory(next(iter(memory.values())))
    return found


def _sizes(server: str) -> list[int]:
    """Return the sizes of course that were recorded."""
    names = [re.fullmatch(rf"{server}-(\d+)", one.stem) for one in recorded.RESULTS.glob("*.rst")]
    return sorted(int(name[1]) for name in names if name)


def _times(name: str) -> dict[str, dict[str, float]]:
    """Return milliseconds by operation and side; without operations that only one side was measured for."""
    (rows,) = recorded.tables(name).values()
    times = {
        row["operation"]: (recorded.number(row["ms"]), recorded.number(row["our ms"]))
        for row in rows
    }
    return {
        name: {"theirs": theirs, "ours": ours}
        for name, (theirs, ours) in times.items()
        if theirs and ours
    }


def _speed(name: str) -> str:
    """Draw two bars for each operation, on a logarithmic scale."""
    times = _times(name)
    least = min(min(one.values()) for one in times.values())
    most = max(max(one.values()) for one in times.values())
    scale = _Scale(least, most, LEFT, WIDTH - RIGHT)
    height = 70 + ROW * len(times)
    parts = _grid(scale, 44, height - 24, "ms")
    for place, (operation, values) in enumerate(times.items()):
        top = 48 + ROW * place
        parts.append(_text(LEFT - 8, top + 17, operation, "end"))
        for number, (side, value) in enumerate(values.items()):
            y, end = top + 13 * number, scale(value)
            parts += [
                f'<rect class="{side}" x="{LEFT}" y="{y}" width="{max(end - LEFT, 1):.1f}" height="11" stroke="none"/>',
                _text(end + 4, y + 10, f"{value:,.1f}", size=10),
            ]
    (title,) = recorded.tables(name)
    return _svg(f"Milliseconds, {title}", height, parts, name)


def _growth(server: str, sizes: list[int]) -> str:
    """Draw a small picture for each operation that was measured at several sizes."""
    by_size = {size: _times(f"{server}-{size}") for size in sizes}
    operations = [
        name for name in by_size[sizes[0]] if sum(name in times for times in by_size.values()) > 1
    ]
    panels = {
        name: {
            side: [(size, times[name][side]) for size, times in by_size.items() if name in times]
            for side in NAMES
        }
        for name in operations
    }
    title = f"Milliseconds by number of learners, {server}"
    return _panels(title, panels, f"{server}-{sizes[-1]}")


def _memory(rows: recorded.Table) -> str:
    panels = {}
    for row in rows:
        points = [
            (recorded.number(head.partition(", ")[2]), recorded.number(cell))
            for head, cell in row.items()
            if head != "page"
        ]
        panels[row["page"]] = {"ours": [(x, y) for x, y in points if x and y]}
    return _panels("Memory of a page in KiB, by number of learners", panels, "memory-sqlite")


def _panels(title: str, panels: dict[str, dict[str, list[Point]]], source: str) -> str:
    """Draw lines on logarithmic scales, two panels a row, all with the same scales."""
    points = [one for lines in panels.values() for line in lines.values() for one in line]
    (least_x, most_x), (least, most) = ((min(one), max(one)) for one in zip(*points, strict=True))
    parts, height = [], 150
    for place, (name, lines) in enumerate(panels.items()):
        left, top = 60 + 370 * (place % 2), 66 + height * (place // 2)
        across = _Scale(least_x, most_x, left, left + 260)
        up = _Scale(least, most, top + 100, top + 12)
        parts.append(_text(left, top, name))
        for power in up.powers():
            y = up(power)
            parts += [
                f'<path class="grid" d="M {left} {y:.1f} H {left + 260}"/>',
                _text(left - 6, y + 4, f"{power:,g}", "end", 10),
            ]
        for side, line in lines.items():
            way = " L ".join(f"{across(x):.1f} {up(y):.1f}" for x, y in line)
            parts.append(f'<path class="{side}" d="M {way}" stroke-width="2.5" style="fill:none"/>')
            parts.append(
                _text(across(line[-1][0]) + 5, up(line[-1][1]) + 4, f"{line[-1][1]:,g}", size=10)
            )
        parts += [
            _text(across(x), top + 118, f"{x:,.0f}", "middle", 10)
            for x in sorted({x for line in lines.values() for x, _ in line})
        ]
    return _svg(title, 76 + height * math.ceil(len(panels) / 2), parts, source)


class _Scale:
    """A logarithmic scale, from the power of ten below `least` to the one above `most`."""

    def __init__(self, least: float, most: float, begin: float, end: float) -> None:
        self.low, self.high = math.floor(math.log10(least)), math.ceil(math.log10(most) + 1e-9)
        self.begin, self.end = begin, end

    def __call__(self, value: float) -> float:
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return self.begin + part * (self.end - self.begin)

    def powers(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def _grid(scale: _Scale, top: float, bottom: float, unit: str) -> list[str]:
    return [
        part
        for power in scale.powers()
        for part in (
            f'<path class="grid" d="M {scale(power):.1f} {top} V {bottom}"/>',
            _text(scale(power), bottom + 16, f"{power:,g} {unit}", "middle", 10),
        )
    ]


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(title: str, height: int, parts: list[str], source: str) -> str:
    """Return the picture with its title and a legend; it names the results from which it was drawn."""
    legend = [
        part
        for place, (side, name) in enumerate(NAMES.items())
        if any(f'class="{side}"' in one for one in parts)
        for part in (
            f'<rect class="{side}" x="{WIDTH - 230 + 90 * place}" y="10" width="12" height="12" stroke="none"/>',
            _text(WIDTH - 212 + 90 * place, 20, name),
        )
    ]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" role="img">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(recorded.when(source))}</desc>",
        STYLE,
        _text(12, 22, title, size=15),
        *legend,
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write all pictures, and remove those whose results are no longer there."""
    found = pictures()
    for pattern in PATTERNS:
        for old in FOLDER.glob(pattern):
            if old.name not in found:
                old.unlink()
    for name, text in found.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
