"""Whether the sealed log and the records that it tells of agree: questions for `agora moderation verify`."""

from collections.abc import Iterable

from sqlalchemy import exists, literal, or_, select
from sqlalchemy.orm import Session, aliased

from agora.rules.moderation import Decision, Party
from agora.store.comments import Comment
from agora.store.events import Event
from agora.store.ledger import LedgerEntry
from agora.store.statements import Statement

# Who has that many faults to look at needs no more of them.
MOST = 20
DECIDED = "comment.decided"


def known_puids(session: Session, puids: Iterable[str]) -> set[str]:
    """Those of these statements that are kept."""
    wanted = list(puids)
    return set(session.scalars(select(Statement.puid).where(Statement.puid.in_(wanted)))) if wanted else set()


def decisions_without_entry(session: Session) -> list[int]:
    """Ids of events that should have been sealed. What the policy decided before there was a log is not in it."""
    entry = aliased(LedgerEntry)
    is_sealed = exists().where(entry.comment_id == Event.comment_id, entry.kind == DECIDED, entry.at == Event.at)
    is_moderation = or_(Event.party != Party.COMMENTER, Event.decision == Decision.ERASE)
    query = select(Event.id).where(Event.kind == DECIDED, is_moderation, ~is_sealed)
    if not (since := _sealed_since(session)):
        query = query.where(Event.party == Party.MODERATOR)
    else:
        query = query.where(or_(Event.party == Party.MODERATOR, Event.at >= since))
    return list(session.scalars(query.order_by(Event.id).limit(MOST)))


def _sealed_since(session: Session) -> object:
    """When the log began to be written as things happened; before, a migration brought moderators' decisions in."""
    query = select(LedgerEntry.at).where(LedgerEntry.kind != DECIDED).order_by(LedgerEntry.number)
    return session.scalar(query.limit(1))


def entries_without_decision(session: Session) -> list[int]:
    """Numbers of entries about comments that are still here, whose decision is not."""
    is_decided = exists().where(
        Event.comment_id == LedgerEntry.comment_id, Event.kind == DECIDED, Event.at == LedgerEntry.at
    )
    is_here = exists().where(Comment.id == LedgerEntry.comment_id)
    query = select(LedgerEntry.number).where(LedgerEntry.kind == DECIDED, is_here, ~is_decided)
    return list(session.scalars(query.order_by(LedgerEntry.number).limit(MOST)))


def statements_without_entry(session: Session) -> list[str]:
    """Statements about comments whose decision is in the log, which does not name them."""
    names_it = LedgerEntry.facts.contains(literal('"statement":"') + Statement.puid + literal('"'))
    is_told = exists().where(LedgerEntry.comment_id == Statement.comment_id, LedgerEntry.at == Statement.at, names_it)
    query = select(Statement.puid).where(Statement.decision.is_not(None), Statement.comment_id.is_not(None), ~is_told)
    return list(session.scalars(query.order_by(Statement.id).limit(MOST)))
