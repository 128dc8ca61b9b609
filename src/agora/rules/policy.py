"""What decides a comment's first state: an ordered list of small checks, each of which leaves its reason as data."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agora.rules import limits
from agora.rules.errors import N_, Message
from agora.rules.moderation import State


class Mode(StrEnum):
    """When a comment appears: after review, after review of the first ones, or at once."""

    PRE = "pre"
    FIRST_TIME = "first-time"
    POST = "post"


MODE_NAMES = {
    Mode.PRE: N_("Every comment is read before it appears"),
    Mode.FIRST_TIME: N_("First comments are read before they appear"),
    Mode.POST: N_("Comments appear at once and are read afterwards"),
}


@dataclass(frozen=True)
class SiteRules:
    """What this site asks of comments."""

    mode: Mode
    max_links: int = 2
    held_words: tuple[str, ...] = ()
    limit_haste: bool = True


@dataclass(frozen=True)
class Submission:
    """A text and what is known around it, counted before the checks run."""

    text: str
    link_count: int = 0
    trusted: bool = False  # signed in, with a role
    trap_filled: bool = False
    repeats: int = 0  # the same words, elsewhere on the site, lately
    recent_from_source: int = 0  # within limits.HASTY.seconds
    address_verified: bool = False
    address_proven: bool = False  # verified, and sent from the network and browser where it was confirmed
    approved_of_address: int = 0


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
        return Message(SENTENCES[self.code], self.values)


@dataclass(frozen=True)
class Verdict:
    state: State
    reasons: tuple[Reason, ...]


SENTENCES = {
    "trap": N_("a field that people do not see was filled in"),
    "repeat": N_("the same text was sent %(count)s times"),
    "hasty": N_("%(count)s comments from one source in %(minutes)s minutes"),
    "links": N_("%(count)s links (limit: %(limit)s)"),
    "words": N_("watched words: %(words)s"),
    "premoderated": N_("every comment is read before it appears"),
    "disowned": N_("the owner of the address says that somebody else wrote this"),
    "first-comment": N_("first comment from this address"),
    "unverified": N_("address not confirmed"),
    "elsewhere": N_("a confirmed address, but from an unknown place"),
}


# Reasons that lie in who sent a comment rather than in its text: confirming the address may answer them.
ABOUT_THE_ADDRESS = frozenset({"first-comment", "unverified", "elsewhere"})
# Reasons that lie in how a comment was sent: only a moderator answers them.
ABOUT_THE_SENDER = frozenset({"trap", "hasty"})


def _trap(submission: Submission, rules: SiteRules) -> Reason | None:
    return Reason("trap") if submission.trap_filled else None


def _repeat(submission: Submission, rules: SiteRules) -> Reason | None:
    return Reason("repeat", {"count": submission.repeats + 1}) if submission.repeats else None


def _hasty(submission: Submission, rules: SiteRules) -> Reason | None:
    count = submission.recent_from_source + 1
    if not rules.limit_haste or count <= limits.HASTY.count:
        return None
    return Reason("hasty", {"count": count, "minutes": limits.HASTY.seconds // 60})


def _links(submission: Submission, rules: SiteRules) -> Reason | None:
    if submission.link_count <= rules.max_links:
        return None
    return Reason("links", {"count": submission.link_count, "limit": rules.max_links})


def _words(submission: Submission, rules: SiteRules) -> Reason | None:
    if not rules.held_words:
        return None
    spoken = f" {fold(submission.text)} "  # a held "word" may be several: it is sought as a row of whole words
    found = [word for word in rules.held_words if fold(word) and f" {fold(word)} " in spoken]
    return Reason("words", {"words": ", ".join(found)}) if found else None


def _premoderated(submission: Submission, rules: SiteRules) -> Reason | None:
    return Reason("premoderated") if rules.mode is Mode.PRE else None


def _first_time(submission: Submission, rules: SiteRules) -> Reason | None:
    """Trust is earned by approved comments of a confirmed address: an address alone can be typed by anyone."""
    if rules.mode is not Mode.FIRST_TIME:
        return None
    if not submission.approved_of_address:
        return Reason("first-comment")
    if not submission.address_verified:
        return Reason("unverified")
    return None if submission.address_proven else Reason("elsewhere")


CHECKS: tuple[Callable[[Submission, SiteRules], Reason | None], ...] = (
    _trap,
    _repeat,
    _hasty,
    _links,
    _words,
    _premoderated,
    _first_time,
)


def first_state(submission: Submission, rules: SiteRules) -> Verdict:
    """Run every check in order: a comment that collects a reason waits, the others appear."""
    if submission.trusted:
        return Verdict(State.PUBLISHED, ())
    reasons = tuple(reason for check in CHECKS if (reason := check(submission, rules)))
    return Verdict(State.PENDING if reasons else State.PUBLISHED, reasons)


def fold(text: str) -> str:
    """Lower-case words without accents or punctuation, one space between them: what makes two texts "the same"."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"\w+", letters.translate(_WITHOUT_ACCENTS)))


class _WithoutAccents(dict[int, int | None]):
    """What becomes of each character, by its number; kept for those that many texts hold, and no more than those."""

    def __missing__(self, code: int) -> int | None:
        plain = None if unicodedata.combining(chr(code)) else code
        if code < _COMMON:
            self[code] = plain
        return plain


_COMMON = 0x2100  # the alphabets, and the signs of writing
_WITHOUT_ACCENTS = _WithoutAccents()
