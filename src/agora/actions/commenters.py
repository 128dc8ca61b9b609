"""What commenters do about a comment of theirs: take it back, confirm their address, ask for letters or end them."""

from datetime import datetime

from sqlalchemy.orm import Session

from agora.actions import cases, judging, letters, moderation, subscriptions
from agora.rules import policy
from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import SiteRules, Submission, Verdict
from agora.store import events
from agora.store import subscriptions as subscription_store
from agora.store.comments import Comment, Commenter


def withdraw_comment(session: Session, comment: Comment, *, version: int, now: datetime) -> None:
    """The commenter takes the comment back; its replies keep their place under a note that says so."""
    moderation.decide(session, comment, Decision.WITHDRAW, party=Party.COMMENTER, version=version, now=now)


def confirm_address(session: Session, comment: Comment, rules: SiteRules, *, whence: str, now: datetime) -> None:
    """The commenter has shown that the address is theirs: follow the letters they asked for, and judge anew."""
    commenter = comment.commenter
    if commenter is None:
        return
    commenter.verified_at = commenter.verified_at or now
    commenter.proven_from = whence
    subscriptions.confirm(session, comment, now=now)
    session.flush()
    events.record(session, "address.confirmed", at=now, comment_id=comment.id, post_id=comment.post_id)
    if comment.state is not State.PENDING:
        return
    kept = [reason for reason in comment.revision.why if reason.code not in policy.ABOUT_THE_ADDRESS]
    standing = policy.first_state(
        Submission(text="", **judging.standing(session, commenter, whence, rules)), SiteRules(rules.mode)
    )
    judging.follow_verdict(session, comment, Verdict(State.PENDING, tuple(kept)) if kept else standing, now)


def follow_replies(session: Session, comment: Comment, commenter: Commenter, *, whence: str, now: datetime) -> bool:
    """The commenter wants a letter for each answer. False if a letter must first confirm the address."""
    subscription = subscriptions.ask(session, comment, commenter.id, now=now)
    if commenter.verified_at is not None and commenter.proven_from == whence:
        subscription.confirmed_at = subscription.confirmed_at or now
    if subscription.confirmed_at is not None:
        return True
    event = events.record(session, "comment.follow-asked", at=now, comment_id=comment.id, post_id=comment.post_id)
    letters.for_confirmation(session, event, comment)
    return False


def stop_letters(session: Session, comment: Comment, *, now: datetime) -> None:
    """The commenter wants no more letters about this comment, neither of decisions nor of answers."""
    comment.letters = False
    subscription = subscription_store.of_comment(session, comment.id)
    if subscription:
        subscriptions.end(session, subscription, now=now)


def disown(session: Session, comment: Comment, *, now: datetime) -> None:
    """Who owns the address says that somebody else wrote this: moderators see it, and no letter follows."""
    stop_letters(session, comment, now=now)
    if comment.state is State.PENDING and all(reason.code != "disowned" for reason in comment.revision.why):
        comment.revision.reasons = [*comment.revision.reasons, policy.Reason("disowned").as_data()]
        session.flush()
        cases.refresh(session, comment, now=now)
    events.record(session, "address.disowned", at=now, comment_id=comment.id, post_id=comment.post_id)
