"""Credit requirements before an exam: satisfied, pending, failed or declined. Pure functions."""

from collections.abc import Collection, Sequence

from edx_proctoring.types import PrerequisitesDict, Requirement


def ordered(
    requirements: Sequence[Requirement], without: Collection[str] | None = None
) -> list[Requirement]:
    """Return requirements sorted by their order; `without` are namespaces to leave out."""
    kept = [entry for entry in requirements if entry.get("namespace") not in (without or ())]
    return sorted(kept, key=lambda entry: entry.get("order") or 0)


def evaluate(
    requirements: Sequence[Requirement],
    name: str | None = None,
    without: Collection[str] | None = None,
) -> PrerequisitesDict:
    """Return the published dictionary (including its misspelled key) for the requirements before `name`."""
    before = ordered(requirements, without)
    names = [entry.get("name") for entry in before]
    if name is not None and name in names:
        before = before[: names.index(name)]
    groups: dict[str, list[Requirement]] = {
        "satisfied": [],
        "failed": [],
        "declined": [],
        "pending": [],
    }
    for entry in before:
        status = entry.get("status")
        groups[status if status in groups else "pending"].append(entry.copy())
    return {
        "are_prerequisites_satisifed": not (
            groups["failed"] or groups["declined"] or groups["pending"]
        ),
        "satisfied_prerequisites": groups["satisfied"],
        "failed_prerequisites": groups["failed"],
        "pending_prerequisites": groups["pending"],
        "declined_prerequisites": groups["declined"],
    }
