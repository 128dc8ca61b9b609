"""The address of the database says what PostgreSQL's own programs understand by it."""

import pytest
from servers import HOST, free_port
from servers.postgres import PostgresServer
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from agora.store.database import Database
from agora.store.location import location

only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def asked_for(address: str) -> dict[str, object]:
    _, options = PGDialect_psycopg().create_connect_args(location(address))
    return {name: options[name] for name in ("host", "port", "user", "password", "dbname") if name in options}


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("postgresql://ada@db/agora", {"host": "db"}),
        ("postgres://ada@db:5433/agora", {"host": "db", "port": 5433}),
        ("postgresql+psycopg://ada@[::1]:5433/agora", {"host": "::1", "port": 5433}),
        ("postgresql://ada@a,b/agora", {"host": "a,b", "port": ","}),
        ("postgresql://ada@a:5433,b:5434/agora", {"host": "a,b", "port": "5433,5434"}),
        ("postgresql://ada@a,[::1]:5434/agora", {"host": "a,::1", "port": ",5434"}),
        ("postgresql://ada@/agora?host=a:5433&host=b:5434", {"host": "a,b", "port": "5433,5434"}),
        ("postgresql://ada@/agora?host=/var/run/postgresql", {"host": "/var/run/postgresql"}),
    ],
)
def test_servers_are_told_apart(address: str, server: dict[str, object]) -> None:
    assert asked_for(address) == {"user": "ada", "dbname": "agora"} | server


def test_password_keeps_its_signs() -> None:
    assert asked_for("postgresql://ada:p%40ss%2Cword@a:1,b:2/agora")["password"] == "p@ss,word"


def test_server_that_writes_is_found(postgres: PostgresServer) -> None:
    """The first of them is away."""
    database = Database(
        f"postgresql://postgres@{HOST}:{free_port()},{HOST}:{postgres.port}/postgres?target_session_attrs=read-write"
    )
    with database.read() as session:
        assert session.scalar(text("SELECT inet_server_port()")) == postgres.port
    database.close()


@only_postgresql
def test_nothing_is_left_for_the_next_transaction(database_url: str) -> None:
    """Which may meet another connection, where a pooler stands between."""
    database = Database(database_url, connections=1)
    for n in range(10):
        with database.write() as session:
            session.execute(text("SELECT set_config('agora.n', :n, true)"), {"n": str(n)})
            assert session.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
    database.close()
