"""The layers of the package and the imports between them, as a picture drawn from the contract and the code."""

import tomllib
from collections import Counter
from pathlib import Path
from xml.sax.saxutils import escape

import grimp

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "edx_proctoring"
LEFT, ROW, BOX = 20, 58, 34
GAP, CHARACTER = 12, 7.6


def layers() -> list[list[str]]:
    """The rows of the layers contract, top first; each row lists its modules."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    rows = next(one["layers"] for one in contracts if one["type"] == "layers")
    return [[name.strip() for name in row.replace("|", ":").split(":")] for row in rows]


def imports() -> Counter[tuple[str, str]]:
    """The number of modules of one room that import modules of another; rooms are the package's top-level modules."""
    graph = grimp.build_graph(PACKAGE, exclude_type_checking_imports=True, cache_dir=None)
    known = {name for row in layers() for name in row}
    found: Counter[tuple[str, str]] = Counter()
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            pair = _room(importer), _room(imported)
            if pair[0] != pair[1] and set(pair) <= known:
                found[pair] += 1
    return found


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def picture() -> str:
    """An SVG: one row a layer, one box a room with the number of its importers from above as its tooltip."""
    rows, counted = layers(), imports()
    users: Counter[str] = Counter()
    for (_importer, imported), number in counted.items():
        users[imported] += number
    boxes = [_row(place, row, users) for place, row in enumerate(rows)]
    height = ROW * len(rows) + 20
    width = LEFT + max(sum(_width(name) + GAP for name in row) for row in rows) + LEFT
    return (
        f'<svg viewBox="0 0 {width:.0f} {height}" role="img" font-size="13" fill="currentColor"'
        f' aria-label="The layers of {PACKAGE}: each imports only what is below it">'
        '<defs><marker id="down" markerWidth="8" markerHeight="8" refX="4" refY="6" orient="auto">'
        '<path d="M 0 0 L 8 3 L 0 6" fill="currentColor"/></marker></defs>'
        f"{''.join(boxes)}</svg>"
    )


def _width(name: str) -> float:
    return CHARACTER * len(name) + 2 * GAP


def _row(place: int, row: list[str], users: Counter[str]) -> str:
    y, x, parts = 10 + ROW * place, LEFT, []
    for name in row:
        width = _width(name)
        parts.append(
            f"<g><title>{escape(name)}: imported by {users[name]} modules of other rooms</title>"
            f'<rect x="{x:.0f}" y="{y}" width="{width:.0f}" height="{BOX}" rx="5" fill="none"'
            f' stroke="currentColor"/><text x="{x + GAP:.0f}" y="{y + 22}">{escape(name)}</text></g>'
        )
        x += width + GAP
    if place:
        parts.append(
            f'<path d="M {LEFT + 20} {y - ROW + BOX + 2} L {LEFT + 20} {y - 4}" stroke="currentColor"'
            ' marker-end="url(#down)"/>'
        )
    return "".join(parts)
