"""All tables in one place, as they are made; who only reads and writes rows needs no more than the table's module."""

from sqlalchemy import Index, text

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


def _tell(index: Index) -> None:
    """Which rows an index is of. Each database has its own option for it, and to name one is to load all about it."""
    for dialect in ("sqlite", "postgresql"):
        index.dialect_options[dialect]["where"] = text(index.info["which"])


for _table in Base.metadata.tables.values():
    for _index in _table.indexes:
        if "which" in _index.info:
            _tell(_index)
