"""Entries of the log as readers see them: sentences, and links to what is public."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agora.rules import log_lines
from agora.rules.errors import Message
from agora.store import ledger, people, public_posts, site
from agora.store.ledger import LedgerEntry
from agora.web.context import Context


@dataclass(frozen=True)
class Clause:
    """A clause, as it read in the version of the charter that was in force."""

    number: int
    title: str
    url: str


@dataclass(frozen=True)
class LogLine:
    """`by` is a role; `name` that of somebody who wishes to be named. `post` is title, address and language."""

    number: int
    at: datetime
    seal: str
    what: str
    by: str | None
    name: str
    clause: Clause | None
    law: str
    circumstances: list[Message]
    post: tuple[str, str, str] | None


def log_lines_of(context: Context, entries: list[LedgerEntry]) -> list[LogLine]:
    told = [(entry, ledger.facts_of(entry)) for entry in entries]
    clauses, names = _clauses(context, [facts for _, facts in told]), _names(context, entries)
    shown = public_posts.titles(context.session, {entry.post_id for entry in entries if entry.post_id})
    links = {id_: (title, context.url("post", slug=slug), language) for id_, (slug, title, language) in shown.items()}
    return [
        LogLine(
            number=entry.number,
            at=entry.at,
            seal=entry.seal,
            what=log_lines.happened(facts),
            by=log_lines.by(facts),
            name=names.get(entry.number, ""),
            clause=clauses.get((facts.get("charter"), facts.get("clause"))),
            law=str(facts.get("law", "")),
            circumstances=log_lines.circumstances(facts),
            post=links.get(entry.post_id or 0),
        )
        for entry, facts in told
    ]


def _names(context: Context, entries: list[LedgerEntry]) -> dict[int, str]:
    """By entry, the name of who decided, if they wish it. Who it was stands outside of the chain."""
    deciders = {
        number: int(id_)
        for number, value in ledger.values(context.session, [entry.number for entry in entries], "person").items()
        if (id_ := value.removeprefix("person ")).isdecimal()
    }
    names = people.named_in_log(context.session, set(deciders.values()))
    return {number: names[id_] for number, id_ in deciders.items() if id_ in names}


def _clauses(context: Context, told: Iterable[dict[str, Any]]) -> dict[tuple[Any, Any], Clause]:
    versions = {facts["charter"] for facts in told if facts.get("charter") and facts.get("clause")}
    current = site.current_charter(context.session).id
    return {
        (version, number): Clause(number, title, _address(context, version, current, number))
        for (version, number), title in site.clause_titles(context.session, versions).items()
    }


def _address(context: Context, version: int, current: int, clause: int) -> str:
    query = "" if version == current else f"?version={version}"
    return f"{context.url('charter')}{query}#clause-{clause}"
