"""A statement that is put into words once says the same as one that SQLAlchemy looks at each time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.exc import IntegrityError

from agora.rules.moderation import Decision, Party
from agora.store.database import Database
from agora.store.events import Event
from agora.store.prepared import Prepared, insert_of
from agora.store.versions import Version

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
EVENTS: Any = Event.__table__
VERSIONS: Any = Version.__table__
NEW = insert_of(EVENTS, "kind", "at", "party", "decision", "explanation", "details")
LATER = select(EVENTS.c.id, EVENTS.c.at, EVENTS.c.party, EVENTS.c.decision, EVENTS.c.details).where(
    EVENTS.c.at > bindparam("since"), EVENTS.c.party == Party.MODERATOR
)
FACTS = {
    "kind": "trial",
    "at": NOW,
    "party": Party.MODERATOR,
    "decision": Decision.APPROVE,
    "explanation": "l’été",
    "details": {"many": [1, 2]},
}


def test_types_come_back_as_they_went(database: Database) -> None:
    since = {"since": NOW - timedelta(seconds=1)}
    with database.write() as session:
        number = NEW.number(session, FACTS)
        found = Prepared(LATER).first(session, since)
        assert found == (number, NOW, Party.MODERATOR, Decision.APPROVE, {"many": [1, 2]})
        assert found == tuple(session.execute(LATER, since).one())


def test_nothing_found_is_nothing(database: Database) -> None:
    with database.read() as session:
        assert Prepared(LATER).first(session, {"since": NOW}) is None


def test_unknown_word_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="not a valid Party"), database.write() as session:
        NEW.run(session, FACTS | {"party": "stranger"})


def test_missing_value_is_refused(database: Database) -> None:
    with pytest.raises(KeyError, match="details"), database.write() as session:
        NEW.run(session, {name: value for name, value in FACTS.items() if name != "details"})


def test_what_the_database_refuses_is_said_as_ever(database: Database) -> None:
    added = insert_of(VERSIONS, "scope", "number", id_=False)
    with pytest.raises(IntegrityError), database.write() as session:
        added.run_each(session, [{"scope": "twice", "number": 1}, {"scope": "twice", "number": 2}])


def test_several_rows_and_its_own_words(database: Database) -> None:
    added = Prepared(text("INSERT INTO versions (scope, number) VALUES (:scope, :number)"))
    grown = Prepared(
        update(VERSIONS)
        .where(VERSIONS.c.scope == bindparam("which"))
        .values(number=VERSIONS.c.number + bindparam("by"))
        .returning(VERSIONS.c.number)
    )
    with database.write() as session:
        added.run_each(session, [{"scope": "one", "number": 1}, {"scope": "two", "number": 2}])
        assert grown.number(session, {"which": "two", "by": 40}) == 42
        assert grown.first(session, {"which": "three", "by": 40}) is None
