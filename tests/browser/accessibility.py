"""Accessibility of a page in each combination of width, colour scheme and direction."""

import itertools

COMBINATIONS = list(itertools.product((1280, 320), ("light", "dark"), ("ltr", "rtl")))
# The other rules read the elements, which only the width may change.
RULES_OF_COLOURS_AND_PLACES = [
    "color-contrast",
    "link-in-text-block",
    "scrollable-region-focusable",
    "target-size",
]


def findings(page, within=None, rules=()):
    """Return what axe finds on the page or in one element, by all rules or by these only."""
    from axe_playwright_python.base import AXE_SCRIPT
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe("0" if page.evaluate("'axe' in window") else AXE_SCRIPT)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = axe.run(page, context=within, options=options).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def accessible(page, within=None):
    """Check the page, or one element, with axe."""
    assert findings(page, within) == []


def faults(page, rules=()):
    """Return findings of axe, and horizontal overflow."""
    found = findings(page, rules=rules)
    if not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
        found.append(("too wide", []))
    return found


def show_as(page, width, scheme, direction):
    """Switch the page to this combination without loading it again."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate("direction => { document.documentElement.dir = direction; }", direction)


def faults_in_all_combinations(page, directions=("ltr", "rtl")):
    """Return the findings by combination; empty if there are none. `directions` are those that the page's texts fit."""
    found = {}
    for width, scheme, direction in COMBINATIONS:
        if direction not in directions:
            continue
        show_as(page, width, scheme, direction)
        is_first = (scheme, direction) == ("light", directions[0])
        listed = faults(page, () if is_first else RULES_OF_COLOURS_AND_PLACES)
        if listed:
            found[width, scheme, direction] = listed
    return found
