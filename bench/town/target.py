"""Where the rows of a large site are written: an SQLite file or a PostgreSQL server, as quickly as each can."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from bench.town.tables import COLUMNS, Row


class Target(Protocol):
    """`add` writes rows, `correct` changes columns of rows: values, and then the id."""

    def add(self, table: str, rows: list[Row]) -> None: ...
    def correct(self, table: str, columns: list[str], rows: list[Row]) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


class SqliteFile:
    """Without its indexes meanwhile, and without care for a power cut: the file can be made again."""

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "foreign_keys = OFF", "cache_size = -500000"):
            self._connection.execute(f"PRAGMA {pragma}")
        named = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        self._indexes = self._connection.execute(named).fetchall()
        for name, _ in self._indexes:
            self._connection.execute(f'DROP INDEX "{name}"')
        self._connection.execute("BEGIN")

    def add(self, table: str, rows: list[Row]) -> None:
        columns = COLUMNS[table].split()
        if table == "post_search":  # FTS5 knows its rows by their numbers alone
            columns = ["rowid", *columns[1:]]
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", _plain(rows))

    def correct(self, table: str, columns: list[str], rows: list[Row]) -> None:
        values = ", ".join(f"{column} = ?" for column in columns)
        self._connection.executemany(f"UPDATE {table} SET {values} WHERE id = ?", rows)

    def finish(self) -> None:
        self._connection.execute("COMMIT")
        for _, definition in self._indexes:
            self._connection.execute(definition)
        self._connection.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        self._connection.close()


def _plain(rows: list[Row]) -> Iterator[list[Any]]:
    """Times as SQLAlchemy writes them to SQLite."""
    for row in rows:
        yield [f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value for value in row]


class PostgresqlServer:
    """Without indexes and foreign keys meanwhile; the latter needs a superuser, as tests and benches have."""

    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(plain)
        self._connection.execute("SET session_replication_role = replica")
        self._connection.execute("SET synchronous_commit = off")
        self._connection.execute("SET maintenance_work_mem = '1GB'")
        self._indexes = self._connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        ).fetchall()
        for name, _ in self._indexes:
            self._connection.execute(SQL("DROP INDEX {}").format(Identifier(name)))

    def add(self, table: str, rows: list[Row]) -> None:
        listed = SQL(", ").join(map(Identifier, COLUMNS[table].split()))
        into = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), listed)
        with self._connection.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)

    def correct(self, table: str, columns: list[str], rows: list[Row]) -> None:
        values = SQL(", ").join(SQL("{} = %s").format(Identifier(column)) for column in columns)
        with self._connection.cursor() as cursor:
            cursor.executemany(SQL("UPDATE {} SET {} WHERE id = %s").format(Identifier(table), values), rows)

    def finish(self) -> None:
        for _, definition in self._indexes:
            self._connection.execute(definition)
        for table, columns in COLUMNS.items():
            if columns.startswith("id "):
                last = SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), (SELECT max(id) FROM {}))")
                self._connection.execute(last.format(table, Identifier(table)))
        self._connection.commit()
        self._connection.autocommit = True
        self._connection.execute("VACUUM ANALYZE")  # as autovacuum does on a site that has grown by itself

    def close(self) -> None:
        self._connection.close()


def opened(url: str) -> Target:
    return SqliteFile(url) if url.startswith("sqlite") else PostgresqlServer(url)
