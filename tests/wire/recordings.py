"""Recorded traffic with providers, as in `rest.json`: a list of objects with

* ``name``,
* ``ask``: the client's method, its arguments and its options,
* ``request``: method, path, the headers that matter, body,
* ``response``: status, and body (JSON) or text,
* ``gives``: what the client makes of it, or ``raises``: the name of the exception and its attributes,
* ``script``: what the simulator has to be told to answer so, or ``not_by_the_simulator``: why it never does.

``{"$any": value}`` stands for any value of that type.
"""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def recorded(name: str) -> list[dict[str, Any]]:
    """Return the recordings of a file."""
    found: list[dict[str, Any]] = json.loads((HERE / name).read_text(encoding="utf-8"))
    return found


def example(value: Any) -> Any:
    """Return the value with the examples that `$any` contains."""
    if isinstance(value, dict):
        if "$any" in value:
            return value["$any"]
        return {key: example(one) for key, one in value.items()}
    return [example(one) for one in value] if isinstance(value, list) else value


def fits(found: Any, wanted: Any) -> bool:
    """Return whether the value matches the recording."""
    if isinstance(wanted, dict):
        if "$any" in wanted:
            return type(found) is type(wanted["$any"]) and bool(found)
        return (
            isinstance(found, dict)
            and found.keys() == wanted.keys()
            and all(fits(found[key], one) for key, one in wanted.items())
        )
    return bool(found == wanted)
