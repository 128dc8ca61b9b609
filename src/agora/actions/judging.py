"""How a text is judged: made ready for a page, weighed with what is known of its sender, moved as the verdict says."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from agora.actions import moderation, spam
from agora.rules import limits, markup, policy, site_rules
from agora.rules.errors import N_, FieldErrors, Message, Refused
from agora.rules.looking import Findings, look_at
from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import Effect, Mode, SiteRules, Submission, Verdict
from agora.settings import Settings
from agora.store import commenting, database, policies
from agora.store.commenting import Address, Discussion
from agora.store.comments import Comment, Commenter
from agora.store.people import Person
from agora.store.policies import Version
from agora.store.posts import Post
from agora.store.public_posts import PublicPost
from agora.store.site import Choices, Site
from agora.tokens import fingerprint

# Within this time the same words elsewhere are a repeat.
REPEAT = timedelta(days=1)


class PersonalData(FieldErrors):
    """The text may say more of somebody than its writer wishes: it can be mended, or sent as it is."""


@dataclass(frozen=True)
class Text:
    """What somebody wrote, made ready for a page, and what the rules in force at that moment find in it."""

    body: str
    language: str
    html: Markup
    fingerprint: str  # the same for the same words; where there are none (👍), for the same signs
    findings: Findings
    rules: SiteRules
    spam_score: float | None = None  # from 0 to 1; what is imported is not weighed

    @property
    def link_count(self) -> int:
        return markup.link_count(self.html)


def made_ready(body: str, language: str, rules: SiteRules) -> Text:
    """Takes longer than all else about a comment: best done before a transaction begins, while nobody waits for it."""
    clean = markup.clean_source(body)
    words = policy.fold(clean) or clean.strip()
    html = markup.comment_html(body, language)
    return Text(clean, language, html, fingerprint(words), look_at(clean, rules), rules)


def weighed(session: Session, text: Text, *, name: str, website: str) -> Text:
    """The text with how likely it is spam, where the rules ask for that."""
    if text.rules.spam is Effect.OFF:
        return text
    score = spam.scored(session, text.body, name=name, website=website, language=text.language)
    return replace(text, spam_score=score.probability)


@dataclass(frozen=True)
class Sender:
    """Who sends a text, by account or by address, and from where."""

    person: Person | None
    address: Address | None
    source: str
    whence: str

    @property
    def is_known(self) -> bool:
        """Signed in, or writing from where the address was confirmed: not somebody else who typed it."""
        if self.address is None:
            return self.person is not None
        return self.address.verified_at is not None and self.address.proven_from == self.whence


def rules_of(session: Session, post: Post, site: Site | Choices, settings: Settings) -> SiteRules:
    """What is asked of comments under this post: its own mode, else the desk's, else the settings'."""
    return rules_in(post.moderation or site.moderation, settings, policies.current_version(session))


def rules_in(mode: Mode | None, settings: Settings, version: Version | None) -> SiteRules:
    """What this version of the policy asks; without one, what the settings do."""
    chosen = mode or Mode(settings.moderation)
    return _rules(chosen, settings.max_links, settings.held_words, settings.rate_limits, settings.asks_akismet, version)


# The same rules for all comments while nothing is changed, with the lists of words that they hold made ready.
@lru_cache(maxsize=16)
def _rules(
    mode: Mode,
    max_links: int,
    held_words: tuple[str, ...],
    limit_haste: bool,
    second_opinion: bool,
    version: Version | None,
) -> SiteRules:
    choices: dict[str, Any] = {"max_links": max_links, "held_words": held_words, "second_opinion": second_opinion}
    if version:
        choices |= site_rules.choices_in(json.loads(version.source))
    return SiteRules(mode, limit_haste=limit_haste, policy_id=version.id if version else None, **choices)


def text_trouble(body: str) -> Message | None:
    """Why this cannot be the text of a comment."""
    if not body.strip():
        return Message(N_("There is no text yet."))
    if len(body) > limits.COMMENT:
        return Message(
            N_("The text has %(length)s characters; at most %(limit)s are possible."),
            {"length": len(body), "limit": limits.COMMENT},
        )
    return None


def ask_first(text: Text) -> None:
    """Raises FieldErrors for what the rules do not take, and PersonalData for what its writer should think over."""
    refuse_blocked(policy.first_state(Submission(text.body, text.findings), text.rules))
    if warning := text.findings.warning:
        raise PersonalData({"body": warning})


def refuse_blocked(verdict: Verdict) -> None:
    """Raises FieldErrors with the first reason for which the text is not taken; nothing of it is kept."""
    if verdict.blocked:
        raise FieldErrors({"body": verdict.blocked[0].refusal})


def takes_comments(post: Post | Discussion | PublicPost, rules: SiteRules, now: datetime) -> bool:
    """Whether the discussion is open: it may be closed by hand, or by itself some days after publication."""
    days = rules.close_after_days if post.close_after_days is None else post.close_after_days
    if not post.discussion_open or not days or post.published_at is None:
        return post.discussion_open
    return now < post.published_at + timedelta(days=days)


def refuse_haste(session: Session, post: Post | Discussion, rules: SiteRules, source: str, now: datetime) -> None:
    """Slow mode: raises Refused (429) for a source that commented here a moment ago."""
    seconds = rules.slow_seconds if post.slow_seconds is None else post.slow_seconds
    if not seconds or not rules.limit_haste:
        return
    database.lock(session, f"slow:{post.id}:{source}")  # two at once are one after the other
    pause = timedelta(seconds=seconds)
    latest = commenting.latest_of_source(session, source, post.id, since=now - pause)
    if latest is not None:
        left = 1 + int((latest + pause - now).total_seconds())
        slow = N_("Under this post there is some time between two comments of one source. Send yours in %(time)s.")
        raise Refused(slow, status=429, retry_after=left, time=_span(left))


def _span(seconds: int) -> str:
    """3:05 · 1:00:00"""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def standing(
    session: Session, address: Address | Commenter | None, whence: str, rules: SiteRules, *, but: int = 0
) -> dict[str, Any]:
    """What is known of an address, where the rules ask for it."""
    if address is None or (rules.mode is not Mode.FIRST_TIME and rules.links_of_new is Effect.OFF):
        return {}
    verified = address.verified_at is not None
    return {
        "address_verified": verified,
        "address_proven": verified and address.proven_from == whence,
        "approved_of_address": commenting.approved_of(session, address.id, but=but),
    }


def follow_verdict(session: Session, comment: Comment, verdict: Verdict, now: datetime) -> None:
    """After an edit or a confirmed address the policy may hold what stood, or release what waited."""
    moves = {
        (State.PUBLISHED, State.PENDING): Decision.HOLD,
        (State.PENDING, State.PUBLISHED): Decision.APPROVE,
    }
    decision = moves.get((comment.state, verdict.state))
    if decision:
        moderation.decide(session, comment, decision, party=Party.POLICY, version=comment.version, now=now)
    if verdict.rejected and comment.state is State.PENDING:
        moderation.decide(session, comment, Decision.SPAM, party=Party.POLICY, version=comment.version, now=now)
