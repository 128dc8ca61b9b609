"""What a site asks of comments: every choice that the policy knows, as a version of it says or as the settings do."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property
from typing import Any

from agora.rules import limits, words
from agora.rules.errors import N_
from agora.rules.words import WordList


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


class Effect(StrEnum):
    """What follows when a check finds something."""

    OFF = "off"
    HOLD = "hold"  # the comment waits for a moderator
    BLOCK = "block"  # it is not taken: its writer is told at once, and keeps the text
    REJECT = "reject"  # it is taken and rejected, by the policy itself, with a statement of reasons


EFFECT_NAMES = {
    Effect.OFF: N_("Off"),
    Effect.HOLD: N_("Hold for a moderator"),
    Effect.BLOCK: N_("Do not take it"),
    Effect.REJECT: N_("Reject it"),
}


@dataclass(frozen=True)
class SiteRules:
    """What this site asks of comments. Fields that hold an effect bear the name of a check (rules/checklist.py)."""

    mode: Mode
    max_links: int = 2
    held_words: tuple[str, ...] = ()
    limit_haste: bool = True
    second_opinion: bool = False  # a service is asked whether a comment is spam
    policy_id: int | None = None  # the version that says so; None: nobody has changed what the settings say

    repeats: Effect = Effect.HOLD
    haste: Effect = Effect.HOLD
    haste_count: int = limits.HASTY.count
    haste_minutes: int = limits.HASTY.seconds // 60
    links: Effect = Effect.HOLD
    links_of_new: Effect = Effect.OFF
    max_links_of_new: int = 0
    blocked_words: tuple[str, ...] = ()
    language: Effect = Effect.OFF
    languages: tuple[str, ...] = ("fr", "en")
    shouting: Effect = Effect.OFF
    capitals_percent: int = 70
    signs_in_row: int = 6
    phone: Effect = Effect.HOLD
    email: Effect = Effect.HOLD
    postal: Effect = Effect.HOLD
    nir: Effect = Effect.HOLD
    spam: Effect = Effect.HOLD
    spam_percent: int = 50
    # Under a post that says nothing else; 0: not at all.
    slow_seconds: int = 0
    close_after_days: int = 0

    @cached_property
    def held(self) -> WordList:
        return words.word_list(self.held_words)

    @cached_property
    def blocked(self) -> WordList:
        return words.word_list(self.blocked_words)

    def as_source(self) -> dict[str, Any]:
        """What a version of the policy keeps of it."""
        return {name: _plain(getattr(self, name)) for name in CHOICES}


# All that a version of the policy says. The mode is chosen elsewhere, for the site and for each post.
_ELSEWHERE = {"mode", "limit_haste", "second_opinion", "policy_id"}
CHOICES = tuple(field.name for field in fields(SiteRules) if field.name not in _ELSEWHERE)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def choices_in(source: Mapping[str, Any]) -> dict[str, Any]:
    """Stored choices as fields of SiteRules; what a later or an earlier Agora called otherwise is left out."""
    return {name: _read(name, value) for name, value in source.items() if name in CHOICES}


_DEFAULTS = SiteRules(Mode.PRE)


def _read(name: str, value: Any) -> Any:
    default = getattr(_DEFAULTS, name)
    if isinstance(default, Effect):
        return Effect(value) if value in set(Effect) else default
    return tuple(value) if isinstance(default, tuple) else int(value)
