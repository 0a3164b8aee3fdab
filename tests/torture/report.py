"""The table of results."""

from dataclasses import asdict, dataclass

COLUMNS = f"{'case':<78} {'database':<26} {'runs':>4} {'lost':>5} {'stuck':>5} {'doubled without the same key':>8}"


@dataclass
class Row:
    """One case on one database."""

    case: str
    database: str
    runs: int = 0
    lost: int = 0
    stuck: int = 0
    doubled: int = 0
    failed: int = 0
    note: str = ""

    def add(self, damage: object) -> None:
        """Add the counts of a test."""
        for name, count in asdict(damage).items():
            setattr(self, name, getattr(self, name) + count)

    @property
    def holds(self) -> bool:
        """Return whether all counts are zero."""
        return not (self.lost or self.stuck or self.doubled or self.failed) and self.runs > 0

    def line(self) -> str:
        """Return the printed line."""
        text = (
            f"{self.case:<78} {self.database:<26} {self.runs:>4} {self.lost:>5} {self.stuck:>5}"
            f" {self.doubled:>8}"
        )
        failed = f"   FAILED {self.failed}" if self.failed else ""
        return text + failed + (f"   ({self.note})" if self.note else "")


def show(rows: list[Row]) -> bool:
    """Print the table; return False if a count is not zero."""
    print("\n" + COLUMNS)
    for row in rows:
        print(row.line())
    broken = [row for row in rows if not row.holds]
    runs = sum(row.runs for row in rows)
    print(f"{len(rows)} cases, {runs} runs, {len(broken)} of them broken", flush=True)
    return not broken
