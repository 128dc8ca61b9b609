"""The spam filter by itself: what it sees, how it learns, and that it forgets to the last digit."""

import json
import random
import tomllib
from pathlib import Path

import pytest

from agora.resources import packaged
from agora.rules import spam_reading
from agora.rules.spam import ANY, NOTHING, Learned, Memory, Prior, lesson_of, number_of, score_of
from agora.rules.spam_signs import signs
from agora.store.spam import prior

COMMENTS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "comments.jsonl").read_text(encoding="utf-8").splitlines()
]
KNOWS_NOTHING = Prior({}, 0.0)
CASINO = "Bonus de 500 € au casino : https://casino-royal.example/bonus"
THANKS = "Merci pour cet article, la grainothèque est une belle idée."


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Un CASINO !", "word casino"),
        ("c&#39;est le casino", "word casino"),
        ("V.I.A.G.R.A", "word viagra"),
        ("v1agr4 et ca$ino", "word viagra"),
        ("саsinо", "word casino"),  # two letters are Cyrillic
        ("ca\u200bsi\u200bno", "word casino"),
        ("ca\u200bs\u200bi\u200bno", "invisible"),
        ("ｃａｓｉｎｏ", "word casino"),
        ("geniaaaaal", "word geniaal"),
        ("Check out my channel", "pair check out"),
        ("jackpot", "topic gambling"),
        ("voir www.bit.ly/x et https://a.example/b/c", "links 2"),
        ('<a href="https://www.casino.example/x">ici</a>', "host casino.example"),
        ("[url=https://casino.example]x[/url]", "html"),
        ("écrivez à jean@example.org", "word <mail>"),
        ("appelez le 01 99 00 12 34", "word <phone>"),
        ("2 000 € par mois", "word <money>"),
        ("écrivez à jean (AT) maison.museum", "word <mail>"),
        ("-30 % partout", "word <percent>"),
        ("en 1998", "word <year>"),
        ("c a s i n o", "word casino"),
        ("c-a-s-i-n-o", "spaced"),
        ("HONTE À VOUS TOUS", "capitals 60+"),
        ("Заработок в интернете", "other-script"),
        ("👍", "no-letters"),
    ],
)
def test_signs_see_through_disguise(text: str, sign: str) -> None:
    assert sign in signs(text)


def test_signs_are_few() -> None:
    words = " ".join(f"mot{chr(97 + number % 26)}{chr(97 + number // 26 % 26)}" for number in range(2000))
    assert len(signs(words)) < 450
    assert signs("") == signs(" \ufeff ")


def test_long_words_fill_no_memory() -> None:
    before = spam_reading._word.cache_info().currsize

    assert spam_reading.word_of("a1" * 2_500)
    assert spam_reading._word.cache_info().currsize == before


def test_names_and_addresses_count() -> None:
    found = signs("Merci !", name="Casino Bonus", website="https://casino.example/")
    assert {"name casino", "website", "site casino.example"} <= set(found)


def test_the_prior_knows_spam() -> None:
    filter_ = Memory(prior())
    assert filter_.score(CASINO).is_held
    assert not filter_.score(THANKS).is_held


def test_it_learns_what_a_site_decides() -> None:
    filter_ = Memory(KNOWS_NOTHING)
    for number in range(6):
        filter_.learn(f"Le grand maître numéro {number} vous attend", True)
        filter_.learn(f"La bibliothèque du quartier {number} est ouverte", False)
    assert filter_.score("Le grand maître attend").is_held
    assert not filter_.score("La bibliothèque est ouverte").is_held


def test_why_names_the_strongest_signs() -> None:
    why = Memory(prior()).score(CASINO).why
    assert len({(code, *values.values()) for code, values, _ in why}) == len(why)
    assert ("topic", {"value": "gambling"}) in [(code, values) for code, values, _ in why]
    assert [abs(points) for _, _, points in why] == sorted((abs(points) for _, _, points in why), reverse=True)


def test_points_add_up_to_the_score() -> None:
    filter_ = Memory(prior())
    for comment in COMMENTS[:100]:
        filter_.learn(comment["text"], comment["spam"])
    score = filter_.score(CASINO)
    bias = filter_.prior.bias + filter_.learned[ANY].weight
    assert score.probability == Memory(Prior({}, bias + sum(p for _, p in score.points))).score("").probability


def test_lessons_are_unlearned_in_any_order() -> None:
    learned: dict[str, Learned] = {}
    lessons = []
    for comment in random.Random(1).sample(COMMENTS, 60):
        found = [ANY, *signs(comment["text"])]
        lesson = lesson_of(found[1:], comment["spam"], prior(), learned)
        lessons.append((found, lesson))
        learned |= {sign: learned.get(sign, NOTHING) + lesson for sign in found}
    for found, lesson in random.Random(2).sample(lessons, len(lessons)):
        learned |= {sign: learned[sign] + -lesson for sign in found}
    assert set(learned.values()) == {NOTHING}


def test_what_was_expected_teaches_little() -> None:
    found = signs(CASINO)
    expected, surprising = (abs(lesson_of(found, is_spam, prior(), {}).slope) for is_spam in (True, False))
    assert 5 * expected < surprising


def test_numbers_fit_a_column() -> None:
    assert all(0 <= number_of(sign) < 2**63 for sign in signs(CASINO))


def test_one_kind_alone_is_not_counted() -> None:
    found = signs(THANKS)
    one = lesson_of(found, False, KNOWS_NOTHING, {})
    learned = dict.fromkeys([ANY, *found], one)
    assert score_of(found, KNOWS_NOTHING, learned).probability < 0.5


@pytest.mark.parametrize("evil", ["0" * 10_000, "12.34" * 2000, "<a " * 3000, "a@" * 5000, "(1)" * 3000, "a.b" * 3000])
def test_evil_texts_show_few_signs(evil: str) -> None:
    assert len(signs(evil)) < 450


def test_a_new_site_is_helped() -> None:
    """Of comments that the prior was made from, hardly any is judged wrongly. Honest figures: docs/spam.md."""
    filter_ = Memory(prior())
    held = {
        is_spam: [filter_.score(c["text"]).is_held for c in COMMENTS if c["spam"] is is_spam]
        for is_spam in (True, False)
    }
    assert sum(held[False]) <= 0.01 * len(held[False])
    assert sum(held[True]) >= 0.9 * len(held[True])


def test_readers_of_the_sample_are_not_held() -> None:
    """The discussions of the sample content: the prior was not made from them."""
    files = packaged("demo_content", "discussions").glob("*.toml")
    comments = [comment for file in files for comment in tomllib.loads(file.read_text(encoding="utf-8"))["comment"]]
    filter_ = Memory(prior())
    held = {comment["key"]: comment["state"] for comment in comments if filter_.score(comment["body"]).is_held}
    assert len(comments) > 80
    assert "published" not in held.values()
    assert len(held) >= 4
