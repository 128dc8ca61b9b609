"""What decides a comment's first state: an ordered list of small checks, each of which leaves its reason as data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from agora.rules import languages
from agora.rules.folding import fold
from agora.rules.looking import Findings, look_at
from agora.rules.moderation import State
from agora.rules.personal import Kind
from agora.rules.reasons import ABOUT_THE_ADDRESS, ABOUT_THE_SENDER, SENTENCES, Reason
from agora.rules.site_rules import EFFECT_NAMES, MODE_NAMES, Effect, Mode, SiteRules

__all__ = [
    "ABOUT_THE_ADDRESS",
    "ABOUT_THE_SENDER",
    "CHECKS",
    "EFFECT_NAMES",
    "MODE_NAMES",
    "SENTENCES",
    "Check",
    "Effect",
    "Findings",
    "Mode",
    "Reason",
    "SiteRules",
    "Submission",
    "Verdict",
    "first_state",
    "fold",
    "look_at",
]


@dataclass(frozen=True)
class Submission:
    """A text and what is known around it, counted before the checks run."""

    text: str
    findings: Findings | None = None  # of the text; looked for when they are not given
    link_count: int = 0
    trusted: bool = False  # signed in, with a role
    trap_filled: bool = False
    repeats: int = 0  # the same words, elsewhere on the site, lately
    recent_from_source: int = 0  # within the rules' haste_minutes
    address_verified: bool = False
    address_proven: bool = False  # verified, and sent from the network and browser where it was confirmed
    approved_of_address: int = 0
    sender_held: bool = False  # a moderator decided that everything by this sender is read first
    spam_score: float | None = None  # from 0 to 1


@dataclass(frozen=True)
class Verdict:
    """`blocked` are the reasons for which the text is not taken at all; `policy_id` the version that judged."""

    state: State
    reasons: tuple[Reason, ...]
    blocked: tuple[Reason, ...] = ()
    rejected: bool = False  # not to be read by anyone: the administrator wished so
    policy_id: int | None = None


class _Seen(NamedTuple):
    """What every check looks at."""

    submission: Submission
    findings: Findings
    rules: SiteRules


def _trap(seen: _Seen) -> Reason | None:
    return Reason("trap") if seen.submission.trap_filled else None


def _sender_held(seen: _Seen) -> Reason | None:
    return Reason("sender-held") if seen.submission.sender_held else None


def _repeat(seen: _Seen) -> Reason | None:
    repeats = seen.submission.repeats
    return Reason("repeat", {"count": repeats + 1}) if repeats else None


def _hasty(seen: _Seen) -> Reason | None:
    count = seen.submission.recent_from_source + 1
    if not seen.rules.limit_haste or count <= seen.rules.haste_count:
        return None
    return Reason("hasty", {"count": count, "minutes": seen.rules.haste_minutes})


def _links(seen: _Seen) -> Reason | None:
    count, limit = seen.submission.link_count, seen.rules.max_links
    return Reason("links", {"count": count, "limit": limit}) if count > limit else None


def _links_of_new(seen: _Seen) -> Reason | None:
    count, limit = seen.submission.link_count, seen.rules.max_links_of_new
    if seen.submission.approved_of_address or count <= limit:
        return None
    return Reason("links-of-new", {"count": count, "limit": limit})


def _blocked_words(seen: _Seen) -> Reason | None:
    return _found(seen.findings.blocked_words)


def _held_words(seen: _Seen) -> Reason | None:
    return _found(seen.findings.held_words)


def _found(words: tuple[str, ...]) -> Reason | None:
    return Reason("words", {"words": ", ".join(words)}) if words else None


def _slow_rule(seen: _Seen) -> Reason | None:
    slow = seen.findings.slow
    return Reason("slow-rule", {"rule": slow.line, "expression": slow.entry}) if slow else None


def _language(seen: _Seen) -> Reason | None:
    language = seen.findings.language
    return Reason("language", {"language": languages.NAMES[language]}) if language else None


def _capitals(seen: _Seen) -> Reason | None:
    percent = seen.findings.capitals
    return Reason("capitals", {"percent": percent}) if percent and percent >= seen.rules.capitals_percent else None


def _signs(seen: _Seen) -> Reason | None:
    count = seen.findings.row
    return Reason("signs", {"count": count}) if count and count >= seen.rules.signs_in_row else None


def _personal(kind: Kind) -> Callable[[_Seen], Reason | None]:
    def holds_some(seen: _Seen) -> Reason | None:
        count = seen.findings.kinds[kind] if seen.findings.particulars else 0
        return Reason(kind.value, {"count": count}) if count else None

    return holds_some


def _spam(seen: _Seen) -> Reason | None:
    score = seen.submission.spam_score
    if score is None or 100 * score < seen.rules.spam_percent:
        return None
    return Reason("spam", {"percent": int(100 * score)})


def _premoderated(seen: _Seen) -> Reason | None:
    return Reason("premoderated") if seen.rules.mode is Mode.PRE else None


def _first_time(seen: _Seen) -> Reason | None:
    """Trust is earned by approved comments of a confirmed address: an address alone can be typed by anyone."""
    if seen.rules.mode is not Mode.FIRST_TIME:
        return None
    if not seen.submission.approved_of_address:
        return Reason("first-comment")
    if not seen.submission.address_verified:
        return Reason("unverified")
    return None if seen.submission.address_proven else Reason("elsewhere")


class Check(NamedTuple):
    """What is looked for, and what follows: an effect, or the field of SiteRules that holds the one chosen."""

    find: Callable[[_Seen], Reason | None]
    effect: Effect | str = Effect.HOLD


CHECKS = (
    Check(_trap),
    Check(_sender_held),
    Check(_repeat, "repeats"),
    Check(_hasty, "haste"),
    Check(_links, "links"),
    Check(_links_of_new, "links_of_new"),
    Check(_blocked_words, Effect.BLOCK),
    Check(_held_words),
    Check(_slow_rule),
    Check(_language, "language"),
    Check(_capitals, "shouting"),
    Check(_signs, "shouting"),
    *(Check(_personal(kind), kind.value) for kind in Kind),
    Check(_spam, "spam"),
    Check(_premoderated),
    Check(_first_time),
)


def first_state(submission: Submission, rules: SiteRules) -> Verdict:
    """Run every check in order: a comment that collects a reason waits, the others appear."""
    if submission.trusted and not submission.sender_held:
        return Verdict(State.PUBLISHED, (), policy_id=rules.policy_id)
    findings = submission.findings or look_at(submission.text, rules)
    found = _reasons(_Seen(submission, findings, rules))
    return Verdict(
        State.PENDING if found else State.PUBLISHED,
        tuple(reason for effect, reason in found if effect is not Effect.BLOCK),
        blocked=tuple(reason for effect, reason in found if effect is Effect.BLOCK),
        rejected=any(effect is Effect.REJECT for effect, _ in found),
        policy_id=rules.policy_id,
    )


def _reasons(seen: _Seen) -> list[tuple[Effect, Reason]]:
    found = []
    for find, chosen in CHECKS:
        effect = chosen if isinstance(chosen, Effect) else getattr(seen.rules, chosen)
        if effect is not Effect.OFF and (reason := find(seen)) is not None:
            found.append((effect, reason))
    return found
