"""Measures against people (art. 23 of the Digital Services Act): kinds, words, and how long they may last."""

from datetime import datetime, timedelta
from enum import StrEnum

from agora.rules import limits
from agora.rules.errors import N_, Message


class MeasureKind(StrEnum):
    WARNING = "warning"  # must be acknowledged before the next comment
    HOLD = "hold"  # everything waits for a moderator
    SUSPENSION = "suspension"  # nothing is taken
    NO_REPORTS = "no-reports"  # notices are not taken (art. 23(2))


class Against(StrEnum):
    """Whom a measure is against."""

    ADDRESS = "address"
    ACCOUNT = "account"
    NETWORK = "network"


MEASURE_NAMES = {
    MeasureKind.WARNING: N_("Warning"),
    MeasureKind.HOLD: N_("Everything waits to be read"),
    MeasureKind.SUSPENSION: N_("Suspension"),
    MeasureKind.NO_REPORTS: N_("No more reports"),
}
EFFECTS = {
    MeasureKind.WARNING: N_("It must be read and acknowledged before the next comment."),
    MeasureKind.HOLD: N_("Comments are taken, and appear once a moderator has read them."),
    MeasureKind.SUSPENSION: N_("Comments are not taken."),
    MeasureKind.NO_REPORTS: N_("Reports of comments are not taken."),
}
AGAINST_NAMES = {
    Against.ADDRESS: N_("an e-mail address"),
    Against.ACCOUNT: N_("an account"),
    Against.NETWORK: N_("a network"),
}

# What a measure is called in a statement of reasons.
STATED_AS = {
    MeasureKind.WARNING: "warned",
    MeasureKind.HOLD: "held",
    MeasureKind.SUSPENSION: "suspended",
    MeasureKind.NO_REPORTS: "no-reports",
}

# Days. Others come to use the same network, and to them it says nothing.
LONGEST_FOR_NETWORK = 30
LONGEST = 3650


def trouble(
    kind: MeasureKind, against: Against, *, until: datetime | None, explanation: str, now: datetime
) -> dict[str, Message]:
    """What is wrong with a measure, by field: `kind`, `days` and `explanation`."""
    errors = {}
    if kind is MeasureKind.WARNING and against is Against.NETWORK:
        errors["kind"] = Message(N_("A network cannot be warned: nobody in particular would read it."))
    if until is not None and not now < until <= now + timedelta(days=LONGEST):
        errors["days"] = Message(N_("Choose an end that is still to come."))
    if against is Against.NETWORK and (until is None or until > now + timedelta(days=LONGEST_FOR_NETWORK)):
        errors["days"] = Message(
            N_("A measure against a network ends after %(limit)s days at most."), {"limit": LONGEST_FOR_NETWORK}
        )
    if not explanation.strip():
        errors["explanation"] = Message(N_("Say why: whom it concerns will read it."))
    elif len(explanation) > limits.REASON:
        errors["explanation"] = Message(N_("At most %(limit)s characters, please."), {"limit": limits.REASON})
    return errors
