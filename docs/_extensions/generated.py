"""Pages that are drawn from the code, so that they cannot be out of date."""

import inspect
import re
from typing import Any

import django
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

SAME_NAME = " [1]_"


def _default(setting: Any) -> str:
    """As Python writes it; functions that look further say in their docstring where."""
    if not callable(setting.default):
        return f"``{setting.default!r}``"
    if not setting.default.__doc__:
        raise ValueError(f"The default of {setting.name} has no docstring.")
    return str(setting.default.__doc__)


class _Table(Directive):
    def rows(self) -> list[str]:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        node = nodes.section()
        node.document = self.state.document
        self.state.nested_parse(StringList(self.rows()), self.content_offset, node)
        return list(node.children)


class Settings(_Table):
    """All settings of one kind."""

    required_arguments = 1

    def rows(self) -> list[str]:
        from edx_proctoring import conf

        lines: list[str] = []
        for setting in getattr(conf, self.arguments[0]):
            note = SAME_NAME if setting.fallback else ""
            lines += [f".. setting:: {setting.name}", "", f"   Default: {_default(setting)}", ""]
            end = "" if setting.why.endswith("…") else "."
            lines += [f"   {setting.why[:1].upper()}{setting.why[1:]}{end}{note}", ""]
        return lines


def _text(documented: Any) -> str:
    """A docstring as reStructuredText."""
    text = inspect.getdoc(documented)
    if not text:
        raise ValueError(f"{documented} has no docstring.")
    return re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", text)


def _entry(head: str, text: str) -> list[str]:
    """An entry of a definition list."""
    return [head, *("   " + line if line else "" for line in text.splitlines()), ""]


def signature(function: Any) -> str:
    """Name and parameters, without types; those that are not given stay `…`."""
    plain = inspect.signature(function)
    bare = [
        one.replace(
            annotation=one.empty,
            default=one.default if isinstance(one.default, (str, int, float, type(None))) else ...,
        )
        if one.default is not one.empty
        else one.replace(annotation=one.empty)
        for one in plain.parameters.values()
    ]
    text = str(inspect.Signature(bare)).replace("Ellipsis", "…")
    return f"{function.__name__}{text}"


class PythonApi(_Table):
    """The public functions, from `api.__all__`."""

    def rows(self) -> list[str]:
        from edx_proctoring import api

        known = (getattr(api, name) for name in api.__all__)
        own = [
            one
            for one in known
            if inspect.isfunction(one) and one.__module__.startswith("edx_proctoring.api.")
        ]
        lines = []
        for function in sorted(own, key=lambda one: one.__name__):
            head = f".. py:function:: edx_proctoring.api.{signature(function)}"
            lines += _entry(head, f"\n{_text(function)}")
        return lines


class Services(_Table):
    """Describe the calls of each service, from the protocols."""

    def rows(self) -> list[str]:
        from edx_proctoring.protocols import SERVICES

        lines = []
        for protocol in SERVICES.values():
            text = [_text(protocol), ""]
            for name, method in vars(protocol).items():
                if name.startswith("_"):
                    continue
                call = signature(method).replace("(self, ", "(")
                back = inspect.formatannotation(inspect.signature(method).return_annotation)
                text.append(f"* ``{call}`` → ``{back.rpartition('abc.')[2]}``")
            lines += _entry(f"``{protocol.__name__}``", "\n".join(text))
        return lines


class Transitions(_Table):
    """The legal changes of status."""

    def rows(self) -> list[str]:
        from families import FAMILIES, is_legal

        lines = [".. list-table::", "   :header-rows: 1", "", "   * - from, to"]
        lines += [f"     - {name}" for name in FAMILIES]
        for name in FAMILIES:
            lines.append(f"   * - {name}")
            lines += ["     - " + ("legal" if is_legal(name, to) else "illegal") for to in FAMILIES]
        return lines


class Operations(_Table):
    """Every operation of the REST interface."""

    optional_arguments = 1

    def rows(self) -> list[str]:
        import rest_pages

        return rest_pages.operations(*self.arguments or ["v1"])


