"""Statements of reasons as the Commission takes them, out of the records of a year."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from agora.i18n import translate
from agora.rules import charter, commission
from agora.rules.commission import Stated
from agora.rules.errors import Message
from agora.store import site, transparency
from agora.store.statements import Statement

Told = tuple[int, dict[str, Any]]


def statements(session: Session, year: int, *, after: int, charter_url: str, language: str) -> list[Told]:
    """The next statements of a year in the Commission's schema, each with its id; `after` is the last id so far."""
    titles = _clause_titles(session)
    say = partial(_say, language)
    return [
        (statement.id, commission.in_schema(_stated(titles, charter_url, statement, against), say))
        for statement, against in transparency.statements_to_tell(session, year, after=after)
    ]


def all_statements(session: Session, year: int, *, charter_url: str, language: str) -> Iterator[dict[str, Any]]:
    """Every statement of a year, read in batches."""
    after = 0
    while batch := statements(session, year, after=after, charter_url=charter_url, language=language):
        for after, told in batch:  # noqa: B007 - the last one is where the next batch begins
            yield told
        session.expunge_all()


def _clause_titles(session: Session) -> dict[tuple[int, int], str]:
    """The titles of all clauses that there ever were, by version and number."""
    return {
        (version.id, clause.number): clause.title
        for version in site.charter_versions(session)
        for clause in charter.parse(version.source).clauses
    }


def _say(language: str, message: Message) -> str:
    return translate(language, message.text, message.values)


def _stated(titles: dict[tuple[int, int], str], charter_url: str, statement: Statement, against: str) -> Stated:
    clause, version = statement.clause, statement.charter_id
    return Stated(
        puid=statement.puid,
        measure=statement.measure,
        against=against,
        ground=statement.ground,
        clause=clause,
        clause_title=titles.get((version or 0, clause or 0), ""),
        charter_version=version,
        charter_url=f"{charter_url}?version={version}#clause-{clause}",
        law=statement.law,
        category=statement.category,
        keywords=tuple(statement.keywords),
        prompt=statement.prompt,
        detected_by_program=statement.detected_by_program,
        automation=statement.automation,
        language=statement.language,
        content_date=statement.content_date,
        applied_on=statement.at.date(),
        ends_on=statement.ends_at.date() if statement.ends_at else None,
    )
