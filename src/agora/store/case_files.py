"""What lies before a moderator about the comments of a page: reports, appeals with what they contest, decisions."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from agora.rules.moderation import UNDOABLE
from agora.store.appeals import Appeal, Ruling
from agora.store.cases import Case
from agora.store.comments import Comment
from agora.store.events import Event
from agora.store.measures import Measure
from agora.store.people import Person
from agora.store.reports import Outcome, Report, ReportItem
from agora.store.statements import ReadyReason, Statement


class Contested(NamedTuple):
    """An appeal with the decision that it is about: one that took something away, or one that did not."""

    appeal: Appeal
    statement: Statement | None
    event: Event | None
    decided_by: str | None


class Since(NamedTuple):
    """What happened last to a comment, and who did it, if that is known."""

    event: Event
    name: str | None


def open_reports(session: Session, comment_ids: Sequence[int]) -> dict[int, list[Report]]:
    """By comment, the reports that wait for an answer, the earliest first."""
    query = (
        select(ReportItem.comment_id, Report)
        .join(Report, Report.id == ReportItem.report_id)
        .where(ReportItem.comment_id.in_(comment_ids), ReportItem.outcome == Outcome.OPEN)
        .order_by(ReportItem.id)
    )
    found: dict[int, list[Report]] = defaultdict(list)
    for comment_id, report in session.execute(query):
        found[comment_id].append(report)
    return found


def open_appeals(session: Session, comment_ids: Sequence[int]) -> dict[int, list[Contested]]:
    """By comment, the appeals that wait for an answer, the earliest first."""
    query = (
        select(Appeal, Statement, Event, Person.name)
        .outerjoin(Statement, Statement.id == Appeal.statement_id)
        .outerjoin(ReportItem, ReportItem.id == Appeal.report_item_id)
        .outerjoin(Event, Event.id == ReportItem.event_id)
        .outerjoin(Person, Person.id == Appeal.decided_by)
        .where(Appeal.comment_id.in_(comment_ids), Appeal.ruling == Ruling.OPEN)
        .order_by(Appeal.id)
    )
    found: dict[int, list[Contested]] = defaultdict(list)
    for row in session.execute(query):
        contested = Contested(*row)
        found[contested.appeal.comment_id or 0].append(contested)
    return found


def appealed_measures(session: Session, measure_ids: Sequence[int]) -> dict[int, tuple[Measure, list[Appeal]]]:
    """These measures against people with the appeals that wait for an answer, the earliest first."""
    query = (
        select(Measure, Appeal)
        .join(Appeal, Appeal.measure_id == Measure.id)
        .where(Measure.id.in_(measure_ids), Appeal.ruling == Ruling.OPEN)
        .order_by(Appeal.id)
    )
    found: dict[int, tuple[Measure, list[Appeal]]] = {}
    for measure, appeal in session.execute(query):
        found.setdefault(measure.id, (measure, []))[1].append(appeal)
    return found


def cases_of(session: Session, comment_ids: Sequence[int]) -> dict[int, Case]:
    """The open cases of these comments."""
    found = session.scalars(select(Case).where(Case.comment_id.in_(comment_ids)))
    return {case.comment_id: case for case in found if case.comment_id is not None}


def ready_reasons(session: Session) -> Sequence[ReadyReason]:
    """The reasons that moderators pick from, in the order in which they were written."""
    return session.scalars(select(ReadyReason).order_by(ReadyReason.id)).all()


def undoable(session: Session, comment_ids: Sequence[int], person_id: int, *, since: datetime) -> dict[int, int]:
    """Of these comments, those whose last decision this person took since then; each with its version."""
    later = select(Event.id).where(Event.comment_id == Comment.id, Event.decision.is_not(None)).correlate(Comment)
    last = later.order_by(Event.id.desc()).limit(1).scalar_subquery()
    query = (
        select(Comment.id, Comment.version)
        .join(Event, Event.id == last)
        .where(
            Comment.id.in_(comment_ids),
            Event.person_id == person_id,
            Event.at >= since,
            Event.decision.in_(sorted(UNDOABLE)),
        )
    )
    return {id_: version for id_, version in session.execute(query)}


def last_event(session: Session, comment_id: int) -> Since | None:
    """What happened last to a comment."""
    query = select(Event, Person.name).outerjoin(Person, Person.id == Event.person_id)
    row = session.execute(query.where(Event.comment_id == comment_id).order_by(Event.id.desc()).limit(1)).first()
    return Since(*row) if row else None


def story(session: Session, comment_id: int) -> list[Since]:
    """All that happened to a comment, the earliest first, with who did it."""
    query = select(Event, Person.name).outerjoin(Person, Person.id == Event.person_id)
    return [Since(*row) for row in session.execute(query.where(Event.comment_id == comment_id).order_by(Event.id))]
