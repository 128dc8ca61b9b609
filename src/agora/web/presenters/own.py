"""What the commenter's own page says of the comment: its state in plain words, and every step that led to it."""

from dataclasses import dataclass
from datetime import datetime

from agora.actions import editing
from agora.rules.errors import N_
from agora.rules.moderation import EDITABLE, Decision, Party, State, next_state
from agora.rules.policy import MODE_NAMES
from agora.store import events, subscriptions
from agora.store.appeals import Appellant
from agora.store.comments import Comment
from agora.store.events import Event
from agora.web.context import Context
from agora.web.presenters.comments import decided_clauses

STATES = {
    State.PENDING: N_("Your comment is waiting to be read"),
    State.PUBLISHED: N_("Your comment is published"),
    State.REJECTED: N_("Your comment was not published"),
    State.HIDDEN: N_("Your comment was hidden"),
    State.WITHDRAWN: N_("You withdrew your comment"),
    State.ERASED: N_("Your comment was erased"),
}
EXPLANATIONS = {
    State.PENDING: N_("A moderator reads it first. This page will say what was decided; keep its address."),
    State.PUBLISHED: N_("Everyone can read it."),
    State.REJECTED: N_("A moderator decided not to publish it."),
    State.HIDDEN: N_("It was public; a moderator hid it."),
    State.WITHDRAWN: N_("Nobody but you sees it any more. Answers to it keep their place, under a note."),
    State.ERASED: N_("Its text is gone."),
}
STEPS = {
    "comment.posted": N_("Comment received"),
    "comment.edited": N_("Text edited"),
    "address.confirmed": N_("Address confirmed"),
    "appeal.lodged": N_("Decision contested"),
    "comment.erase-asked": N_("Erasure asked for"),
}
DECIDED = {
    Decision.APPROVE: N_("Published"),
    Decision.REJECT: N_("Not published"),
    Decision.SPAM: N_("Taken for spam"),
    Decision.HIDE: N_("Hidden by moderation"),
    Decision.RESTORE: N_("Published again"),
    Decision.WITHDRAW: N_("Withdrawn"),
    Decision.HOLD: N_("Waits to be read again"),
    Decision.KEEP: N_("Read again: it stays as it is"),
    Decision.UNDO: N_("The decision was taken back"),
    Decision.ERASE: N_("Erased"),
}


@dataclass(frozen=True)
class Step:
    """A line of the comment's history."""

    at: datetime
    what: str
    clause: tuple[int, str] | None
    explanation: str
    is_decision: bool


@dataclass(frozen=True)
class OwnComment:
    """All that the commenter's page says."""

    comment: Comment
    token: str
    title: str
    explanation: str
    mode: str
    steps: list[Step]
    edit_until: datetime | None
    may_withdraw: bool
    permalink: str | None
    may_follow: bool
    follows: bool
    follow_waits: bool
    is_verified: bool


def own_view(context: Context, comment: Comment) -> OwnComment:
    history = events.history(context.session, comment.id)
    titles = decided_clauses(context, history)
    steps = [_step(event, titles) for event in history]
    may_edit = editing.may_edit(comment, context.settings, context.now)
    subscription = subscriptions.of_comment(context.session, comment.id)
    wants = subscription is not None and subscription.ended_at is None
    is_public = comment.state is State.PUBLISHED and comment.post.is_public
    return OwnComment(
        comment=comment,
        token=context.path("token"),
        title=STATES[comment.state],
        explanation=EXPLANATIONS[comment.state],
        mode=MODE_NAMES[comment.mode],
        steps=[step for step in steps if step.what],
        edit_until=editing.edit_until(comment, context.settings) if may_edit else None,
        may_withdraw=next_state(comment.state, Decision.WITHDRAW, Party.COMMENTER) is not None,
        permalink=context.url("comment", id=comment.id) if is_public else None,
        may_follow=comment.commenter_id is not None and comment.state in EDITABLE,
        follows=wants and subscription is not None and subscription.confirmed_at is not None,
        follow_waits=wants and subscription is not None and subscription.confirmed_at is None,
        is_verified=comment.commenter is not None and comment.commenter.verified_at is not None,
    )


def _step(event: Event, titles: dict[int, str]) -> Step:
    what = DECIDED[event.decision] if event.decision else STEPS.get(event.kind, "")
    if event.details.get("appellant") == Appellant.NOTIFIER:  # who reported is no part of this page
        what = ""
    clause = (event.clause, titles.get(event.id, "")) if event.clause else None
    return Step(event.at, what, clause, event.explanation, event.decision is not None)
