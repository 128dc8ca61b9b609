"""The site that is measured: a dozen posts, one of them with a discussion of two hundred comments."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from agora import settings
from agora.actions import bylines, comments, moderation, posts
from agora.actions import site as site_actions
from agora.actions.bylines import BylineDraft
from agora.actions.comments import CommentDraft
from agora.actions.posts import PostDraft
from agora.app import clock
from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import Mode, SiteRules
from agora.store.comments import Comment, CommentRevision
from agora.store.database import Database
from agora.store.posts import Post
from agora.store.schema import migrate
from bench.texts import SENTENCE, comment_text, number_of

POSTS, COMMENTS, IN_A_THREAD = 12, 200, 4
READ, WRITTEN = f"post-{POSTS - 1}", f"post-{POSTS - 2}"  # the post that is read, and the one that gets the comments
RULES = SiteRules(Mode.POST, max_links=9, limit_haste=False)


@dataclass(frozen=True)
class Place:
    """Where a site's files are, and its database."""

    folder: Path
    database_url: str = ""

    def environment(self, **changes: str) -> dict[str, str]:
        """The settings of a server for it: none of the limits per source, and every comment appears at once."""
        stated = {
            "data_dir": str(self.folder),
            "database_url": self.database_url,
            "rate_limits": "off",
            "moderation": "post",
            "language": "en",
            **changes,
        }
        return {f"AGORA_{name.upper()}": value for name, value in stated.items() if value}

    def settings(self, **changes: str) -> settings.Settings:
        return settings.load(self.environment(**changes))

    def database(self) -> Database:
        return Database(self.settings().database_url)


def prepare(place: Place) -> None:
    """An empty site."""
    current, database = place.settings(), place.database()
    migrate(database)
    with database.write() as session:
        site_actions.initialise(session, current, now=clock())
    database.close()


def fill(place: Place) -> None:
    """A site through the same actions that its authors and readers use."""
    prepare(place)
    database = place.database()
    with database.write() as session:
        byline = bylines.save_byline(
            session, None, BylineDraft("Inès Caradec", bio=SENTENCE), by=None, language="en", now=clock()
        )
        for number in range(POSTS):
            post = _write_post(session, number, byline.id)
        _discuss(session, post)
    database.close()


def _write_post(session: Session, number: int, byline_id: int) -> Post:
    body = "\n\n".join(["## The moss", SENTENCE * 6, "> It grows.\n>\n> — A gardener", SENTENCE * 8] * 3)
    draft = PostDraft(
        f"Post {number}", body=body, summary=SENTENCE, tags=["moss"], byline_ids=[byline_id], language="en"
    )
    post = posts.create_post(session, draft, by=None, now=clock())
    posts.publish_post(session, post, by=None, now=clock() + timedelta(seconds=number - POSTS))
    session.flush()
    return post


def _discuss(session: Session, post: Post) -> None:
    """Threads of four; every tenth comment is a note in place of one that was taken away."""
    written: list[Comment] = []
    for number in range(COMMENTS):
        parent = written[-1] if number % IN_A_THREAD else None
        written.append(_write_comment(session, post, number, parent))
    for turn, comment in enumerate(written[::10]):
        decision, party = [(Decision.HIDE, Party.MODERATOR), (Decision.WITHDRAW, Party.COMMENTER)][turn % 2]
        clause = 1 if party is Party.MODERATOR else None
        moderation.decide(session, comment, decision, party=party, version=comment.version, clause=clause, now=clock())


def _write_comment(session: Session, post: Post, number: int, parent: Comment | None) -> Comment:
    draft = CommentDraft(
        name="Bob",
        email=f"writer{number}@example.org",
        body=comment_text(number),
        parent_id=parent.id if parent else None,
    )
    return comments.post_comment(session, post, draft, RULES, now=clock())


@dataclass(frozen=True)
class Written:
    """What a site has of the comments that were written: how often each, by its number, and how many are held."""

    times: Counter[int]
    held: int


def written_under(place: Place, slug: str) -> Written:
    """Of all comments of a post, in whatever state."""
    database = place.database()
    mine = (
        select(Comment.state, CommentRevision.body)
        .join(CommentRevision, CommentRevision.id == Comment.revision_id)
        .join(Post, Post.id == Comment.post_id)
        .where(Post.slug == slug)
    )
    with database.read() as session:
        found = session.execute(mine).all()
    database.close()
    held = sum(state == State.PENDING for state, _ in found)
    return Written(Counter(number_of(body) for _, body in found), held)
