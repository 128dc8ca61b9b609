"""Orders of authorities (Digital Services Act, arts 9 and 10): what must be known of one."""

from datetime import datetime

from agora.rules.commission_words import TERRITORIES
from agora.rules.errors import N_, Message

ACT, INFORM = "act", "inform"
KINDS = {ACT: N_("to act against content (article 9)"), INFORM: N_("to give information (article 10)")}
AUTHORITY, SUBJECT = 200, 5_000


def trouble(
    authority: str, country: str, kind: str, subject: str, received_at: datetime | None, now: datetime
) -> dict[str, Message]:
    """What is wrong with an order, by field."""
    errors = {}
    for name, text, limit in (("authority", authority, AUTHORITY), ("subject", subject, SUBJECT)):
        if not text.strip():
            errors[name] = Message(N_("This is needed."))
        elif len(text) > limit:
            errors[name] = Message(N_("At most %(limit)s characters, please."), {"limit": limit})
    if country not in TERRITORIES:
        errors["country"] = Message(N_("Choose a country of the European Union or the European Economic Area."))
    if kind not in KINDS:
        errors["kind"] = Message(N_("Choose what is ordered."))
    if received_at is None:
        errors["received"] = Message(N_("This is no date and time."))
    elif received_at > now:
        errors["received"] = Message(N_("This is in the future."))
    return errors
