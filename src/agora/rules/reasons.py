"""Why a comment waits, or is not taken: codes that stay the same in the store, and the sentences that say them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agora.rules.errors import N_, Message
from agora.rules.personal import Kind


@dataclass(frozen=True)
class Reason:
    """Why a comment waits: a code that stays the same in the store, and the figures that go with it."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        return {"code": self.code, **self.values}

    @classmethod
    def from_data(cls, stored: Mapping[str, Any]) -> "Reason":
        return cls(stored["code"], {name: value for name, value in stored.items() if name != "code"})

    @property
    def message(self) -> Message:
        """Also for a code of a newer Agora, which works beside this one while it is replaced."""
        return Message(SENTENCES.get(self.code, UNKNOWN), {"code": self.code, **self.values})

    @property
    def refusal(self) -> Message:
        """What is said to somebody whose text is not taken for this."""
        return Message(REFUSALS[self.code], self.values)


UNKNOWN = N_("something that another version of Agora found: %(code)s")
SENTENCES = {
    "trap": N_("a field that people do not see was filled in"),
    "sender-held": N_("everything by this sender is read before it appears"),
    "reported": N_("readers reported it: %(count)s"),
    "repeat": N_("the same text was sent %(count)s times"),
    "hasty": N_("%(count)s comments from one source in %(minutes)s minutes"),
    "links": N_("%(count)s links (limit: %(limit)s)"),
    "links-of-new": N_("%(count)s links from an address of which nothing was approved yet (limit: %(limit)s)"),
    "words": N_("watched words: %(words)s"),
    "slow-rule": N_("rule %(rule)s of the list took too long: %(expression)s"),
    "language": N_("it seems to be written in another language: %(language)s"),
    "capitals": N_("%(percent)s %% of its letters are capitals"),
    "signs": N_("the same sign %(count)s times in a row"),
    # How many, and not which: the store keeps personal data nowhere twice.
    "phone": N_("telephone numbers: %(count)s"),
    "email": N_("e-mail addresses: %(count)s"),
    "postal": N_("postal addresses: %(count)s"),
    "nir": N_("social security numbers: %(count)s"),
    "spam": N_("looks like spam: %(percent)s %%"),
    "akismet": N_("the service %(service)s takes it for spam"),
    "premoderated": N_("every comment is read before it appears"),
    "disowned": N_("the owner of the address says that somebody else wrote this"),
    "first-comment": N_("first comment from this address"),
    "unverified": N_("address not confirmed"),
    "elsewhere": N_("a confirmed address, but from an unknown place"),
}

REFUSALS = {
    "repeat": N_("This text was sent here already."),
    "hasty": N_("These are many comments in a short time. Please wait %(minutes)s minutes and send it again."),
    "links": N_("Your text has %(count)s links; at most %(limit)s are possible here."),
    "links-of-new": N_(
        "Your text has %(count)s links. As long as no comment of yours was approved, at most %(limit)s are possible."
    ),
    "words": N_("This site does not take texts with these words: %(words)s."),
    "capitals": N_("Please write it with fewer capitals."),
    "signs": N_("Please do not repeat the same sign so often."),
    "phone": N_("Please leave out the telephone number."),
    "email": N_("Please leave out the e-mail address."),
    "postal": N_("Please leave out the postal address."),
    "nir": N_("Please leave out the social security number."),
}

# What a commenter is asked before the text is sent.
WARNINGS = {
    Kind.PHONE: N_("Your text seems to contain a telephone number: %(passages)s."),
    Kind.EMAIL: N_("Your text seems to contain an e-mail address: %(passages)s."),
    Kind.POSTAL: N_("Your text seems to contain a postal address: %(passages)s."),
    Kind.NIR: N_("Your text seems to contain a social security number: %(passages)s."),
}
SEVERAL_WARNINGS = N_("Your text seems to contain personal data: %(passages)s.")

# Reasons that lie in who sent a comment rather than in its text: confirming the address may answer them.
ABOUT_THE_ADDRESS = frozenset({"first-comment", "unverified", "elsewhere"})
# Reasons that lie in how a comment was sent, or by whom: only a moderator answers them.
ABOUT_THE_SENDER = frozenset({"trap", "hasty", "sender-held", "reported", "akismet"})
