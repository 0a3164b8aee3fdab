"""The catalogs of texts: complete, translated, compiled."""

import ast
import re
from functools import partial
from gettext import GNUTranslations
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parents[2] / "edx_proctoring"
GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}
PLACEHOLDERS = re.compile(r"%\(\w+\)s|\{\w*\}|<[^>]+>")
REFRESH = (
    "run `django-admin makemessages -a` and `compilemessages` in edx_proctoring; "
    "texts of frontend/src stand in djangojs.po"
)


CONTRIB = PACKAGE / "contrib"


def catalog(language, name="django.po"):
    """`django.po` of the core, or of an extension: `accommodations/django.po`."""
    extension, _, file = name.rpartition("/")
    home = CONTRIB / extension if extension else PACKAGE
    return home / "locale" / language / "LC_MESSAGES" / file


def entries(language, domain="django"):
    """Texts and their translations; of texts with a plural, tuples."""
    found = {}
    for block in catalog(language, f"{domain}.po").read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        parts = re.findall(r'^(msg\S+) ((?:"(?:[^"\\]|\\.)*"\s*)+)', "\n".join(lines), re.MULTILINE)
        texts = {
            keyword: "".join(ast.literal_eval(piece) for piece in value.splitlines())
            for keyword, value in parts
        }
        if not texts.get("msgid"):
            continue
        if "msgid_plural" in texts:
            found[texts["msgid"], texts["msgid_plural"]] = (texts["msgstr[0]"], texts["msgstr[1]"])
        else:
            found[texts["msgid"]] = texts["msgstr"]
    return found


def marked(source):
    """Texts that Python code marks for translation."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in GETTEXT:
            continue
        texts = [text.value for text in call.args if isinstance(text, ast.Constant)]
        if texts:
            yield tuple(texts) if call.func.id == "ngettext" else texts[0]


def marked_in_template(source):
    """Texts that a template marks: Django rewrites them as calls."""
    quoted = r"('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    for text in re.findall(rf"gettext\(u?{quoted}\)", templatize(source)):
        yield ast.literal_eval(text)


def source_texts(extension=None):
    """Texts of the core, or of an extension, which has a catalog of its own."""
    home = CONTRIB / extension if extension else PACKAGE
    texts = set()
    for path in [*home.rglob("*.py"), *home.rglob("*.html")]:
        if extension or CONTRIB not in path.parents:
            read = marked if path.suffix == ".py" else marked_in_template
            texts.update(read(path.read_text(encoding="utf-8")))
    return texts


def script_texts():
    """Texts that scripts mark; they use no plurals and no other quotes."""
    call = re.compile(r"gettext\(\s*'((?:[^'\\]|\\.)*)'")
    paths = (PACKAGE.parent / "frontend" / "src").rglob("*.ts")
    return {text for path in paths for text in call.findall(path.read_text(encoding="utf-8"))}


EXTENSIONS = sorted(path.parent.name for path in CONTRIB.glob("*/apps.py"))
DOMAINS = {
    "django": source_texts,
    "djangojs": script_texts,
    **{f"{name}/django": partial(source_texts, name) for name in EXTENSIONS},
}


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", ["en", "de"])
def test_all_texts_are_in_the_catalog_and_no_others(language, domain):
    listed, used = set(entries(language, domain)), DOMAINS[domain]()
    assert used
    assert (used - listed, listed - used) == (set(), set()), REFRESH


@pytest.mark.parametrize("domain", DOMAINS)
def test_all_texts_are_in_german(domain):
    texts = entries("de", domain)
    untranslated = [text for text, german in texts.items() if not all(german or [""])]
    assert untranslated == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_translations_keep_places_and_markup(domain):
    for text, german in entries("de", domain).items():
        pairs = zip(text, german, strict=True) if isinstance(text, tuple) else [(text, german)]
        for before, after in pairs:
            assert sorted(PLACEHOLDERS.findall(before)) == sorted(PLACEHOLDERS.findall(after))


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_compiled_is_what_is_written(domain):
    with catalog("de", f"{domain}.mo").open("rb") as file:
        compiled = GNUTranslations(file)
    for text, german in entries("de", domain).items():
        if isinstance(text, tuple):
            assert tuple(compiled.ngettext(*text, count) for count in (1, 2)) == german
        else:
            assert compiled.gettext(text) == german
