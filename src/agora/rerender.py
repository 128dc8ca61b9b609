"""`agora rerender`: makes the HTML anew that an older version of the rules made, a batch at a time."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from agora.rules import markup
from agora.store import site, versions
from agora.store.bylines import Byline
from agora.store.comments import Comment, CommentRevision
from agora.store.database import Database
from agora.store.posts import Post

BATCH = 200
NOW = markup.RENDERER_VERSION


def batches(database: Database) -> Iterator[int]:
    """How many texts each step made anew; every step is a transaction, so that it can be stopped and taken up again."""
    for step in (_comments, _posts, _bylines):
        while True:
            with database.write() as session:
                count = step(session)
                versions.touch(session, versions.SITE)
            if not count:
                break
            yield count


def _comments(session: Session) -> int:
    query = select(CommentRevision, Comment.language).join(Comment, Comment.id == CommentRevision.comment_id)
    rows = session.execute(query.where(CommentRevision.renderer < NOW).limit(BATCH)).all()
    for revision, language in rows:
        revision.html, revision.renderer = markup.comment_html(revision.body, language), NOW
    return len(rows)


def _posts(session: Session) -> int:
    rows = session.scalars(select(Post).where(Post.renderer < NOW).limit(BATCH)).all()
    for post in rows:
        post.body_html, post.renderer = markup.post_html(post.body, post.language), NOW
    return len(rows)


def _bylines(session: Session) -> int:
    language = site.current_charter(session).language
    rows = session.scalars(select(Byline).where(Byline.renderer < NOW).limit(BATCH)).all()
    for byline in rows:
        byline.bio_html, byline.renderer = markup.post_html(byline.bio, language), NOW
    return len(rows)
