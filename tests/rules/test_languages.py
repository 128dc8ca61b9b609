"""Unexpected languages are told by their words and letters; where that is not clear, nothing is said."""

import pytest

from agora.rules.languages import KNOWN, unexpected

HERE = ("fr", "en")
ELSEWHERE = {
    "es": "Gane dinero desde casa con este sistema que funciona para todos, visite nuestra página.",
    "de": "Vielen Dank für den Artikel, wir hatten im letzten Jahr das gleiche Problem.",
    "it": "Mi piace molto questa biblioteca perché ci sono sempre dei libri nuovi per i bambini.",
    "pt": "Obrigado pelo artigo, eu não sabia que também era possível emprestar instrumentos aqui.",
    "nl": "Ik vind de nieuwe bibliotheek erg mooi, maar de stoelen zijn niet zo goed.",
    "cyrillic": "Это очень хорошая библиотека",
    "el": "Είναι μια πολύ ωραία βιβλιοθήκη",
    "arabic": "مكتبة جميلة جدا وأنا أحبها",
    "hebrew": "ספרייה מאוד יפה ונעימה",
    "zh": "非常好的图书馆，我很喜欢这里",
    "ja": "これはとてもいい図書館です",
    "ko": "정말 좋은 도서관입니다 감사합니다",
}


@pytest.mark.parametrize("language", ELSEWHERE)
def test_other_language_is_told(language: str) -> None:
    assert unexpected(ELSEWHERE[language], HERE) == language
    assert unexpected(ELSEWHERE[language], (*HERE, language)) == ""
    assert language in KNOWN


@pytest.mark.parametrize(
    "text",
    [
        "La bibliothèque reste ouverte le dimanche, et c’est une très bonne nouvelle pour le quartier.",
        "Je suis allée à Madrid voir el Museo del Prado et c'était magnifique, surtout las Meninas.",
        "I really like the new reading room, but the chairs are not very comfortable.",
        "Dit-on la biblioteca de la ciudad es muy bonita ? Je ne sais plus comment on le dit en espagnol.",
        "Biblioteka jest bardzo ładna i lubię tu przychodzić z dziećmi",  # no language that is known here
        "Muy bien, gracias!",
        "Привет",
        "Bravo 👍👍👍👍👍👍👍👍👍👍👍👍",
        "",
    ],
)
def test_doubtful_text_says_nothing(text: str) -> None:
    assert unexpected(text, HERE) == ""
