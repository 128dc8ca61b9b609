"""Numbers that say how the site is doing: what waits, for how long, and what the database takes and bears."""

import itertools
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select, text
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from agora.rules.moderation import State
from agora.store import comment_lists, tallies
from agora.store.database import Database
from agora.store.events import Channel, Delivery, DeliveryState


@dataclass(frozen=True)
class Figures:
    """Ages are in seconds, 0 where nothing waits; sizes in bytes."""

    comments_pending: int
    oldest_pending: float
    letters_due: int
    oldest_due: float
    letters_failed: int
    database_size: int
    wal_size: int | None  # SQLite's; PostgreSQL tells its own


def figures(database: Database, now: datetime) -> Figures:
    with database.read() as session:
        size, wal_size = _sqlite_sizes(database) if database.is_sqlite else _postgresql_sizes(session)
        is_letter = Delivery.channel == Channel.MAIL
        due = is_letter & (Delivery.state == DeliveryState.WAITING) & (Delivery.due_at <= now)
        return Figures(
            comments_pending=tallies.count(session, tallies.of_state(State.PENDING)),
            oldest_pending=_age(comment_lists.oldest_waiting(session), now),
            letters_due=_count(session, due),
            oldest_due=_age(session.scalar(select(func.min(Delivery.due_at)).where(due)), now),
            letters_failed=_count(session, is_letter & (Delivery.state == DeliveryState.FAILED)),
            database_size=size,
            wal_size=wal_size,
        )


def _count(session: Session, condition: Any) -> int:
    return session.scalar(select(func.count()).where(condition)) or 0


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _sqlite_sizes(database: Database) -> tuple[int, int]:
    path = Path(database.engine.url.database or "")
    wal = path.with_name(f"{path.name}-wal")
    return path.stat().st_size, wal.stat().st_size if wal.exists() else 0


def _postgresql_sizes(session: Session) -> tuple[int, None]:
    return session.execute(text("SELECT pg_database_size(current_database())")).scalar_one(), None


def connections_in_use(database: Database) -> int:
    pool = database.engine.pool
    return pool.checkedout() if isinstance(pool, QueuePool) else 0


class Failures:
    """Counts how often the database did not do what was asked because it could not: away, full, locked, too slow."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        # Several threads may fail in the same moment, and each must count.
        self._numbers = itertools.count(1)
        self._kind = database.engine.dialect.loaded_dbapi.OperationalError
        event.listen(database.engine, "handle_error", self._note)

    def _note(self, context: ExceptionContext) -> None:
        if isinstance(context.original_exception, self._kind):
            self.count = next(self._numbers)


def is_writable(database: Database) -> bool:
    """Whether the database takes changes now; nothing is changed. Raises SQLAlchemy's errors where it is away."""
    if database.is_sqlite:
        return _takes_a_writer(database)
    with database.read() as session:
        # A write that is undone would leave a dead row behind at each look.
        standby, only_reads = session.execute(
            text("SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only') FROM site")
        ).one()
        return not standby and only_reads == "off"


def _takes_a_writer(database: Database) -> bool:
    """A transaction that begins with BEGIN IMMEDIATE is a writer's; a file that may only be read refuses it."""
    with Session(database.engine) as session:
        session.execute(text("UPDATE site SET id = id"))
        session.rollback()
    return True
