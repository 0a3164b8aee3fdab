"""The message catalogs are complete, translated and compiled."""

import functools
import re
from gettext import GNUTranslations

import pytest

from scripts import translations

DOMAINS = translations.DOMAINS
TARGETS = [name for name in translations.languages() if name != "en"]
PLACEHOLDERS = re.compile(r"%\(\w+\)s|\{\w*\}|<[^>]+>")
REFRESH = "run: python -m scripts.translations"
# Only numbers and units.
UNITS = {
    "{before} → {after} min",
    "{count} × {minutes} min",
    "+{count} min",
    "{all} min = {limit} + {more}",
}
# Loanwords from English, and names.
SAME = {
    "de": {
        "Status", "Name", "OK", "Details", "Start", "Onboarding", "Student", "Problem", "Review",
        "System", "Outbox", "JSON", "CSV", "Browser", "Code", "ID", "Live",
        "{count} min",
    },
    "fr": {
        "Actions", "Attention", "Message", "Message…", "Messages", "Minutes", "OK", "Source", "Type", "organisation", "site",
        "{count} minute",
    },
    "es": {"Error", "error", "Factor", "factor", "{count} min"},
    "pt_BR": {"OK", "Status", "status", "site", "{count} min"},
}  # fmt: skip

in_both = pytest.mark.parametrize("domain", DOMAINS)
in_each = pytest.mark.parametrize("language", TARGETS)


# Read and extracted once for all tests.
catalog = functools.cache(translations.catalog)
texts_of = functools.cache(translations.texts)


def entries(language, domain):
    """Return messages and translations as tuples: one string, or one for each plural form."""
    for message in catalog(language, domain):
        if message.id:
            texts = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            yield texts, strings


@in_both
@pytest.mark.parametrize("language", translations.languages())
def test_the_catalog_contains_all_messages_and_no_others(language, domain):
    used = {(text,) if isinstance(text, str) else text for text in texts_of(domain)}
    listed = {texts for texts, _ in entries(language, domain)}
    assert used or "/" in domain
    assert (used - listed, listed - used) == (set(), set()), REFRESH


@in_both
@in_each
def test_a_language_is_complete(language, domain):
    assert translations.missing(language, domain) == []


@in_both
@in_each
def test_translations_keep_placeholders_and_markup(language, domain):
    plurals = catalog(language, domain).num_plurals
    for texts, strings in entries(language, domain):
        assert len(strings) == (plurals if len(texts) == 2 else 1), texts
        wanted = sorted(PLACEHOLDERS.findall(texts[-1]))
        for number, string in enumerate(strings):
            found = sorted(PLACEHOLDERS.findall(string))
            # "One minute" and "two minutes" may be words: the forms for small numbers may leave the number out.
            is_small = len(strings) > 1 and number < len(strings) - 1
            assert found == wanted or (is_small and set(found) <= set(wanted)), string


@in_both
@in_each
def test_no_message_is_left_in_english(language, domain):
    same = {texts[0] for texts, strings in entries(language, domain) if strings[0] == texts[0]}
    known = SAME.get(language, set()) | UNITS
    worded = {text for text in same if re.search("[A-Za-z]{3}", PLACEHOLDERS.sub("", text))}
    assert worded - known == set()


# The patterns of signs with the wrong neighbour, by language.
SIGNS = {"de": r"[^ .(]…", "fr": "« | [:;!?»](?!\\w)"}


@in_both
@pytest.mark.parametrize("language", sorted(SIGNS))
def test_signs_have_the_spaces_of_the_language(language, domain):
    """In French a sign of two parts never begins a line; in German a space stands for the words left out."""
    strings = {string for _, found in entries(language, domain) for string in found}
    assert {string for string in strings if re.search(SIGNS[language], string)} == set()


@in_both
@in_each
def test_the_compiled_catalogs_are_up_to_date(language, domain):
    names = [language, *translations.ALIASES.get(language, [])]
    for name in names if texts_of(domain) else []:
        with translations.file_of(name, domain).with_suffix(".mo").open("rb") as file:
            compiled = GNUTranslations(file)
        for texts, strings in entries(language, domain):
            if len(texts) == 1:
                assert compiled.gettext(texts[0]) == strings[0], REFRESH
            else:
                found = {compiled.ngettext(*texts, count) for count in range(200)}
                assert found <= set(strings), REFRESH


def test_a_new_language_has_all_messages_and_its_plural_forms(tmp_path, monkeypatch):
    monkeypatch.setattr(translations, "LOCALE", tmp_path / "locale")
    monkeypatch.setattr(translations, "DOMAINS", ("django", "djangojs"))
    assert translations.main(["new", "ar"]) == 0
    assert translations.languages() == ["ar"]
    for domain in ("django", "djangojs"):
        assert len(translations.catalog("ar", domain)) == len(translations.texts(domain))
        assert translations.catalog("ar", domain).num_plurals == 6
    assert translations.main(["unknown"]) == 2


SENTENCES = re.compile(
    r"{% blocktrans(?:late)?\b([^%]*)%}(.*?){% endblocktrans(?:late)? %}", re.DOTALL
)
NAMES = re.compile(r"{{ (exam|course|provider|username|reason|\w+_name) }}")


def not_isolated(markup):
    """Return the names of exams, courses and people that take the direction of the sentence around them."""
    for head, sentence in SENTENCES.findall(markup):
        for name in NAMES.findall(re.sub("<bdi>.*?</bdi>", "", sentence)):
            if not re.search(rf"\b{name}=[\w.]+\|isolated\b", head):
                yield name


def test_names_in_sentences_keep_their_own_direction():
    sentence = "{% blocktrans WITH %}End {{ exam_name }}{% endblocktrans %}"
    assert list(not_isolated(sentence)) == ["exam_name"]
    assert not list(not_isolated(sentence.replace("WITH", "with exam_name=exam.name|isolated")))
    templates = {
        path.relative_to(translations.ROOT): path.read_text()
        for path in sorted((translations.ROOT / "edx_proctoring").rglob("templates/**/*.html"))
    }
    assert sum(len(NAMES.findall(markup)) for markup in templates.values()) > 30
    assert {
        str(path): found
        for path, markup in templates.items()
        if (found := list(not_isolated(markup)))
    } == {}
