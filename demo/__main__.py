"""``python -m demo up|check|reset``: run the demo, verify that it works, or delete its data."""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from demo import environment, servers
from demo.environment import ROOT, Place, Trouble

FAULTS = ("ready", "notify", "review", "mail", "grade")


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    result.add_argument("what", choices=("up", "check", "reset"))
    result.add_argument("--fault", choices=FAULTS, default="", help="break this step of the walk")
    result.add_argument("--web-port", type=int, default=None, help="8000")
    result.add_argument("--simulator-port", type=int, default=None, help="11136")
    result.add_argument("--data", type=Path, default=ROOT / ".demo", help="folder of the data")
    result.add_argument("--begin-with", type=Path, help="check: a migrated SQLite database to copy")
    return result


def main() -> int:
    options = parser().parse_args()
    named = environment.named_servers()
    try:
        servers.require_known(named["DATABASE_URL"], named["CELERY_BROKER_URL"])
        return {"up": up, "check": check, "reset": reset}[options.what](options)
    except Trouble as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _place(options: argparse.Namespace) -> Place:
    return Place(
        data=options.data.resolve(),
        web_port=options.web_port or 8000,
        simulator_port=options.simulator_port or 11136,
        fault=options.fault,
        servers=environment.named_servers(),
    )


def up(options: argparse.Namespace) -> int:
    """Run the walks with fresh data, then keep running until interrupted."""
    place = _place(options)
    walked = place.data / "walked"

    def visit() -> int:
        if not walked.exists():
            if _has_begun():
                print(
                    "An earlier start was interrupted during its walk; `make demo-reset` deletes its data."
                )
            elif result := _walk(place):
                return result
            walked.touch()
        _invite(place)
        return 0

    with environment.held(place.data):
        return _run(place, visit, stays=True)


def check(options: argparse.Namespace) -> int:
    """Run all walks on fresh data; leave nothing behind."""
    with tempfile.TemporaryDirectory(prefix="proctoring-demo-") as folder:
        web_port = options.web_port or environment.free_port()
        named = environment.named_servers()
        database = servers.own_database(named["DATABASE_URL"], f"proctoring_demo_{web_port}")
        place = Place(
            data=Path(folder),
            web_port=web_port,
            simulator_port=options.simulator_port or environment.free_port(),
            fault=options.fault,
            fast=True,
            servers={**named, "DATABASE_URL": database},
        )
        place.prepare()
        if options.begin_with:
            shutil.copyfile(options.begin_with, place.database)
        servers.require_broker(named["CELERY_BROKER_URL"])
        servers.create_database(database)
        try:
            return _run(place, lambda: _walk(place), stays=False)
        finally:
            servers.drop_database(database)
            servers.forget_queue(named["CELERY_BROKER_URL"], place.queue)


def reset(options: argparse.Namespace) -> int:
    """Delete all data, in files and on servers."""
    place = _place(options)
    with environment.held(place.data):
        if place.servers["DATABASE_URL"]:
            place.prepare()
            _set_up_django(place)
            from django.core.management import call_command

            call_command("flush", verbosity=0, interactive=False)
        servers.forget_queue(place.servers["CELERY_BROKER_URL"], place.queue)
        environment.forget(place.data)
    print("The demo's data are deleted; the next start begins from scratch.")
    return 0


def _walk(place: Place) -> int:
    from demo import walks

    result = walks.run(place)
    if result and not place.fault:
        log = place.log.read_text(encoding="utf-8", errors="replace")
        print("\nLast output of the processes:\n" + log[-4000:], flush=True)
    return result


def _has_begun() -> bool:
    from edx_proctoring.models import ProctoredExamStudentAttempt

    return ProctoredExamStudentAttempt.objects.filter(user__username="alex").exists()


def _run(place: Place, visit: Callable[[], int], stays: bool) -> int:
    place.prepare()
    servers.require_broker(place.servers["CELERY_BROKER_URL"])
    _set_up_django(place)
    from django.core.management import call_command
    from django.db import connections

    from demo.host.seed import seed
    from demo.processes import Demo

    try:
        call_command("migrate", verbosity=0, interactive=False)
        seed()
        return Demo(place).run(visit, stays)
    finally:
        connections.close_all()


def _set_up_django(place: Place) -> None:
    os.environ.update(place.as_environment())
    import django
    from django.db import OperationalError, connection

    django.setup()
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise Trouble(f"The database does not respond: {error}") from error


def _invite(place: Place) -> None:
    from demo.host.seed import PURPOSES

    people = "\n".join(f"  {name:<10} {purpose}" for name, purpose in PURPOSES.items())
    print(
        f"""
The demo is up.
  Host       http://127.0.0.1:{place.web_port}/          choose who you are; everybody's password: demo
  Simulator  http://127.0.0.1:{place.simulator_port}/console/  choose what the provider does
  Log        {place.log}

Sign in as
{people}
Ctrl-C stops it.
""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
