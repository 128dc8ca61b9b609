"""Column types that keep what the rest of the house relies on: aware times, safe HTML, known words."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from markupsafe import Markup
from sqlalchemy import BigInteger, CheckConstraint, DateTime, Dialect, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

# 64 bits on PostgreSQL; on SQLite only INTEGER PRIMARY KEY is the row's own number.
Identity = BigInteger().with_variant(Integer(), "sqlite")

Word = TypeVar("Word", bound=StrEnum)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC on both sides; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return _utc_of_text if dialect.name == "sqlite" else _utc_of_time


# A page of comments reads hundreds of values: `process_result_value` takes about ten times as long for each.
def _utc_of_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


def _utc_of_time(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


class SafeHtml(TypeDecorator[Markup]):
    """HTML that came out of rules/markup.py: a template prints it as it is."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Markup | None]:
        return _safe_html


def _safe_html(value: str | None) -> Markup | None:
    # The store holds only what rules/markup.py has let through both gates. `Markup(value)` first asks the value whether
    # it is safe already, which takes as long again.
    return None if value is None else str.__new__(Markup, value)


class Words(TypeDecorator[Word]):
    """One word of an enumeration, stored as text."""

    impl = String(32)
    cache_ok = True

    def __init__(self, words: type[Word]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Word | None, dialect: Dialect) -> str | None:
        return None if value is None else str(self.words(value))

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Word | None]:
        known: dict[str | None, Word | None] = {None: None, **{str(word): word for word in self.words}}
        return known.__getitem__


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """The CHECK that keeps a column to the words of an enumeration (NULL passes)."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
