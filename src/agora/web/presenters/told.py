"""What the desk says after a decision: what was done, how to take it back, and what somebody else did meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agora.rules.errors import N_, Message
from agora.rules.moderation import UNDO_SECONDS, Decision
from agora.store import case_files
from agora.store.case_files import Since
from agora.web.context import Context, whole_number
from agora.web.presenters.cards import WHAT_WAS_DECIDED

DONE = {
    Decision.APPROVE: N_("Published."),
    Decision.REJECT: N_("Rejected; the commenter can read why."),
    Decision.SPAM: N_("Set aside as spam."),
    Decision.HIDE: N_("Hidden; the commenter can read why."),
    Decision.RESTORE: N_("Restored."),
    Decision.KEEP: N_("Left as it is."),
    Decision.UNDO: N_("The decision was taken back."),
}
WHAT_HAPPENED = {
    "comment.posted": N_("Sent"),
    "comment.edited": N_("Text edited"),
    "report.received": N_("Reported"),
    "appeal.lodged": N_("Appealed"),
}


@dataclass(frozen=True)
class Done:
    """What was done; `undo` are the comments, with their versions, for which it can be taken back at this moment."""

    message: Message
    undo: Mapping[int, int]


@dataclass(frozen=True)
class Meanwhile:
    """What happened last to a comment, and when; `name` is empty where nobody in particular did it."""

    what: str
    name: str
    at: datetime
    clause: int | None
    explanation: str


def done(context: Context, decision: Decision, ids: Sequence[int], *, missed: int = 0) -> Done:
    since = context.now - timedelta(seconds=UNDO_SECONDS)
    undo = case_files.undoable(context.session, ids, context.person.id, since=since) if ids else {}
    return Done(_sentence(decision, len(ids), missed), undo)


def _sentence(decision: Decision, count: int, missed: int) -> Message:
    if missed and decision is not Decision.UNDO:
        return Message(
            N_("%(count)s comments were decided; %(missed)s had changed meanwhile and were left alone."),
            {"count": count, "missed": missed},
        )
    if count > 1 and decision is not Decision.UNDO:
        return Message(N_("%(count)s comments were decided."), {"count": count})
    return Message(DONE[decision])


def done_by_address(context: Context) -> Done | None:
    """What the address says of the decision that led here."""
    decision = context.query("done")
    if decision not in DONE:
        return None
    ids = [id_ for text in context.query("of").split(",")[:50] if (id_ := whole_number(text)) is not None]
    return done(context, Decision(decision), ids, missed=whole_number(context.query("missed")) or 0)


def meanwhile(context: Context, comment_id: int) -> Meanwhile | None:
    """What somebody else did, for whoever came too late."""
    found = case_files.last_event(context.session, comment_id)
    return _told(found) if found else None


def story_views(context: Context, comment_id: int) -> list[Meanwhile]:
    """All that happened to a comment, the earliest first."""
    told = [_told(found) for found in case_files.story(context.session, comment_id)]
    return [one for one in told if one is not None]


def _told(found: Since) -> Meanwhile | None:
    event = found.event
    what = WHAT_WAS_DECIDED[event.decision] if event.decision else WHAT_HAPPENED.get(event.kind)
    return Meanwhile(what, found.name or "", event.at, event.clause, event.explanation) if what else None
