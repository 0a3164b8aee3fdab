"""Run commands as an operator does."""

import io

import pytest
from django.core.management import call_command


def run(name, *arguments, **options):
    out = io.StringIO()
    call_command(name, *arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


@pytest.fixture
def pauses(monkeypatch):
    """The pauses that commands made."""
    found = []
    monkeypatch.setattr("time.sleep", found.append)
    return found


@pytest.fixture
def listed(tmp_path):
    """Write a file with these lines."""

    def write(*lines):
        path = tmp_path / "ids.txt"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return str(path)

    return write
