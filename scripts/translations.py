"""Update the message catalogs in edx_proctoring/locale.

    python -m scripts.translations             take over new texts into all catalogs, and compile them
    python -m scripts.translations new fr      begin the catalogs of a language
    python -m scripts.translations missing     list what is not translated, by language

Texts of Python code and templates are in the domain `django`, those of frontend in `djangojs`. An extension in
edx_proctoring/contrib has a catalog of its own, here `accommodations/django`, and so has the demo's host. Babel reads and writes the files; it knows
the plural forms of all languages.
"""

import ast
import datetime
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.plurals import PLURALS
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "edx_proctoring"
LOCALE = PACKAGE / "locale"
SCRIPTS = [ROOT / "frontend" / "src", ROOT / "frontend" / "mfe"]
CONTRIB = PACKAGE / "contrib"
DEMO = ROOT / "demo" / "host"
HOMES = {
    **{path.parent.name: path.parent for path in sorted(CONTRIB.glob("*/apps.py"))},
    "demo": DEMO,
}
DOMAINS = ("django", "djangojs", *(f"{name}/django" for name in HOMES))
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext"}
PLACE = re.compile(r"\{\w+\}")
ALIASES = {"zh_CN": ["zh_Hans"]}  # Django's name in addition to that of Open edX
WIDTH = 100
# Fixed: a run without new texts changes nothing.
WRITTEN = datetime.datetime(2026, 11, 30, tzinfo=datetime.UTC)

# Babel numbers the last two forms of Arabic the other way round than CLDR, Django and the Open edX catalogs.
PLURALS["ar"] = (
    6,
    "(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5)",
)

Text = str | tuple[str, str]


def in_code(source: str) -> Iterator[Text]:
    """Yield the texts that Python code marks; pairs for those with a plural."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in CALLS:
            continue
        texts = [one.value for one in call.args if isinstance(one, ast.Constant)]
        if texts:
            is_plural = getattr(call.func, "id", "") == "ngettext"
            yield (str(texts[0]), str(texts[1])) if is_plural else str(texts[0])


def in_template(source: str) -> Iterator[Text]:
    """Yield the texts that a template marks; Django rewrites them as calls."""
    quoted = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    code = templatize(source)
    for one, many in re.findall(rf"ngettext\({quoted}\s*,\s*{quoted}", code):
        yield ast.literal_eval(one), ast.literal_eval(many)
    for text in re.findall(rf"(?<!n)gettext\({quoted}\)", code):
        yield ast.literal_eval(text)


def in_script(source: str) -> Iterator[Text]:
    """Yield the texts that a script marks, in single quotes; pairs for those with a plural."""
    quoted = r"\s*'((?:[^'\\]|\\.)*)'"
    for one, many in re.findall(rf"ngettext\({quoted},{quoted}", source):
        yield one.replace("\\'", "'"), many.replace("\\'", "'")
    for text in re.findall(rf"(?<!n)gettext\({quoted}", source):
        yield text.replace("\\'", "'")


def texts(domain: str) -> dict[Text, list[str]]:
    """Return all texts of a domain with the files that hold them, as paths from the package or from the root."""
    found: dict[Text, list[str]] = {}
    if domain == "djangojs":
        sources = [(path, in_script, ROOT) for folder in SCRIPTS for path in folder.rglob("*.ts")]
    else:
        app = domain.rpartition("/")[0]
        home = HOMES[app] if app else PACKAGE
        base = PACKAGE if PACKAGE in [home, *home.parents] else ROOT
        sources = [(path, in_code, base) for path in home.rglob("*.py")]
        sources += [(path, in_template, base) for path in home.rglob("*.html")]
        if not app:
            sources = [one for one in sources if CONTRIB not in one[0].parents]
    for path, marked, base in sorted(sources, key=lambda one: str(one[0])):
        for text in marked(path.read_text(encoding="utf-8")):
            place = path.relative_to(base).as_posix()
            if place not in found.setdefault(text, []):
                found[text].append(place)
    return found


def languages() -> list[str]:
    """Return the names of the directories in edx_proctoring/locale, such as `pt_BR`."""
    return sorted(path.parents[1].name for path in LOCALE.glob("*/LC_MESSAGES/django.po"))


def file_of(language: str, domain: str) -> Path:
    """Return the path of a catalog's source."""
    app, _, name = domain.rpartition("/")
    locale = HOMES[app] / "locale" if app else LOCALE
    return locale / language / "LC_MESSAGES" / f"{name}.po"


def catalog(language: str, domain: str) -> Catalog:
    """Read a catalog; an empty one where there is none."""
    path = file_of(language, domain)
    if not path.exists():
        return Catalog(locale=language, domain=domain)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def refresh(language: str, domain: str) -> Catalog:
    """Take new texts over, drop those that are gone, and write source and compiled catalog.

    References name files without lines: lines would change with every commit.
    """
    known = catalog(language, domain)
    fresh = Catalog(
        locale=language,
        domain=domain,
        project="edx-proctoring",
        version="7.0.0",
        copyright_holder="the maintainers of edx-proctoring",
        last_translator="the maintainers of edx-proctoring",
        language_team=language,
        msgid_bugs_address="",
        fuzzy=False,
        header_comment=(
            f"# Texts of edx-proctoring in the language {language}.\n"
            "# This file is distributed under the same license as the edx-proctoring package."
        ),
    )
    fresh.creation_date = fresh.revision_date = WRITTEN
    marked = texts(domain)
    if not marked:
        return fresh
    for text, places in sorted(marked.items(), key=lambda one: (one[1], str(one[0]))):
        before = known.get(text) or known.get(text[0] if isinstance(text, tuple) else text)
        translated = before.string if before and type(before.id) is type(text) else None
        flags = ["python-brace-format"] if PLACE.search(str(text)) else []
        comments = before.user_comments if before else ()
        fresh.add(text, translated, [(place, 0) for place in places], flags, user_comments=comments)
    path = file_of(language, domain)
    path.parent.mkdir(parents=True, exist_ok=True)
    source, compiled = io.BytesIO(), io.BytesIO()
    write_po(source, fresh, width=WIDTH, include_lineno=False, ignore_obsolete=True)
    write_mo(compiled, fresh)
    path.write_bytes(source.getvalue())
    for name in [language, *ALIASES.get(language, [])]:
        target = file_of(name, domain).with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(compiled.getvalue())
    return fresh


def missing(language: str, domain: str) -> list[Text]:
    """Return the texts without a translation."""
    found = []
    for message in catalog(language, domain):
        strings = message.string if isinstance(message.string, list | tuple) else [message.string]
        if message.id and not all(strings):
            found.append(message.id)
    return found


def main(arguments: list[str]) -> int:
    """Run a command; return the exit status."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    if arguments[:1] == ["missing"]:
        for language in languages():
            for text in [one for domain in DOMAINS for one in missing(language, domain)]:
                print(f"{language}: {text}")
        return 0
    if arguments[:1] == ["new"] and len(arguments) == 2:
        names = [arguments[1].replace("-", "_")]
    elif not arguments:
        names = languages()
    else:
        print(__doc__)
        return 2
    for name in names:
        for domain in DOMAINS:
            count = len(refresh(name, domain))
            print(f"{name} {domain}: {count} texts, {len(missing(name, domain))} not translated")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
