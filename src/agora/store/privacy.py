"""All that is kept about one address: given out in one piece, blanked with its histories, found when its time is over.

Records stay: who decided what, when and by which rule. What goes is the person, and every text that could quote them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, delete, func, select, update
from sqlalchemy.orm import Session

from agora.rules.moderation import State
from agora.store.appeals import Appeal, Ruling
from agora.store.comments import Comment, Commenter, CommentRevision
from agora.store.events import Delivery, DeliveryState, Event
from agora.store.kept_sources import Source
from agora.store.measures import Measure, Note
from agora.store.people import DeskSession, Person, SignInLink
from agora.store.reports import Outcome, Report, ReportItem
from agora.store.statements import Statement
from agora.store.subscriptions import Subscription

# Where the address of somebody was who is forgotten: nobody can receive a letter there (RFC 2606, 2).
FORGOTTEN = "@forgotten.invalid"

_FETCH = {"synchronize_session": False}


def is_forgotten(email: str) -> bool:
    return email.endswith(FORGOTTEN)


# What waits to be erased


def asked_comments(session: Session, *, size: int) -> list[int]:
    """Comments that somebody wants erased and that no open report or appeal needs any more."""
    query = select(Comment.id).where(Comment.erase_asked_at.is_not(None), ~_is_needed(Comment.id))
    return list(session.scalars(query.order_by(Comment.erase_asked_at).limit(size)))


def _is_needed(comment_id: Any) -> ColumnElement[bool]:
    reported = select(ReportItem.id).where(ReportItem.comment_id == comment_id, ReportItem.outcome == Outcome.OPEN)
    appealed = select(Appeal.id).where(Appeal.comment_id == comment_id, Appeal.ruling == Ruling.OPEN)
    return reported.exists() | appealed.exists()


def asked_commenters(session: Session, *, after: int, size: int) -> list[int]:
    """Those who want all about them erased and are still here, in the order of their ids."""
    query = select(Commenter.id).where(Commenter.erase_asked_at.is_not(None), Commenter.id > after)
    return list(session.scalars(query.order_by(Commenter.id).limit(size)))


def who_asked(session: Session, comment_id: int) -> Event | None:
    """The wish to have a comment erased: whose it was."""
    query = select(Event).where(Event.comment_id == comment_id, Event.kind == "comment.erase-asked")
    return session.scalars(query.order_by(Event.id.desc()).limit(1)).first()


def comments_left(session: Session, commenter_id: int) -> list[int]:
    """The comments of an address that were not erased, in the order of their ids."""
    query = select(Comment.id).where(Comment.commenter_id == commenter_id, Comment.state != State.ERASED)
    return list(session.scalars(query.order_by(Comment.id)))


def has_open_business(session: Session, commenter_id: int) -> bool:
    """Whether a report or an appeal of this address waits for an answer."""
    reports = (
        select(ReportItem.id)
        .join(Report, Report.id == ReportItem.report_id)
        .where(Report.commenter_id == commenter_id, ReportItem.outcome == Outcome.OPEN)
    )
    measures = select(Measure.id).where(Measure.commenter_id == commenter_id)
    appeals = select(Appeal.id).where(
        Appeal.ruling == Ruling.OPEN, (Appeal.commenter_id == commenter_id) | Appeal.measure_id.in_(measures)
    )
    return session.scalar(reports.limit(1)) is not None or session.scalar(appeals.limit(1)) is not None


# Erasing


def blank_comment(session: Session, comment_id: int) -> None:
    """Take every word of a comment, of all its revisions, and of what was said of it; and who wrote it."""
    nobody = {"name": "", "website": "", "fingerprint": "", "source": "", "letters": False, "erase_asked_at": None}
    _set(session, Comment, Comment.id == comment_id, commenter_id=None, person_id=None, **nobody)
    _strip_reasons(session, comment_id)
    _set(session, Event, Event.comment_id == comment_id, explanation="")
    _set(session, Statement, Statement.comment_id == comment_id, explanation="")
    _set(session, Appeal, Appeal.comment_id == comment_id, text="", answer="")
    reports = select(ReportItem.report_id).where(ReportItem.comment_id == comment_id)
    still_open = select(ReportItem.report_id).where(ReportItem.outcome == Outcome.OPEN)
    _set(session, Report, Report.id.in_(reports), Report.id.not_in(still_open), explanation="", further_addresses="")
    session.execute(delete(Source).where(Source.comment_id == comment_id), execution_options=_FETCH)
    session.execute(delete(Subscription).where(Subscription.comment_id == comment_id), execution_options=_FETCH)
    session.expire_all()


def _strip_reasons(session: Session, comment_id: int) -> None:
    """Leave the codes of the policy's reasons; their figures may quote the text."""
    for revision in session.scalars(select(CommentRevision).where(CommentRevision.comment_id == comment_id)):
        codes = _codes(revision.reasons)
        _set(session, CommentRevision, CommentRevision.id == revision.id, body="", html="", reasons=codes)
    for event in session.scalars(select(Event).where(Event.comment_id == comment_id)):
        if event.details.get("reasons"):
            details = {**event.details, "reasons": _codes(event.details["reasons"])}
            _set(session, Event, Event.id == event.id, details=details)
    for statement in session.scalars(select(Statement).where(Statement.comment_id == comment_id)):
        _set(session, Statement, Statement.id == statement.id, rules=_codes(statement.rules))


