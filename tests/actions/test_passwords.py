"""A password costs a thief of the database much, also one that was hashed when less was thought enough."""

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from friends import PASSWORD
from sqlalchemy import select

from agora.actions import people as people_actions
from agora.app import clock
from agora.rules.permissions import Role
from agora.store.database import Database
from agora.store.people import Person

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
def test_passwords_are_hashed_slowly(
    database: Database, quick_passwords: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As RFC 9106 recommends where memory is scarce, in section 4."""
    with database.write() as session:
        _add_ada(session)
    cheap = _parameters(database)
    monkeypatch.setattr(people_actions, "_hasher", quick_passwords)

    with database.write() as session:
        people_actions.check_password(session, "ada@example.org", PASSWORD)

    thorough = _parameters(database)
    assert cheap.memory_cost < thorough.memory_cost
    assert (thorough.type, thorough.time_cost, thorough.memory_cost) == (Type.ID, 3, 65_536)


def _add_ada(session) -> None:
    people_actions.add_person(
        session,
        name="Ada",
        email="ada@example.org",
        role=Role.AUTHOR,
        language="en",
        password=PASSWORD,
        now=clock(),
    )


def _parameters(database: Database):
    with database.read() as session:
        return extract_parameters(session.scalars(select(Person.password_hash)).one())
