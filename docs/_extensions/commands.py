"""The page of the management commands, from their help."""

import argparse

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand


def commands() -> list[str]:
    """Each command as an object with an anchor: what it does, and its options."""
    of_django = {one.dest for one in BaseCommand().create_parser("manage.py", "")._actions}
    lines: list[str] = []
    for name in sorted(name for name, app in get_commands().items() if app == "edx_proctoring"):
        parser = load_command_class("edx_proctoring", name).create_parser("manage.py", name)
        lines += [f".. command:: {name}", "", f"   {' '.join(str(parser.description).split())}", ""]
        for option in parser._actions:
            if option.dest not in of_django:
                lines += [f"   * ``{_written(option)}``: {_about(option)}"]
        lines.append("")
    return lines


def _written(option: argparse.Action) -> str:
    names = ", ".join(option.option_strings) or str(option.metavar or option.dest)
    takes = bool(option.option_strings) and option.nargs != 0
    choices = f" {{{','.join(map(str, option.choices))}}}" if option.choices else ""
    return names + (choices or f" {str(option.metavar or option.dest).upper()}" if takes else "")


def _about(option: argparse.Action) -> str:
    if not option.help:
        raise ValueError(f"The option {option.option_strings or option.dest} has no help.")
    return " ".join((option.help % vars(option)).split())
