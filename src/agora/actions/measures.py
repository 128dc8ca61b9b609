"""Measures against people: imposed with reasons, told to whom they concern, kept on the record, lifted."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agora.actions import appeals, statements
from agora.rules import charter, limits
from agora.rules import measures as rules
from agora.rules.errors import N_, Conflict, FieldErrors, Message, Refused
from agora.rules.measures import STATED_AS, Against, MeasureKind
from agora.rules.moderation import UNDO_SECONDS, Party
from agora.rules.statements import Automation, Category, Exemption, Ground, Prompt
from agora.store import commenting, events, ledger, site, versions
from agora.store import measures as store
from agora.store import statements as statement_store
from agora.store.appeals import Ruling
from agora.store.comments import Commenter
from agora.store.events import Recorded
from agora.store.measures import InForce, Measure, Note
from agora.store.people import Person
from agora.store.references import new_reference
from agora.store.statements import Statement

# A measure can be taken back unsaid for so long, as a decision can.
UNDO = timedelta(seconds=UNDO_SECONDS)


class UnderMeasure(Refused):
    """Somebody may not do this at present. `is_theirs`: whoever asks may also read why."""

    def __init__(self, text: str, measure: InForce, *, is_theirs: bool) -> None:
        super().__init__(text, status=403)
        self.measure = measure
        self.is_theirs = is_theirs


def impose(
    session: Session,
    kind: MeasureKind,
    *,
    commenter: Commenter | None = None,
    person: Person | None = None,
    source: str = "",
    until: datetime | None = None,
    clause: int | None,
    explanation: str,
    language: str = "",
    by: Person,
    now: datetime,
) -> Measure:
    """Warn, hold or suspend an address, an account or a network (a keyed hash), with a statement of reasons.

    `language` is that of whom it concerns, where it is known better than from what they wrote. Raises FieldErrors for
    `kind`, `days`, `reason` and `explanation`.
    """
    if kind is MeasureKind.WARNING:
        until = None  # it ends when it was read
    measure = Measure(
        reference=new_reference("M", now),
        kind=kind,
        commenter_id=commenter.id if commenter else None,
        person_id=person.id if person else None,
        source=source,
        clause=clause,
        explanation=explanation.strip(),
        created_at=now,
        created_by=by.id,
        until=until,
    )
    measure.charter_id = _checked(session, measure, now)
    session.add(measure)
    session.flush()
    event = _record(session, "measure.imposed", measure, by, now)
    language = language or _language(session, measure, person or by)
    statement = _state_reasons(session, event, measure, language=language, by=by)
    _seal(session, event, measure, by, statement=statement.puid, until=until.isoformat() if until else None)
    if statement.contact_known:
        events.deliver(session, event, "measure", _recipient(measure, language), wait=UNDO)
    return measure


def end(session: Session, measure: Measure, *, by: Person, explanation: str = "", now: datetime) -> None:
    """Lift a measure before its time, and grant the appeal against it; whom it concerns learns of it.

    Raises Conflict where it has ended already; Refused and FieldErrors as an appeal's answer does.
    """
    statement = statement_store.of_measure(session, measure.id)
    if measure.ended_at is not None and (statement is None or statement.reversed_at is not None):
        raise Conflict(N_("This measure has already ended."))
    appeals.check_measure(session, measure, by, explanation)
    measure.ended_at, measure.ended_by = now, by.id
    event = _record(session, "measure.ended", measure, by, now, explanation=explanation.strip())
    if statement is not None:
        statement.reversed_at, statement.reversed_by = now, event.id
    answered = appeals.settle_measure(session, measure, event, Ruling.GRANTED, person=by, explanation=explanation)
    _seal(
        session,
        event,
        measure,
        by,
        private={"explanation": explanation.strip()},
        appeals=[appeal.reference for appeal in answered],
        same_person=any(appeal.same_person for appeal in answered) or None,
    )
    if statement is None or not statement.contact_known or answered:
        return
    if now - measure.created_at < UNDO and statement.event_id is not None:
        events.call_back_letters(session, statement.event_id)
    else:
        events.deliver(session, event, "measure-ended", _recipient(measure, statement.language))


def acknowledge(session: Session, measure: Measure, *, now: datetime) -> None:
    """Whoever was warned has read it, and may go on; doing so twice is as good as once."""
    if measure.kind is not MeasureKind.WARNING or measure.ended_at is not None:
        return
    measure.acknowledged_at = measure.ended_at = now
    events.record(session, "measure.acknowledged", at=now, party=Party.COMMENTER, details={"measure": measure.id})


def note(session: Session, commenter: Commenter, text: str, *, by: Person, now: datetime) -> None:
    """Tell the other moderators something about a commenter. Raises FieldErrors for `note`."""
    if not text.strip():
        raise FieldErrors({"note": Message(N_("There is no text yet."))})
    if len(text) > limits.REASON:
        raise FieldErrors({"note": Message(N_("At most %(limit)s characters, please."), {"limit": limits.REASON})})
    session.add(Note(commenter_id=commenter.id, person_id=by.id, text=text.strip(), at=now))


REFUSALS = {
    MeasureKind.SUSPENSION: {
        False: N_("This address may not comment at present. Keep your text."),
        True: N_("Comments from your network are not taken at present. Keep your text."),
    },
    MeasureKind.WARNING: {
        False: N_("A moderator has warned this address: the warning must be read first. Nothing you wrote is lost."),
    },
    MeasureKind.NO_REPORTS: {
        False: N_("Reports from this address are not taken at present."),
        True: N_("Reports from your network are not taken at present."),
    },
}


def is_held(
    session: Session, *, commenter_id: int | None, person_id: int | None, source: str, is_theirs: bool, now: datetime
) -> bool:
    """Whether what somebody sends waits for a moderator, whatever it says. Raises UnderMeasure where it is not taken.

    `is_theirs`: nobody else than the owner of the address can be asking, as far as we know.
    """
    found = store.in_force(session, commenter_id, person_id, source, now)
    for measure in found:
        if measure.kind in {MeasureKind.SUSPENSION, MeasureKind.WARNING}:
            raise UnderMeasure(REFUSALS[measure.kind][measure.by_network], measure, is_theirs=is_theirs)
    return any(measure.kind is MeasureKind.HOLD for measure in found)


def check_may_report(
    session: Session, *, commenter_id: int | None, person_id: int | None, source: str, is_theirs: bool, now: datetime
) -> None:
    """Raises UnderMeasure for whoever was suspended from reporting."""
    for measure in store.in_force(session, commenter_id, person_id, source, now):
        if measure.kind is MeasureKind.NO_REPORTS:
            raise UnderMeasure(REFUSALS[measure.kind][measure.by_network], measure, is_theirs=is_theirs)


def _checked(session: Session, measure: Measure, now: datetime) -> int:
    """The id of the charter in force, on one of whose clauses the measure rests."""
    errors = rules.trouble(measure.kind, measure.against, until=measure.until, explanation=measure.explanation, now=now)
    current = site.current_charter(session)
    if measure.clause is None:
        errors["reason"] = Message(N_("Choose the clause of the charter on which this decision rests."))
    elif measure.clause not in {entry.number for entry in charter.parse(current.source).clauses}:
        errors["reason"] = Message(N_("The charter has no such clause."))
    if errors:
        raise FieldErrors(errors)
    return current.id


def _record(
    session: Session, kind: str, measure: Measure, by: Person, now: datetime, *, explanation: str | None = None
) -> Recorded:
    return events.record(
        session,
        kind,
        at=now,
        party=Party.MODERATOR,
        person_id=by.id,
        clause=measure.clause,
        charter_id=measure.charter_id,
        explanation=measure.explanation if explanation is None else explanation,
        details={"measure": measure.id, "kind": measure.kind, "reference": measure.reference},
    )


def _state_reasons(session: Session, event: Recorded, measure: Measure, *, language: str, by: Person) -> Statement:
    reachable = _is_reachable(session, measure)
    statement = Statement(
        puid=statements.new_puid(),
        at=event.at,
        measure_id=measure.id,
        event_id=event.id,
        decision=None,
        measure=STATED_AS[measure.kind],
        party=Party.MODERATOR,
        person_id=by.id,
        rules=[],
        ground=Ground.CHARTER,
        clause=measure.clause,
        charter_id=measure.charter_id,
        category=Category.OTHER_VIOLATION,
        keywords=[],
        explanation=measure.explanation,
        prompt=Prompt.OWN_INITIATIVE,
        detected_by_program=False,
        automation=Automation.NOT,
        language=language,
        content_date=event.at.date(),
        ends_at=measure.until,
        contact_known=reachable,
        exempt=None if reachable else Exemption.NO_CONTACT,
        # Whoever cannot be written to is told when they come, by a page that has the reasons from now on.
        informed_at=None if reachable else event.at,
        informed_by="" if reachable else "page",
    )
    session.add(statement)
    session.flush()
    return statement


def _is_reachable(session: Session, measure: Measure) -> bool:
    if measure.commenter_id is None:
        return measure.person_id is not None
    return commenting.is_confirmed(session, measure.commenter_id) or store.wants_letters(session, measure.commenter_id)


def _language(session: Session, measure: Measure, person: Person) -> str:
    written = store.last_language(session, measure.commenter_id) if measure.commenter_id else None
    return written or person.language


def _recipient(measure: Measure, language: str) -> dict[str, object]:
    to = {"commenter_id": measure.commenter_id} if measure.commenter_id else {"person_id": measure.person_id}
    return {**to, "details": {"measure": measure.id, "language": language}}


def _seal(
    session: Session,
    event: Recorded,
    measure: Measure,
    by: Person,
    *,
    private: dict[str, str] | None = None,
    **facts: object,
) -> None:
    versions.touch(session, versions.LOG)
    said = {
        "measure": measure.reference,
        "measure_kind": measure.kind,
        "against": measure.against,
        "role": by.role,
        "clause": measure.clause,
        "charter": measure.charter_id,
        **facts,
    }
    concerned = {Against.ADDRESS: measure.commenter_id, Against.ACCOUNT: measure.person_id}
    kept = {
        "explanation": measure.explanation,
        "person": f"person {by.id}",
        "concerned": f"{measure.against} {concerned.get(measure.against, measure.source)}",
        **(private or {}),
    }
    ledger.append(session, event.kind, at=event.at, facts=said, private=kept)
