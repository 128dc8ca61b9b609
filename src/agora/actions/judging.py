"""How a text is judged: made ready for a page, weighed with what is known of its sender, moved as the verdict says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from agora.actions import moderation
from agora.rules import limits, markup, policy
from agora.rules.errors import N_, Message
from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import Mode, SiteRules, Verdict
from agora.settings import Settings
from agora.store import commenting
from agora.store.commenting import Address
from agora.store.comments import Comment, Commenter
from agora.store.people import Person
from agora.store.posts import Post
from agora.store.site import Site
from agora.tokens import fingerprint

# Within this time the same words elsewhere are a repeat.
REPEAT = timedelta(days=1)


@dataclass(frozen=True)
class Text:
    """What somebody wrote, made ready for a page."""

    body: str
    language: str
    html: Markup
    fingerprint: str  # the same for the same words; where there are none (👍), for the same signs


def made_ready(body: str, language: str) -> Text:
    """Takes longer than all else about a comment: best done before a transaction begins, while nobody waits for it."""
    clean = markup.clean_source(body)
    return Text(clean, language, markup.comment_html(body, language), fingerprint(policy.fold(clean) or clean.strip()))


@dataclass(frozen=True)
class Sender:
    """Who sends a text, by account or by address, and from where."""

    person: Person | None
    address: Address | None
    source: str
    whence: str


def rules_of(post: Post, site: Site, settings: Settings) -> SiteRules:
    """What is asked of comments under this post: its own mode, else the desk's, else the settings'."""
    return rules_in(post.moderation or site.moderation, settings)


def rules_in(mode: Mode | None, settings: Settings) -> SiteRules:
    return SiteRules(
        mode or Mode(settings.moderation),
        max_links=settings.max_links,
        held_words=settings.held_words,
        limit_haste=settings.rate_limits,
    )


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


def standing(
    session: Session, address: Address | Commenter | None, whence: str, rules: SiteRules, *, but: int = 0
) -> dict[str, Any]:
    """What is known of an address; only one mode asks for it."""
    if address is None or rules.mode is not Mode.FIRST_TIME:
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
