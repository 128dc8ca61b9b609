"""Comments, their revisions and those who wrote them without an account; and every question asked of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import JSON, ForeignKey, Index, Select, String, Text, bindparam, func, select, tuple_, update
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from agora.rules import threads
from agora.rules.moderation import State
from agora.rules.policy import Mode, Reason
from agora.store import tallies
from agora.store.columns import Base, Identity, SafeHtml, UtcDateTime, Words, one_of
from agora.store.posts import Post, PostState
from agora.store.prepared import Prepared


def some_rows(name: str, *columns: str, which: str, unique: bool = False) -> Index:
    """An index of few rows among many. `tables.py` tells it to the databases."""
    return Index(name, *columns, unique=unique, info={"which": which})


class Commenter(Base):
    """Who stands behind an address: trust and letters belong to it once it was confirmed."""

    __tablename__ = "commenters"
    __table_args__ = (some_rows("ix_commenters_erase_asked_at", "erase_asked_at", which="erase_asked_at IS NOT NULL"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proven_from: Mapped[str] = mapped_column(String(32), default="")  # keyed hash of network and browser
    # They want all about them erased; it is, as soon as no open report or appeal needs any of it.
    erase_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


# Only digits, but compared as bytes: quicker, and the same wherever the database was made.
_PATH = String(threads.LEVELS * threads.WIDTH)
_PATH = _PATH.with_variant(String(threads.LEVELS * threads.WIDTH, collation="C"), "postgresql")


class Comment(Base):
    __tablename__ = "comments"
    __table_args__ = (
        one_of("state", State),
        one_of("mode", Mode),
        some_rows("ix_comments_threads", "post_id", "thread_number", which="thread_number IS NOT NULL", unique=True),
        some_rows("ix_comments_in_thread", "root_id", "path", which="shown_in_thread > 0"),
        some_rows("ix_comments_erase_asked_at", "erase_asked_at", which="erase_asked_at IS NOT NULL"),
        some_rows("ix_comments_with_source", "created_at", which="source <> ''"),
        Index(None, "root_id", "id"),
        Index(None, "state", "id"),
        Index(None, "state", "published_at", "id"),
        Index(None, "post_id", "state", "published_at", "id"),
        Index(None, "commenter_id", "state"),
        Index(None, "source", "created_at"),
        Index(None, "fingerprint", "created_at"),
        Index(None, "person_id"),
        Index(None, "parent_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    root_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))  # None: is a root
    commenter_id: Mapped[int | None] = mapped_column(ForeignKey("commenters.id", ondelete="SET NULL"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(80))
    website: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[State] = mapped_column(Words(State))
    mode: Mapped[Mode] = mapped_column(Words(Mode))  # the moderation mode that applied
    version: Mapped[int] = mapped_column(default=1)  # grows with every revision and every change of state
    # The revision that stands. No foreign key: two tables that point at each other cannot be made or filled in order.
    revision_id: Mapped[int | None] = mapped_column(Identity, index=True)
    letters: Mapped[bool] = mapped_column(default=False)  # asked for letters about this comment
    source: Mapped[str] = mapped_column(String(32), default="")  # keyed hash of the network address
    fingerprint: Mapped[str] = mapped_column(String(64))  # of the folded words, to recognise repeats
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Its writer wants it erased; it is, as soon as no open report or appeal needs it.
    erase_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Published comments among itself and those that hang below it on the page: at 0 it is not shown, else at least a
    # note stands in its place.
    shown_in_thread: Mapped[int] = mapped_column(default=0)
    # On a root: its place in the discussion, given when its thread first became public and never given again.
    thread_number: Mapped[int | None]
    # On a reply that became public: its place in the thread, as rules/threads.py writes it.
    path: Mapped[str | None] = mapped_column(_PATH)

    post: Mapped[Post] = relationship(lazy="raise")
    parent: Mapped["Comment | None"] = relationship(lazy="raise", remote_side="Comment.id", foreign_keys=[parent_id])
    commenter: Mapped[Commenter | None] = relationship(lazy="raise")
    revision: Mapped["CommentRevision"] = relationship(
        lazy="raise", primaryjoin="foreign(Comment.revision_id) == CommentRevision.id", viewonly=True
    )

    @property
    def thread_id(self) -> int:
        return self.root_id or self.id


class CommentRevision(Base):
    """A text as it was sent, with the HTML it became and the reasons the policy found in it."""

    __tablename__ = "comment_revisions"
    __table_args__ = (Index(None, "comment_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    number: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[Markup] = mapped_column(SafeHtml)
    renderer: Mapped[int]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def why(self) -> list[Reason]:
        return [Reason.from_data(stored) for stored in self.reasons]


def public_comments() -> Select[Comment]:
    """What the public may see of comments: published, under a published post."""
    return (
        select(Comment)
        .join(Post, Post.id == Comment.post_id)
        .where(Comment.state == State.PUBLISHED, Post.state == PostState.PUBLISHED)
    )


def on_a_public_post(session: Session, comment_id: int) -> Comment | None:
    """A comment that a page shows, be it as a note that stands in its place."""
    query = (
        select(Comment)
        .join(Post, Post.id == Comment.post_id)
        .where(Comment.id == comment_id, Comment.shown_in_thread > 0, Post.state == PostState.PUBLISHED)
        .options(joinedload(Comment.post))
    )
    return session.scalar(query)


def public_comment(session: Session, comment_id: int, post_id: int) -> Comment | None:
    """A published comment of this post: one that can be answered."""
    query = public_comments().where(Comment.id == comment_id, Comment.post_id == post_id)
    return session.scalar(query.options(joinedload(Comment.revision)))


def comment_in_full(session: Session, comment_id: int) -> Comment | None:
    """A comment with its post, text, parent and commenter, whatever its state."""
    query = select(Comment).where(Comment.id == comment_id).options(*IN_FULL)
    return session.scalar(query)


# With these, a comment brings its post, text, parent and commenter along.
IN_FULL = (
    joinedload(Comment.post),
    joinedload(Comment.revision),
    joinedload(Comment.commenter),
    joinedload(Comment.parent).joinedload(Comment.revision),
)


def reasons_of(session: Session, comment: Comment) -> list[dict[str, Any]]:
    """What the policy found in the text that stands, as it is stored."""
    revision = session.get(CommentRevision, comment.revision_id) if comment.revision_id else None
    return revision.reasons if revision else []


def text_of(session: Session, comment: Comment) -> str:
    """The source of the text that stands."""
    revision = session.get(CommentRevision, comment.revision_id) if comment.revision_id else None
    return revision.body if revision else ""


def queue(
    session: Session,
    state: State,
    *,
    after: int | None,
    before: int | None,
    size: int,
    under_posts_of: int | None = None,
) -> Sequence[Comment]:
    """A page of cases: those that wait oldest first (`after` an id), the others newest first (`before` one).

    `under_posts_of` leaves those under the posts that this person started; newest first as well.
    """
    if under_posts_of is not None:
        theirs = select(Post.id).where(Post.created_by == under_posts_of)
        query = select(Comment).where(Comment.post_id.in_(theirs), Comment.state == state)
        query = query.where(Comment.id < (before or _LAST)).order_by(Comment.id.desc())
        return session.scalars(query.options(*IN_FULL).limit(size)).all()
    of_state = _after(state, after or 0) if state is State.PENDING else _before(state, before or _LAST)
    return session.scalars(of_state.options(*IN_FULL).limit(size)).all()


# Both ask for a range of (state, id) and its order, and not for one state by id: those that wait are the latest of all,
# and PostgreSQL, which does not know that, would look for them among all comments from the first one on.
_LAST = 2**62


def _after(state: State, id_: int) -> Select[Comment]:
    places = tuple_(Comment.state, Comment.id)
    return select(Comment).where(places > (state, id_), Comment.state <= state).order_by(Comment.state, Comment.id)


def _before(state: State, id_: int) -> Select[Comment]:
    places = tuple_(Comment.state, Comment.id)
    query = select(Comment).where(places < (state, id_), Comment.state >= state)
    return query.order_by(Comment.state.desc(), Comment.id.desc())


def counts_by_state(session: Session) -> dict[State, int]:
    names = {tallies.of_state(state): state for state in State}
    return {names[name]: count for name, count in tallies.counts(session, names).items()}


def oldest_waiting(session: Session) -> datetime | None:
    return session.scalar(_after(State.PENDING, 0).with_only_columns(Comment.created_at).limit(1))


def records_of(session: Session, commenter_ids: set[int]) -> dict[int, dict[State, int]]:
    """For each commenter, how many comments there are in each state."""
    query = (
        select(Comment.commenter_id, Comment.state, func.count())
        .where(Comment.commenter_id.in_(commenter_ids))
        .group_by(Comment.commenter_id, Comment.state)
    )
    records: dict[int, dict[State, int]] = {id_: {} for id_ in commenter_ids}
    for commenter_id, state, count in session.execute(query):
        if commenter_id is not None:
            records[commenter_id][state] = count
    return records


def comments_of(session: Session, commenter_id: int, *, size: int) -> Sequence[Comment]:
    """The latest comments of one address."""
    query = select(Comment).where(Comment.commenter_id == commenter_id).order_by(Comment.id.desc()).limit(size)
    return session.scalars(query.options(joinedload(Comment.revision), joinedload(Comment.post))).all()


def path_of_reply(session: Session, comment: Comment) -> str | None:
    """Where a comment stands in its thread once it is public; None for the first one of a thread."""
    if comment.parent_id is None:
        return None
    above = session.scalar(select(Comment.path).where(Comment.id == comment.parent_id))
    return threads.path_below(above or "", comment.id)


def hold_discussions(session: Session, comment_ids: Iterable[int]) -> None:
    """Let nobody else change the discussions of these comments until this transaction ends.

    Always before their comments and in the same order: of two who change a thread, neither waits for the other in a
    circle. It does not hold up who only adds a comment that waits.
    """
    theirs = select(Comment.post_id).where(Comment.id.in_(list(comment_ids)))
    session.execute(select(Post.id).where(Post.id.in_(theirs)).order_by(Post.id).with_for_update(key_share=True))


def change_state(session: Session, comment: Comment, to: State, *, published_at: datetime | None) -> bool:
    """Set the state if nobody changed the comment since it was read; False if somebody did."""
    hold_discussions(session, [comment.id])
    before = comment.state
    path = comment.path or (path_of_reply(session, comment) if published_at else None)
    changed = session.execute(
        update(Comment)
        .where(Comment.id == comment.id, Comment.version == comment.version, Comment.state == before)
        .values(state=to, version=Comment.version + 1, published_at=published_at, path=path)
        .returning(Comment.version)
        .execution_options(synchronize_session=False)
    ).scalar()
    if changed is None:
        return False
    tallies.add(session, tallies.of_state(before), -1, of=comment.post_id)
    tallies.add(session, tallies.of_state(to), 1, of=comment.post_id)
    session.refresh(comment, ["state", "version", "published_at", "path"])
    return True


def forget_publication(session: Session, comment: Comment) -> None:
    """As if it had never been public: after the counts, which follow its place, and while nothing hangs below it."""
    gone = {"published_at": None, "path": None}
    session.execute(update(_comments).where(_comments.c.id == comment.id).values(gone))
    session.refresh(comment, ["published_at", "path"])


def change_text(session: Session, comment: Comment, *, revision_id: int, fingerprint: str, edited_at: datetime) -> bool:
    """Put another revision in force if nobody changed the comment since it was read; False if somebody did."""
    hold_discussions(session, [comment.id])
    changed = session.execute(
        update(Comment)
        .where(Comment.id == comment.id, Comment.version == comment.version, Comment.state == comment.state)
        .values(revision_id=revision_id, fingerprint=fingerprint, edited_at=edited_at, version=Comment.version + 1)
        .returning(Comment.version)
        .execution_options(synchronize_session=False)
    ).scalar()
    if changed is None:
        return False
    session.refresh(comment, ["revision_id", "fingerprint", "edited_at", "version"])
    return True


_comments: Any = Comment.__table__
_posts: Any = Post.__table__
_COUNT_IN_POST = Prepared(
    update(_posts)
    .where(_posts.c.id == bindparam("post"))
    .values(
        comment_count=_posts.c.comment_count + bindparam("by"),
        thread_count=_posts.c.thread_count + bindparam("begun"),
    )
    .returning(_posts.c.thread_count)
)
_COUNT_ONE = {"shown_in_thread": _comments.c.shown_in_thread + bindparam("by")}
_COUNT_IN_THREAD = (
    update(_comments)
    .where(_comments.c.id.in_(bindparam("those", expanding=True)))
    .values(_COUNT_ONE)
    .returning(_comments.c.id, _comments.c.thread_number)
)
_BEGIN_THREAD = (
    update(_comments)
    .where(_comments.c.id == bindparam("thread"))
    .values({**_COUNT_ONE, "thread_number": func.coalesce(_comments.c.thread_number, bindparam("number"))})
)


def count_public_change(session: Session, comment: Comment, *, by: int) -> None:
    """Keep the counts of post and thread, in the transaction in which a comment appears (+1) or goes (-1).

    The row of the post comes first: whoever changes its discussion at the same moment waits there, and not in a circle.
    """
    begins = comment.parent_id is None and comment.thread_number is None
    number = _count_in_post(session, comment.post_id, by, int(begins))
    if begins:
        session.execute(_BEGIN_THREAD, {"thread": comment.id, "number": number, "by": by})
        session.expire(comment, ["thread_number"])
        return
    shown = session.execute(_COUNT_IN_THREAD, {"those": _lineage(comment), "by": by})
    if {id_: given for id_, given in shown}[comment.thread_id] is None:  # from before numbers were given
        number = _count_in_post(session, comment.post_id, 0, 1)
        session.execute(_BEGIN_THREAD, {"thread": comment.thread_id, "number": number, "by": 0})


def number_of_new_thread(session: Session, post_id: int) -> int:
    """Count a comment that begins a thread, before it is there; it keeps this number for ever."""
    return _count_in_post(session, post_id, 1, 1)


def _count_in_post(session: Session, post_id: int, by: int, begun: int) -> int:
    counted = _COUNT_IN_POST.run(session, {"post": post_id, "by": by, "begun": begun})
    return int(counted.scalar_one())


def _lineage(comment: Comment) -> list[int]:
    """The comment, those that it hangs below on the page, and the one that it answers."""
    return sorted({comment.thread_id, *threads.lineage(comment.path or ""), comment.parent_id or comment.id})
