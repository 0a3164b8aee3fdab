"""Follow the guides as a stranger, from an empty folder, and write `docs/transcripts.rst`: ``python -m scripts.follow_guides``.

Copies each block of a guide in order: a caption that is a path is a file, a block of the language ``console`` is
typed line by line. Nothing is inherited from this checkout or from the environment. Until the package is on the index,
pip gets a wheel instead. `tests/docs/test_transcripts.py` compares guides and page.
"""

import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scripts import environments

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "transcripts.rst"
BLOCK = re.compile(
    r"^( *)\.\. (code-block|literalinclude):: (\S+)\n((?:\1   :.+\n)*)(?:\n((?:(?:\1   .*)?\n)+))?",
    re.MULTILINE,
)
FILE = re.compile(r"([\w./-]+\.\w+)(, at the end)?(?:, (?:at|for) .+)?$")
REFUSED = r'"detail"|"developer_message"|<!DOCTYPE|^[045]\d\d$'
NOISE = re.compile(
    r"^(WARNING: Location|\[notice\]|Looking in|  +(Downloading|━|Stored)|⚠️  You are running Tutor as root|Requirement already|Collecting|Processing|  +\S*━)"
)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
HEAD = """\
Transcripts
===========

What a stranger saw who followed the guides to the letter: in an empty folder, with nothing of a checkout of the package but the files that a
guide names, and with each line as it stands there. ``python -m scripts.follow_guides`` does this and writes this page; a test
compares it with the guides, so that a guide that has changed must be followed again. ``#`` begins a remark, ``…`` stands for lines
that were left out. The times are of a busy machine. From Tutor's guide only those steps were taken that need no container: where this
was written, its images could not be downloaded. The guide on translation begins with a checkout.

"""


@dataclass(frozen=True)
class Guide:
    """A page, and what a reader knows who comes to it."""

    page: str
    after: str = ""  # the guide in whose folder the reader continues
    typed: dict[str, str] = field(default_factory=dict)  # what a command asks for
    first: tuple[str, ...] = ()  # what was done before
    files: tuple[str, ...] = ()  # files of the source that the guide names
    has_checkout: bool = False  # the guide is for people who have the source
    not_here: str = "$^"  # commands that need what this machine does not have, as a pattern


@dataclass
class Step:
    """A file that was written, or a command with its answer."""

    text: str
    said: str = ""
    seconds: float = 0.0
    code: int = 0

    @property
    def is_stop(self) -> bool:
        """Return whether the reader cannot go on: it failed, or a request was refused."""
        refused = re.search(REFUSED, self.said) if self.text.startswith("curl") else None
        return bool(self.code or refused)


VENV = "python -m venv .venv && . .venv/bin/activate"
PASSWORD = {"createsuperuser": "secret\nsecret\ny\n"}
GUIDES = (
    Guide("django", typed=PASSWORD),
    Guide("grant-time", after="django"),
    Guide("connect-without-openedx", after="django"),
    Guide("handle-reviews", after="django"),
    Guide("change-texts", after="django"),
    Guide("theme", after="django"),
    Guide("test-your-host", after="django"),
    Guide("connect-a-provider", after="django"),
    Guide("write-a-provider"),
    Guide(
        "openedx",
        first=(VENV, "pip install -r requirements/openedx-2026-04.txt"),
        files=("requirements/openedx-2026-04.txt",),
    ),
    Guide("translate", has_checkout=True),
    Guide(
        "tutor",
        first=(VENV,),
        files=("docs/samples/tutor/proctoring.py",),
        not_here="tutor (local|images) |curl ",
    ),
)


def blocks(page: str) -> Iterator[tuple[str, str, str]]:
    """(language, caption, text) of a guide, in order; files that it includes, too."""
    text = (ROOT / "docs" / "guide" / f"{page}.rst").read_text("utf-8")
    for _, kind, name, options, body in BLOCK.findall(text):
        caption = dict(re.findall(r":(\w+): (.+)\n", options)).get("caption", "")
        if kind == "literalinclude":
            body = (ROOT / "docs" / "guide" / name).read_text("utf-8")
        yield name, caption, textwrap.dedent(body).strip("\n") + "\n"