class Shapes(_Table):
    """The components of the REST interface."""

    optional_arguments = 1

    def rows(self) -> list[str]:
        import rest_pages

        return rest_pages.shapes(*self.arguments or ["v1"])


class Commands(_Table):
    """The management commands."""

    def rows(self) -> list[str]:
        import commands

        return commands.commands()


class Families(Directive):
    """The same as a picture."""

    def run(self) -> list[nodes.Node]:
        from families import picture

        return [nodes.raw("", picture(), format="html")]


class Architecture(Directive):
    """The layers as a picture."""

    def run(self) -> list[nodes.Node]:
        from architecture import picture

        return [nodes.raw("", picture(), format="html")]


class Providers(_Table):
    """List the checks of the app's own providers."""

    def rows(self) -> list[str]:
        from edx_proctoring.testing.contract.base import CAPABILITIES
        from tests.contract import test_own as own

        suites = {
            "``null``": own.Null,
            "``mock``": own.Mock,
            "by REST": own.Rest,
            "``software_secure``, ``rpnow4``": own.Rpnow,
        }
        lines = [".. list-table::", "   :header-rows: 1", ""]
        for place, cell in enumerate(["", *suites]):
            lines.append(f"   {' ' if place else '*'} - {cell}")
        for capability in CAPABILITIES:
            marks = [
                "yes" if capability in suite.capabilities else "–" for suite in suites.values()
            ]
            for place, cell in enumerate([capability, *marks]):
                lines.append(f"   {' ' if place else '*'} - {cell}")
        return lines


class ProviderOptions(_Table):
    """The options that a class of providers adds to those of its base classes."""

    required_arguments = 1

    def rows(self) -> list[str]:
        from django.utils.module_loading import import_string

        lines = [".. list-table::", "   :header-rows: 1", "   :widths: 30 20 50", ""]
        lines += ["   * - Name", "     - Type", "     - What for"]
        for option in import_string(self.arguments[0]).provider_options:
            kinds = f"{option.kinds()}, secret" if option.secret else option.kinds()
            lines += [f"   * - ``{option.name}``", f"     - {kinds}", f"     - {option.why}"]
        return lines


class Differences(_Table):
    """The table of differences from 6.1.4."""

    def rows(self) -> list[str]:
        import differences

        return differences.page()


class SpecialExamsTab(_Table):
    """The tables of what the tab of 6.1.4 lacked."""

    def rows(self) -> list[str]:
        import special_exams_tab

        return special_exams_tab.page()


class PersonalData(_Table):
    """The tables with personal data."""

    def rows(self) -> list[str]:
        import personal_data

        return personal_data.page()


class Roles(_Table):
    """List the routes that each role may call."""

    def rows(self) -> list[str]:
        import roles

        return roles.table()


class PatchPoints(_Table):
    """List the effects of patches at old import paths."""

    def rows(self) -> list[str]:
        import differences

        return differences.patch_points()


def setup(app: Any) -> dict[str, Any]:
    django.setup()
    for kind in ("setting", "command", "operation"):
        app.add_object_type(kind, kind, objname=kind, indextemplate=f"single: %s ({kind})")
    app.add_directive("management-commands", Commands)
    app.add_directive("settings-table", Settings)
    app.add_directive("transitions-table", Transitions)
    app.add_directive("status-families", Families)
    app.add_directive("python-api", PythonApi)
    app.add_directive("host-services", Services)
    app.add_directive("rest-operations", Operations)
    app.add_directive("rest-shapes", Shapes)
    app.add_directive("provider-matrix", Providers)
    app.add_directive("provider-options", ProviderOptions)
    app.add_directive("differences", Differences)
    app.add_directive("special-exams-tab", SpecialExamsTab)
    app.add_directive("personal-data", PersonalData)
    app.add_directive("roles-table", Roles)
    app.add_directive("patch-points", PatchPoints)
    app.add_directive("architecture-picture", Architecture)
    return {"parallel_read_safe": True}
