"""Versions of what the public sees: they grow in the transaction of a change and tell a kept page if it holds."""

from collections.abc import Iterable

from sqlalchemy import BigInteger, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from agora.store.columns import Base
from agora.store.prepared import Prepared

# What a page can depend on. A public change grows the version of each scope in which it is seen.
SITE = "site"  # posts, bylines, tags, the charter, the choices made at the desk
COMMENTS = "comments"  # any public comment, as the counts and feeds of the whole site show them
LOG = "log"  # the public log of decisions


def of_post(post_id: int) -> str:
    """The scope of one post's discussion."""
    return f"post-{post_id}"


class Version(Base):
    __tablename__ = "versions"

    scope: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)  # a scope without a row is at 0


def touch(session: Session, *scopes: str) -> None:
    """Say that something public changes in these scopes; their versions grow when the transaction is committed."""
    session.info.setdefault("touched", set()).update(scopes)


_GROW = Prepared(
    text(
        "INSERT INTO versions (scope, number) VALUES (:scope, 1)"
        " ON CONFLICT (scope) DO UPDATE SET number = versions.number + 1"
    )
)


def grow(session: Session) -> None:
    """Write down what was touched: last of all, so that on PostgreSQL nobody waits long for these rows."""
    touched: set[str] = session.info.pop("touched", set())
    if not touched:
        return
    # Always in the same order: two transactions that touch the same scopes wait for each other, but never in a circle.
    _GROW.run_each(session, [{"scope": scope} for scope in sorted(touched)])


def numbers(session: Session, scopes: Iterable[str]) -> dict[str, int]:
    """The versions of these scopes, as this transaction sees them."""
    wanted = list(scopes)
    rows = session.execute(select(Version.scope, Version.number).where(Version.scope.in_(wanted)))
    found = {scope: number for scope, number in rows}
    return {scope: found.get(scope, 0) for scope in wanted}
