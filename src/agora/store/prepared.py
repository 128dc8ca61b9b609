"""Statements of the hot path, put into words once for each kind of database.

SQLAlchemy looks at a statement anew each time it runs: which words, which types, in which order. For what is asked with
every comment that takes longer than the database does. Types, transactions and errors stay SQLAlchemy's.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Executable, Table, bindparam, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Convert = Callable[[Any], Any]
# Where a session keeps the connection of its transaction.
DRIVER = "driver"


class _Words(NamedTuple):
    """A statement as one kind of database reads it."""

    text: str
    by_position: bool
    values: tuple[tuple[str, Convert | None], ...]  # in their order, with what makes each readable to the driver
    constants: dict[str, Any]  # those that stand in the statement itself, made readable already
    columns: tuple[tuple[int, Convert], ...]  # which of a row are not yet what they mean, and what makes them so


class Prepared:
    """A statement that names what it needs as bind parameters; each of them is given with every run.

    None of them is a list that becomes several (`expanding`), and no column has a default of Python's.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement: Any = statement
        self._known: dict[str, _Words] = {}

    def run(self, session: Session, values: Mapping[str, Any]) -> None:
        """For what changes something, and tells nothing."""
        self._rows(session, values)

    def run_each(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        connection = session.connection()
        words = self._in(connection.dialect)
        connection.exec_driver_sql(words.text, [_parameters(words, values) for values in rows])

    def number(self, session: Session, values: Mapping[str, Any]) -> int:
        """The number that the one row tells, such as the id of what was added."""
        return int(self._rows(session, values)[0][0])

    def first(self, session: Session, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row, in the types of its columns."""
        rows = self._rows(session, values)
        if not rows:
            return None
        typed = list(rows[0])
        for index, convert in self._in(session.get_bind().dialect).columns:
            typed[index] = convert(typed[index])
        return tuple(typed)

    def _rows(self, session: Session, values: Mapping[str, Any]) -> Sequence[Any]:
        """Rows as the driver gives them."""
        driver = _open_sqlite(session)
        if driver is None:
            connection = session.connection()
            words = self._in(connection.dialect)
            found = connection.exec_driver_sql(words.text, _parameters(words, values))
            return found.fetchall() if found.returns_rows else ()
        words = self._in(session.get_bind().dialect)
        try:
            return driver.execute(words.text, _parameters(words, values)).fetchall()
        except sqlite3.Error as error:
            raise _said(error, words.text) from error

    def _in(self, dialect: Dialect) -> _Words:
        words = self._known.get(dialect.name)
        if words is None:
            words = self._known[dialect.name] = _put_into_words(self._statement, dialect)
        return words


def _open_sqlite(session: Session) -> sqlite3.Connection | None:
    """The driver's own connection, in the transaction of this session; None on another database.

    SQLAlchemy's way to it takes ten times as long as SQLite does. On a server there is more to what may go wrong. A
    session has one transaction (store/database.py), so what it keeps is its own.
    """
    driver: sqlite3.Connection | None = session.info.get(DRIVER)
    if driver is None or not driver.in_transaction:
        found = session.connection().connection.driver_connection  # which begins the transaction
        driver = session.info[DRIVER] = found if isinstance(found, sqlite3.Connection) else None
    return driver


def _said(error: sqlite3.Error, statement: str) -> Exception:
    """An error of the driver as SQLAlchemy says it; without values, which may be somebody's words."""
    return DBAPIError.instance(statement, None, error, sqlite3.Error, hide_parameters=True)


def insert_of(table: Table, *columns: str, id_: bool = True) -> Prepared:
    """An INSERT of these columns, each from the bind parameter of its name; it tells the id of the new row."""
    added = insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in columns})
    return Prepared(added.returning(table.c.id) if id_ else added)


def _parameters(words: _Words, values: Mapping[str, Any]) -> Any:
    given = {**words.constants, **values} if words.constants else values
    if words.by_position:
        return tuple([given[name] if convert is None else convert(given[name]) for name, convert in words.values])
    return {name: given[name] if convert is None else convert(given[name]) for name, convert in words.values}


def _put_into_words(statement: Any, dialect: Dialect) -> _Words:
    compiled = statement.compile(dialect=dialect)
    binds = {name: compiled.binds[name] for name in compiled.params}
    converts = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
    constants = {name: bind.value for name, bind in binds.items() if not bind.required}
    order = compiled.positiontup if compiled.positional else binds
    return _Words(
        str(compiled),
        bool(compiled.positional),
        tuple((name, None if name in constants else converts[name]) for name in order),
        {name: _converted(value, converts[name]) for name, value in constants.items()},
        tuple(_of_columns(statement, dialect)),
    )


def _converted(value: Any, convert: Convert | None) -> Any:
    return convert(value) if convert else value


def _of_columns(statement: Any, dialect: Dialect) -> Iterator[tuple[int, Convert]]:
    for index, column in enumerate(getattr(statement, "exported_columns", ())):
        if convert := column.type.dialect_impl(dialect).result_processor(dialect, None):
            yield index, convert
