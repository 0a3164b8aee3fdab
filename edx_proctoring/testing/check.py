"""``python -m edx_proctoring.testing.check package.module:Class`` checks that a provider does what the app expects.

Needs no Django project. Exit code 0: all checks passed; 1: a check failed; 2: the provider could not be checked.
"""

import argparse
import json
import logging
import os
import sys
import traceback
import unittest
from collections.abc import Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edx_proctoring.testing.contract import ProviderContract
    from edx_proctoring.testing.contract.wire import Answer

HOLDS, FAILS, LEFT_OUT = "holds", "FAILS", "not checked"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = _parser().parse_args(arguments)
    try:
        suite = _suite(options)
    except (OSError, ValueError, TypeError, ImportError, AttributeError) as error:
        print(f"{options.what} cannot be checked: {error}", file=sys.stderr)
        return 2
    silent, root = logging.NullHandler(), logging.getLogger()
    root.addHandler(silent)  # without a handler Python prints warnings to stderr
    try:
        return report(run(suite))
    finally:
        root.removeHandler(silent)


def _suite(options: argparse.Namespace) -> "type[ProviderContract]":
    """Return the suite to run; exceptions explain why there is none."""
    given = json.loads(options.options.read_text(encoding="utf-8")) if options.options else {}
    if not isinstance(given, dict):
        raise TypeError("the options are not an object")
    configure()
    from edx_proctoring.testing.contract.base import CAPABILITIES  # noqa: PLC0415  needs Django
    from edx_proctoring.testing.contract.wire import recordings  # noqa: PLC0415  needs Django

    unknown = sorted(set(options.capability) - set(CAPABILITIES))
    if unknown:
        raise ValueError(f"there is no capability {unknown}; choose from {', '.join(CAPABILITIES)}")
    answers = recordings(options.recordings) if options.recordings else None
    found = resolve_name(options.what)
    if not isinstance(found, type):
        raise TypeError("it is not a class")
    return suite_of(found, given, options.capability, answers)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m edx_proctoring.testing.check", description=__doc__
    )
    parser.add_argument(
        "what", help="package.module:Class, a provider or a subclass of ProviderContract"
    )
    parser.add_argument("--options", type=Path, help="a JSON file with its options")
    parser.add_argument(
        "--recordings",
        type=Path,
        help="a JSON file with the requests to its service and the responses",
    )
    parser.add_argument(
        "--capability",
        action="extend",
        nargs="+",
        default=[],
        metavar="CAPABILITY",
        help="all its capabilities (default: registers notifies removes reviews)",
    )
    return parser


def configure() -> None:
    """Set up a project that contains only the app, for suites without a project: call this in conftest.py."""
    import django  # noqa: PLC0415  --help works without
    from django.conf import settings  # noqa: PLC0415  --help works without

    if not settings.configured:
        settings.configure(
            SECRET_KEY="not secret",
            USE_TZ=True,
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            INSTALLED_APPS=[
                "django.contrib.auth",
                "django.contrib.contenttypes",
                "django.contrib.sites",
                "rest_framework",
                "waffle",
                "simple_history",
                "edx_proctoring",
            ],
            ROOT_URLCONF="edx_proctoring.testing.contract.urls",
            COURSE_ID_PATTERN=r"(?P<course_id>[^/+]+(/|\+)[^/+]+(/|\+)[^/?]+)",
            SITE_NAME="lms.example.com",
            LMS_ROOT_URL="https://lms.example.com",
            LEARNING_MICROFRONTEND_URL="https://learning.example.com",
            PROCTORING_USER_OBFUSCATION_KEY="key",
            PROCTORING_BACKENDS={"DEFAULT": "null", "null": {}},
            PROCTORING_SETTINGS={"DELIVERY": "inline"},
        )
    django.setup()


def suite_of(
    found: type,
    options: dict[str, Any],
    capabilities: Sequence[str],
    answers: "Mapping[str, Answer] | None" = None,
) -> "type[ProviderContract]":
    """Return the checks: those of the author, or the standard ones for a provider's class."""
    from edx_proctoring.testing.contract import ProviderContract  # noqa: PLC0415  needs Django

    if issubclass(found, ProviderContract):
        if options or capabilities or answers:
            raise ValueError(
                "it has its own options, capabilities and answers: do not pass any here"
            )
        return found
    usual = ("registers", "notifies", "removes", "reviews")

    class Contract(ProviderContract):
        pass

    Contract.provider_class = found  # type: ignore[assignment]  # the check "options" tells if it is none
    Contract.options = options
    Contract.capabilities = capabilities or usual
    if answers is not None:
        Contract.answers = answers
    return Contract


def run(suite: "type[ProviderContract]") -> list[tuple[str, str, str]]:
    """Return (expectation, state, reason) of each check; a check that explains others comes before them."""
    rows = []
    for name in _checks_of(suite):
        title = name.removeprefix("test_").replace("_", " ")
        try:
            getattr(suite(), name)()
        except unittest.SkipTest as why:
            rows.append((title, LEFT_OUT, str(why)))
        except AssertionError as error:
            rows.append((title, FAILS, str(error)))
        except Exception as error:
            rows.append((title, FAILS, _raised(error)))
        else:
            rows.append((title, HOLDS, ""))
    return rows


def _checks_of(suite: type) -> list[str]:
    """Return the checks in the order of definition, base classes first, as pytest does."""
    names = (name for base in reversed(suite.__mro__) for name in vars(base))
    return list(dict.fromkeys(name for name in names if name.startswith("test_")))


def _raised(error: Exception) -> str:
    """Describe an unexpected exception and where the provider raised it."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"raised {error!r} in {frame.name} ({os.path.basename(frame.filename)}:{frame.lineno})"


def report(rows: Sequence[tuple[str, str, str]]) -> int:
    """Print the table; return the exit code."""
    width = max(len(title) for title, _, _ in rows)
    for title, state, why in rows:
        print(f"{title:<{width}}  {state:<11}  {why}".rstrip())
    counts = {state: [row[1] for row in rows].count(state) for state in (HOLDS, FAILS, LEFT_OUT)}
    print(", ".join(f"{count} {state}" for state, count in counts.items()))
    return 1 if counts[FAILS] else 0


if __name__ == "__main__":
    sys.exit(main())
