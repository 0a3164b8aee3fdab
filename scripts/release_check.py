"""Check that this commit can be released, and put the files for upload into `dist/`: ``make release-check``.

Builds from what is committed, installs the wheel into an empty environment for each pair of Python and Django in
tox.ini, and runs an exam there. Everything is made in a temporary folder; only what is uploaded stays.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts import environments

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
DIST = ROOT / "dist"

# Licences that are compatible with a package under Apache 2.0.
PERMITTED = re.compile(
    r"apache|bsd|\bmit\b|\bisc\b|python software foundation|psf|mpl|mozilla|lgpl|lesser general public|unlicense|public domain|zero-clause|0bsd",
    re.IGNORECASE,
)
# Reviewed dependencies under other licences, and why they are acceptable; docs/release.rst names them.
LOOKED_AT = {
    "edx-opaque-keys": "AGPL, needed: course keys of Open edX",
    "edx-ccx-keys": "AGPL, extra openedx",
    "edx-toggles": "AGPL, extra openedx",
    "edx-when": "AGPL, extra openedx",
    "event-tracking": "AGPL, extra openedx",
    "web-fragments": "AGPL, extra openedx",
    "text-unidecode": "may be used under the Artistic License",
}

LICENCES = """
import importlib.metadata as metadata, json
found = {}
for one in metadata.distributions():
    said = one.metadata.get("License-Expression") or ""
    trove = [c.rpartition(" :: ")[2] for c in one.metadata.get_all("Classifier") or [] if c.startswith("License")]
    first = (one.metadata.get("License") or "").strip().splitlines()[:1]
    found[one.metadata["Name"]] = [one.version, said or ", ".join(trove) or "".join(first)]
print(json.dumps(found))
"""

USE = """
from django.conf import settings
settings.configure(
    SECRET_KEY="x", USE_TZ=True, ROOT_URLCONF="edx_proctoring.urls", ENV_ROOT=".",
    COURSE_ID_PATTERN=r"(?P<course_id>[^/+]+(/|\\\\+)[^/+]+(/|\\\\+)[^/]+)",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "rest_framework", "waffle", "simple_history", "edx_proctoring"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    PROCTORING_BACKENDS={"DEFAULT": "null", "null": {}},
    PROCTORING_SETTINGS={"DELIVERY": "inline"},
)
import django
django.setup()
import edx_proctoring
assert "site-packages" in edx_proctoring.__file__, edx_proctoring.__file__
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.auth.models import User
from edx_proctoring import api
learner = User.objects.create(username="learner")
exam_id = api.create_exam("course-v1:a+b+c", "content", "Exam", 10, is_proctored=False)
attempt_id = api.create_exam_attempt(exam_id, learner.pk)
api.start_exam_attempt(exam_id, learner.pk)
api.update_attempt_status(attempt_id, "submitted")
assert api.get_exam_attempt_by_id(attempt_id)["status"] == "submitted"
print(edx_proctoring.__version__, django.get_version())
"""


class Failed(Exception):
    """A check failed."""


class LeftOut(Exception):
    """A check cannot run on this machine."""


def run(*command: object, cwd: Path = ROOT, **environment: str) -> str:
    """Run a command without the checkout on its path; return its output. Raises Failed with the end of the output."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, capture_output=True, text=True, env={**clean, **environment}
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise Failed(f"{' '.join(words)[:120]}: exit code {done.returncode}\n{said}")
    return done.stdout


def pairs(envlist: str) -> list[tuple[str, str]]:
    """Return (Python, Django) of the environments, e.g. ("3.13", "6.0")."""
    lists = re.findall(r"py(\{[\d,]+\}|\d+)-django(\{[\d,]+\}|\d+)", envlist.replace(" ", ""))
    return [
        (f"3.{python[1:]}", f"{django[0]}.{django[1]}")
        for pythons, djangos in lists
        for python in pythons.strip("{}").split(",")
        for django in djangos.strip("{}").split(",")
    ]


def not_permitted(licences: dict[str, list[str]]) -> dict[str, str]:
    """Return the packages whose licence is unknown or not accepted."""
    return {
        name: licence or "unknown"
        for name, (_version, licence) in sorted(licences.items())
        if name not in LOOKED_AT and not PERMITTED.search(licence)
    }


