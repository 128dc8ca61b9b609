"""Numbers that pages show of large tables, kept in the transaction of each change: no page counts what it shows."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.rules.moderation import State
from agora.store.columns import Base
from agora.store.prepared import Prepared

PUBLIC_POSTS = "posts-published"

# A number that many change at once is the sum of so many rows: on PostgreSQL who changes one waits for who did before.
STRIPES = 16


class Tally(Base):
    __tablename__ = "tallies"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    stripe: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(BigInteger)


def of_state(state: State) -> str:
    """The name of the number of comments in a state."""
    return f"comments-{state}"


def add(session: Session, name: str, by: int, *, of: int = 0) -> None:
    """Count `by` more; `of` is the id of what they belong to. It is written down when the transaction is committed."""
    changes: dict[tuple[str, int], int] = session.info.setdefault("tallies", {})
    key = (name, of % STRIPES)
    changes[key] = changes.get(key, 0) + by


_TALLIES: Any = Tally.__table__
# In words that both databases know: SQLAlchemy's own bring along all that it knows of PostgreSQL, 2 MB in each process.
_ADD = Prepared(
    text(
        "INSERT INTO tallies (name, stripe, count) VALUES (:name, :stripe, :count)"
        " ON CONFLICT (name, stripe) DO UPDATE SET count = tallies.count + excluded.count"
    )
)


def settle(session: Session) -> None:
    """Write down what was added."""
    changes: dict[tuple[str, int], int] = session.info.pop("tallies", {})
    # Always in the same order: two transactions that change the same rows wait for each other, but never in a circle.
    rows = [{"name": name, "stripe": stripe, "count": by} for (name, stripe), by in sorted(changes.items()) if by]
    if rows:
        _ADD.run_each(session, rows)


_SUMS = (
    select(_TALLIES.c.name, func.sum(_TALLIES.c.count))
    .where(_TALLIES.c.name.in_(bindparam("names", expanding=True)))
    .group_by(_TALLIES.c.name)
)


def counts(session: Session, names: Iterable[str]) -> dict[str, int]:
    """These numbers, as this transaction has changed them; 0 is left out."""
    settle(session)
    return {name: int(count) for name, count in session.execute(_SUMS, {"names": list(names)}) if count}


_BEGINNING = (
    select(_TALLIES.c.name, func.sum(_TALLIES.c.count))
    .where(_TALLIES.c.name.startswith(bindparam("beginning")))
    .group_by(_TALLIES.c.name)
)


def beginning(session: Session, name: str) -> dict[str, int]:
    """All numbers whose names begin like this, as `counts` gives them."""
    settle(session)
    return {name: int(count) for name, count in session.execute(_BEGINNING, {"beginning": name}) if count}


def count(session: Session, name: str) -> int:
    return counts(session, [name]).get(name, 0)
