"""Runs Agora's migrations on the connection that `agora migrate` hands over."""

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext

from agora.store.columns import SafeHtml, UtcDateTime, Words
from agora.store.search import is_table_of_models
from agora.store.tables import Base

# A migration names plain types: it must run as written long after our own types have changed.
PLAIN = {UtcDateTime: "sa.DateTime(timezone=True)", SafeHtml: "sa.Text()", Words: "sa.String(32)"}


def plain_type(kind: str, item: Any, _context: AutogenContext) -> str | bool:
    return PLAIN.get(type(item), False) if kind == "type" else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=plain_type,
    include_name=is_table_of_models,
)
with context.begin_transaction():
    context.run_migrations()
