"""Orders of authorities (arts 9 and 10): received, their receipt confirmed, answered; each step stands in the log."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from agora.rules import limits, orders
from agora.rules.errors import N_, Conflict, FieldErrors, Message
from agora.store import database, events, ledger
from agora.store.measures import Order
from agora.store.people import Person
from agora.store.references import new_reference


@dataclass(frozen=True)
class OrderDraft:
    """An order as it is entered. `received_at` is None where what was typed is no moment."""

    authority: str
    country: str
    kind: str
    subject: str
    received_at: datetime | None


def register(session: Session, draft: OrderDraft, *, by: Person, now: datetime) -> Order:
    """Raises FieldErrors for `authority`, `country`, `kind`, `subject` and `received`."""
    errors = orders.trouble(draft.authority, draft.country, draft.kind, draft.subject, draft.received_at, now)
    if errors or draft.received_at is None:
        raise FieldErrors(errors)
    order = Order(
        reference=new_reference("O", now),
        authority=draft.authority,
        country=draft.country,
        kind=draft.kind,
        subject=draft.subject,
        received_at=draft.received_at,
        created_by=by.id,
    )
    session.add(order)
    _seal(session, order, "order.received", by=by, now=now, authority=order.authority, subject=order.subject)
    return order


def confirm(session: Session, order: Order, *, by: Person, now: datetime) -> None:
    """The authority was told that its order has come. Raises Conflict if that was noted before."""
    database.lock(session, f"order-{order.id}")
    session.refresh(order)
    if order.confirmed_at is not None:
        raise Conflict(N_("Somebody else has noted this already."))
    order.confirmed_at = now
    _seal(session, order, "order.confirmed", by=by, now=now)


def answer(session: Session, order: Order, outcome: str, *, by: Person, now: datetime) -> None:
    """What was done, or why nothing was (art. 9(1), 10(1)). Raises FieldErrors for `outcome`, and Conflict."""
    database.lock(session, f"order-{order.id}")
    session.refresh(order)
    if order.carried_out_at is not None:
        raise Conflict(N_("Somebody else has noted this already."))
    if not outcome.strip():
        raise FieldErrors({"outcome": Message(N_("Say what was done, or why nothing was."))})
    if len(outcome) > limits.REASON:
        raise FieldErrors({"outcome": Message(N_("At most %(limit)s characters, please."), {"limit": limits.REASON})})
    order.outcome, order.carried_out_at = outcome.strip(), now
    _seal(session, order, "order.carried-out", by=by, now=now, outcome=order.outcome)


def _seal(session: Session, order: Order, kind: str, *, by: Person, now: datetime, **private: str) -> None:
    """Which authority it is and what it wants may have to stay secret: the log binds to it without telling."""
    events.record(session, kind, at=now, person_id=by.id, details={"order": order.reference})
    facts = {"order": order.reference, "order_kind": order.kind, "country": order.country, "role": by.role}
    ledger.append(session, kind, at=now, facts=facts, private={"person": f"person {by.id}", **private})
