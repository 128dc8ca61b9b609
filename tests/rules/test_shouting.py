"""Shouting is measured in capitals and in rows of the same sign."""

import pytest

from agora.rules.shouting import longest_row, percent_of_capitals


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("CECI EST UN SCANDALE ET PERSONNE NE DIT RIEN", 100),
        ("Ceci est un scandale et personne ne dit rien.", 3),
        ("ÇA ALORS, UN été à l’ombre DES JEUNES FILLES", 71),
        ("OK LOL", 0),
        ("UNE BIBLIOTHÈQUE INTERCOMMUNALE", 0),  # three words may be a name
        ("Voir https://EXAMPLE.ORG/AAAAAAAAAAAAAAAAAAAA pour le reste du texte.", 5),
        ("1234 5678 !!!", 0),
    ],
)
def test_capitals_are_counted(text: str, percent: int) -> None:
    assert percent_of_capitals(text) == percent


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("Quoi ?!?!?!", 6),
        ("nooooon", 5),
        ("👎👎👎👎", 4),
        ("Oui !", 0),
        ("-----\n***** ##### … ... ||||", 0),
        ("Non… !!", 0),
    ],
)
def test_rows_are_measured(text: str, longest: int) -> None:
    assert longest_row(text) == longest
