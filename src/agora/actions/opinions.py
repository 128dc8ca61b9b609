"""A second opinion on comments, asked of a service where the settings name one: it is never more than a doubt."""

from datetime import datetime

from sqlalchemy.orm import Session

from agora.actions import cases, moderation
from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import Reason, SiteRules
from agora.store import comments, events
from agora.store.comments import Comment
from agora.store.events import Channel, Recorded

AKISMET = "akismet"


def ask(session: Session, event: Recorded, comment: Comment, rules: SiteRules) -> None:
    """Leave the question for the worker: no page waits for the answer. Who is signed in is known here."""
    if rules.second_opinion and comment.person_id is None:
        events.deliver(session, event, AKISMET, {"channel": Channel.SERVICE})


def is_open(session: Session, comment: Comment) -> bool:
    """Whether an opinion still matters: what a moderator has read needs none."""
    if comment.state not in {State.PENDING, State.PUBLISHED}:
        return False
    last = events.last_decision_event(session, comment.id)
    return last is None or last.party is Party.POLICY or last.revision_id != comment.revision_id


def doubt(session: Session, comment_id: int, *, version: int, service: str, now: datetime) -> None:
    """The service takes a comment for spam: it waits for a moderator, with that among its reasons.

    `version` is the one that was asked about; a comment that changed since then is left alone.
    """
    comment = comments.comment_in_full(session, comment_id)
    if comment is None or comment.version != version or not is_open(session, comment):
        return
    if any(reason.code == AKISMET for reason in comment.revision.why):
        return
    reason = Reason(AKISMET, {"service": service})
    comment.revision.reasons = [*comment.revision.reasons, reason.as_data()]
    session.flush()
    if comment.state is State.PUBLISHED:
        moderation.decide(session, comment, Decision.HOLD, party=Party.POLICY, version=version, now=now)
    else:
        cases.refresh(session, comment, now=now)
    events.record(session, "comment.doubted", at=now, comment_id=comment.id, post_id=comment.post_id)
