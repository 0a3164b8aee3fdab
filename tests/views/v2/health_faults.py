"""The examples of faults on the page on monitoring: `python -m scripts.examples` records them."""

import json
import os
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "health_faults.json"


def _outline(example: Any) -> Any:
    """Return it without the errors' own texts and the times, which differ from run to run."""
    return {
        one: {**check, "text": "", "numbers": sorted(check["numbers"])}
        if isinstance(check, dict)
        else check
        for one, check in (example or {}).items()
    }


def _written(shown: dict[str, Any]) -> str:
    """Return a line for each check."""
    faults = []
    for fault, example in sorted(shown.items()):
        checks = [f"    {json.dumps(one)}: {json.dumps(found)}" for one, found in example.items()]
        faults.append(f"  {json.dumps(fault)}: {{\n" + ",\n".join(checks) + "\n  }")
    return "{\n" + ",\n".join(faults) + "\n}\n"


def is_shown(fault: str, ready: int, report: dict[str, Any], *subjects: str) -> None:
    """Require that the page shows the status of `health/ready/`, and these checks as they are now."""
    checks = {one: report["checks"][one] for one in subjects}
    example = {"health/ready/": ready, **checks}
    known = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    if os.environ.get("UPDATE_EXAMPLES"):
        if _outline(known.get(fault)) != _outline(example):
            FILE.write_text(_written({**known, fault: example}), "utf-8")
        return
    assert _outline(known.get(fault)) == _outline(example)
