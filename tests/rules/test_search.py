"""A search looks for words as people mean them: without accents, case and endings."""

import pytest

from agora.rules.search import EXCERPT, MOST_TERMS, MOST_WORDS, Term, excerpt, marked, terms, words


def shown(pieces: list) -> str:  # type: ignore[type-arg]
    return "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in pieces)


def test_words_are_plain() -> None:
    assert words("L’Œuvre d'été — ŒUVRE, d’e\u0301te\u0301; snake_case 2026") == [
        "l",
        "oeuvre",
        "d",
        "ete",
        "snake",
        "case",
        "2026",
    ]


def test_words_are_bounded() -> None:
    many = words(" ".join(f"w{n}" for n in range(MOST_WORDS + 10)))
    assert len(many) == MOST_WORDS
    assert [len(word) for word in words("x" * 5000)] == [60]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("jardins", "Le jardin"),
        ("jardin", "Les JARDINS d’été"),
        ("ete", "Les jardins d’été"),
        ("Été", "un ete"),
        ("œuvre", "des oeuvres"),
        ("cultivées", "cultiver son jardin"),
        ("choux", "un chou"),
        ("the gardens", "a garden"),
        ("l’arbre", "des arbres"),
        ("2026", "en 2026"),
        ("сад", "Вишнёвый сад"),
        ("to be", "to be or not to be"),
    ],
)
def test_words_meet(query: str, text: str) -> None:
    assert all(any(term.meets(word) for word in words(text)) for term in terms(query))


@pytest.mark.parametrize(
    ("query", "text"), [("rose", "une prose"), ("sol", "le soleil"), ("20", "2026"), ("le chat", "le chien")]
)
def test_words_pass_by(query: str, text: str) -> None:
    assert not all(any(term.meets(word) for word in words(text)) for term in terms(query))


@pytest.mark.parametrize("query", ["", "  ", "!?", "___", "—", "\u0301"])
def test_nothing_is_asked(query: str) -> None:
    assert terms(query) == []


def test_small_words_count_only_alone() -> None:
    assert terms("le jardin de la mer") == [Term("jardin", False), Term("mer", True)]
    assert [term.text for term in terms("de la")] == ["de", "la"]


def test_terms_are_bounded() -> None:
    assert len(terms(" ".join(f"mot{n}" for n in range(50)))) == MOST_TERMS
    assert len(terms("x" * 10_000)[0].text) <= 60


def test_matches_are_marked() -> None:
    assert shown(marked("L’été au jardin, <b>jardins</b>", terms("ete jardin"))) == (
        "L’[été] au [jardin], <b>[jardins]</b>"
    )


def test_accents_in_two_signs_are_marked() -> None:
    assert shown(marked("l’e\u0301te\u0301", terms("ete"))) == "l’[été]"


def test_excerpt_shows_the_place() -> None:
    text = "Rien de particulier ici. " * 40 + "Puis un jardin avec des roses. " + "Et rien non plus. " * 40

    part = excerpt(text, terms("rose jardin"))

    assert "[jardin] avec des [roses]" in shown(part)
    assert shown(part).startswith("… ")
    assert shown(part).endswith(" …")
    assert len(shown(part)) < EXCERPT + 20


def test_excerpt_begins_where_nothing_stands() -> None:
    assert shown(excerpt("Un texte court.", terms("jardin"))) == "Un texte court."
    assert shown(excerpt("", terms("jardin"))) == ""


def test_excerpt_bears_one_long_word() -> None:
    assert len(shown(excerpt("x" * 5000, terms("jardin")))) <= EXCERPT + 4
