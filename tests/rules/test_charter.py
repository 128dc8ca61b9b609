"""A charter is an introduction and numbered clauses."""

import pytest

from agora.resources import packaged
from agora.rules.charter import Clause, parse


def test_headings_become_numbered_clauses() -> None:
    charter = parse("Be kind.\n\n## Respect\n\nNo insults.\n\n### Why\n\nBecause.\n\n## Law ##\nNothing illegal.\n")

    assert charter.introduction == "Be kind."
    assert charter.clauses == (
        Clause(1, "Respect", "No insults.\n\n### Why\n\nBecause."),
        Clause(2, "Law", "Nothing illegal."),
    )


def test_windows_line_ends_are_read() -> None:
    assert parse("Hello\r\n\r\n## One\r\nText\r\n").clauses == (Clause(1, "One", "Text"),)


@pytest.mark.parametrize("source", ["", "Only words.", "# A title\n\nText", "### Too deep", "##No space", "a ## b"])
def test_other_headings_are_no_clauses(source: str) -> None:
    charter = parse(source)

    assert charter.clauses == ()
    assert charter.introduction == source.strip()


def test_empty_clause_keeps_its_number() -> None:
    assert [clause.number for clause in parse("## One\n## Two\n\nText").clauses] == [1, 2]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_first_charters_have_clauses(language: str) -> None:
    charter = parse(packaged("charters", f"{language}.md").read_text(encoding="utf-8"))

    assert charter.introduction
    assert len(charter.clauses) >= 3
    assert all(clause.title and clause.text for clause in charter.clauses)


def test_rules_end_at_a_line() -> None:
    parsed = parse(
        "Welcome.\n\n## Be kind\n\nAlways.\n\n---\n\n## Who decides\n\nWe do.\n\n---\n\n## And then\n\nNothing."
    )

    assert [(clause.title, clause.text, clause.is_rule) for clause in parsed.clauses] == [
        ("Be kind", "Always.", True),
        ("Who decides", "We do.", False),
        ("And then", "Nothing.", False),
    ]
