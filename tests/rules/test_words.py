"""Lists of watched words find them in every disguise, as whole words and no others."""

import pytest

from agora.rules import words
from agora.rules.folding import readings
from agora.rules.words import entries_of, fault_of, word_list


@pytest.mark.parametrize(
    "text",
    [
        "CASINO",
        "Le casino.",
        "саѕіnо",  # Cyrillic
        "ϲαsιnο",  # Greek
        "c4$ino",
        "cas1no",
        "c@sin0!",
        "ca\u200bsi\u00adno\u2060",
        "c\u0336a\u0336s\u0336i\u0336n\u0336o\u0336",
        "cásïnô",
        "ｃａｓｉｎｏ",
        "𝐜𝐚𝐬𝐢𝐧𝐨 𝓬𝓪𝓼𝓲𝓷𝓸",
        "ⓒⓐⓢⓘⓝⓞ",
        "🅲🅰🆂🅸🅽🅾",
        "c.a.s.i.n.o",
        "c a s i n o",
        "https://casino.example/",
        "ᴄᴀsɪɴᴏ",
    ],
)
def test_word_is_found_in_disguise(text: str) -> None:
    assert word_list(("poker", "casino")).words_in(f"Hello {text} friends") == ["casino"]


@pytest.mark.parametrize("text", ["casinos", "occasino", "cas ino", "casin", "C A S", "1984", "l’occasion", ""])
def test_other_words_are_left_alone(text: str) -> None:
    assert word_list(("casino",)).words_in(text) == []


def test_several_words_stand_in_a_row() -> None:
    found = word_list(("Paris sportifs", "œuvre d'art", "sportifs paris")).words_in(
        "Des PARIS-sportifs, une oeuvre d’art"
    )

    assert found == ["Paris sportifs", "œuvre d'art"]


def test_entry_with_digits_is_itself() -> None:
    mp3 = word_list(("mp3",))

    assert mp3.words_in("Un MP3 ?") == ["mp3"]
    assert mp3.words_in("Un mpe ?") == []


def test_numbers_are_no_disguise() -> None:
    assert readings("En 1984, 50 % !") == ["en 1984 50"]


def test_unreadable_expression_of_a_file_breaks_nothing() -> None:
    watched = word_list(("/(/", "casino"))

    assert watched.expressions == ()
    assert watched.words_in("A ( casino") == ["casino"]


def test_list_is_one_entry_a_line() -> None:
    assert entries_of(" casino \n\n/vi+agra/\r\nparis sportifs") == ("casino", "/vi+agra/", "paris sportifs")


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        (("casino", "/cas[i1]no/"), None),
        (("casino", "/cas(i1]no/"), "The expression /cas(i1]no/ cannot be read at character 11: missing )."),
        (("/" + "a" * 301 + "/",), "An expression has at most 300 characters."),
        (("?!",), "“?!” has no letters or digits."),
        (("a" * 101,), "“aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…” is too long for an entry."),
        (("a",) * (words.MOST_ENTRIES + 1), "A list has at most 2000 entries."),
        (("/a/",) * (words.MOST_EXPRESSIONS + 1), "A list has at most 50 expressions."),
    ],
    ids=range(7),
)
def test_faulty_list_says_where(entries: tuple[str, ...], says: str | None) -> None:
    fault = fault_of(entries)

    assert (fault and fault.text % fault.values) == says
