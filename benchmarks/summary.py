"""``python -m benchmarks.summary``: one table from all recorded results: this version, 6.1.4, the ratio, and what to reach.

Times to reach were set on a machine where a request that only authenticates takes 1.0 ms. The column "here" has them for the
machine of the results: times what that request took there.
"""

from collections.abc import Iterator

from benchmarks import recorded
from benchmarks.__main__ import as_table
from benchmarks.recorded import IDLE

HEADER = ["what", "database", "this version", "6.1.4", "ratio", "to reach", "here"]
SERVERS = ("SQLite", "PostgreSQL", "MariaDB")
# Operations of `benchmarks` with a course of 1,000 learners: what to reach, as a ratio.
COMPARED = {
    "grouped attempts, page 1": 20,
    "allowances grouped by learner": 20,
    "violation report (Python API)": 50,
    "all attempts of a course (Python API)": 50,
    "dashboard's page 1, attempts (Python API)": 20,
}
LISTS = {  # pages of `benchmarks.lists` with 400,000 attempts: milliseconds to reach
    "grouped attempts, page 1": 15,
    "grouped attempts, page 10": 15,
    "grouped attempts, status": 30,
    "grouped attempts, search, common": 60,
    "grouped attempts, search, rare": 30,
    "allowances grouped by learner, 10,000": 140,
    "dashboard's page 1 (Python API), 10,000 attempts": 25,
}

DELIVERED = {"of one quick kind": 5000, "status e-mails": 500}  # messages a second to reach


def rows() -> Iterator[list[str]]:
    """Yield the rows of the table; without what was not recorded."""
    for server in SERVERS:
        yield from _pages(server)
        yield from _requests(server)
        yield from _starts(server)
        yield from _work(server)


def _requests(server: str) -> Iterator[list[str]]:
    table = _first(f"learner-{server.lower()}")
    speed = _speed(table, "requests", "ours (ms)")
    for row in table:
        times, most = (row["ours (ms)"], row["6.1.4 (ms)"]), float(row["at most (ms)"])
        yield _row(
            f"{row['requests']}, CPU", server, *times, f"≤ {most:g} ms", here=_here(most, speed)
        )


def _speed(table: recorded.Table, name: str, column: str) -> float | None:
    """Return how much longer any request takes here than where the targets were set; None if it was not recorded."""
    (found,) = [recorded.number(row[column]) for row in table if row[name] == IDLE] or [None]
    return found


def _here(most: float, speed: float | None) -> str:
    return f"≤ {most * speed:.3g} ms" if speed else "–"


def _pages(server: str) -> Iterator[list[str]]:
    for row in _first(f"{server.lower()}-1000"):
        if least := COMPARED.get(row["operation"]):
            what = f"{row['operation']}, 1,000 learners"
            yield _row(what, server, row["our ms"], row["ms"], f"≥ {least}×")
    table = _first(f"lists-{server.lower()}")
    speed = _speed(table, "page", "ms")
    for row in table:
        if most := LISTS.get(row["page"]):
            of = "" if row["page"].endswith(" attempts") else ", 400,000 attempts"
            what, least = f"{row['page']}{of}", f"≤ {most} ms"
            yield _row(what, server, row["ms"], "", least, here=_here(most, speed))


def _work(server: str) -> Iterator[list[str]]:
    """Yield what workers and operators do."""
    yield from _deliveries(server)
    for row in _first(f"migrations-{server.lower()}")[1:]:
        blocked = row["longest lock (ms)"]
        yield _row("longest lock during the migrations", server, blocked, "", "≤ 50 ms")
    for title, table in recorded.tables(f"memory-{server.lower()}").items():
        if title.startswith("Sweep"):
            each = table[0]["CPU per attempt (ms)"]
            yield _row(
                "sweep, CPU for each attempt",
                server,
                each,
                "",
                "≤ 7.2 ms (100,000 in 6 minutes on two cores)",
            )


def _deliveries(server: str) -> Iterator[list[str]]:
    delivered, any_request = [*recorded.tables(f"outbox-{server.lower()}").values(), [], []][:2]
    speed = _speed(any_request, "request", "ms")
    for row in delivered:
        least = DELIVERED[row["messages"]]
        yield _row(
            f"outbox, one worker, {row['messages']}",
            server,
            row["messages a second"],
            "",
            f"≥ {least:,} a second",
            "a second",
            here=f"≥ {least / speed:,.0f} a second" if speed else "–",
        )


def _starts(server: str) -> Iterator[list[str]]:
    """Yield the starts of an exam, by threads of each process."""
    starts: dict[str, dict[str, str]] = {}
    for row in _first(f"start-{server.lower()}"):
        if "version" in row:
            starts.setdefault(row["threads of each process"], {})[row["version"]] = row["seconds"]
    for threads, by_version in starts.items():
        what = f"start of an exam, 2 × {threads} threads"
        yield _row(what, server, by_version["this one"], by_version.get("6.1.4", ""), "≥ 1.8×", "s")


def _row(
    what: str,
    server: str,
    ours: str,
    theirs: str,
    least: str,
    unit: str = "ms",
    here: str = "–",
) -> list[str]:
    """Return a row; `here` is the target for a machine of this speed, if it is a time that depends on it."""
    now, then = recorded.number(ours), recorded.number(theirs)
    ratio = f"{then / now:.1f}" if now and then else "–"
    return [what, server, f"{ours} {unit}", f"{theirs} {unit}" if then else "–", ratio, least, here]


def _first(name: str) -> recorded.Table:
    """Return the first table of a file."""
    return next(iter(recorded.tables(name).values()), [])


def text() -> str:
    """Return the summary as reStructuredText."""
    return f"{as_table(HEADER, list(rows()))}\n"


def main() -> None:
    """Write the summary."""
    (recorded.RESULTS / "summary.rst").write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
