"""Transactions keep their promises: readers change nothing, writers wait for their turn, a failure leaves no trace."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from friends import write_post
from sqlalchemy import event, func, select, text, update
from sqlalchemy.exc import DatabaseError, OperationalError

from agora.app import clock
from agora.store import public_lists
from agora.store.database import Database, ReadOnly, lock
from agora.store.posts import Post

WRITERS = 20

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def title_of(database: Database, post_id: int) -> str:
    with database.read() as session:
        return session.get_one(Post, post_id).title


def test_reader_refuses_to_flush(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=clock())

    with database.read() as session:
        session.get_one(Post, post.id).title = "Changed"
        with pytest.raises(ReadOnly):
            session.flush()

    assert title_of(database, post.id) == "The garden"


def test_reader_keeps_no_statement(database: Database) -> None:
    """Not even what goes past the session's flush."""
    with database.write() as session:
        post = write_post(session, now=clock())

    with database.read() as session:
        try:
            session.execute(update(Post).values(title="Changed"))
        except DatabaseError:
            session.rollback()  # PostgreSQL refuses at once; SQLite forgets at the end

    assert title_of(database, post.id) == "The garden"


def test_reader_sees_one_moment(database: Database) -> None:
    with database.write() as session:
        write_post(session, "First", now=clock())

    with database.read() as reader:
        before = public_lists.count(reader)
        with database.write() as writer:
            write_post(writer, "Second", now=clock())
        assert public_lists.count(reader) == before == 1

    with database.read() as reader:
        assert public_lists.count(reader) == 2


def test_failed_writing_leaves_nothing(database: Database) -> None:
    def write_and_fail() -> None:
        with database.write() as session:
            write_post(session, now=clock())
            raise OSError("the lamp went out")

    with pytest.raises(OSError, match="lamp"):
        write_and_fail()

    with database.read() as session:
        assert public_lists.count(session) == 0


def test_twenty_writers_all_succeed(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=clock())
    start = Barrier(WRITERS)
    crowd = Database(database.engine.url.render_as_string(hide_password=False), connections=WRITERS)

    def write_once(_: int) -> None:
        start.wait()
        with crowd.write() as session:
            # Reads first, as a request does: this is what a plain BEGIN would turn into "database is locked".
            lock(session, "the counter")
            mine = session.get_one(Post, post.id)
            mine.words += 1

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write_once, range(WRITERS)))
    crowd.close()

    with database.read() as session:
        assert session.get_one(Post, post.id).words == post.words + WRITERS


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)],
    ids=lambda value: str(value),
)
@only_sqlite
def test_sqlite_is_set_up(database: Database, pragma: str, value: object) -> None:
    with database.read() as reader:
        assert reader.scalar(text(f"PRAGMA {pragma}")) == value
    with database.write() as writer:
        assert writer.scalar(text(f"PRAGMA {pragma}")) == value


@only_postgresql
def test_patience_has_an_end(database: Database) -> None:
    """The connection is hung up on, so that a late answer is not taken for that to another question."""
    hasty = Database(database.engine.url.render_as_string(hide_password=False), patience=0.2)
    with pytest.raises(OperationalError), hasty.write() as session:
        session.execute(text("SELECT pg_sleep(60)"))
    with hasty.read() as session:
        assert session.scalar(text("SELECT 1")) == 1
    hasty.close()


@only_postgresql
def test_lost_connections_are_one_kind_of_trouble(database: Database) -> None:
    """Also one that the server ended by a rule of its own, for which psycopg has another word."""
    with pytest.raises(OperationalError):
        write_until_hung_up_on(database)
    with database.write() as session:
        assert session.scalar(text("SELECT 1")) == 1


def write_until_hung_up_on(database: Database) -> None:
    with database.read() as watcher, database.write() as session:
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '10ms'"))
        process = session.scalar(text("SELECT pg_backend_pid()"))
        while watcher.scalar(text("SELECT count(*) FROM pg_stat_get_activity(:pid)"), {"pid": process}):
            watcher.execute(text("SELECT pg_stat_clear_snapshot()"))
        session.execute(text("SELECT 1"))


@only_postgresql
def test_dead_machines_are_noticed(database: Database) -> None:
    """Unless the address of the database says otherwise."""
    url = database.engine.url.difference_update_query(["connect_timeout"]).update_query_dict({"keepalives_idle": "99"})
    stated = Database(url.render_as_string(hide_password=False)).engine.url.query
    assert stated["keepalives_idle"] == "99"
    assert int(stated["connect_timeout"]) < 10
    assert int(stated["tcp_user_timeout"]) < 60_000


@only_sqlite
def test_sqlite_writers_begin_immediately(database: Database) -> None:
    begun: list[str] = []

    def overhear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        begun.append(statement)

    event.listen(database.engine, "before_cursor_execute", overhear)
    with database.write() as session:
        session.scalar(select(func.count(Post.id)))
    with database.read() as session:
        session.scalar(select(func.count(Post.id)))

    assert [statement for statement in begun if statement.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]


def test_foreign_keys_are_kept(database: Database) -> None:
    orphan = text("INSERT INTO former_slugs (slug, post_id) VALUES ('nowhere', 4711)")
    with pytest.raises(DatabaseError, match=r"(?i)foreign key"), database.write() as session:
        session.execute(orphan)
