"""Every sentence for people is in the French catalogue, whole, current, and set as French is set."""

import re

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from . import SOURCE, TEMPLATES

FRENCH = SOURCE / "translations" / "fr.po"

KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "_n": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# As rendering.py sets up its environment; a template that cannot be parsed is an error.
JINJA = {
    "silent": "false",
    "newstyle_gettext": "true",
    "trimmed": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
}

NAMED = re.compile(r"%\((\w+)\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]")
BRACED = re.compile(r"\{\w*\}")
TAG_OR_ENTITY = re.compile(r"<[^>]+>|&\w+;")

# What French typography refuses, and the words for it.
FAULTS = {
    "an ordinary space before ; ! ? : or »": re.compile(r" [;!?:»]"),
    "an ordinary space after «": re.compile(r"« "),
    "no space before ; ! ? or :": re.compile(r"[\w)»…][;!?:](?=\s|$)"),
    "a straight apostrophe": re.compile(r"'"),
    "straight quotation marks": re.compile(r'"'),
    "three dots for an ellipsis": re.compile(r"\.\.\."),
}

Key = tuple[str | None, tuple[str, ...]]  # context; singular, and plural where there is one


@pytest.fixture(scope="module")
def extracted() -> dict[Key, str]:
    """Every marked sentence, with one place where it stands."""
    python = extract_from_dir(SOURCE, [("**.py", "python")], keywords=KEYWORDS)
    jinja = extract_from_dir(TEMPLATES, [("**", "jinja2.ext:babel_extract")], {"**": JINJA}, keywords=KEYWORDS)
    found = {
        (context, forms(sentence)): f"{folder.name}/{file}:{line}"
        for folder, messages in ((SOURCE, python), (TEMPLATES, jinja))
        for file, line, sentence, _, context in messages
    }
    assert any(place.startswith("agora/") for place in found.values()), "no sentence is marked in src/agora"
    assert any(place.startswith("templates/") for place in found.values()), "no sentence is marked in templates/"
    return found


@pytest.fixture(scope="module")
def french() -> Catalog:
    assert FRENCH.is_file(), "src/agora/translations/fr.po is missing"
    with FRENCH.open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


def messages(catalogue: Catalog) -> list[Message]:
    """All but the header."""
    return [message for message in catalogue if message.id]


def forms(sentence: str | tuple[str, ...]) -> tuple[str, ...]:
    """Singular and plurals of a sentence that has them, or its only form."""
    return (sentence,) if isinstance(sentence, str) else tuple(sentence)


def key_of(message: Message) -> Key:
    return message.context, forms(message.id)


def test_no_sentence_is_missing(extracted: dict[Key, str], french: Catalog) -> None:
    known = set(map(key_of, messages(french)))
    assert {key[1]: place for key, place in extracted.items() if key not in known} == {}


def test_no_sentence_is_obsolete(extracted: dict[Key, str], french: Catalog) -> None:
    assert [message.id for message in messages(french) if key_of(message) not in extracted] == []
    assert list(french.obsolete) == []


def test_no_translation_is_fuzzy(french: Catalog) -> None:
    assert not french.fuzzy, "the header of fr.po is marked fuzzy"
    assert [message.id for message in messages(french) if message.fuzzy] == []


def test_no_translation_is_empty(french: Catalog) -> None:
    assert [message.id for message in messages(french) if not all(forms(message.string))] == []


def test_plurals_have_both_forms(french: Catalog) -> None:
    assert french.num_plurals == 2
    plurals = [message for message in messages(french) if message.pluralizable]
    assert [message.id for message in plurals if len(forms(message.string)) != 2] == []


def test_placeholders_are_the_same(french: Catalog) -> None:
    assert [message.id for message in messages(french) if not has_its_placeholders(message)] == []


def has_its_placeholders(message: Message) -> bool:
    """Whether the translation fills in what the original does.

    A singular may take the plural's placeholders: French says "0 commentaire" where English says "1 comment".
    """
    english = [placeholders(form) for form in forms(message.id)]
    singular, *plurals = [placeholders(form) for form in forms(message.string)]
    return singular in english and all(plural == english[-1] for plural in plurals)


def placeholders(sentence: str) -> set[str]:
    return set(NAMED.findall(sentence)) | set(BRACED.findall(sentence))


@pytest.mark.parametrize("fault", FAULTS)
def test_french_is_set_well(french: Catalog, fault: str) -> None:
    translations = [form for message in messages(french) for form in forms(message.string)]
    assert translations, "fr.po has no translations"
    assert [form for form in translations if FAULTS[fault].search(spoken(form))] == []


def spoken(sentence: str) -> str:
    """What is read of a sentence: no tags, and placeholders as if they were words."""
    return NAMED.sub("x", BRACED.sub("x", TAG_OR_ENTITY.sub("", sentence)))
