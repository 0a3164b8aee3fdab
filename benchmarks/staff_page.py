"""``python -m benchmarks.staff_page``: the staff page of a large course in Chromium with a slow processor.

Real processes: the database, waitress, and Chromium whose processor is slowed down four times, with an empty cache for each
visit. Prints the time from the beginning of the visit until the page can be used: the first rows are drawn, and the browser
has time again for what its user does. `--most` is the limit for the median.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import conditions
from benchmarks.__main__ import as_table, publish
from benchmarks.start import environment, waitress, web
from tests.upgrade import sides

FOUND = "staff page: "
# Rows are in the document, then on the screen, then the browser is idle. The page tells this by its console: to wait for a
# condition in it, Playwright would run 300 KB of its own scripts in it, which the slow processor needs 200 ms for.
WATCH = """
(() => {
  const rows = () => document.querySelector('proctoring-staff-page')?.shadowRoot
    ?.querySelector('proctoring-attempts')?.shadowRoot?.querySelectorAll('tbody th .who').length;
  const watch = () => {
    if (!rows()) return requestAnimationFrame(watch);
    const drawn = performance.now();
    requestAnimationFrame(() => requestIdleCallback(() => {
      console.debug('staff page: ' + JSON.stringify({ drawn, usable: performance.now(), rows: rows() }));
    }));
  };
  requestAnimationFrame(watch);
})();
"""


@contextmanager
def chromium() -> Iterator[Any]:
    """Start the browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def visit(browser: Any, address: str, path: str, session: str, slower: float) -> dict[str, float]:
    """Return the milliseconds until rows are drawn and until the page can be used, and the number of rows."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.add_init_script(WATCH)
    with page.expect_console_message(
        lambda line: line.text.startswith(FOUND), timeout=60_000
    ) as line:
        page.goto(path)
    found: dict[str, float] = json.loads(line.value.text.removeprefix(FOUND))
    context.close()
    return found


def measure(options: argparse.Namespace) -> list[dict[str, float]]:
    """Return what each visit took; the first one, for which the server has no caches, is left out."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(sides.database(options.server, "bench_staff", folder))
        env = {**environment(database), "DJANGO_SETTINGS_MODULE": "staff_settings"}
        data = [sys.executable, "-m", "staff_data", str(options.attempts)]
        made = subprocess.run(data, env=env, capture_output=True, text=True, check=False)
        if made.returncode:
            raise RuntimeError(made.stderr[-2000:])
        course, session = made.stdout.split()
        command = waitress(sides.OURS, options.port, 4, "staff_wsgi")
        stack.enter_context(web(command, env, options.port, folder / "web.log"))
        browser = stack.enter_context(chromium())
        path = f"/api/edx_proctoring/pages/courses/{course}/special-exams/#attempts"
        address = f"http://127.0.0.1:{options.port}"
        visits = range(options.rounds + 1)
        return [visit(browser, address, path, session, options.slower) for _ in visits][1:]


def main() -> int:
    """Run the command line; 1 if the page takes longer than it may."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.staff_page", description=__doc__)
    parser.add_argument("--server", default="SQLite", choices=["SQLite", "PostgreSQL", "MariaDB"])
    parser.add_argument("--attempts", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=9, help="visits that count")
    parser.add_argument("--slower", type=float, default=4, help="how much slower the processor is")
    parser.add_argument("--most", type=float, default=1000, help="milliseconds, of the median")
    parser.add_argument("--port", type=int, default=18790)
    options = conditions.parse(parser)
    found = measure(options)
    rows = []
    for what, name in (("rows are drawn", "drawn"), ("the page can be used", "usable")):
        times = sorted(one[name] for one in found)
        rows.append([what, f"{statistics.median(times):.0f}", f"{times[-1]:.0f}"])
    told = (
        f"{options.attempts:,} attempts, {found[0]['rows']:.0f} rows on the page, processor {options.slower:g} times "
        f"slower, {len(found)} visits with an empty cache."
    )
    title = f"The staff page in Chromium, {options.server}"
    text = f"{as_table(['until', 'median (ms)', 'longest (ms)'], rows)}\n\n{told}"
    publish(f"staff-page-{options.server.lower()}", options.server, [(title, text)])
    return int(statistics.median(one["usable"] for one in found) > options.most)


if __name__ == "__main__":
    sys.exit(main())
