"""What a case's card holds: all that a moderator needs to decide, decided beforehand so that templates are plain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from markupsafe import Markup

from agora.rules.errors import N_, Message
from agora.rules.moderation import (
    Decision,
)
from agora.store.appeals import Appellant
from agora.store.cases import CaseKind
from agora.store.comments import Comment
from agora.store.events import LastDecision
from agora.web.presenters.measures import About

WHAT_WAITS = {CaseKind.REPORT: N_("Reported"), CaseKind.APPEAL: N_("Contested")}
WHO_APPEALS = {
    Appellant.COMMENTER: N_("Appeal of who wrote this"),
    Appellant.NOTIFIER: N_("Appeal of who reported this"),
}
WHAT_WAS_DECIDED = {
    Decision.APPROVE: N_("Published"),
    Decision.REJECT: N_("Not published"),
    Decision.SPAM: N_("Set aside as spam"),
    Decision.HIDE: N_("Hidden"),
    Decision.RESTORE: N_("Restored"),
    Decision.KEEP: N_("Left as it was"),
    Decision.HOLD: N_("Hidden until somebody has read it"),
    Decision.WITHDRAW: N_("Withdrawn by its author"),
    Decision.ERASE: N_("Erased"),
    Decision.UNDO: N_("Decision taken back"),
}


class CaseButton(NamedTuple):
    """`asks`: a reason has to go with it."""

    decision: Decision
    name: str
    key: str
    asks: bool


class Ground(NamedTuple):
    """On what something rests: a clause as it read then, or the law."""

    clause: int | None
    title: str
    law: str


@dataclass(frozen=True)
class ReportView:
    reference: str
    at: datetime
    category: str
    ground: Ground
    weight: float
    explanation: str
    name: str
    is_trusted: bool
    unfounded: int  # dismissed in a row before this one
    measure_url: str | None  # where they are many


@dataclass(frozen=True)
class AppealView:
    """An appeal, with the decision that is contested; `is_own`: whoever looks took that decision."""

    reference: str
    who: str
    at: datetime
    due_at: datetime
    is_late: bool
    text: str
    what: str
    ground: Ground
    explanation: str
    decided_by: str
    decided_at: datetime | None
    is_own: bool


@dataclass(frozen=True)
class Hand:
    """Who has a case in hand."""

    name: str
    until: datetime
    is_mine: bool


@dataclass(frozen=True)
class Sent:
    """What a form brought that was not accepted, with what is wrong about it."""

    errors: Mapping[str, Message]
    reason: str = ""
    explanation: str = ""
    ready: str = ""
    law: str = ""
    category: str = ""


NOTHING_SENT = Sent({})


@dataclass(frozen=True)
class CaseView:
    """Who, where, in answer to what, the text as it would appear, why it waits, and the buttons."""

    comment: Comment
    html: Markup
    kind: str | None
    state: str | None  # where it is not simply held
    is_urgent: bool
    since: datetime
    age: timedelta
    score: int | None  # hours
    factors: list[Message]
    post_url: str
    only_post_url: str
    permalink: str | None
    url: str
    parent: tuple[str, str] | None
    why: list[Message]
    reports: list[ReportView]
    appeals: list[AppealView]
    email: str
    is_verified: bool
    record: list[tuple[str, int]]
    earlier_url: str | None
    source_url: str
    about: About | None
    last: LastDecision | None
    last_ground: Ground | None
    hand: Hand | None
    is_open: bool
    buttons: list[CaseButton]
    next: int | None
    sent: Sent


@dataclass(frozen=True)
class MeasureCaseView:
    """A measure against somebody who contests it; it is answered on its own page."""

    id: int
    name: str
    against: str
    age: timedelta
    since: datetime
    texts: list[str]
    due_at: datetime
    is_late: bool
    score: int
    url: str
    comment: None = None