class Release:
    """One run of all checks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "source"
        self.wheel = Path()

    def tree(self) -> str:
        """Check that everything is committed, so that the build equals the tag."""
        left = run("git", "status", "--porcelain").strip()
        if left:
            raise Failed(f"not committed:\n{left}")
        self.source.mkdir()
        archive = self.folder / "source.tar"
        run("git", "archive", "-o", archive, "HEAD")
        shutil.unpack_archive(archive, self.source)
        return run("git", "rev-parse", "--short", "HEAD").strip()

    def versions(self) -> str:
        """Check that the package, its npm package and the change log name the same version."""
        text = (self.source / "edx_proctoring" / "__init__.py").read_text("utf-8")
        version = re.search(r'__version__ = "([^"]+)"', text)
        assert version, "no version"
        npm = json.loads((self.source / "package.json").read_text("utf-8"))["version"]
        if npm.replace("-dev.", ".dev") != version[1]:
            raise Failed(f"edx_proctoring has {version[1]}, package.json {npm}")
        if version[1] not in (self.source / "CHANGELOG.rst").read_text("utf-8"):
            raise Failed(f"CHANGELOG.rst does not name {version[1]}")
        return version[1]

    def build(self) -> str:
        """Build the source distribution, and the wheel from it."""
        run(BIN / "python", "-m", "build", "--outdir", DIST, self.source)
        (self.wheel,) = DIST.glob("*.whl")
        return self.wheel.name

    def twine(self) -> str:
        """Check the metadata as the package index does."""
        run(BIN / "twine", "check", "--strict", *DIST.glob("edx_proctoring-*"))
        return "description and metadata"

    def install(self, python: str, django: str) -> str:
        """Install the wheel into an empty environment, and take an exam there."""
        base = environments.find(python)
        if base is None:
            raise LeftOut(f"Python {python} is not installed")
        place = self.folder / f"py{python}-django{django}"
        run(base, "-m", "venv", "--without-pip", place)
        interpreter = place / "bin" / "python"
        wanted = [self.wheel, f"Django~={django}.0"]
        run(BIN / "python", "-m", "uv", "pip", "install", "-q", "--python", interpreter, *wanted)
        return run(interpreter, "-c", USE, cwd=self.folder).strip()

    def npm(self) -> str:
        """Check the npm package: it contains everything that its entry needs."""
        if not shutil.which("npm"):
            raise LeftOut("npm is not installed")
        said = run("npm", "pack", "--json", "--pack-destination", DIST, cwd=self.source)
        (packed,) = json.loads(said)
        names = {one["path"] for one in packed["files"]}
        missing = {"edx_proctoring/static/index.js", "package.json"} - names
        if missing:
            raise Failed(f"not in the npm package: {sorted(missing)}")
        return f"{packed['filename']}, {len(names)} files"

    def docs(self) -> str:
        """Build the documentation without warnings."""
        run(BIN / "python", "-m", "sphinx", "-W", "-q", "-b", "html", "docs", self.folder / "html",
            cwd=self.source)  # fmt: skip
        return "no warning"

    def complete(self) -> Path:
        """Create an environment with all extras; return its interpreter."""
        place = self.folder / "complete"
        if not place.exists():
            run(BIN / "python", "-m", "venv", "--without-pip", place)
            wanted = f"{self.wheel}[openedx,openapi]"
            interpreter = place / "bin" / "python"
            run(BIN / "python", "-m", "uv", "pip", "install", "-q", "--python", interpreter, wanted)
        return place / "bin" / "python"

    def licences(self) -> str:
        """Check the licences of all installed dependencies; list them in `dist/licences.txt`."""
        found = json.loads(run(self.complete(), "-c", LICENCES))
        lines = [
            f"{name} {version}: {licence}" for name, (version, licence) in sorted(found.items())
        ]
        gone = sorted(LOOKED_AT.keys() - found.keys())
        if gone:
            raise Failed(f"no longer installed, remove from LOOKED_AT: {', '.join(gone)}")
        (DIST / "licences.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        bad = not_permitted(found)
        if bad:
            raise Failed("\n".join(f"{name}: {licence}" for name, licence in bad.items()))
        return f"{len(found)} packages"

    def sbom(self) -> str:
        """Write all components in CycloneDX format to `dist/sbom.json`."""
        target = DIST / "sbom.json"
        run(BIN / "cyclonedx-py", "environment", "--of", "JSON", "-o", target, self.complete())
        return f"{len(json.loads(target.read_text('utf-8'))['components'])} components"

    def checks(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield "everything is committed", self.tree
        yield "version", self.versions
        yield "build", self.build
        yield "twine", self.twine
        envlist = re.search(
            r"^envlist = (.*)$", (ROOT / "tox.ini").read_text("utf-8"), re.MULTILINE
        )
        assert envlist, "no envlist"
        for python, django in pairs(envlist[1]):
            yield (
                f"Python {python}, Django {django}",
                lambda python=python, django=django: self.install(python, django),
            )
        yield "npm pack", self.npm
        yield "docs", self.docs
        yield "licences", self.licences
        yield "SBOM", self.sbom


FIRST = ("everything is committed", "build")  # an empty list would mean that nothing was checked


def main() -> int:
    """Print a line per check; return 1 if one failed, or was skipped although REQUIRE_ALL is set."""
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    failed, left_out = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name, check in Release(Path(folder)).checks():
            try:
                print(f"ok        {name}: {check()}", flush=True)
            except LeftOut as reason:
                left_out.append(name)
                print(f"left out  {name}: {reason}", flush=True)
            except Failed as reason:
                failed.append(name)
                print(f"FAILED    {name}: {reason}", flush=True)
                if name in FIRST:
                    break
    if failed:
        print(f"Do not release: {', '.join(failed)}")
    elif left_out:
        print(f"All that ran is well; left out: {', '.join(left_out)}")
    else:
        print(f"Ready to upload: {', '.join(sorted(one.name for one in DIST.iterdir()))}")
    return int(bool(failed or (left_out and os.environ.get("REQUIRE_ALL"))))


if __name__ == "__main__":
    sys.exit(main())
