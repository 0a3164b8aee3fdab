"""``python -m benchmarks.summary``: one table from all recorded results: this version, 6.1.4, the ratio, and what to reach.

Where 6.1.4 has the operation, the ratio counts. Other times to reach were set on a machine where a request that only
authenticates takes 1.0 ms; what it took in the same run stands before them.
"""

from collections.abc import Iterator

from benchmarks import recorded
from benchmarks.__main__ import as_table
from benchmarks.recorded import IDLE

HEADER = ["what", "database", "this version", "6.1.4", "ratio", "to reach"]
SERVERS = ("SQLite", "PostgreSQL", "MariaDB")
# Operations of `benchmarks` with a course of 1,000 learners: what to reach, as a ratio.
COMPARED = {
    "grouped attempts, page 1": 20,
    "allowances grouped by learner": 20,
    "violation report (Python API)": 50,
    "all attempts of a course (Python API)": 50,
    "dashboard's page 1, attempts (Python API)": 20,
}
RATIOS = {  # of `benchmarks.learner`: what to reach, as a ratio
    "timed exam: create and start, poll, end, submit": {
        "SQLite": 2.0,
        "PostgreSQL": 2.7,
        "MariaDB": 2.9,
    },
    "proctored exam: create": {"": 1.4},
    "proctored exam: start": {"": 3.1},
    "status summary, permission granted (Python API)": {"": 15},
}
LISTS = {  # pages of `benchmarks.lists` with 400,000 attempts: milliseconds to reach
    "grouped attempts, page 1": 15,
    "grouped attempts, page 10": 15,
    "grouped attempts, status": 30,
    "grouped attempts, search, common": 60,
    "grouped attempts, search, rare": 30,
    "v2 attempts, page 1": 15,
    "allowances grouped by learner, 10,000": 140,
    "v2 allowances, page 1": 15,
    "onboarding, 100,000 learners": 25,
    "dashboard's page 1 (Python API), 10,000 attempts": 25,
}

MOST_IMPORTS = 50  # milliseconds to reach
DELIVERED = {"of one quick kind": 5000, "status e-mails": 500}  # messages a second to reach


def rows() -> Iterator[list[str]]:
    """Yield the rows of the table; without what was not recorded."""
    for server in SERVERS:
        yield from _pages(server)
        yield from _requests(server)
        yield from _starts(server)
        yield from _work(server)
    yield from _imports()


def _imports() -> Iterator[list[str]]:
    times = {row["version"]: row["ms"] for row in _first("imports")}
    if times:
        what = "own imports in django.setup()"
        yield _row(what, "–", times["this one"], times["6.1.4"], f"≤ {MOST_IMPORTS} ms")


def _requests(server: str) -> Iterator[list[str]]:
    for row in _first(f"learner-{server.lower()}"):
        times, least = (row["ours (ms)"], row["6.1.4 (ms)"]), RATIOS.get(row["requests"], {})
        target = least.get(server, least.get("", ""))
        yield _row(f"{row['requests']}, CPU", server, *times, f"≥ {target}×" if target else "–")


def _pages(server: str) -> Iterator[list[str]]:
    for row in _first(f"{server.lower()}-1000"):
        if least := COMPARED.get(row["operation"]):
            what = f"{row['operation']}, 1,000 learners"
            yield _row(what, server, row["our ms"], row["ms"], f"≥ {least}×")
    for title, table in recorded.tables(f"lists-{server.lower()}").items():
        exams = title.partition(",")[0]
        for row in table:
            least = LISTS.get(row["page"])
            if least:
                yield _row(f"{row['page']}; {exams}", server, row["ms"], "", f"≤ {least} ms")
            elif row["page"] == IDLE:
                yield _row(f"{IDLE}; {exams}", server, row["ms"], "", "–")


def _work(server: str) -> Iterator[list[str]]:
    """Yield what workers and operators do."""
    yield from _deliveries(server)
    for row in _first(f"migrations-{server.lower()}")[1:]:
        blocked = row["longest lock (ms)"]
        yield _row("longest lock during the migrations", server, blocked, "", "≤ 50 ms")
    for title, table in recorded.tables(f"memory-{server.lower()}").items():
        if title.startswith("Sweep"):
            (row,) = table
            each = 1000 * float(row["seconds"]) / float(row["ended"].replace(",", ""))
            least = "≤ 3.6 ms (100,000 in 6 minutes)"
            yield _row("sweep, time for each attempt", server, f"{each:.1f}", "", least)


def _deliveries(server: str) -> Iterator[list[str]]:
    delivered, any_request = [*recorded.tables(f"outbox-{server.lower()}").values(), [], []][:2]
    for row in any_request:
        yield _row(f"{row['request']}; outbox", server, row["ms"], "", "–")
    for row in delivered:
        what, least = f"outbox, one worker, {row['messages']}", DELIVERED[row["messages"]]
        yield _row(what, server, row["messages a second"], "", f"≥ {least:,} a second", "a second")


def _starts(server: str) -> Iterator[list[str]]:
    """Yield the starts of an exam, by threads of each process."""
    starts: dict[str, dict[str, str]] = {}
    for row in _first(f"start-{server.lower()}"):
        if "version" in row:
            starts.setdefault(row["threads of each process"], {})[row["version"]] = row["seconds"]
    for threads, by_version in starts.items():
        what = f"start of an exam, 2 × {threads} threads"
        yield _row(what, server, by_version["this one"], by_version.get("6.1.4", ""), "≥ 1.8×", "s")


def _row(what: str, server: str, ours: str, theirs: str, least: str, unit: str = "ms") -> list[str]:
    now, then = recorded.number(ours), recorded.number(theirs)
    ratio = f"{then / now:.1f}" if now and then else "–"
    return [what, server, f"{ours} {unit}", f"{theirs} {unit}" if then else "–", ratio, least]


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
