"""The families of statuses, and the legal ways between them as a picture."""

from xml.sax.saxutils import escape

from edx_proctoring.statuses import COMPLETED, INCOMPLETE, KNOWN, is_transition_legal

FAMILIES = {
    "on the way": sorted(INCOMPLETE),
    "ended": sorted(COMPLETED),
    "outside both": sorted(KNOWN - COMPLETED - INCOMPLETE),
}
WIDTH, HEADER, LINE = 230, 30, 18

# Left upper corner of each family's box, and the arrow of each way between two of them.
CORNERS = {"on the way": (20, 20), "ended": (430, 20), "outside both": (225, 300)}
ARROWS = {
    ("on the way", "ended"): "M 250 70 L 424 70",
    ("ended", "on the way"): "M 430 110 L 256 110",
    ("on the way", "outside both"): "M 100 168 L 100 338 L 219 338",
    ("outside both", "on the way"): "M 270 300 L 270 230 L 180 230 L 180 174",
    ("ended", "outside both"): "M 580 258 L 580 338 L 461 338",
    ("outside both", "ended"): "M 340 300 L 340 190 L 424 190",
}


def is_legal(family: str, other: str) -> bool:
    """Is every change from the one family to the other legal? An error where only some are."""
    answers = {
        is_transition_legal(before, after)
        for before in FAMILIES[family]
        for after in FAMILIES[other]
        if before != after
    }
    if len(answers) != 1:
        raise ValueError(f"From {family} to {other} some changes are legal and some are not.")
    return answers.pop()


def _box(family: str) -> str:
    (x, y), statuses = CORNERS[family], FAMILIES[family]
    height = HEADER + LINE * len(statuses) + 10
    lines = "".join(
        f'<tspan x="{x + 12}" dy="{LINE}">{escape(status)}</tspan>' for status in statuses
    )
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{height}" rx="6" fill="none"'
        ' stroke="currentColor"/>'
        f'<text x="{x + 12}" y="{y + 20}" font-weight="bold">{escape(family)}'
        f"{'' if is_legal(family, family) else ' (no change among these)'}</text>"
        f'<text y="{y + HEADER}">{lines}</text>'
    )


def picture() -> str:
    """An SVG: one box a family, one arrow where every change is legal."""
    legal = [path for (family, other), path in ARROWS.items() if is_legal(family, other)]
    arrows = "".join(
        f'<path class="legal" d="{path}" fill="none" stroke="currentColor" marker-end="url(#tip)"/>'
        for path in legal
    )
    label = "Families of statuses; an arrow where changes from one to the other are legal"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 400" role="img" aria-label="{label}"'
        ' fill="currentColor" font-family="sans-serif" font-size="14">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
        ' orient="auto"><path d="M 0 0 L 8 4 L 0 8 z" fill="currentColor"/></marker></defs>'
        f"{''.join(_box(family) for family in FAMILIES)}{arrows}</svg>"
    )