def _codes(reasons: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"code": reason["code"]} for reason in reasons]


def blank_commenter(session: Session, commenter_id: int, *, now: datetime) -> None:
    """Take the person behind an address, and what they and moderators wrote elsewhere than in comments."""
    forget_identities(session, [commenter_id])
    _set(session, Report, Report.commenter_id == commenter_id, explanation="", further_addresses="", source="")
    measures = select(Measure.id).where(Measure.commenter_id == commenter_id)
    of_measures = Statement.measure_id.in_(measures)
    told = (Statement.event_id, Statement.reversed_by)
    appealed = (Appeal.commenter_id == commenter_id) | Appeal.measure_id.in_(measures)
    for column in told:
        _set(session, Event, Event.id.in_(select(column).where(of_measures, column.is_not(None))), explanation="")
    answers = select(Appeal.event_id).where(Appeal.measure_id.in_(measures), Appeal.event_id.is_not(None))
    _set(session, Event, Event.id.in_(answers), explanation="")
    _set(session, Appeal, appealed, text="", answer="")
    _set(session, Statement, of_measures, explanation="")
    _set(session, Measure, Measure.commenter_id == commenter_id, explanation="")
    _set(session, Measure, Measure.commenter_id == commenter_id, Measure.ended_at.is_(None), ended_at=now)
    session.expire_all()


def forget_identities(session: Session, commenter_ids: list[int]) -> None:
    """Nobody can be reached or recognised by these addresses any more; what was decided about them stays."""
    nobody = {"verified_at": None, "proven_from": "", "erase_asked_at": None}
    _set(session, Commenter, Commenter.id.in_(commenter_ids), email=cast(Commenter.id, String) + FORGOTTEN, **nobody)
    _set(session, Comment, Comment.commenter_id.in_(commenter_ids), Comment.letters.is_(True), letters=False)
    _set(session, Report, Report.commenter_id.in_(commenter_ids), name="")
    tables: tuple[Any, ...] = (Note, Subscription)
    for table in tables:
        session.execute(delete(table).where(table.commenter_id.in_(commenter_ids)), execution_options=_FETCH)
    waiting = (Delivery.commenter_id.in_(commenter_ids), Delivery.state == DeliveryState.WAITING)
    session.execute(delete(Delivery).where(*waiting), execution_options=_FETCH)
    session.expire_all()


def reported_by(session: Session, commenter_ids: Iterable[int]) -> list[int]:
    """The comments that these addresses reported."""
    query = select(ReportItem.comment_id).join(Report, Report.id == ReportItem.report_id)
    return list(session.scalars(query.where(Report.commenter_id.in_(list(commenter_ids)))))


