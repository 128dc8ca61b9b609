"""The life of a comment: its states, and the one table of transitions that draws buttons and guards deeds."""

from enum import StrEnum

from agora.rules.errors import N_


class State(StrEnum):
    PENDING = "pending"
    PUBLISHED = "published"
    REJECTED = "rejected"
    HIDDEN = "hidden"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class Decision(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    SPAM = "spam"
    HIDE = "hide"
    RESTORE = "restore"
    KEEP = "keep"
    WITHDRAW = "withdraw"
    HOLD = "hold"
    ERASE = "erase"
    UNDO = "undo"


class Party(StrEnum):
    """In which capacity somebody decides: as the writer, as a moderator, for the whole site, or as its rules."""

    COMMENTER = "commenter"
    MODERATOR = "moderator"
    ADMINISTRATOR = "administrator"
    POLICY = "policy"


TRANSITIONS: dict[tuple[State, Decision, Party], State] = {
    # from             decision           who may          to
    (State.PENDING, Decision.APPROVE, Party.MODERATOR): State.PUBLISHED,
    (State.PENDING, Decision.REJECT, Party.MODERATOR): State.REJECTED,
    (State.PENDING, Decision.SPAM, Party.MODERATOR): State.REJECTED,
    (State.PUBLISHED, Decision.HIDE, Party.MODERATOR): State.HIDDEN,
    (State.PUBLISHED, Decision.SPAM, Party.MODERATOR): State.HIDDEN,
    (State.HIDDEN, Decision.RESTORE, Party.MODERATOR): State.PUBLISHED,
    (State.REJECTED, Decision.RESTORE, Party.MODERATOR): State.PUBLISHED,
    # What was reported or contested, and stays as it is.
    (State.PUBLISHED, Decision.KEEP, Party.MODERATOR): State.PUBLISHED,
    (State.HIDDEN, Decision.KEEP, Party.MODERATOR): State.HIDDEN,
    (State.REJECTED, Decision.KEEP, Party.MODERATOR): State.REJECTED,
    (State.PENDING, Decision.WITHDRAW, Party.COMMENTER): State.WITHDRAWN,
    (State.PUBLISHED, Decision.WITHDRAW, Party.COMMENTER): State.WITHDRAWN,
    (State.PENDING, Decision.APPROVE, Party.POLICY): State.PUBLISHED,
    (State.PUBLISHED, Decision.HOLD, Party.POLICY): State.PENDING,
    (State.PENDING, Decision.SPAM, Party.POLICY): State.REJECTED,
    **{
        (state, Decision.ERASE, party): State.ERASED
        for party in (Party.COMMENTER, Party.ADMINISTRATOR)
        for state in State
        if state is not State.ERASED
    },
}

# These take something from the commenter, so they owe a clause of the charter. Spam owes none (DSA art. 17(2)).
RESTRICTIONS = frozenset({Decision.REJECT, Decision.HIDE})

# What a moderator decided can be taken back for so many seconds, by whoever decided.
UNDO_SECONDS = 60
UNDOABLE = frozenset({Decision.APPROVE, Decision.REJECT, Decision.SPAM, Decision.HIDE, Decision.RESTORE})

# A text can be mended while it waits or stands; what was judged is answered by the judgement, not by a new text.
EDITABLE = frozenset({State.PENDING, State.PUBLISHED})

DECISION_NAMES = {
    Decision.APPROVE: N_("Approve"),
    Decision.REJECT: N_("Reject"),
    Decision.SPAM: N_("Spam"),
    Decision.HIDE: N_("Hide"),
    Decision.RESTORE: N_("Restore"),
    Decision.KEEP: N_("Leave as it is"),
}

STATE_NAMES = {
    State.PENDING: N_("Waiting"),
    State.PUBLISHED: N_("Published"),
    State.REJECTED: N_("Rejected"),
    State.HIDDEN: N_("Hidden"),
    State.WITHDRAWN: N_("Withdrawn"),
    State.ERASED: N_("Erased"),
}


def next_state(state: State, decision: Decision, party: Party) -> State | None:
    """The state that this decision leads to, or None where the table has no such transition."""
    return TRANSITIONS.get((state, decision, party))


def decisions_for(state: State, party: Party) -> list[Decision]:
    """The decisions open to this party, in the order of the table."""
    return [decision for (before, decision, who) in TRANSITIONS if before is state and who is party]
