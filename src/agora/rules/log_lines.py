"""What the entries of the log say, in sentences: by their kind and their sealed facts."""

from collections.abc import Mapping
from typing import Any

from agora.rules.errors import N_, Message
from agora.rules.measures import AGAINST_NAMES, MEASURE_NAMES, Against, MeasureKind
from agora.rules.moderation import Decision
from agora.rules.permissions import ROLE_NAMES
from agora.rules.policy import MODE_NAMES, Mode
from agora.rules.statements import CATEGORY_NAMES, Automation, Category

DECIDED = {
    Decision.APPROVE: N_("Published after review"),
    Decision.REJECT: N_("Rejected"),
    Decision.SPAM: N_("Rejected as spam"),
    Decision.HIDE: N_("Hidden"),
    Decision.RESTORE: N_("Restored"),
    Decision.KEEP: N_("Left as it is"),
    Decision.HOLD: N_("Hidden until it is read"),
    Decision.ERASE: N_("Erased"),
    Decision.UNDO: N_("Decision taken back"),
}
# What the rules of the site decide reads otherwise: nobody has looked.
DECIDED_BY_RULES = {Decision.APPROVE: N_("Published: nothing holds it any more")}

HAPPENED = {
    "report.received": N_("Report received"),
    "appeal.lodged": N_("Appeal lodged"),
    "measure.imposed": N_("Measure against somebody"),
    "measure.ended": N_("Measure ended"),
    "measure.upheld": N_("Measure kept after an appeal"),
    "charter.changed": N_("The charter was changed"),
    "policy.changed": N_("The rules that hold comments back were changed"),
    "site.changed": N_("How the site moderates was changed"),
    "source.seen": N_("Kept data of a source were looked at"),
    "person.erased": N_("Somebody's data were erased"),
    "order.received": N_("Order of an authority received"),
    "order.confirmed": N_("Receipt of an order confirmed"),
    "order.carried-out": N_("Order of an authority answered"),
    "log.key": N_("The key that signs this log was announced"),
}

# The lists of the log, by the word in their address.
DECISIONS = "comment.decided"
LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "decisions": (N_("Decisions"), (DECISIONS,)),
    "reports": (N_("Reports"), ("report.received",)),
    "appeals": (N_("Appeals"), ("appeal.lodged",)),
    "measures": (N_("Measures"), ("measure.imposed", "measure.ended", "measure.upheld")),
    "rules": (N_("Rules"), ("charter.changed", "policy.changed", "site.changed", "log.key")),
    "orders": (N_("Orders"), ("order.received", "order.confirmed", "order.carried-out")),
    "data": (N_("Personal data"), ("source.seen", "person.erased")),
}

BY = {
    **{str(role): name for role, name in ROLE_NAMES.items()},
    "policy": N_("The rules of the site"),
    "commenter": N_("Who wrote it"),
}

ORDERS = {"act": N_("to act against content"), "inform": N_("to give information")}


def happened(facts: Mapping[str, Any]) -> str:
    """The sentence of an entry, as the catalogues know it."""
    kind = str(facts.get("kind"))
    if kind != DECISIONS:
        return HAPPENED.get(kind, N_("Something else happened"))
    decision = Decision(facts["decision"])
    names = DECIDED | DECIDED_BY_RULES if facts.get("role") == "policy" else DECIDED
    return names.get(decision, N_("Something else happened"))


def by(facts: Mapping[str, Any]) -> str | None:
    """In which role it was done; None where nobody did it."""
    return BY.get(str(facts.get("role")))


def circumstances(facts: Mapping[str, Any]) -> list[Message]:
    """What else an entry says that readers understand without looking anything up."""
    said = [
        Message(sentence, {"value": facts[name]})
        for name, sentence in NAMED.items()
        if isinstance(facts.get(name), str | int)
    ]
    said += [Message(N_("answers report %(value)s"), {"value": each}) for each in facts.get("reports", [])]
    said += [Message(N_("answers appeal %(value)s"), {"value": each}) for each in facts.get("appeals", [])]
    said += [Message(sentence) for name, words in WORDS.items() if (sentence := words.get(str(facts.get(name))))]
    if facts.get("same_person"):
        said.append(Message(N_("by the same person as before: nobody else could")))
    if facts.get("trusted_flagger"):
        said.append(Message(N_("by a trusted flagger")))
    return said


# Facts that are said as they are …
NAMED = {
    "report": N_("report %(value)s"),
    "appeal": N_("appeal %(value)s"),
    "measure": N_("measure %(value)s"),
    "order": N_("order %(value)s"),
    "country": N_("from %(value)s"),
    "comments": N_("comments: %(value)s"),
}
# … and those whose words have names.
WORDS: dict[str, dict[str, str]] = {
    "category": {str(word): name for word, name in CATEGORY_NAMES.items() if word is not Category.OTHER_VIOLATION},
    "automation": {str(Automation.FULLY): N_("decided by a program alone")},
    "measure_kind": {str(MeasureKind(kind)): name for kind, name in MEASURE_NAMES.items()},
    "against": {str(Against(kind)): name for kind, name in AGAINST_NAMES.items()},
    "moderation": {str(Mode(mode)): name for mode, name in MODE_NAMES.items()},
    "order_kind": ORDERS,
    "appellant": {"commenter": N_("by who wrote it"), "notifier": N_("by who reported it")},
    "authors_moderate": {
        "yes": N_("authors moderate under their own posts"),
        "no": N_("authors no longer moderate under their own posts"),
    },
}
