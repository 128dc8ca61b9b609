"""What a reporter's word weighs, which comments their addresses lead to, and until when decisions can be contested."""

from datetime import UTC, datetime

import pytest

from agora.rules.reports import LEAST, MOST, OFFENCES, Standing, further_comments, weight
from agora.rules.statements import Category
from agora.rules.telling import contest_until

WEIGHTS = [
    (Standing.UNKNOWN, 0, 0, 0.5),
    (Standing.CONFIRMED, 0, 0, 1.0),
    (Standing.SIGNED_IN, 0, 0, 1.5),
    (Standing.TRUSTED, 0, 0, 2.0),
    (Standing.CONFIRMED, 0, 1, 0.667),  # one mistake weighs little
    (Standing.CONFIRMED, 0, 50, LEAST),
    (Standing.CONFIRMED, 8, 0, 1.8),
    (Standing.TRUSTED, 50, 0, MOST),
]


@pytest.mark.parametrize(("standing", "upheld", "dismissed", "expected"), WEIGHTS)
def test_word_weighs_by_record(standing: Standing, upheld: int, dismissed: int, expected: float) -> None:
    assert weight(standing, upheld=upheld, dismissed=dismissed) == expected


def test_addresses_lead_to_comments() -> None:
    lines = [
        "https://example.org/comments/12",
        " /comments/3/report ",
        "https://example.org/posts/a-garden?page=2#comment-7",
        "https://example.org/comments/12#comment-12",
        "https://elsewhere.example/comments/9",
        "http://[",
        "not an address",
        "/comments/" + "9" * 40,
    ]

    assert further_comments(lines, host="example.org") == [12, 3, 7]


def test_only_offences_against_children_are_nameless() -> None:
    assert [code for code, offence in OFFENCES.items() if not offence.needs_name] == ["minors"]
    assert {offence.category for offence in OFFENCES.values()} <= set(Category)


@pytest.mark.parametrize(
    ("informed", "until"),
    [((2026, 3, 12), (2026, 9, 12)), ((2026, 8, 31), (2027, 2, 28)), ((2027, 8, 30), (2028, 2, 29))],
)
def test_six_months_end_by_the_calendar(informed: tuple[int, int, int], until: tuple[int, int, int]) -> None:
    assert contest_until(datetime(*informed, 18, 4, tzinfo=UTC)) == datetime(*until, 18, 4, tzinfo=UTC)
