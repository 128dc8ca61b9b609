"""Readers report comments (art. 16): the notice is taken with a receipt, weighed, and put before a moderator."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from agora.actions import cases, letters, measures, moderation, notice_letters, report_forms
from agora.actions.report_forms import Notice
from agora.rules import limits, urls
from agora.rules import reports as rules
from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import Reason
from agora.rules.reports import UNFOUNDED_IN_A_ROW, Standing
from agora.rules.statements import Category, Ground
from agora.settings import Settings
from agora.store import commenting, comments, database, events, ledger, site, versions
from agora.store import reports as store
from agora.store.comments import Comment, Commenter
from agora.store.events import Recorded
from agora.store.people import Person
from agora.store.references import new_reference
from agora.store.reports import Outcome, Report, ReportItem


def report(
    session: Session, comment: Comment, notice: Notice, settings: Settings, *, person: Person | None, now: datetime
) -> Report:
    """Take a notice about a published comment; the same one sent twice is one. `comment` comes in full.

    Enough weight of notices hides the comment until it is read, where the settings say so (`reports_hide`).
    Raises FieldErrors, and UnderMeasure for whoever was suspended from reporting.
    """
    report_forms.check(session, notice, signed_in=person is not None)
    who = _who(session, notice, person, now)
    measures.check_may_report(
        session,
        commenter_id=who.commenter_id,
        person_id=who.person_id,
        source=notice.source,
        is_theirs=who.is_proven,
        now=now,
    )
    new = _report(session, comment, notice, who, settings, now)
    database.lock(session, f"report:{comment.id}:{notice.source}")
    if twin := store.same_report(session, new, comment.id, comment.revision_id):
        return twin
    session.add(new)
    session.flush()
    named = _named(session, comment, notice, settings)
    session.add_all(ReportItem(report_id=new.id, comment_id=each.id, revision_id=each.revision_id) for each in named)
    session.flush()
    event = _record(session, new, named, notice, now)
    notice_letters.for_report(session, event, new)
    hidden = [_follow(session, each, settings, now) for each in named]
    if not all(hidden):  # of a comment that waits, moderators are told anyway
        letters.call_moderators(session, event, "report-waits", details={"report": new.id})
    return new


@dataclass(frozen=True)
class _Who:
    """Who reports, as far as it is known."""

    name: str = ""
    email: str = ""
    commenter_id: int | None = None
    person_id: int | None = None
    is_proven: bool = False


def _who(session: Session, notice: Notice, person: Person | None, now: datetime) -> _Who:
    if person:
        return _Who(person.name, person.email, person_id=person.id, is_proven=True)
    email = urls.email_address(notice.email)
    if not email:
        return _Who(notice.name.strip())
    address = commenting.address_of(session, email, now=now)
    is_proven = address.verified_at is not None and address.proven_from == notice.whence
    return _Who(notice.name.strip(), email, commenter_id=address.id, is_proven=is_proven)


def _report(session: Session, comment: Comment, notice: Notice, who: _Who, settings: Settings, now: datetime) -> Report:
    offence = notice.against_the_law
    new = Report(
        reference=new_reference("R", now),
        received_at=now,
        channel="web",
        ground=Ground.LAW if offence else Ground.CHARTER,
        clause=None if offence else notice.clause,
        charter_id=None if offence else site.current_charter(session).id,
        category=offence.category if offence else Category.OTHER_VIOLATION,
        keyword=offence.keyword if offence else "",
        explanation=notice.explanation.strip(),
        further_addresses=notice.further.strip(),
        name=who.name,
        commenter_id=who.commenter_id,
        person_id=who.person_id,
        proven=who.is_proven,
        good_faith_at=now,
        language=comment.language,
        source=notice.source,
    )
    _weigh(session, new, who.email, settings)
    return new


def _weigh(session: Session, found: Report, email: str, settings: Settings) -> None:
    """An address that anyone may have typed is nobody's word, be it that of a trusted flagger."""
    standing, record, found.unfounded = Standing.UNKNOWN, store.NO_RECORD, 0
    if found.proven:
        standing = Standing.SIGNED_IN if found.person_id else Standing.CONFIRMED
        standing = Standing.TRUSTED if email in settings.trusted_flaggers else standing
        record = store.record_of(session, found.commenter_id, found.person_id)
        found.unfounded = store.unfounded_in_a_row(
            session, found.commenter_id, found.person_id, most=UNFOUNDED_IN_A_ROW
        )
    found.trusted_flagger = standing is Standing.TRUSTED
    found.weight = rules.weight(standing, upheld=record.upheld, dismissed=record.dismissed)


