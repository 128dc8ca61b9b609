"""Which migrations this code has, and how far a database has come.

It is known without Alembic, which is as large as a fifth of a serving process: only who runs migrations loads it.
"""

import re
from functools import lru_cache
from pathlib import Path

from sqlalchemy import inspect, text

from agora.resources import folder
from agora.store.database import Database

_NAMES = re.compile(r'^(revision|down_revision) = (?:"(\w+)"|None)$', re.MULTILINE)


class UnknownVersion(Exception):
    """The database is at a version that this code has never heard of: a newer Agora has worked with it."""


@lru_cache(maxsize=1)
def known() -> tuple[str, ...]:
    """The migrations of this code, the latest first."""
    named = (dict(_NAMES.findall(path.read_text(encoding="utf-8"))) for path in _scripts())
    after = {names["down_revision"]: names["revision"] for names in named}
    line, latest = [], ""
    while latest in after:
        latest = after[latest]
        line.append(latest)
    return tuple(reversed(line))


def _scripts() -> list[Path]:
    return sorted(folder("migrations").joinpath("versions").glob("*.py"))


def head() -> str:
    """The latest migration of this code."""
    return known()[0]


def is_current(database: Database) -> bool:
    """Whether every migration of this code has run."""
    return revision_of(database) == head()


def is_behind(database: Database) -> bool:
    """Whether a migration of this code has still to run.

    A database that is ahead is what old processes see while new ones take their places: they can go on.
    """
    revision = revision_of(database)
    return revision is None or (revision != head() and is_known(revision))


def revision_of(database: Database) -> str | None:
    """The migration that the database has come to; None where none has run."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision


def is_known(revision: str) -> bool:
    """Whether this code has a migration of this name."""
    return revision in known()
