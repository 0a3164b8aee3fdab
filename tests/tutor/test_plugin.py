"""The results of the plug-in in Tutor: image, settings, services and Kubernetes."""

import io
import json
import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core import checks
from django.core.management import call_command, get_commands

from tests.tutor import environment

pytestmark = pytest.mark.needs("one-run")

PLUGIN = environment.ROOT / "docs" / "samples" / "tutor" / "proctoring.py"
GUIDE = environment.ROOT / "docs" / "guide" / "tutor.rst"
ACME = {
    "base_url": "https://acme.example.com",
    "client_id": "id",
    "client_secret": 'it\'s "secret"',
}
CONFIG = {
    "LMS_HOST": "lms.example.com",
    "ENABLE_HTTPS": True,
    "PROCTORING_REQUIREMENT": "edx-proctoring[openedx]==7.0.0",
    "PROCTORING_PROVIDER_REQUIREMENTS": ["acme-proctoring==1.2"],
    "PROCTORING_BACKENDS": {"DEFAULT": "acme", "acme": ACME, "null": {}},
    "PROCTORING_SETTINGS": {"LATE_MINUTES": 5, "REQUIRE_ENROLLMENT": True},
    "PROCTORING_MFE_ORIGINS": ["https://exams.example.com"],
}
EXTENSIONS = ["edx_proctoring.contrib.accommodations", "edx_proctoring.contrib.live"]
# Writes down what Tutor asks of it; no container runs.
DOCKER = """#!/bin/sh
echo "$@" >> "$TUTOR_ROOT/docker.log"
case "$*" in *" ls "*) echo "[]";; esac
"""


