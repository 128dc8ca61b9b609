"""Personal data are recognised in the forms in which people write them, and other numbers are left alone."""

import pytest

from agora.rules.personal import MOST_OF_A_KIND, Kind, particulars

PHONE, EMAIL, POSTAL, NIR = Kind.PHONE, Kind.EMAIL, Kind.POSTAL, Kind.NIR


@pytest.mark.parametrize(
    ("text", "kind", "passage"),
    [
        ("Appelez-moi au 06 12 34 56 78 !", PHONE, "06 12 34 56 78"),
        ("06.12.34.56.78", PHONE, "06.12.34.56.78"),
        ("tel:0123456789.", PHONE, "0123456789"),
        ("06\u202f12\u202f34\u202f56\u202f78", PHONE, "06 12 34 56 78"),
        ("+33 (0)6 12 34 56 78", PHONE, "+33 (0)6 12 34 56 78"),
        ("0033612345678", PHONE, "0033612345678"),
        ("call +44 20 7946 0958 now", PHONE, "+44 20 7946 0958"),
        ("+1 (212) 555-0123", PHONE, "+1 (212) 555-0123"),
        ("Écris à jean.dupont+x@mairie-paris.fr, merci", EMAIL, "jean.dupont+x@mairie-paris.fr"),
        ("au 12 bis, rue des Lilas 75011 Paris", POSTAL, "12 bis, rue des Lilas 75011 Paris"),
        ("12 rue de la paix", POSTAL, "12 rue de la paix"),
        ("3, place Saint-Michel, 69001 Lyon", POSTAL, "3, place Saint-Michel, 69001 Lyon"),
        ("at 221 Baker Street", POSTAL, "221 Baker Street"),
        ("1 85 05 78 006 084 91", NIR, "1 85 05 78 006 084 91"),
        ("269054958815780", NIR, "269054958815780"),
        ("2 99 01 2A 004 123 32", NIR, "2 99 01 2A 004 123 32"),
    ],
)
def test_personal_data_are_found(text: str, kind: Kind, passage: str) -> None:
    assert [(found.kind, found.passage) for found in particulars(text)] == [(kind, passage)]


@pytest.mark.parametrize(
    "text",
    [
        "ISBN 0306406152, ISBN : 2070368228, ISBN 978-2-07-036822-8",
        "En 1984, 2 000 personnes, du 14 au 16 mai 2024, le 01/02/2023, 12 000 euros, 2019-2020",
        "https://example.org/@bob/0612345678 et @bob@example.org",
        "doi 10.1234/5678.90, version 1.2.3.4.5.6, 3.14159265358979, RCS 123 456 789",
        "1 2 3 4 5 6 7 8 9 10 11 12",
        "1 85 05 78 006 084 36",  # its key does not fit
        "La rue de la République, page 12, place à la culture, 1 place de cinéma, 3 cours de yoga",
        "99 % des gens, des notes de 0 à 20",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert particulars(text) == ()


def test_one_passage_is_one_thing() -> None:
    """A social security number holds what could be a telephone number."""
    assert {found.kind for found in particulars("1 85 05 78 006 084 91")} == {NIR}


def test_long_lists_are_cut() -> None:
    assert len(particulars("\n".join(f"06 12 34 56 {n}" for n in range(10, 40)))) == MOST_OF_A_KIND
