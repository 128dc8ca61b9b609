"""What a report says, and what must be in it (art. 16(2) of the Digital Services Act)."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from agora.rules import charter, limits, urls
from agora.rules.errors import N_, FieldErrors, Message
from agora.rules.reports import OFFENCES, Offence
from agora.store import site

LAW = "law"


@dataclass(frozen=True)
class Notice:
    """What the report form says. `reason` is the number of a clause, or LAW; `source` is the keyed hash of the network,
    `whence` that of network and browser.
    """

    reason: str
    offence: str
    explanation: str
    further: str = ""  # addresses, one a line
    name: str = ""
    email: str = ""
    good_faith: bool = False
    trap_filled: bool = False
    source: str = ""
    whence: str = ""

    @property
    def against_the_law(self) -> Offence | None:
        return OFFENCES.get(self.offence) if self.reason == LAW else None

    @property
    def clause(self) -> int | None:
        return int(self.reason) if self.reason.isascii() and self.reason.isdigit() and len(self.reason) < 6 else None


def check(session: Session, notice: Notice, *, signed_in: bool) -> None:
    """Raises FieldErrors for the fields of the form (art. 16(2)(a) to (d))."""
    errors = _reason_errors(session, notice)
    if not notice.explanation.strip():
        errors["explanation"] = Message(N_("Say in a few words what is wrong with it: nobody can decide without."))
    elif len(notice.explanation) > limits.REPORT:
        errors["explanation"] = Message(N_("At most %(limit)s characters, please."), {"limit": limits.REPORT})
    if len(notice.further) > limits.ADDRESS * limits.REPORTED_AT_ONCE:
        errors["further"] = Message(N_("At most %(limit)s addresses, please."), {"limit": limits.REPORTED_AT_ONCE})
    if not signed_in:
        errors |= _who_errors(notice)
    if not notice.good_faith:
        errors["good_faith"] = Message(N_("Please confirm that what you say is true as far as you know."))
    if notice.trap_filled:
        errors["explanation"] = Message(N_("A field that people do not see was filled in. Please send it once more."))
    if errors:
        raise FieldErrors(errors)


def _reason_errors(session: Session, notice: Notice) -> dict[str, Message]:
    if notice.reason == LAW:
        chosen = notice.against_the_law is not None
        return {} if chosen else {"offence": Message(N_("Choose what kind of breach of the law it is."))}
    known = {clause.number for clause in charter.parse(site.current_charter(session).source).clauses}
    if notice.clause in known:
        return {}
    return {"reason": Message(N_("Choose the rule that it breaks, or “It is against the law”."))}


def _who_errors(notice: Notice) -> dict[str, Message]:
    errors = {}
    offence = notice.against_the_law
    is_needed = offence is None or offence.needs_name
    if is_needed and not notice.name.strip():
        errors["name"] = Message(N_("Please give your name. The person who wrote the comment is not told."))
    elif len(notice.name) > limits.NAME:
        errors["name"] = Message(N_("At most %(limit)s characters, please."), {"limit": limits.NAME})
    if (is_needed or notice.email.strip()) and not urls.email_address(notice.email):
        errors["email"] = Message(N_("This address is not complete; it should look like name@example.org."))
    return errors