def _named(session: Session, comment: Comment, notice: Notice, settings: Settings) -> list[Comment]:
    """The comments that a notice is about: the one it was written under, and public ones among further addresses."""
    lines = notice.further.splitlines()
    ids = rules.further_comments(lines, host=settings.base_url.partition("://")[2])[: limits.REPORTED_AT_ONCE - 1]
    others = (comments.comment_in_full(session, id_) for id_ in ids if id_ != comment.id)
    return [comment, *(other for other in others if other and is_reportable(other))]


def is_reportable(comment: Comment) -> bool:
    """Whether a reader can see it. `comment` comes with its post."""
    return comment.state is State.PUBLISHED and comment.post.is_public


def _record(session: Session, new: Report, named: list[Comment], notice: Notice, now: datetime) -> Recorded:
    first = named[0]
    event = events.record(
        session,
        "report.received",
        at=now,
        comment_id=first.id,
        post_id=first.post_id,
        revision_id=first.revision_id,
        details={"report": new.id},
    )
    facts = {
        "report": new.reference,
        "comment": first.id,
        "post": first.post_id,
        "further": [each.id for each in named[1:]],
        "clause": new.clause,
        "charter": new.charter_id,
        "category": new.category,
        "keyword": new.keyword,
        "trusted_flagger": new.trusted_flagger or None,
    }
    private = {"explanation": new.explanation, "name": new.name, "email": notice.email.strip()}
    ledger.append(session, "report.received", at=now, facts=facts, private=private)
    versions.touch(session, versions.LOG)
    return event


def _follow(session: Session, comment: Comment, settings: Settings, now: datetime) -> bool:
    """Put a comment before the moderators; whether the notices weigh enough to hide it until one has read it."""
    if not _weighs_enough(session, comment, settings):
        cases.refresh(session, comment, now=now)
        return False
    reason = Reason("reported", {"count": len(store.open_items(session, comment.id))})
    comment.revision.reasons = [*comment.revision.reasons, reason.as_data()]
    session.flush()
    moderation.decide(session, comment, Decision.HOLD, party=Party.POLICY, version=comment.version, now=now)
    return True


def _weighs_enough(session: Session, comment: Comment, settings: Settings) -> bool:
    """What a moderator has read and left is not hidden by numbers again."""
    if not settings.reports_hide or comment.state is not State.PUBLISHED:
        return False
    return store.weight_on(session, comment.id) >= settings.reports_hide and not store.was_kept(session, comment)


def confirm(session: Session, found: Report, settings: Settings, *, whence: str, now: datetime) -> None:
    """Who reported followed the link of the receipt: the address is theirs, and their word counts as such.

    The report comes in full.
    """
    commenter = session.get(Commenter, found.commenter_id) if found.commenter_id else None
    if commenter is None or found.proven:
        return
    commenter.verified_at = commenter.verified_at or now
    commenter.proven_from = whence
    found.proven = True
    session.flush()
    _weigh(session, found, commenter.email, settings)
    session.flush()
    events.record(session, "report.confirmed", at=now, details={"report": found.id})
    for item in found.items:
        if item.outcome is Outcome.OPEN:
            _follow(session, item.comment, settings, now)
