"""Decisions about comments: guarded by the table of transitions, saved by compare-and-set, kept as events."""

from datetime import datetime

from sqlalchemy.orm import Session

from agora.actions import letters
from agora.rules import charter, limits
from agora.rules.errors import N_, Conflict, FieldErrors, Message
from agora.rules.moderation import RESTRICTIONS, Decision, Party, State, next_state
from agora.store import comments, events, site, versions
from agora.store.comments import Comment
from agora.store.people import Person


def decide(
    session: Session,
    comment: Comment,
    decision: Decision,
    *,
    party: Party,
    version: int,
    person: Person | None = None,
    clause: int | None = None,
    explanation: str = "",
    now: datetime,
) -> None:
    """Change a comment's state. `version` is the one that was looked at when deciding.

    Raises FieldErrors for `reason` and `explanation`, and Conflict when somebody was quicker or the text has changed.
    """
    before, after = comment.state, next_state(comment.state, decision, party)
    if after is None or version != comment.version:
        raise _too_late()
    charter_id = _checked_reason(session, decision, clause, explanation) if party is Party.MODERATOR else None
    first_time_public = after is State.PUBLISHED and comment.published_at is None
    published_at = now if first_time_public else comment.published_at
    if not comments.change_state(session, comment, after, published_at=published_at):
        raise _too_late()
    event = events.record(
        session,
        "comment.decided",
        at=now,
        party=party,
        person_id=person.id if person else None,
        comment_id=comment.id,
        post_id=comment.post_id,
        revision_id=comment.revision_id,
        decision=decision,
        before=before,
        after=after,
        clause=clause,
        charter_id=charter_id if clause else None,
        explanation=explanation.strip(),
    )
    _keep_counts(session, comment, before, after)
    versions.touch(session, versions.LOG)
    if comment.published_at is not None:  # also what was hidden already: the note in its place may read otherwise
        versions.touch(session, versions.COMMENTS, versions.of_post(comment.post_id))
    letters.for_decision(session, event, comment)
    if first_time_public:
        letters.for_reply(session, event, comment)
    if after is State.PENDING:
        letters.for_new_comment(session, event, comment)


def _too_late() -> Conflict:
    return Conflict(N_("This comment changed meanwhile: somebody else decided, or its text was edited."))


def _checked_reason(session: Session, decision: Decision, clause: int | None, explanation: str) -> int:
    """The id of the charter in force. A restriction names one of its clauses."""
    current = site.current_charter(session)
    known = {entry.number for entry in charter.parse(current.source).clauses}
    errors = {}
    if clause is not None and clause not in known:
        errors["reason"] = Message(N_("The charter has no such clause."))
    elif decision in RESTRICTIONS and clause is None:
        errors["reason"] = Message(N_("Choose the clause of the charter on which this decision rests."))
    if len(explanation) > limits.REASON:
        errors["explanation"] = Message(N_("At most %(limit)s characters, please."), {"limit": limits.REASON})
    if errors:
        raise FieldErrors(errors)
    return current.id


def _keep_counts(session: Session, comment: Comment, before: State, after: State) -> None:
    change = (after is State.PUBLISHED) - (before is State.PUBLISHED)
    if change:
        comments.count_public_change(session, comment, by=change)
