"""Appeals (art. 20): lodged with a receipt, answered by somebody else than who decided, and with reasons."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agora.actions import cases, notice_letters
from agora.rules import limits
from agora.rules.errors import N_, Conflict, FieldErrors, Message, Refused
from agora.rules.moderation import Party, State
from agora.rules.telling import contest_until
from agora.settings import Settings
from agora.store import appeals, database, events, ledger, people, versions
from agora.store.appeals import Appeal, Appellant, Ruling
from agora.store.comments import Comment
from agora.store.events import Event, Recorded
from agora.store.measures import Measure
from agora.store.people import Person
from agora.store.references import new_reference
from agora.store.reports import Outcome, Report, ReportItem
from agora.store.statements import Statement

# By who appeals and the state that the answer leads to.
RULINGS = {
    (Appellant.COMMENTER, State.PUBLISHED): Ruling.GRANTED,
    (Appellant.COMMENTER, State.HIDDEN): Ruling.REFUSED,
    (Appellant.COMMENTER, State.REJECTED): Ruling.REFUSED,
    (Appellant.NOTIFIER, State.PUBLISHED): Ruling.REFUSED,
    (Appellant.NOTIFIER, State.HIDDEN): Ruling.GRANTED,
    (Appellant.NOTIFIER, State.REJECTED): Ruling.GRANTED,
}


def may_contest(statement: Statement, now: datetime) -> bool:
    """Whether a restriction still holds and its time to be contested has not ended. Once it was, it is no more."""
    ends_at = contest_until(statement.informed_at) if statement.informed_at else None
    return statement.reversed_at is None and (ends_at is None or now <= ends_at)


def may_contest_outcome(item: ReportItem, now: datetime) -> bool:
    """The same for what became of a notice: who reported may contest that the comment stays."""
    return item.outcome is Outcome.DISMISSED and item.decided_at is not None and now <= contest_until(item.decided_at)


def lodge(session: Session, statement: Statement, text: str, settings: Settings, *, now: datetime) -> Appeal:
    """Who was restricted contests it, be it a decision on a comment or a measure; the same text sent twice is one.

    Raises FieldErrors for `appeal`, and Conflict where it cannot be contested any more.
    """
    _check_text(text)
    database.lock(session, f"appeal:statement:{statement.id}")
    if earlier := appeals.against_statements(session, [statement.id]).get(statement.id):
        return _twin(earlier, text)
    if not may_contest(statement, now):
        raise Conflict(N_("This decision can no longer be contested here."))
    comment = session.get(Comment, statement.comment_id) if statement.comment_id else None
    appeal = Appeal(
        reference=new_reference("A", now),
        appellant=Appellant.COMMENTER,
        statement_id=statement.id,
        comment_id=statement.comment_id,
        measure_id=statement.measure_id,
        commenter_id=comment.commenter_id if comment else None,
        text=text.strip(),
        decided_by=statement.person_id,
    )
    return _lodge(session, appeal, comment, settings, against=statement.puid, now=now)


def lodge_as_notifier(session: Session, item: ReportItem, text: str, settings: Settings, *, now: datetime) -> Appeal:
    """Who reported contests that the comment stays. Raises as `lodge` does."""
    _check_text(text)
    database.lock(session, f"appeal:outcome:{item.id}")
    if earlier := appeals.against_outcomes(session, [item.id]).get(item.id):
        return _twin(earlier, text)
    if not may_contest_outcome(item, now):
        raise Conflict(N_("This decision can no longer be contested here."))
    report = session.get_one(Report, item.report_id)
    decision = session.get(Event, item.event_id) if item.event_id else None
    appeal = Appeal(
        reference=new_reference("A", now),
        appellant=Appellant.NOTIFIER,
        report_item_id=item.id,
        comment_id=item.comment_id,
        commenter_id=report.commenter_id,
        text=text.strip(),
        decided_by=decision.person_id if decision else None,
    )
    comment = session.get_one(Comment, item.comment_id)
    return _lodge(session, appeal, comment, settings, against=report.reference, now=now)


def _check_text(text: str) -> None:
    if not text.strip():
        raise FieldErrors({"appeal": Message(N_("Say why the decision should be changed."))})
    if len(text) > limits.APPEAL:
        raise FieldErrors({"appeal": Message(N_("At most %(limit)s characters, please."), {"limit": limits.APPEAL})})


def _twin(earlier: Appeal, text: str) -> Appeal:
    if earlier.text != text.strip():
        raise Conflict(N_("This decision was contested already: it can be contested once."))
    return earlier


def _lodge(
    session: Session, appeal: Appeal, comment: Comment | None, settings: Settings, *, against: str, now: datetime
) -> Appeal:
    appeal.lodged_at, appeal.answer_due_at = now, now + timedelta(days=settings.appeal_days)
    session.add(appeal)
    session.flush()
    post_id = comment.post_id if comment else None
    details = {"appeal": appeal.id, "appellant": appeal.appellant}
    event = events.record(
        session, "appeal.lodged", at=now, comment_id=appeal.comment_id, post_id=post_id, details=details
    )
    facts = {
        "appeal": appeal.reference,
        "appellant": appeal.appellant,
        "comment": appeal.comment_id,
        "post": post_id,
        "against": against,
    }
    ledger.append(session, "appeal.lodged", at=now, facts=facts, private={"explanation": appeal.text})
    versions.touch(session, versions.LOG)
    if comment is not None:
        cases.refresh(session, comment, now=now)
    elif appeal.measure_id is not None:
        cases.refresh_measure(session, session.get_one(Measure, appeal.measure_id), now=now)
    notice_letters.for_appeal(session, event, appeal)
    return appeal


def check(session: Session, comment: Comment, person: Person | None, explanation: str) -> None:
    """Refuse an answer that would break art. 20(4) and (6): by whom the decision came from, or without reasons.

    Raises Refused, and FieldErrors for `explanation`.
    """
    _check_answer(session, appeals.open_appeals(session, comment.id), person, explanation)


def _check_answer(session: Session, waiting: list[Appeal], person: Person | None, explanation: str) -> None:
    if not waiting or person is None:
        return
    if any(is_concerned(session, appeal, person) for appeal in waiting) and people.another_moderator(
        session, person.id
    ):
        raise Refused(N_("You took the decision that is contested here: somebody else must answer the appeal."))
    if not explanation.strip():
        raise FieldErrors({"explanation": Message(N_("An appeal is answered with reasons: please write them."))})


def is_concerned(session: Session, appeal: Appeal, person: Person) -> bool:
    """Whether this is about a decision that they took, or an appeal of their own."""
    if appeal.decided_by == person.id:
        return True
    if appeal.appellant is Appellant.NOTIFIER:
        item = session.get(ReportItem, appeal.report_item_id or 0)
        report = session.get(Report, item.report_id) if item else None
        return report is not None and report.person_id == person.id
    about = session.get(Comment, appeal.comment_id) if appeal.comment_id else session.get(Measure, appeal.measure_id)
    return about is not None and about.person_id == person.id


def is_asked(session: Session, comment: Comment) -> bool:
    """Whether an appeal about this comment waits for an answer."""
    return bool(appeals.open_appeals(session, comment.id))


def settle(
    session: Session, comment: Comment, event: Recorded, person: Person | None, explanation: str
) -> list[Appeal]:
    """Answer the appeals about this comment by the decision of this event; gives those that were answered."""
    if comment.state is State.PENDING:
        return []
    answered = appeals.open_appeals(session, comment.id)
    for appeal in answered:
        ruling = RULINGS.get((appeal.appellant, comment.state), Ruling.MOOT)
        _answer(session, appeal, ruling, event, person, explanation)
    return answered


def _answer(
    session: Session, appeal: Appeal, ruling: Ruling, event: Recorded, person: Person | None, explanation: str
) -> None:
    appeal.ruling = ruling
    appeal.reviewer_id = person.id if person else None
    # Where nobody else could answer it, the record says so.
    appeal.same_person = person is not None and is_concerned(session, appeal, person)
    appeal.answer, appeal.answered_at, appeal.event_id = explanation.strip(), event.at, event.id


def reopen(session: Session, event_id: int) -> None:
    """The answer was taken back: its appeals wait again."""
    for appeal in appeals.answered_by(session, event_id):
        appeal.ruling, appeal.answer, appeal.same_person = Ruling.OPEN, "", False
        appeal.reviewer_id = appeal.answered_at = appeal.event_id = None


# Measures against people


def check_measure(session: Session, measure: Measure, person: Person, explanation: str) -> None:
    """As `check`, for who ends or upholds a measure."""
    _check_answer(session, appeals.open_about_measure(session, measure.id), person, explanation)


def settle_measure(
    session: Session, measure: Measure, event: Recorded, ruling: Ruling, *, person: Person, explanation: str
) -> list[Appeal]:
    """Answer the appeal against a measure by what this event did to it; its case closes."""
    answered = appeals.open_about_measure(session, measure.id)
    for appeal in answered:
        _answer(session, appeal, ruling, event, person, explanation)
    session.flush()
    cases.refresh_measure(session, measure, now=event.at)
    notice_letters.for_rulings(session, event, answered)
    return answered


def uphold_measure(session: Session, measure: Measure, *, person: Person, explanation: str, now: datetime) -> None:
    """Refuse the appeal against a measure, which stays in force. To grant it, end the measure.

    Raises Refused and FieldErrors as `check` does, and Conflict where no appeal waits.
    """
    check_measure(session, measure, person, explanation)
    event = events.record(
        session,
        "measure.upheld",
        at=now,
        party=Party.MODERATOR,
        person_id=person.id,
        explanation=explanation.strip(),
        details={"measure": measure.id, "reference": measure.reference},
    )
    answered = settle_measure(session, measure, event, Ruling.REFUSED, person=person, explanation=explanation)
    if not answered:
        raise Conflict(N_("Nothing waits for an answer here any more."))
    facts = {
        "measure": measure.reference,
        "role": person.role,
        "appeals": [appeal.reference for appeal in answered],
        "same_person": any(appeal.same_person for appeal in answered) or None,
    }
    private = {"explanation": explanation.strip(), "person": f"person {person.id}"}
    ledger.append(session, event.kind, at=now, facts=facts, private=private)
    versions.touch(session, versions.LOG)
