"""What people type with a keyboard is set as a typesetter would set it, once and for all."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora.rules.markup import comment_html, post_html
from agora.rules.typography import quotable, typeset

# In these tests, ~ is a narrow no-break space and _ a no-break space.
NARROW, WIDE = "\u202f", "\u00a0"


def spaced(text: str) -> str:
    return text.replace("~", NARROW).replace("_", WIDE)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Quoi ? Oui ! Bon ; fin.", "Quoi~? Oui~! Bon~; fin."),
        ("Il dit : oui", "Il dit_: oui"),
        ("Il dit :", "Il dit_:"),
        ("« bonjour »", "«~bonjour~»"),
        ("«bonjour»", "«~bonjour~»"),
        ("«   bonjour   » !", "«~bonjour~»~!"),
        ("« Quoi ? »", "«~Quoi~?~»"),
        ("quoi\u00a0?", "quoi~?"),
        ("quoi\u2009?!", "quoi~?!"),
        ("l'eau, aujourd'hui", "l’eau, aujourd’hui"),
        ("attends.... non...", "attends… non…"),
        ("un mot -- un autre", "un mot — un autre"),
        ("10 000 000 €, 50 %", "10~000~000~€, 50~%"),
        # Not to be touched:
        ("Quoi? Oui!", "Quoi? Oui!"),
        ("à 10:30, voir :smile:", "à 10:30, voir :smile:"),
        ("5 mai 2026", "5 mai 2026"),
        ("'entre apostrophes'", "'entre apostrophes'"),
        ("a--b --c", "a--b --c"),
        ("https://a.fr/l'eau...?x=1;y ?", "https://a.fr/l'eau...?x=1;y~?"),
        ("", ""),
    ],
)
def test_french_is_set_in_french(typed: str, printed: str) -> None:
    assert typeset(typed, "fr") == spaced(printed)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("It's here... why ?", "It’s here… why ?"),
        ("« so » : 10 000 %", "« so » : 10 000 %"),
    ],
)
def test_english_keeps_its_spaces(typed: str, printed: str) -> None:
    assert typeset(typed, "en") == printed


def test_regional_french_is_french() -> None:
    assert typeset("Quoi ?", "fr-CA") == f"Quoi{NARROW}?"


# Short pieces of what the rules look at, so that they meet each other often.
TYPED = st.lists(
    st.sampled_from(
        [*" \t\n\u00a0\u202f«»:;!?%€.'-\"()1234", "000", "a", "é", "--", "...", "https://a.fr/l'", "“", "”"]
    ),
    max_size=30,
).map("".join)


@given(st.one_of(TYPED, st.text()), st.sampled_from(["fr", "en"]))
def test_typesetting_twice_changes_nothing(text: str, language: str) -> None:
    once = typeset(text, language)

    assert typeset(once, language) == once


@given(TYPED, st.sampled_from(["fr", "en"]))
def test_no_word_is_lost(text: str, language: str) -> None:
    """Only spaces, dots, dashes, apostrophes may become others."""

    def skeleton(text: str) -> str:
        return re.sub(r"[\s.…\-—'’]", "", text)

    assert skeleton(typeset(text, language)) == skeleton(text)


def test_inner_quotes_change_level() -> None:
    assert quotable("Il dit « oui » !", "fr") == spaced("Il dit “oui”~!")
    assert quotable("He said “yes”.", "en") == "He said ‘yes’."


@pytest.mark.parametrize("render", [comment_html, post_html])
def test_code_stays_as_typed(render: Callable[[str, str], str]) -> None:
    code = """l'eau ... -- "un" : 10 000 ?"""

    inline, block = render(f"`{code}`", "fr"), render(f"```\n{code}\n```", "fr")

    assert f"<code>{code}</code>" in inline
    assert f"<code>{code}\n</code>" in block


@pytest.mark.parametrize("render", [comment_html, post_html])
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "«\u202fl’eau\u202f» et “l’air”\u202f!"),
        ("en", "“l’eau” et ‘l’air’ !"),
    ],
)
def test_straight_quotes_are_curled(render: Callable[[str, str], str], language: str, words: str) -> None:
    html = render("""\"l'eau" et 'l'air' !""", language)

    assert html == f"<p>{words}</p>\n"


@pytest.mark.parametrize("render", [comment_html, post_html])
@pytest.mark.parametrize("address", ["https://fr.wikipedia.org/wiki/L'eau", "https://a.fr/a...b?c=1;d"])
def test_addresses_stay_as_typed(render: Callable[[str, str], str], address: str) -> None:
    html = render(f"Voir {address} et <{address}> !", "fr")

    assert html.count(f'href="{address}"') == 2
    assert html.count(f">{address}</a>") == 2
