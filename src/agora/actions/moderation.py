"""Decisions about comments: guarded by the table of transitions, saved by compare-and-set, kept as events."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from agora.actions import appeals, cases, letters, notice_letters, reports, spam, statements
from agora.actions.statements import Why
from agora.rules import charter, limits
from agora.rules.errors import N_, Conflict, FieldErrors, Message
from agora.rules.moderation import RESTRICTIONS, UNDO_SECONDS, UNDOABLE, Decision, Party, State, next_state
from agora.rules.statements import MEASURES, Legal
from agora.store import comment_changes, comments, events, ledger, policies, site, versions
from agora.store.appeals import Appeal, Appellant
from agora.store.comments import Comment
from agora.store.events import Recorded
from agora.store.people import Person
from agora.store.reports import ReportItem
from agora.store.statements import Statement


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
    legal: Legal | None = None,
    now: datetime,
) -> Recorded:
    """Change a comment's state, or answer what was said against it. `version` is the one that was looked at.

    Raises FieldErrors for `reason`, `law` and `explanation`, Refused for whoever must not answer an appeal, and
    Conflict when somebody was quicker or the text has changed.
    """
    before, after = comment.state, next_state(comment.state, decision, party)
    if after is None or version != comment.version:
        raise _too_late()
    if decision is Decision.KEEP and not reports.is_asked(session, comment) and not appeals.is_asked(session, comment):
        raise Conflict(N_("Nothing waits for an answer here any more."))
    why = Why(clause, explanation=explanation.strip(), legal=legal or Legal())
    if party is Party.MODERATOR:
        why = replace(why, charter_id=_checked_reason(session, decision, why))
        appeals.check(session, comment, person, explanation)
    elif party is Party.POLICY:
        why = replace(why, rules=tuple(comments.reasons_of(session, comment)), policy_id=policies.current_id(session))
    first_time_public = after is State.PUBLISHED and comment.published_at is None
    published_at = now if first_time_public else comment.published_at
    if not comment_changes.change_state(session, comment, after, published_at=published_at):
        raise _too_late()
    event = _record(session, comment, decision, before, why, party=party, person=person, now=now)
    _keep_counts(session, comment, before, after)
    consequences = _follow(session, comment, event, before, why, party=party, person=person)
    _seal(session, comment, event, before, why, consequences, party=party, person=person)
    if party is Party.MODERATOR:
        spam.follow_decision(session, comment, decision, event_id=event.id)
    _write_letters(session, comment, event, consequences)
    if first_time_public:
        letters.for_reply(session, event, comment)
    if after is State.PENDING:
        letters.for_new_comment(session, event, comment)
    return event


@dataclass(frozen=True)
class Consequences:
    """What else a decision settled."""

    statement: Statement | None
    reports: list[ReportItem]
    appeals: list[Appeal]


def _record(
    session: Session,
    comment: Comment,
    decision: Decision,
    before: State,
    why: Why,
    *,
    party: Party,
    person: Person | None,
    now: datetime,
    **details: Any,
) -> Recorded:
    return events.record(
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
        after=comment.state,
        clause=why.clause,
        charter_id=why.charter_id if why.clause else None,
        explanation=why.explanation,
        details=details,
    )


def _write_letters(session: Session, comment: Comment, event: Recorded, consequences: Consequences) -> None:
    """Whoever appealed is answered; that the comment is public again is part of the answer."""
    rulings = consequences.appeals
    if consequences.statement or not any(appeal.appellant is Appellant.COMMENTER for appeal in rulings):
        letters.for_decision(session, event, comment, consequences.statement)
    notice_letters.for_outcomes(session, event, consequences.reports)
    notice_letters.for_rulings(session, event, rulings)


def _follow(
    session: Session,
    comment: Comment,
    event: Recorded,
    before: State,
    why: Why,
    *,
    party: Party,
    person: Person | None,
) -> Consequences:
    """What follows from a decision in its own transaction: a statement of reasons, answers, the list of cases."""
    decision = event.decision
    statement = None
    if decision in MEASURES:
        statement = statements.restrict(session, event, comment, decision, why, party=party, person=person)
    elif comment.state is State.PUBLISHED and before is not State.PUBLISHED:
        statements.lift(session, comment, event)
    # Whoever reported or contests is answered by a person, not by a program.
    is_answer = party is not Party.POLICY
    answered = reports.settle(session, comment, event) if is_answer else []
    ruled = appeals.settle(session, comment, event, person, why.explanation) if is_answer else []
    cases.refresh(session, comment, now=event.at)
    _touch(session, comment)
    return Consequences(statement, answered, ruled)


def _touch(session: Session, comment: Comment) -> None:
    versions.touch(session, versions.LOG)
    if comment.published_at is not None:  # also what was hidden already: the note in its place may read otherwise
        versions.touch(session, versions.COMMENTS, versions.of_post(comment.post_id))


def _seal(
    session: Session,
    comment: Comment,
    event: Recorded,
    before: State,
    why: Why,
    consequences: Consequences,
    *,
    party: Party,
    person: Person | None,
) -> None:
    """Bring the decision into the sealed log. What commenters do with their own comments is not moderation."""
    if party is Party.COMMENTER and event.decision is not Decision.ERASE:
        return
    statement = consequences.statement
    facts = {
        "comment": comment.id,
        "post": comment.post_id,
        "decision": event.decision,
        "before": before,
        "after": comment.state,
        "role": person.role if person else party,
        "clause": why.clause,
        "charter": why.charter_id if why.clause else None,
        "law": why.legal.law,
        "category": statement.category if statement else None,
        "automation": statement.automation if statement else None,
        "statement": statement.puid if statement else None,
        "reports": sorted(item.report.reference for item in consequences.reports),
        "appeals": sorted(appeal.reference for appeal in consequences.appeals),
        "same_person": any(appeal.same_person for appeal in consequences.appeals) or None,
    }
    private = {
        "explanation": why.explanation,
        "person": f"person {person.id}" if person else "",
        "text": comments.text_of(session, comment),
    }
    ledger.append(session, event.kind, at=event.at, facts=facts, private=private)


def undo(session: Session, comment: Comment, *, person: Person, version: int, now: datetime) -> Recorded:
    """Take one's own decision back within rules/moderation.py's UNDO_SECONDS, with all that followed from it.

    Raises Conflict where there is nothing to take back any more.
    """
    undone = events.last_decision_event(session, comment.id)
    if (
        undone is None
        or undone.decision not in UNDOABLE
        or undone.person_id != person.id
        or undone.before is None
        or version != comment.version
        or now - undone.at > timedelta(seconds=UNDO_SECONDS)
    ):
        raise Conflict(N_("This decision can no longer be taken back."))
    before, after = comment.state, undone.before
    was_first_time = after is not State.PUBLISHED and comment.published_at == undone.at
    is_unanswered = comment.shown_in_thread <= 1
    if not comment_changes.change_state(session, comment, after, published_at=comment.published_at):
        raise _too_late()
    event = _record(
        session, comment, Decision.UNDO, before, Why(), party=Party.MODERATOR, person=person, now=now, undoes=undone.id
    )
    _keep_counts(session, comment, before, after)
    if was_first_time and is_unanswered:
        comment_changes.forget_publication(session, comment)
    events.call_back_letters(session, undone.id)
    statements.take_back(session, undone.id, event)
    reports.reopen(session, undone.id)
    appeals.reopen(session, undone.id)
    cases.refresh(session, comment, now=now)
    _touch(session, comment)
    if was_first_time:
        versions.touch(session, versions.COMMENTS, versions.of_post(comment.post_id))
    nothing = Consequences(None, [], [])
    _seal(session, comment, event, before, Why(), nothing, party=Party.MODERATOR, person=person)
    spam.take_back(session, comment, event_id=undone.id)
    return event


def _too_late() -> Conflict:
    return Conflict(N_("This comment changed meanwhile: somebody else decided, or its text was edited."))


def _checked_reason(session: Session, decision: Decision, why: Why) -> int:
    """The id of the charter in force. A restriction names one of its clauses, or the law that is broken."""
    current = site.current_charter(session)
    known = {entry.number for entry in charter.parse(current.source).clauses}
    errors = {}
    if why.clause is not None and why.clause not in known:
        errors["reason"] = Message(N_("The charter has no such clause."))
    elif decision in RESTRICTIONS and why.clause is None and not why.legal.law:
        errors["reason"] = Message(N_("Choose the clause of the charter on which this decision rests."))
    for name, text in (("explanation", why.explanation), ("law", why.legal.law)):
        if len(text) > limits.REASON:
            errors[name] = Message(N_("At most %(limit)s characters, please."), {"limit": limits.REASON})
    if errors:
        raise FieldErrors(errors)
    return current.id


def _keep_counts(session: Session, comment: Comment, before: State, after: State) -> None:
    change = (after is State.PUBLISHED) - (before is State.PUBLISHED)
    if change:
        comment_changes.count_public_change(session, comment, by=change)
