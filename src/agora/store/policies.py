"""The policy as it read from one moment on: what judged a comment names the version."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from markupsafe import Markup
from sqlalchemy import JSON, ForeignKey, Text, cast, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from agora.rules.moderation import State
from agora.rules.policy import Mode
from agora.store.columns import Base, Identity, UtcDateTime
from agora.store.comments import Comment, Commenter, CommentRevision
from agora.store.people import Person
from agora.store.posts import Post


class Policy(Base):
    __tablename__ = "policies"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    source: Mapped[dict[str, Any]] = mapped_column(JSON)  # as rules/policy.py reads it
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)


class Version(NamedTuple):
    """A version as the application keeps it: its source is JSON, which need not be read anew for each comment."""

    id: int
    source: str


# Both of the version in force, in one row that other statements can join.
_POLICIES: Any = Policy.__table__
LATEST = select(_POLICIES.c.id, cast(_POLICIES.c.source, Text).label("source")).order_by(_POLICIES.c.id.desc()).limit(1)


def current_version(session: Session) -> Version | None:
    """None where nobody has changed what the settings say."""
    row = session.execute(LATEST).first()
    return Version(*row) if row else None


def current_id(session: Session) -> int | None:
    return session.scalar(select(Policy.id).order_by(Policy.id.desc()).limit(1))


def current_policy(session: Session) -> Policy | None:
    """The policy in force; None where nobody has changed what the settings say."""
    return session.scalars(select(Policy).order_by(Policy.id.desc()).limit(1)).first()


class Judged(NamedTuple):
    """A comment by somebody without an account, as far as the policy looked at it."""

    id: int
    name: str
    body: str
    html: Markup
    language: str
    reasons: list[dict[str, Any]]
    mode: Mode
    source: str
    fingerprint: str
    created_at: datetime
    follows_site: bool  # its post has no mode of its own
    verified: bool  # its address is confirmed by now
    had_approved: bool  # an earlier comment of its address stands


class Sent(NamedTuple):
    """When some words came from somewhere."""

    source: str
    fingerprint: str
    at: datetime


def latest_sent(session: Session, size: int) -> list[Sent]:
    """The moments of the last comments, the latest first."""
    query = select(Comment.source, Comment.fingerprint, Comment.created_at).where(*_BY_COMMENTERS)
    return [Sent(*row) for row in session.execute(query.order_by(Comment.id.desc()).limit(size))]


# People who are signed in pass the policy, and what was erased has no text any more.
_BY_COMMENTERS = (Comment.person_id.is_(None), Comment.state != State.ERASED)


def latest_judged(session: Session, size: int) -> Iterator[Judged]:
    """The last comments, the latest first, a few of them at a time: their texts may be long."""
    earlier = aliased(Comment)
    had_approved = (
        select(earlier.id)
        .where(earlier.commenter_id == Comment.commenter_id, earlier.state == State.PUBLISHED, earlier.id < Comment.id)
        .exists()
    )
    text = (CommentRevision.body, CommentRevision.html, Comment.language, CommentRevision.reasons)
    query = (
        select(Comment.id, Comment.name, *text, Comment.mode, Comment.source, Comment.fingerprint)
        .add_columns(Comment.created_at, Post.moderation.is_(None), Commenter.verified_at.is_not(None), had_approved)
        .join(CommentRevision, CommentRevision.id == Comment.revision_id)
        .join(Post, Post.id == Comment.post_id)
        .outerjoin(Commenter, Commenter.id == Comment.commenter_id)
        .where(*_BY_COMMENTERS)
        .order_by(Comment.id.desc())
        .limit(size)
    )
    for row in session.execute(query, execution_options={"yield_per": 50}):
        yield Judged(*row)


def latest_versions(session: Session, size: int) -> Sequence[tuple[Policy, str | None]]:
    """The last versions with the names of those who made them, the latest first."""
    query = select(Policy, Person.name).outerjoin(Person, Person.id == Policy.created_by)
    return [(version, name) for version, name in session.execute(query.order_by(Policy.id.desc()).limit(size))]


def version(session: Session, number: int) -> Policy | None:
    return session.get(Policy, number)
