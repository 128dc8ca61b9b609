"""The list of what waits for a moderator, kept in the transaction of whatever opens, changes or closes a case."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from agora.rules import urgency
from agora.rules.moderation import State
from agora.rules.urgency import Factor
from agora.store import appeals, cases, comments, statements
from agora.store.cases import CaseKind, Waiting
from agora.store.comments import Comment
from agora.store.measures import Measure


def open_held(session: Session, comment: Comment, codes: list[str], *, now: datetime) -> None:
    """A new comment waits: there is no case yet, and nothing but the policy's codes to say of it."""
    _write(session, comment, Waiting([], []), codes, now)


def refresh(session: Session, comment: Comment, *, now: datetime) -> None:
    """Make a comment's case say what waits; close it where nothing does."""
    waiting = cases.what_waits(session, comment.id)
    is_held = comment.state is State.PENDING
    if is_held or waiting.reports or waiting.appeals:
        codes = [reason["code"] for reason in comments.reasons_of(session, comment)] if is_held else []
        _write(session, comment, waiting, codes, now, case=cases.of_comment(session, comment.id))
    elif case := cases.of_comment(session, comment.id):
        cases.close(session, case)


def refresh_measure(session: Session, measure: Measure, *, now: datetime) -> None:
    """Make the case of a measure against a person say that an appeal waits; close it where none does."""
    waiting = appeals.open_about_measure(session, measure.id)
    case = cases.of_measure(session, measure.id)
    if not waiting:
        if case:
            cases.close(session, case)
        return
    statement = statements.of_measure(session, measure.id)
    found = urgency.factors(reasons=[], reports=[], appeals=len(waiting), is_public=False)
    columns = _columns(CaseKind.APPEAL, found, waiting[0].lodged_at)
    codes = [f"appeal-{appeal.appellant}" for appeal in waiting]
    if case:
        cases.change(session, case, codes, **columns)
    else:
        language = statement.language if statement else ""
        cases.add(session, codes, measure_id=measure.id, post_id=None, language=language, **columns)


def _write(
    session: Session,
    comment: Comment,
    waiting: Waiting,
    codes: list[str],
    now: datetime,
    *,
    case: cases.Case | None = None,
) -> None:
    found = urgency.factors(
        reasons=codes,
        reports=[(weight, category) for weight, category, _ in waiting.reports],
        appeals=len(waiting.appeals),
        is_public=comment.state is State.PUBLISHED,
    )
    opened_at = case.opened_at if case else _since(comment, waiting, now)
    columns = _columns(_kind(waiting), found, opened_at)
    codes = [*codes, *(f"report-{category}" for _, category, _ in waiting.reports)]
    codes += [f"appeal-{appellant}" for appellant, _ in waiting.appeals]
    if case:
        cases.change(session, case, codes, **columns)
        return
    cases.add(session, codes, comment_id=comment.id, post_id=comment.post_id, language=comment.language, **columns)


def _columns(kind: CaseKind, found: list[Factor], opened_at: datetime) -> dict[str, Any]:
    """What a case says of its urgency."""
    return {
        "kind": kind,
        "rank": urgency.rank(opened_at.timestamp(), found),
        "factors": [factor.as_data() for factor in found],
        "opened_at": opened_at,
    }


def _kind(waiting: Waiting) -> CaseKind:
    if waiting.appeals:
        return CaseKind.APPEAL
    return CaseKind.REPORT if waiting.reports else CaseKind.HELD


def _since(comment: Comment, waiting: Waiting, now: datetime) -> datetime:
    asked = [received_at for *_, received_at in waiting.reports] + [lodged_at for _, lodged_at in waiting.appeals]
    if comment.state is State.PENDING:
        asked.append(comment.edited_at or comment.created_at)
    return min(asked, default=now)