def who_reported(session: Session, commenter_ids: Iterable[int]) -> list[int]:
    """Those of these addresses from which reports came."""
    query = select(Report.commenter_id).where(Report.commenter_id.in_(list(commenter_ids))).distinct()
    return [id_ for id_ in session.scalars(query) if id_ is not None]


def forget_account(session: Session, person: Person) -> None:
    """Leave the role and the deeds of a closed account, and nothing of the person."""
    person.name, person.email = f"#{person.id}", f"person-{person.id}{FORGOTTEN}"
    person.password_hash, person.named_in_log = None, False
    session.execute(delete(DeskSession).where(DeskSession.person_id == person.id))
    session.execute(delete(SignInLink).where(SignInLink.person_id == person.id))


def _set(session: Session, table: Any, *conditions: ColumnElement[bool], **values: Any) -> int:
    changed: Any = session.execute(update(table).where(*conditions).values(**values), execution_options=_FETCH)
    return int(changed.rowcount)


# What has had its time: at most `size` of it at once, so that nobody waits long for the sweeping


def drop_sources(session: Session, before: datetime, *, size: int) -> int:
    """From where comments were sent."""
    old = select(Source.comment_id).where(Source.at < before).order_by(Source.at).limit(size)
    gone: Any = session.execute(delete(Source).where(Source.comment_id.in_(old)), execution_options=_FETCH)
    return int(gone.rowcount)


def blank_sources(session: Session, before: datetime, *, size: int) -> int:
    """The keyed hashes of networks, which recognise a source without naming it."""
    comments = (Comment.created_at < before) & (Comment.source != "")
    done = _set(session, Comment, Comment.id.in_(_oldest(Comment, comments, Comment.created_at, size)), source="")
    reports = (Report.received_at < before) & (Report.source != "")
    done += _set(session, Report, Report.id.in_(_oldest(Report, reports, Report.received_at, size)), source="")
    measures = (Measure.created_at < before) & Measure.source.not_in(["", "-"])
    # A measure is always against something.
    return done + _set(session, Measure, Measure.id.in_(_oldest(Measure, measures, Measure.id, size)), source="-")


def _oldest(table: Any, which: ColumnElement[bool], order: Any, size: int) -> Select[Any]:
    return select(table.id).where(which).order_by(order).limit(size)


def out_of_touch(session: Session, before: datetime, *, after: int, size: int) -> tuple[list[int], int]:
    """Of the next addresses those from which nothing came since then; and where to go on, 0 at the end."""
    query = select(Commenter.id, Commenter.email, Commenter.created_at).where(Commenter.id > after)
    looked_at = session.execute(query.order_by(Commenter.id).limit(size)).all()
    old = {id_ for id_, email, created_at in looked_at if created_at < before and not is_forgotten(email)}
    if old:
        old -= _heard_from(session, Comment.commenter_id, Comment.created_at, before, old)
        old -= _heard_from(session, Report.commenter_id, Report.received_at, before, old)
        old -= _heard_from(session, Appeal.commenter_id, Appeal.lodged_at, before, old)
    goes_on = len(looked_at) == size and looked_at[-1].created_at < before
    return sorted(old), looked_at[-1].id if goes_on else 0


def _heard_from(session: Session, whose: Any, when: Any, since: datetime, ids: set[int]) -> set[int]:
    return set(session.scalars(select(whose).where(whose.in_(ids), when >= since).distinct()))


def closed_accounts(session: Session, before: datetime, *, size: int) -> list[Person]:
    query = select(Person).where(Person.closed_at < before, Person.email.not_like(f"%{FORGOTTEN}"))
    return list(session.scalars(query.order_by(Person.id).limit(size)))


def count_comments(session: Session, commenter_id: int) -> int:
    return session.scalar(select(func.count()).where(Comment.commenter_id == commenter_id)) or 0