class Rendered:
    """The files that Tutor writes for this configuration."""

    def __init__(self, root: Path, config: dict[str, Any]) -> None:
        self.root = root
        root.mkdir(parents=True)
        (root / "config.yml").write_text(yaml.safe_dump(config), "utf-8")
        self.tutor("plugins", "install", str(PLUGIN))  # as the guide says
        self.tutor("plugins", "enable", "mfe", "proctoring")
        self.tutor("config", "save")

    def tutor(self, *arguments: str) -> str:
        paths = {
            "TUTOR_ROOT": self.root,
            "TUTOR_PLUGINS_ROOT": self.root / "plugins",
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
        }
        done = subprocess.run(
            [str(environment.TUTOR), *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, **{name: str(path) for name, path in paths.items()}},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def containers(self, *arguments: str) -> str:
        """Return the requests to Docker that a command of Tutor makes."""
        log = self.root / "docker.log"
        log.unlink(missing_ok=True)
        docker = self.root / "bin" / "docker"
        docker.parent.mkdir(exist_ok=True)
        docker.write_text(DOCKER, "utf-8")
        docker.chmod(0o755)
        self.tutor(*arguments)
        return log.read_text("utf-8")

    def read(self, name: str) -> str:
        return (self.root / "env" / name).read_text("utf-8")

    def settings(self, service: str) -> dict[str, Any]:
        """The settings that our parts of the files define."""
        text = self.read(f"apps/openedx/settings/{service}/production.py")
        compile(text, service, "exec")
        names: dict[str, Any] = {
            "FEATURES": {},
            "INSTALLED_APPS": [],
            "CORS_ORIGIN_WHITELIST": [],
            "CSRF_TRUSTED_ORIGINS": [],
        }
        for part in re.findall(
            r"# edx-proctoring: begin\n(.*?)# edx-proctoring: end", text, re.DOTALL
        ):
            exec(part, names)
        return names


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """The files, with everything configured."""
    if why := environment.prepare():
        pytest.skip(why)
    return Rendered(tmp_path_factory.mktemp("tutor") / "root", CONFIG)


def test_the_image_has_the_package_after_the_platforms_requirements(rendered: Rendered) -> None:
    lines = rendered.read("build/openedx/Dockerfile").splitlines()
    ours = [place for place, line in enumerate(lines) if "PIP_COMMAND:-pip} install '" in line]
    assert [lines[place].partition("'")[2].rstrip("'") for place in ours] == [
        "edx-proctoring[openedx]==7.0.0",
        "acme-proctoring==1.2",
    ]
    platform = max(place for place, line in enumerate(lines) if "requirements/edx/base.txt" in line)
    assert platform < ours[0]
    assert all(lines[place - 1].startswith("RUN --mount") for place in ours)


@pytest.mark.parametrize("service", ["lms", "cms"])
def test_the_settings_are_valid_python_and_valid_for_the_app(
    rendered: Rendered, service: str, settings: Any
) -> None:
    names = rendered.settings(service)
    assert names["ENABLE_SPECIAL_EXAMS"] is names["FEATURES"]["ENABLE_SPECIAL_EXAMS"] is True
    assert names["PROCTORING_BACKENDS"] == CONFIG["PROCTORING_BACKENDS"]
    ours = names["PROCTORING_SETTINGS"]
    assert ours["SITE_NAME"] == "lms.example.com"
    assert (ours["LATE_MINUTES"], ours["REQUIRE_ENROLLMENT"]) == (5, True)
    assert ours["FRAME_ANCESTORS"] == ["https://apps.lms.example.com"]
    assert len(ours["HEALTH_TOKEN"]) == len(names["PROCTORING_USER_OBFUSCATION_KEY"]) == 40
    settings.PROCTORING_SETTINGS = ours
    found = [one.id for one in checks.run_checks(tags=["edx_proctoring"])]
    assert "edx_proctoring.E001" not in found
    assert "edx_proctoring.W008" not in found


def test_origins_of_micro_frontends(rendered: Rendered) -> None:
    names = rendered.settings("lms")
    assert names["CORS_ORIGIN_WHITELIST"] == ["https://exams.example.com"]
    assert names["CSRF_TRUSTED_ORIGINS"] == ["https://exams.example.com"]


def test_each_service_has_one_beat(rendered: Rendered) -> None:
    compose = yaml.safe_load(rendered.read("local/docker-compose.prod.yml"))["services"]
    deployments = list(yaml.safe_load_all(rendered.read("k8s/deployments.yml")))
    for service in ("lms", "cms"):
        beat = compose[f"{service}-proctoring-beat"]
        assert beat["command"][:3] == ["celery", f"--app={service}.celery", "beat"]
        assert beat["environment"]["SERVICE_VARIANT"] == service
        worker = compose[f"{service}-worker"]
        assert beat["image"] == worker["image"]
        assert {one.rpartition(":")[0] for one in beat["volumes"]} <= {
            one.rpartition(":")[0] for one in worker["volumes"]
        }
        (pod,) = [
            one for one in deployments if one["metadata"]["name"] == f"{service}-proctoring-beat"
        ]
        assert pod["spec"]["replicas"] == 1
        assert pod["spec"]["strategy"] == {"type": "Recreate"}
        (container,) = pod["spec"]["template"]["spec"]["containers"]
        assert container["args"] == beat["command"]


def test_secrets_are_made_once(rendered: Rendered) -> None:
    before = rendered.settings("lms")["PROCTORING_USER_OBFUSCATION_KEY"]
    rendered.tutor("config", "save", "--set", "PROCTORING_SCHEDULE=cron")
    assert rendered.settings("lms")["PROCTORING_USER_OBFUSCATION_KEY"] == before
    assert "proctoring-beat" not in rendered.read("local/docker-compose.prod.yml")
    assert "proctoring-beat" not in rendered.read("k8s/deployments.yml")
    rendered.tutor("config", "save", "--set", "PROCTORING_SCHEDULE=beat")


@pytest.mark.django_db
def test_the_jobs_run_commands_that_exist(rendered: Rendered) -> None:
    jobs = rendered.containers("local", "do", "init", "--limit=proctoring")
    commands = re.findall(r"\./manage\.py (lms|cms) ([^&\n]+)", jobs)
    assert [(service, line.strip()) for service, line in commands] == [
        ("lms", "migrate edx_proctoring"),
        ("lms", "check --tag edx_proctoring"),
        ("cms", "check --tag edx_proctoring"),
    ]
    for _, line in commands:
        call_command(*line.split(), stdout=io.StringIO(), stderr=io.StringIO())


def test_extensions_are_installed_in_the_lms_and_migrated(rendered: Rendered) -> None:
    assert all(find_spec(name) for name in EXTENSIONS)
    rendered.tutor("config", "save", "--set", f"PROCTORING_EXTENSIONS={json.dumps(EXTENSIONS)}")
    assert rendered.settings("lms")["INSTALLED_APPS"] == EXTENSIONS
    assert rendered.settings("cms")["INSTALLED_APPS"] == []
    jobs = rendered.containers("local", "do", "init", "--limit=proctoring")
    assert "./manage.py lms migrate && " in jobs
    rendered.tutor("config", "save", "--unset", "PROCTORING_EXTENSIONS")


def test_the_guides_commands_are_commands_of_tutor(rendered: Rendered) -> None:
    guide = GUIDE.read_text("utf-8")
    jobs = re.findall(r"^ +tutor (local (?:do|run) .*)$", guide, re.MULTILINE)
    assert len(jobs) == 5
    for job in jobs:
        asks = ["--password=secret"] if "createuser" in job else []
        asked = rendered.containers(*job.split(), *asks)
        assert " run " in asked, job
    assert rendered.containers("images", "build", "openedx").startswith("buildx build")
    assert "proctoring_doctor" in get_commands()


def test_the_guide_names_what_there_is(rendered: Rendered) -> None:
    guide = GUIDE.read_text("utf-8")
    named = set(re.findall(r"``(PROCTORING_[A-Z_]+)``", guide))
    declared = set(re.findall(r'\("(PROCTORING_[A-Z_]+)"', PLUGIN.read_text("utf-8")))
    assert declared == named
    assert rendered.tutor("config", "printvalue", "PROCTORING_SCHEDULE").strip() == "beat"