def steps(page: str) -> Iterator[tuple[str, str, str]]:
    """("file" or "more", path, text) and ("line", command, "") of a guide."""
    for language, caption, text in blocks(page):
        path = FILE.match(caption)
        if path:
            yield ("more" if path[2] else "file"), path[1], text
        elif language == "console":
            for line in (
                re.sub(r"^\$ ", "", text, flags=re.MULTILINE).replace("\\\n", "\\\0").splitlines()
            ):
                if line.strip():
                    yield "line", line.replace("\\\0", "\\\n").strip(), ""


class Stranger:
    """Someone with a shell."""

    def __init__(self, folder: Path, guide: Guide, wheel: Path) -> None:
        self.folder, self.guide, self.wheel = folder, guide, wheel
        self.server: subprocess.Popen[bytes] | None = None
        self.has_changed = False

    def environment(self) -> dict[str, str]:
        """Return the environment of a fresh log-in, with the machine's ways to the registries."""
        kept = {name: value for name, value in os.environ.items() if re.match("PIP_|SSL_", name)}
        python = environments.find("3.11") or Path(sys.executable)
        path = f"{self.folder.parent / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        link = self.folder.parent / "bin" / "python"
        link.parent.mkdir(exist_ok=True)
        if not link.exists():
            link.symlink_to(python.resolve())
        return {**kept, "PATH": path, "HOME": str(self.folder.parent), "LANG": "C.UTF-8"}

    def do(self, kind: str, name: str, text: str) -> Step:
        """Take a step of the guide."""
        if kind != "line":
            return self.put(name, text, kind == "more")
        if re.match(self.guide.not_here, name):
            return Step(f"# not run, for lack of container images: {name}")
        return self.type(name)

    def put(self, path: str, text: str, more: bool) -> Step:
        """Write a file, or to its end."""
        self.has_changed = True
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("a" if more else "w", encoding="utf-8") as file:
            file.write(text)
        return Step(f"# {path}: {len(text.splitlines())} lines{', at the end' if more else ''}")

    def type(self, line: str) -> Step:
        """Type a line; each knows the variables and the virtual environment of those before."""
        if line.endswith("runserver"):
            return self.serve(line)
        if self.server is not None and self.has_changed:  # it would start again by itself
            self.leave()
            self.serve("python manage.py runserver")
        began = time.monotonic()
        state = self.folder.parent / "state"
        command = f"[ ! -f {state} ] || . {state}; set -a; {self.real(line)}\ncode=$?; export -p > {state}; exit $code"
        said, code = self.shell(command, self.answer(line))
        return Step(line, said, time.monotonic() - began, code)

    def answer(self, line: str) -> str:
        return next((text for part, text in self.guide.typed.items() if part in line), "")

    def real(self, line: str) -> str:
        """Return what exists: the package is not on the index yet."""
        return re.sub(r'"?edx-proctoring(\[\w+\])?>=7"?', rf'"{self.wheel}\1"', line)

    def shell(self, command: str, typed: str) -> tuple[str, int]:
        """Run it on a terminal of its own; what it said, and its code."""
        shell = ["/bin/bash", "-c", command]
        if not typed:
            done = subprocess.run(
                shell, cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1800,
            )  # fmt: skip
            return done.stdout.decode("utf-8", "replace"), done.returncode
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve(shell[0], shell, self.environment())
        said, waiting = b"", typed.splitlines(keepends=True)
        while True:
            try:
                said += os.read(terminal, 1024)
            except OSError:  # the end
                break
            if waiting and re.search(rb"(: |\] )$", said):
                os.write(terminal, waiting.pop(0).encode())
        return said.decode("utf-8", "replace").replace("\r", ""), os.waitstatus_to_exitcode(
            os.waitpid(child, 0)[1]
        )

    def serve(self, line: str) -> Step:
        """In a second window, until the end of the guide."""
        self.has_changed = False
        state = self.folder.parent / "state"
        log = (self.folder.parent / "server.log").open("wb")
        self.server = subprocess.Popen(
            ["/bin/bash", "-c", f". {state}; exec {line} --noreload"],
            cwd=self.folder, env=self.environment(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        probe = [
            "curl",
            "-s",
            "-o",
            "/dev/null",
            "--retry",
            "30",
            "--retry-connrefused",
            "--retry-delay",
            "1",
        ]
        code = subprocess.run([*probe, "http://127.0.0.1:8000/admin/login/"]).returncode
        return Step(line, "", 0, code)

    def leave(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait(30)


def walk(guide: Guide, folder: Path, wheel: Path) -> list[Step]:
    """All steps of a guide; a stop is shown at once."""
    stranger, done = Stranger(folder, guide, wheel), []
    if guide.has_checkout:
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    try:
        for name in guide.files:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
        known = [("line", line, "") for line in guide.first]
        for kind, name, text in [*known, *steps(guide.page)]:
            step = stranger.do(kind, name, text)
            print(f"   {step.seconds:6.1f} s  {step.code}  {step.text[:100]}", flush=True)
            if step.is_stop:
                print(f"STOP {guide.page}: {step.text}\n{step.said}")
            done.append(step)
    finally:
        stranger.leave()
    return done


def short(said: str, folder: Path, wheel: Path) -> list[str]:
    """The answer without what is only so on this machine, and without its middle."""
    said = said.replace(str(folder), "~/project").replace(str(folder.parent), "~")
    said = COLOUR.sub("", said.replace(str(wheel), wheel.name))
    lines = [line.rstrip()[:110] for line in said.splitlines() if not NOISE.search(line)]
    lines = [line for line in lines if line]
    return lines if len(lines) <= 16 else [*lines[:8], "…", *lines[-7:]]


def section(guide: Guide, done: list[Step], folder: Path, wheel: Path) -> str:
    """Return the transcript of one guide."""
    head = f":doc:`guide/{guide.page}`"
    seconds, stops = sum(step.seconds for step in done), sum(step.is_stop for step in done)
    left = sum(step.text.startswith("# not run") for step in done)
    counts = f"{len(done) - left} steps, {seconds:.0f} seconds of waiting; stops: {stops}."
    counts += f" Not run: {left}." if left else ""
    lines = [head, "-" * len(head), "", counts, "", ".. code-block:: console", ""]
    for step in done:
        first, *rest = step.text.splitlines()
        prompt = "" if first.startswith("# ") else "$ "
        lines += [f"   {prompt}{first}", *(f"   > {line}" for line in rest)]
        lines += [f"   {line}" for line in short(step.said, folder, wheel)]
    return "\n".join([*lines, ""])


def sections() -> dict[str, str]:
    """Return the transcripts of the page."""
    text = PAGE.read_text("utf-8") if PAGE.exists() else ""
    parts = re.split(r"^(?=:doc:`guide/)", text, flags=re.MULTILINE)[1:]
    return {part[len(":doc:`guide/") : part.index("`\n")]: part for part in parts}


def keep(page: str, text: str) -> None:
    """Put a transcript into the page, in the order of the guides."""
    known = {**sections(), page: text}
    found = [known[guide.page].strip() for guide in GUIDES if guide.page in known]
    PAGE.write_text(HEAD + "\n\n".join(found) + "\n", encoding="utf-8")


def main(names: list[str]) -> int:
    """Walk through all guides, or those that are named and what they continue; return 1 after a stop."""
    wanted = {*names, *(guide.after for guide in GUIDES if guide.page in names)}
    stops = 0
    with tempfile.TemporaryDirectory(prefix="guides-") as place:
        build = [sys.executable, "-m", "build", "--wheel", "--outdir", place, str(ROOT)]
        subprocess.run(build, check=True, capture_output=True)
        (wheel,) = Path(place).glob("*.whl")
        folders: dict[str, Path] = {}
        for guide in GUIDES:
            if names and guide.page not in wanted:
                continue
            folder = folders.get(guide.after) or Path(place) / guide.page / "project"
            folder.mkdir(parents=True, exist_ok=True)
            folders[guide.page] = folder
            print(guide.page, flush=True)
            done = walk(guide, folder, wheel)
            stops += sum(step.is_stop for step in done)
            keep(guide.page, section(guide, done, folder, wheel))
    print(f"{stops} stops")
    return int(stops > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
