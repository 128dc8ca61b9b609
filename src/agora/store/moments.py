"""Times as numbers, which SQLite and PostgreSQL tell in different words."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, func
from sqlalchemy.orm import Session


def seconds(session: Session, moment: Any) -> ColumnElement[int]:
    """Whole seconds since 1970."""
    if session.get_bind().dialect.name == "sqlite":
        return cast(func.strftime("%s", moment), Integer)
    return cast(func.floor(func.extract("epoch", moment)), Integer)


def month(session: Session, moment: Any) -> ColumnElement[int]:
    """1 to 12, in UTC."""
    if session.get_bind().dialect.name == "sqlite":
        return cast(func.strftime("%m", moment), Integer)
    return cast(func.to_char(func.timezone("UTC", moment), "MM"), Integer)
