"""Statements of reasons (art. 17): written in the transaction of each restriction, and closed when it is lifted."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from agora.rules import charter, telling
from agora.rules.errors import Message
from agora.rules.measures import STATED_AS, MeasureKind
from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import Reason
from agora.rules.statements import CATEGORY_NAMES, MEASURES, Automation, Category, Exemption, Ground, Legal, Prompt
from agora.rules.telling import NOT_IN_TEXT
from agora.store import commenting, comments, reports, site
from agora.store.comments import Comment
from agora.store.events import Recorded
from agora.store.people import Person
from agora.store.reports import Report
from agora.store.statements import Statement


@dataclass(frozen=True)
class Why:
    """On what a decision rests. `rules` and `policy_id` are those of the policy, where it decided."""

    clause: int | None = None
    charter_id: int | None = None
    explanation: str = ""
    legal: Legal = field(default_factory=Legal)
    rules: Sequence[dict[str, Any]] = ()
    policy_id: int | None = None

    @property
    def ground(self) -> Ground:
        return Ground.LAW if self.legal.law else Ground.CHARTER

    def category(self, report: Report | None) -> Category:
        """The one that was chosen; else, of a law, that of the report that named it."""
        if self.legal.category or not self.legal.law:
            return self.legal.category or Category.OTHER_VIOLATION
        return report.category if report and report.ground is Ground.LAW else Category.NOT_SPECIFIED


def new_puid() -> str:
    """An id that no other statement of any site has."""
    return f"agora-{secrets.token_hex(12)}"


def restrict(
    session: Session,
    event: Recorded,
    comment: Comment,
    decision: Decision,
    why: Why,
    *,
    party: Party,
    person: Person | None,
) -> Statement:
    """State the reasons why a comment is not shown, before the transaction of that decision ends."""
    report = reports.first_open(session, comment.id)
    exempt = _exemption(session, comment, decision)
    # A letter tells it when it leaves; where none does, the writer's own page tells it from now on.
    told_by_letter = exempt is None
    statement = Statement(
        puid=new_puid(),
        at=event.at,
        comment_id=comment.id,
        revision_id=comment.revision_id,
        event_id=event.id,
        decision=decision,
        measure=_measure(comment, decision),
        party=party,
        person_id=person.id if person else None,
        rules=list(why.rules),
        policy_id=why.policy_id,
        ground=why.ground,
        clause=why.clause,
        charter_id=why.charter_id,
        law=why.legal.law,
        category=Category.SCAMS if decision is Decision.SPAM else why.category(report),
        keywords=list(why.legal.keywords),
        explanation=why.explanation,
        prompt=_prompt(report),
        report_id=report.id if report else None,
        detected_by_program=_found_by_program(session, comment),
        automation=Automation.FULLY if party is Party.POLICY else Automation.NOT,
        language=comment.language,
        content_date=comment.created_at.date(),
        contact_known=is_reachable(session, comment),
        exempt=exempt,
        informed_at=None if told_by_letter else event.at,
        informed_by="" if told_by_letter else "page",
    )
    session.add(statement)
    session.flush()
    return statement


def lift(session: Session, comment: Comment, event: Recorded) -> None:
    """What was restricted is restored: the statements say so, and stay."""
    _close(session, Statement.comment_id == comment.id, event)


def _measure(comment: Comment, decision: Decision) -> str:
    """Spam is set aside before anybody saw it, or taken down."""
    return MEASURES[Decision.HIDE if comment.state is State.HIDDEN else decision]


def take_back(session: Session, event_id: int, by: Recorded) -> None:
    """The decision of this event was undone: its statement says so, and those that it had closed hold again."""
    _close(session, Statement.event_id == event_id, by)
    session.execute(
        update(Statement).where(Statement.reversed_by == event_id).values(reversed_at=None, reversed_by=None),
        execution_options={"synchronize_session": "fetch"},
    )


def _close(session: Session, which: ColumnElement[bool], by: Recorded) -> None:
    session.execute(
        update(Statement).where(which, Statement.reversed_at.is_(None)).values(reversed_at=by.at, reversed_by=by.id),
        execution_options={"synchronize_session": "fetch"},
    )


def is_reachable(session: Session, comment: Comment) -> bool:
    """Whether we know an electronic contact (art. 17(2)): one that was confirmed, or that asked for our letters."""
    if comment.person_id is not None:
        return True
    if comment.commenter_id is None:
        return False
    return comment.letters or commenting.is_confirmed(session, comment.commenter_id)


def _exemption(session: Session, comment: Comment, decision: Decision) -> Exemption | None:
    if decision is Decision.SPAM:
        return Exemption.SPAM
    return None if is_reachable(session, comment) else Exemption.NO_CONTACT


def _prompt(report: Report | None) -> Prompt:
    if report is None:
        return Prompt.OWN_INITIATIVE
    return Prompt.TRUSTED_FLAGGER if report.trusted_flagger else Prompt.NOTICE


def _found_by_program(session: Session, comment: Comment) -> bool:
    """Whether the policy pointed the text out, and not merely its mode, its sender or a reader."""
    return any(reason["code"] not in NOT_IN_TEXT for reason in comments.reasons_of(session, comment))


@dataclass(frozen=True)
class Told:
    """A statement of reasons in plain words, as its page and its letter tell it; each part is a sentence."""

    statement: Statement
    done: str
    duration: str  # where no end was set
    noticed: str
    decided: str
    found: list[Message]  # by the policy
    clause: tuple[int, str] | None  # in the version of the charter that it rests on
    category: str  # of the law that is broken
    contest_until: datetime | None  # None: its time has not begun


def told(session: Session, statement: Statement) -> Told:
    """What somebody must know of a restriction (art. 17(3))."""
    is_own_look = statement.prompt is Prompt.OWN_INITIATIVE and statement.detected_by_program
    is_on_law = statement.ground is Ground.LAW
    says_something = statement.category not in {Category.NOT_SPECIFIED, Category.OTHER_VIOLATION}
    return Told(
        statement=statement,
        done=telling.DONE_AS_SPAM if statement.decision is Decision.SPAM else telling.DONE[statement.measure],
        duration=_duration(statement),
        noticed=telling.POINTED_OUT if is_own_look else telling.PROMPTED[statement.prompt],
        decided=telling.DECIDED[statement.automation],
        found=[Reason.from_data(rule).message for rule in statement.rules],
        clause=clause_of(session, statement.charter_id, statement.clause),
        category=CATEGORY_NAMES[statement.category] if is_on_law and says_something else "",
        contest_until=telling.contest_until(statement.informed_at) if statement.informed_at else None,
    )


def _duration(statement: Statement) -> str:
    if statement.decision is Decision.HOLD:
        return telling.UNTIL_READ
    is_warning = statement.measure == STATED_AS[MeasureKind.WARNING]
    return telling.UNTIL_ACKNOWLEDGED if is_warning else telling.WITHOUT_END


def clause_of(session: Session, charter_id: int | None, number: int | None) -> tuple[int, str] | None:
    """A clause with its title as it read in that version of the charter."""
    version = site.charter_version(session, charter_id) if charter_id else None
    if version is None or number is None:
        return None
    clauses = charter.parse(version.source).clauses
    return number, next((clause.title for clause in clauses if clause.number == number), "")
