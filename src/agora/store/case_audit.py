"""Whether the moderators' list and what waits for them agree: a question of `agora check`.

Cases are kept in the transaction of whatever opens or closes them (actions/cases.py), so they always should. A comment
that waits without a case would never be read.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from agora.rules.moderation import State
from agora.store.appeals import Appeal, Ruling
from agora.store.cases import Case
from agora.store.comments import Comment
from agora.store.reports import Outcome, ReportItem

_IS_HELD = exists().where(Comment.id == Case.comment_id, Comment.state == State.PENDING)
_IS_REPORTED = exists().where(ReportItem.comment_id == Case.comment_id, ReportItem.outcome == Outcome.OPEN)
_IS_APPEALED = exists().where(
    Appeal.ruling == Ruling.OPEN, or_(Appeal.comment_id == Case.comment_id, Appeal.measure_id == Case.measure_id)
)


@dataclass(frozen=True)
class Astray:
    """How many wait without a case, and how many cases are about nothing that waits."""

    unlisted: int
    empty: int


def astray(session: Session) -> Astray:
    # One question for each: a comment may wait for several reasons, but it lacks its case only once.
    held = select(Comment.id).where(Comment.state == State.PENDING, ~_case_about(Case.comment_id == Comment.id))
    reported = select(ReportItem.comment_id).where(
        ReportItem.outcome == Outcome.OPEN, ~_case_about(Case.comment_id == ReportItem.comment_id)
    )
    appealed = select(Appeal.comment_id).where(
        Appeal.ruling == Ruling.OPEN, Appeal.comment_id.is_not(None), ~_case_about(Case.comment_id == Appeal.comment_id)
    )
    contested = select(Appeal.measure_id).where(
        Appeal.ruling == Ruling.OPEN, Appeal.measure_id.is_not(None), ~_case_about(Case.measure_id == Appeal.measure_id)
    )
    comments = select(func.count()).select_from(held.union(reported, appealed).subquery())
    measures = select(func.count()).select_from(contested.distinct().subquery())
    empty = select(func.count()).where(Case.id > 0, ~_IS_HELD, ~_IS_REPORTED, ~_IS_APPEALED)
    unlisted = (session.scalar(comments) or 0) + (session.scalar(measures) or 0)
    return Astray(unlisted, session.scalar(empty) or 0)


def _case_about(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(which)
