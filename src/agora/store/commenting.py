"""What is asked while somebody comments. The statements are put together once, at import: SQLAlchemy takes
longer to put one together than to run it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, bindparam, func, literal, or_, select, text, true
from sqlalchemy.orm import Session

from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import Mode
from agora.store import policies
from agora.store.columns import UtcDateTime
from agora.store.comments import Comment, Commenter, CommentRevision
from agora.store.events import Event
from agora.store.measures import Measure
from agora.store.posts import FormerSlug, Post, PostState
from agora.store.prepared import Prepared
from agora.store.site import Site


def _table(entity: type[Any]) -> Table:
    table: Table = entity.__table__
    return table


POSTS, COMMENTS, REVISIONS = _table(Post), _table(Comment), _table(CommentRevision)
COMMENTERS, EVENTS, SITE, FORMER = _table(Commenter), _table(Event), _table(Site), _table(FormerSlug)
MEASURES = _table(Measure)


@dataclass(frozen=True)
class Discussion:
    """What a comment needs to know of the post under which it will stand."""

    id: int
    language: str
    discussion_open: bool
    moderation: Mode | None  # the post's own mode, else the one chosen at the desk
    published_at: datetime
    slow_seconds: int | None
    close_after_days: int | None
    policy_id: int | None
    policy_source: str | None

    @property
    def policy(self) -> policies.Version | None:
        if self.policy_id is None or self.policy_source is None:
            return None
        return policies.Version(self.policy_id, self.policy_source)


_LATEST = policies.LATEST.subquery()
_DISCUSSION = (
    select(
        POSTS.c.id,
        POSTS.c.language,
        POSTS.c.discussion_open,
        func.coalesce(POSTS.c.moderation, select(SITE.c.moderation).scalar_subquery()),
        POSTS.c.published_at,
        POSTS.c.slow_seconds,
        POSTS.c.close_after_days,
        _LATEST.c.id,
        _LATEST.c.source,
    )
    .join_from(POSTS, _LATEST, true(), isouter=True)
    .where(POSTS.c.state == PostState.PUBLISHED)
)
_BY_SLUG = Prepared(_DISCUSSION.where(POSTS.c.slug == bindparam("slug")))
_BY_FORMER_SLUG = Prepared(
    _DISCUSSION.join(FORMER, FORMER.c.post_id == POSTS.c.id).where(FORMER.c.slug == bindparam("slug"))
)


def discussion(session: Session, slug: str) -> Discussion | None:
    """The discussion of a public post, also by an address that the post had before.

    Asked once in a transaction, which may be that of many comments.
    """
    known: dict[str, Discussion | None] = session.info.setdefault("discussions", {})
    if slug not in known:
        known[slug] = _discussion_at(session, slug)
    return known[slug]


def _discussion_at(session: Session, slug: str) -> Discussion | None:
    row = _BY_SLUG.first(session, {"slug": slug}) or _BY_FORMER_SLUG.first(session, {"slug": slug})
    return Discussion(*row) if row else None


class Address(NamedTuple):
    """Somebody who comments without an account, as far as the policy looks."""

    id: int
    verified_at: datetime | None
    proven_from: str


_ADDRESS = select(COMMENTERS.c.id, COMMENTERS.c.verified_at, COMMENTERS.c.proven_from).where(
    COMMENTERS.c.email == bindparam("email")
)
_NEW_ADDRESS = Prepared(
    text(
        "INSERT INTO commenters (email, created_at, proven_from) VALUES (:email, :created_at, '')"
        " ON CONFLICT (email) DO NOTHING RETURNING id"
    ).bindparams(bindparam("created_at", type_=UtcDateTime))
)


def address_of(session: Session, email: str, *, now: datetime) -> Address:
    """The commenter with this address; a new one, when it is seen for the first time."""
    found = session.execute(_ADDRESS, {"email": email}).first()
    return Address(*found) if found else add_address(session, email, now=now)


def add_address(session: Session, email: str, *, now: datetime) -> Address:
    """A commenter whose address nobody has used yet."""
    added = _NEW_ADDRESS.first(session, {"email": email, "created_at": now})
    if added is None:  # of two who come with it in the same moment, this one waited for the other
        return Address(*session.execute(_ADDRESS, {"email": email}).one())
    return Address(added[0], None, "")


def is_confirmed(session: Session, commenter_id: int) -> bool:
    """Whether somebody showed that this address is theirs."""
    return session.scalar(select(COMMENTERS.c.verified_at).where(COMMENTERS.c.id == commenter_id)) is not None


class Place(NamedTuple):
    """A published comment that can be answered: the thread in which the answer will stand, and where in it."""

    id: int
    thread_id: int
    path: str


_PLACE = (
    select(COMMENTS.c.id, func.coalesce(COMMENTS.c.root_id, COMMENTS.c.id), func.coalesce(COMMENTS.c.path, ""))
    .join(POSTS, POSTS.c.id == COMMENTS.c.post_id)
    .where(
        COMMENTS.c.id == bindparam("comment_id"),
        COMMENTS.c.post_id == bindparam("post_id"),
        COMMENTS.c.state == State.PUBLISHED,
        POSTS.c.state == PostState.PUBLISHED,
    )
)


def place_below(session: Session, comment_id: int, post_id: int) -> Place | None:
    row = session.execute(_PLACE, {"comment_id": comment_id, "post_id": post_id}).first()
    return Place(*row) if row else None


# What the policy counts


def _how_many(*conditions: Any) -> Select[Any]:
    return select(func.count()).select_from(COMMENTS).where(*conditions)


_SAME_WORDS = _how_many(
    COMMENTS.c.fingerprint == bindparam("fingerprint"),
    COMMENTS.c.created_at >= bindparam("since"),
    COMMENTS.c.id != bindparam("but"),
)
_OF_SOURCE = _how_many(COMMENTS.c.source == bindparam("source"), COMMENTS.c.created_at >= bindparam("since"))
_APPROVED = _how_many(
    COMMENTS.c.commenter_id == bindparam("commenter_id"),
    COMMENTS.c.state == State.PUBLISHED,
    COMMENTS.c.id != bindparam("but"),
    select(EVENTS.c.id)
    .where(
        EVENTS.c.comment_id == COMMENTS.c.id,
        EVENTS.c.decision.in_([Decision.APPROVE, Decision.RESTORE]),
        EVENTS.c.party == Party.MODERATOR,
    )
    .exists(),
)


def same_words(session: Session, fingerprint: str, *, since: datetime, but: int = 0) -> int:
    """How many other comments said the same words since then."""
    return int(session.execute(_SAME_WORDS, {"fingerprint": fingerprint, "since": since, "but": but}).scalar_one())


class Known(NamedTuple):
    """What the site knows before a comment is weighed."""

    address: Address | None
    repeats: int  # other comments that said the same words since then
    is_measured: bool  # whether a measure may hold against the address, the account or the network


# One question instead of three; the row of nobody is there also where the address is new.
_NOBODY = select(literal(1).label("one")).subquery()
_KNOWN = Prepared(
    select(
        COMMENTERS.c.id,
        COMMENTERS.c.verified_at,
        COMMENTERS.c.proven_from,
        _SAME_WORDS.scalar_subquery(),
        select(MEASURES.c.id)
        .where(
            or_(
                MEASURES.c.commenter_id == COMMENTERS.c.id,
                MEASURES.c.person_id == bindparam("person_id"),
                MEASURES.c.source == bindparam("source"),
            ),
            MEASURES.c.ended_at.is_(None),
        )
        .exists(),
    ).select_from(_NOBODY.outerjoin(COMMENTERS, COMMENTERS.c.email == bindparam("email")))
)


def known_of(
    session: Session, *, email: str, person_id: int | None, source: str, fingerprint: str, since: datetime
) -> Known:
    """What is known of who sends a text, and of its words. Nobody has an empty address, or the account 0."""
    asked = {
        "email": email,
        "person_id": person_id or 0,
        "source": source or "-",
        "fingerprint": fingerprint,
        "since": since,
        "but": 0,
    }
    row = _KNOWN.first(session, asked)
    assert row  # noqa: S101 - nobody is always there
    id_, verified_at, proven_from, repeats, is_measured = row
    return Known(Address(id_, verified_at, proven_from) if id_ else None, repeats, is_measured)


def recent_of_source(session: Session, source: str, *, since: datetime) -> int:
    return int(session.execute(_OF_SOURCE, {"source": source, "since": since}).scalar_one())


def approved_of(session: Session, commenter_id: int, *, but: int = 0) -> int:
    """How many comments of this address stand because a moderator approved them."""
    return int(session.execute(_APPROVED, {"commenter_id": commenter_id, "but": but}).scalar_one())


_LATEST_HERE = select(func.max(COMMENTS.c.created_at)).where(
    COMMENTS.c.source == bindparam("source"),
    COMMENTS.c.created_at > bindparam("since"),
    COMMENTS.c.post_id == bindparam("post_id"),
)


def latest_of_source(session: Session, source: str, post_id: int, *, since: datetime) -> datetime | None:
    """When this source last commented under this post, if it did after that moment."""
    return session.execute(_LATEST_HERE, {"source": source, "since": since, "post_id": post_id}).scalar()


def same_submission(
    session: Session,
    *,
    post_id: int,
    parent_id: int | None,
    source: str,
    fingerprint: str,
    name: str,
    commenter_id: int | None,
    person_id: int | None,
    since: datetime,
) -> tuple[Comment, str] | None:
    """The comment that this form already became, when it was sent twice, and its text."""
    query = select(Comment, CommentRevision.body).where(
        CommentRevision.id == Comment.revision_id,
        Comment.fingerprint == fingerprint,
        Comment.created_at >= since,
        Comment.post_id == post_id,
        Comment.parent_id.is_not_distinct_from(parent_id),
        Comment.source == source,
        Comment.name == name,
        Comment.commenter_id.is_not_distinct_from(commenter_id),
        Comment.person_id.is_not_distinct_from(person_id),
        Comment.state.in_([State.PENDING, State.PUBLISHED]),
    )
    row = session.execute(query.order_by(Comment.id.desc()).limit(1)).first()
    return (row[0], row[1]) if row else None
