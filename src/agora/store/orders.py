"""The register of orders of authorities."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from agora.store.measures import Order


def register(session: Session, *, before: int | None, size: int) -> list[Order]:
    """The latest first, in the order in which they were entered."""
    query = select(Order).order_by(Order.id.desc()).limit(size)
    return list(session.scalars(query if before is None else query.where(Order.id < before)))
