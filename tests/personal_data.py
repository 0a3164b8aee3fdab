"""Compare the page of personal data with the models."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from django.db.models import Model

FILE = Path(__file__).resolve().parents[1] / "docs" / "personal_data.toml"
TEXTS = {"holds", "kept", "seen_by", "exported", "retirement"}


def mistakes(app: str, models: Iterable[type[Model]]) -> list[str]:
    """Return what is wrong with the tables of this app in `docs/personal_data.toml`."""
    listed = {
        name: table
        for name, table in tomllib.loads(FILE.read_text(encoding="utf-8")).items()
        if table["app"] == app
    }
    existing = {model._meta.db_table: model for model in models}
    found = [f"no such table: {name}" for name in sorted(set(listed) - set(existing))]
    found += [f"not listed: {name}" for name in sorted(set(existing) - set(listed))]
    for name in set(listed) & set(existing):
        table, columns = listed[name], [f.column for f in existing[name]._meta.local_fields]
        classified = [*table.get("personal", {}), *table["other"]]
        found += [f"{name}: not classified: {one}" for one in set(columns) - set(classified)]
        found += [f"{name}: no such column: {one}" for one in set(classified) - set(columns)]
        found += [
            f"{name}: listed twice: {one}" for one in set(classified) if classified.count(one) > 1
        ]
        texts = [table.get(field, "") for field in TEXTS if "personal" in table or field == "holds"]
        texts += table.get("personal", {}).values()
        if not all(text.endswith(".") for text in texts):
            found.append(f"{name}: a text is missing")
    return found
