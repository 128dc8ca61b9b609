"""Erasing, as somebody asks for it: one comment, or all about an address; put off while an open case needs it."""

from datetime import datetime

from sqlalchemy.orm import Session

from agora.actions import letters, moderation, spam
from agora.rules.errors import N_, FieldErrors, Message
from agora.rules.moderation import Decision, Party, State
from agora.store import cases, comment_changes, comments, events, ledger
from agora.store import privacy as store
from agora.store.comments import Comment, Commenter
from agora.store.people import Person

# Entries of the log that are about somebody rather than about a comment.
ABOUT_PEOPLE = ("measure.imposed", "measure.ended", "measure.upheld", "source.seen")


def ask_for_letter(session: Session, comment: Comment, *, now: datetime) -> None:
    """Send a link to the page with all about the address: only who reads its letters may see or erase that."""
    event = events.record(session, "data.asked", at=now, comment_id=comment.id, post_id=comment.post_id)
    if comment.commenter_id is not None and letters.is_not_pestered(session, comment.commenter_id, event):
        events.deliver(session, event, "my-data", {"commenter_id": comment.commenter_id})


def erase_comment(
    session: Session, comment: Comment, *, party: Party, person: Person | None = None, now: datetime
) -> bool:
    """Erase a comment with its history; its thread keeps a note. False: put off until its open case is closed."""
    if comment.state is State.ERASED:
        return True
    waiting = cases.what_waits(session, comment.id)
    if waiting.reports or waiting.appeals:
        _put_off(session, comment, party, person, now)
        return False
    moderation.decide(session, comment, Decision.ERASE, party=party, version=comment.version, person=person, now=now)
    spam.forget_origin(session, comment)
    store.blank_comment(session, comment.id)
    ledger.forget(session, [comment.id])
    return True


def _put_off(session: Session, comment: Comment, party: Party, person: Person | None, now: datetime) -> None:
    if comment.erase_asked_at is not None:
        return
    comment.erase_asked_at = now
    events.record(
        session,
        "comment.erase-asked",
        at=now,
        party=party,
        person_id=person.id if person else None,
        comment_id=comment.id,
        post_id=comment.post_id,
    )


def erase_person(session: Session, commenter: Commenter, *, by: Person | None, now: datetime) -> int:
    """Erase all about an address. How many of its comments an open case still needs: what is left goes with them.

    `by` is the administrator; None: they asked for it themselves.
    """
    party = Party.ADMINISTRATOR if by else Party.COMMENTER
    ids = store.comments_left(session, commenter.id)
    comment_changes.hold_discussions(session, ids)
    needed = sum(not _erase(session, id_, party, by, now) for id_ in ids)
    if needed or store.has_open_business(session, commenter.id):
        commenter.erase_asked_at = commenter.erase_asked_at or now
        return needed
    _forget(session, commenter, erased=len(ids), by=by, now=now)
    return 0


def _erase(session: Session, comment_id: int, party: Party, by: Person | None, now: datetime) -> bool:
    comment = comments.comment_in_full(session, comment_id)
    return comment is None or erase_comment(session, comment, party=party, person=by, now=now)


def _forget(session: Session, commenter: Commenter, *, erased: int, by: Person | None, now: datetime) -> None:
    reported = store.reported_by(session, [commenter.id])
    ledger.forget_entries(session, "email", commenter.email, comment_ids=reported)
    ledger.forget_entries(session, "concerned", f"address {commenter.id}", kinds=ABOUT_PEOPLE)
    store.blank_commenter(session, commenter.id, now=now)
    role = by.role if by else Party.COMMENTER
    events.record(
        session,
        "person.erased",
        at=now,
        party=Party.ADMINISTRATOR if by else Party.COMMENTER,
        person_id=by.id if by else None,
        details={"comments": erased},
    )
    ledger.append(session, "person.erased", at=now, facts={"role": role, "comments": erased})


def erase_what_was_put_off(session: Session, *, now: datetime, size: int) -> int:
    """Erase what nothing needs any more; how much."""
    done = 0
    for id_ in store.asked_comments(session, size=size):
        wish = store.who_asked(session, id_)
        by = session.get(Person, wish.person_id) if wish and wish.person_id else None
        party = wish.party if wish and wish.party else Party.COMMENTER
        done += _erase(session, id_, party, by, now)
    for id_ in store.asked_commenters(session, after=0, size=size):
        erase_person(session, session.get_one(Commenter, id_), by=None, now=now)
    return done


def look_at_sources(session: Session, commenter: Commenter, reason: str, *, by: Person, now: datetime) -> None:
    """Write down that somebody looks at from where an address wrote, and why. Raises FieldErrors for `reason`."""
    if not reason.strip():
        raise FieldErrors({"reason": Message(N_("Say why: it is written down with your name."))})
    events.record(
        session,
        "source.seen",
        at=now,
        party=Party.ADMINISTRATOR,
        person_id=by.id,
        explanation=reason.strip(),
        details={"commenter": commenter.id},
    )
    private = {"explanation": reason.strip(), "person": f"person {by.id}", "concerned": f"address {commenter.id}"}
    ledger.append(session, "source.seen", at=now, facts={"role": by.role}, private=private)
