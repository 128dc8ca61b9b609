"""Runs the migrations that make the tables."""

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from agora.resources import folder
from agora.store.database import Database, lock
from agora.store.migrations import UnknownVersion
from agora.store.tables import Base

__all__ = ["Base", "UnknownVersion", "migrate", "new_migration"]


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
