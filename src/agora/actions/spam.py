"""The spam filter at work: it weighs what comes in, and learns from what moderators decide."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from agora.rules.errors import N_, FieldErrors, Message
from agora.rules.moderation import Decision, State
from agora.rules.spam import Learned, Score, lesson_of, number_of
from agora.rules.spam_signs import VERSION, signs
from agora.store import spam
from agora.store.comments import Comment
from agora.store.spam import SpamLesson

# What a moderator's decision says about a comment. The others say nothing: what is rude is not spam.
TEACHES = {
    Decision.APPROVE: False,
    Decision.RESTORE: False,
    Decision.KEEP: False,
    Decision.SPAM: True,
}
FORMAT = "agora-spam-filter-1"


def scored(session: Session, text: str, *, name: str = "", website: str = "", language: str = "") -> Score:
    """How likely a comment is spam, before it is one."""
    return spam.score(session, text, name=name, website=website, language=language)


def follow_decision(session: Session, comment: Comment, decision: Decision, *, event_id: int) -> None:
    """Learn what a moderator's decision says. KEEP says something only of what the public sees."""
    if decision in TEACHES and (decision is not Decision.KEEP or comment.state is State.PUBLISHED):
        learn(session, comment, TEACHES[decision], event_id=event_id)


def learn(session: Session, comment: Comment, is_spam: bool | None, *, event_id: int | None = None) -> None:
    """Remember what a comment is, in the place of what was learned from it before; None forgets that.

    To learn the same twice changes nothing. `event_id` is the decision that says so.
    """
    before = spam.standing_lesson(session, comment.id)
    if before:
        if before.is_spam is is_spam and before.revision_id == comment.revision_id:
            return
        _take_away(session, before)
        spam.set_standing(session, before, False)
    if is_spam is None:
        spam.drop_lessons_of(session, comment.id)
        return
    found = signs(spam.body_of(session, comment.revision_id), name=comment.name, website=comment.website)
    sums = lesson_of(found, is_spam, spam.prior(), spam.learned(session, found))
    numbers = [number_of(sign) for sign in found]
    spam.add(session, numbers, sums)
    spam.keep_lesson(
        session,
        numbers,
        comment_id=comment.id,
        revision_id=comment.revision_id,
        event_id=event_id,
        is_spam=is_spam,
        slope=sums.slope,
    )


def take_back(session: Session, comment: Comment, *, event_id: int) -> None:
    """Unlearn what this decision taught, to the last digit; what it took the place of holds again."""
    lesson = spam.standing_lesson(session, comment.id)
    if lesson is None or lesson.event_id != event_id:
        return
    _take_away(session, lesson)
    former = spam.lesson_before(session, lesson)
    spam.drop_lesson(session, lesson)
    if former:
        spam.set_standing(session, former, True)
        spam.add(session, former.numbers, former.sums)


def forget_origin(session: Session, comment: Comment) -> None:
    """Keep no note of what this comment taught, when it is erased. The sums stay: nobody can be read from them."""
    spam.drop_lessons_of(session, comment.id)


def _take_away(session: Session, lesson: SpamLesson) -> None:
    spam.add(session, lesson.numbers, -lesson.sums)


def exported(session: Session) -> dict[str, Any]:
    """All that was learned here, for another site; it holds no words."""
    learned = [[number, *sums] for number, sums in spam.all_sums(session)]
    return {"format": FORMAT, "signs_version": VERSION, "learned": learned}


def as_text(stored: Mapping[str, Any]) -> str:
    return json.dumps(stored) + "\n"


def import_learned(session: Session, typed: str, *, replace: bool) -> None:
    """Add what another site learned to what was learned here, or put it in its place.

    Raises FieldErrors for `file`.
    """
    rows = _rows_of(_parsed(typed))
    if replace:
        spam.forget_all(session)
    spam.add_each(session, rows)


def _parsed(typed: str) -> Mapping[str, Any]:
    try:
        stored = json.loads(typed)
    except ValueError as wrong:
        raise _unknown() from wrong
    if not isinstance(stored, dict) or stored.get("format") != FORMAT or stored.get("signs_version") != VERSION:
        raise _unknown()
    return stored


def _rows_of(stored: Mapping[str, Any]) -> list[tuple[int, Learned]]:
    rows = stored.get("learned")
    if not isinstance(rows, list) or not all(_is_row(row) for row in rows):
        raise _unknown()
    return [(number, Learned(*sums)) for number, *sums in rows]


def _is_row(row: Any) -> bool:
    """Whether it is a number of a sign and its four sums, all of which fit into their columns."""
    return (
        isinstance(row, list)
        and len(row) == 5
        and all(type(number) is int and abs(number) < 2**62 for number in row[1:])
        and type(row[0]) is int
        and 0 <= row[0] < 2**63
        and min(row[1], row[2], row[4]) >= 0
        and max(row[1], row[2]) < 2**31
    )


def _unknown() -> FieldErrors:
    return FieldErrors({"file": Message(N_("This is not what a spam filter of this version of Agora learned."))})
