"""Ready-made reasons that moderators pick and complete: those a new site begins with, and what becomes of them."""

import tomllib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from agora.resources import packaged
from agora.rules import charter, limits
from agora.rules.errors import N_, FieldErrors, Message
from agora.rules.statements import Category
from agora.store import events, site
from agora.store.people import Person
from agora.store.statements import ReadyReason


@dataclass(frozen=True)
class ReasonDraft:
    """What the form of a ready-made reason says."""

    title: str
    clause: int | None = None
    law: str = ""
    category: str = ""
    explanation: str = ""


def add_first(session: Session, language: str) -> None:
    """The reasons of the charter that a new site begins with."""
    text = packaged("charters", f"reasons-{language}.toml").read_text(encoding="utf-8")
    for stated in tomllib.loads(text)["reasons"]:
        session.add(_filled(ReadyReason(), ReasonDraft(**stated)))


def save(session: Session, reason: ReadyReason | None, draft: ReasonDraft, *, by: Person, now: datetime) -> None:
    """Change a reason, or add one. Raises FieldErrors for `title`, `reason`, `law`, `category` and `explanation`."""
    _check(session, draft)
    session.add(_filled(reason or ReadyReason(), draft))
    events.record(session, "reasons.changed", at=now, person_id=by.id)


def remove(session: Session, reason: ReadyReason, *, by: Person, now: datetime) -> None:
    """Decisions that were made with it keep its words."""
    session.delete(reason)
    events.record(session, "reasons.changed", at=now, person_id=by.id)


def _filled(reason: ReadyReason, draft: ReasonDraft) -> ReadyReason:
    reason.title, reason.clause, reason.law = draft.title.strip(), draft.clause, draft.law.strip()
    reason.category = Category(draft.category) if draft.category else None
    reason.explanation = draft.explanation.strip()
    return reason


def _check(session: Session, draft: ReasonDraft) -> None:
    errors = {}
    known = {clause.number for clause in charter.parse(site.current_charter(session).source).clauses}
    if not draft.title.strip():
        errors["title"] = Message(N_("Give it a short name, by which moderators choose it."))
    if draft.clause is not None and draft.clause not in known:
        errors["reason"] = Message(N_("The charter has no such clause."))
    elif draft.clause is None and not draft.law.strip():
        errors["reason"] = Message(N_("Choose a clause of the charter, or name the law."))
    if draft.category and draft.category not in set(Category):
        errors["category"] = Message(N_("Choose one of these categories."))
    for name, text, limit in (
        ("title", draft.title, limits.LABEL),
        ("law", draft.law, limits.REASON),
        ("explanation", draft.explanation, limits.REASON),
    ):
        if len(text) > limit:
            errors[name] = Message(N_("At most %(limit)s characters, please."), {"limit": limit})
    if errors:
        raise FieldErrors(errors)
