"""What the daily letter to a moderator says: the cases that wait, the most urgent first, as far as it has room."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from agora.jobs.notices import Addresses
from agora.rules.errors import N_, Message
from agora.rules.moderation import Decision, State
from agora.store import queue
from agora.store.cases import CaseKind, Facet
from agora.store.comments import Comment
from agora.store.queue import Wanted
from agora.tokens import LIFETIMES

SIZE = 20
# Lines of each text; the links lead to the rest.
ROWS = 12

KINDS = {
    CaseKind.HELD: N_("held comment"),
    CaseKind.REPORT: N_("report"),
    CaseKind.APPEAL: N_("appeal"),
}
KINDS_COUNTED = {
    CaseKind.HELD: N_("Held comments"),
    CaseKind.REPORT: N_("Reports"),
    CaseKind.APPEAL: N_("Appeals"),
}


@dataclass(frozen=True)
class Line:
    """One case; `links` decide it, where a moderator has not yet."""

    comment: Comment | None
    kind: str
    rows: list[str]
    why: list[Message]
    links: dict[str, str]


def said(session: Session, person_id: int, at: Addresses, *, now: datetime) -> dict[str, Any] | None:
    """What goes into the template; None where nothing waits."""
    numbers = queue.numbers(session)
    found = queue.page(session, Wanted(), numbers, after=None, size=SIZE, now=now)
    if not found:
        return None
    return {
        "total": numbers.total,
        "counts": [(name, count) for kind, name in KINDS_COUNTED.items() if (count := numbers.of(Facet.KIND, kind))],
        "lines": [_line(line, person_id, at) for line in found],
        "queue": at.queue,
        "days": LIFETIMES["decide"] // (24 * 60 * 60),
    }


def _line(line: queue.Line, person_id: int, at: Addresses) -> Line:
    comment = line.comment
    waits = comment is not None and comment.state is State.PENDING
    return Line(
        comment=comment,
        kind=KINDS[line.case.kind] if line.case else "",
        rows=comment.revision.body.splitlines()[:ROWS] if comment else [],
        why=[reason.message for reason in comment.revision.why] if comment and waits else [],
        links=decision_links(comment, person_id, at) if comment and waits else {},
    )


def decision_links(comment: Comment, person_id: int, at: Addresses) -> dict[str, str]:
    """One link for each of the two decisions: good for this revision and this moderator."""
    links = {}
    for decision in (Decision.APPROVE, Decision.REJECT):
        payload = {"comment": comment.id, "version": comment.version, "decision": decision, "moderator": person_id}
        links[str(decision)] = f"{at.base}/letters/decide/{at.tokens.sign('decide', payload)}"
    return links
