"""All that is kept about one address in a form that people and programs can read (GDPR, arts 15 and 20)."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from agora.store.appeals import Appeal
from agora.store.comments import Comment, Commenter, CommentRevision
from agora.store.events import Delivery, DeliveryState, Event
from agora.store.kept_sources import Source
from agora.store.measures import Measure, Note
from agora.store.reports import Report, ReportItem
from agora.store.statements import Statement


def everything_about(session: Session, commenter: Commenter, *, sources: bool, notes: bool) -> dict[str, Any]:
    """`sources`: from where the comments were sent; `notes`: what moderators noted."""
    query = select(Comment).where(Comment.commenter_id == commenter.id).order_by(Comment.id)
    written = list(session.scalars(query.options(joinedload(Comment.post))))
    found = {
        "address": _told(commenter, "email", "created_at", "verified_at"),
        "comments": [_comment(session, comment, sources=sources) for comment in written],
        "reports": [_report(report) for report in _reports(session, commenter.id)],
        "measures": [_measure(session, measure) for measure in _rows(session, Measure, commenter.id)],
        "appeals": [_appeal(appeal) for appeal in _appeals(session, commenter.id)],
        "letters_planned": [_told(row, "letter", "due_at") for row in _letters(session, commenter.id)],
    }
    if notes:
        found["notes"] = [_told(note, "at", "text") for note in _rows(session, Note, commenter.id)]
    return found


def _comment(session: Session, comment: Comment, *, sources: bool) -> dict[str, Any]:
    revisions = select(CommentRevision).where(CommentRevision.comment_id == comment.id)
    history = select(Event).where(Event.comment_id == comment.id).order_by(Event.id)
    told = _told(comment, "id", "state", "name", "website", "language", "created_at", "published_at", "letters")
    told["post"] = _told(comment.post, "slug", "title")
    told["texts"] = [
        _told(revision, "number", "created_at", "body", "reasons")
        for revision in session.scalars(revisions.order_by(CommentRevision.number))
    ]
    told["history"] = [
        _told(event, "at", "kind", "decision", "clause", "explanation") for event in session.scalars(history)
    ]
    told["statements_of_reasons"] = _statements(session, Statement.comment_id == comment.id)
    source = session.get(Source, comment.id) if sources else None
    if source:
        told["sent_from"] = _told(source, "address", "port", "at")
    return told


def _statements(session: Session, which: Any) -> list[dict[str, Any]]:
    columns = (
        "puid",
        "at",
        "measure",
        "ground",
        "clause",
        "law",
        "explanation",
        "automation",
        "ends_at",
        "informed_at",
    )
    rows = session.scalars(select(Statement).where(which).order_by(Statement.id))
    return [_told(row, *columns, "reversed_at") for row in rows]


def _reports(session: Session, commenter_id: int) -> list[Report]:
    query = select(Report).where(Report.commenter_id == commenter_id).order_by(Report.id)
    return list(session.scalars(query.options(joinedload(Report.items))).unique())


def _report(report: Report) -> dict[str, Any]:
    told = _told(report, "reference", "received_at", "name", "ground", "clause", "category", "explanation")
    told["comments"] = [_item(item) for item in report.items]
    return told


def _item(item: ReportItem) -> dict[str, Any]:
    return _told(item, "comment_id", "outcome", "decided_at")


def _measure(session: Session, measure: Measure) -> dict[str, Any]:
    told = _told(measure, "reference", "kind", "created_at", "until", "ended_at", "clause", "explanation")
    told["statements_of_reasons"] = _statements(session, Statement.measure_id == measure.id)
    return told


def _appeals(session: Session, commenter_id: int) -> list[Appeal]:
    """Those about their comments and reports, and those about measures against them."""
    measures = select(Measure.id).where(Measure.commenter_id == commenter_id)
    theirs = (Appeal.commenter_id == commenter_id) | Appeal.measure_id.in_(measures)
    return list(session.scalars(select(Appeal).where(theirs).order_by(Appeal.id)))


def _appeal(appeal: Appeal) -> dict[str, Any]:
    return _told(appeal, "reference", "appellant", "lodged_at", "text", "ruling", "answer", "answered_at")


def _letters(session: Session, commenter_id: int) -> list[Delivery]:
    query = select(Delivery).where(Delivery.commenter_id == commenter_id, Delivery.state == DeliveryState.WAITING)
    return list(session.scalars(query.order_by(Delivery.id)))


def _rows(session: Session, table: Any, commenter_id: int) -> list[Any]:
    return list(session.scalars(select(table).where(table.commenter_id == commenter_id).order_by(table.id)))


def _told(row: Any, *columns: str) -> dict[str, Any]:
    return {column: _plain(getattr(row, column)) for column in columns}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
