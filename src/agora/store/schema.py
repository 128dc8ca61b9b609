"""All tables in one place, and the migrations that make them."""

from functools import lru_cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from agora.resources import folder
from agora.store import (
    appeals,
    bylines,
    cases,
    comments,
    events,
    kept_sources,
    ledger,
    measures,
    people,
    policies,
    posts,
    reports,
    site,
    spam,
    statements,
    subscriptions,
    tallies,
    versions,
)
from agora.store.columns import Base
from agora.store.database import Database, lock

__all__ = [
    "Base",
    "appeals",
    "bylines",
    "cases",
    "comments",
    "events",
    "kept_sources",
    "ledger",
    "measures",
    "people",
    "policies",
    "posts",
    "reports",
    "site",
    "spam",
    "statements",
    "subscriptions",
    "tallies",
    "versions",
]


class UnknownVersion(Exception):
    """The database is at a version that this code has never heard of: a newer Agora has worked with it."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder("migrations")).replace("%", "%%"))
    return config


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the database to a revision, all of it in one transaction; `base` takes everything away.

    Raises UnknownVersion.
    """
    config = _config()
    with database.engine.begin() as connection:
        lock(connection, "migrations")  # of several machines that are upgraded at once, one does it
        config.attributes["connection"] = connection
        try:
            (command.downgrade if revision == "base" else command.upgrade)(config, revision)
        except CommandError as error:
            raise UnknownVersion(str(error)) from error


def new_migration(database: Database, number: str, message: str) -> None:
    """Write a migration that brings the tables to what the code says (for developers)."""
    config = _config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True, rev_id=number)


@lru_cache(maxsize=1)
def _known() -> tuple[str, ...]:
    """The migrations of this code, the latest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def head() -> str:
    """The latest migration of this code."""
    return _known()[0]


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
        return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Whether this code has a migration of this name."""
    return revision in _known()
