"""Counts that are kept beside what they count: `agora check` sees when one is wrong, and makes it right again."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from friends import write_comment, write_post
from sqlalchemy import text
from sqlalchemy.orm import Session

from agora.actions.bylines import BylineDraft, save_byline
from agora.actions.moderation import decide
from agora.actions.posts import PostDraft, save_post, unpublish_post
from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import Mode
from agora.store import comment_lists, counts, posts, public_lists
from agora.store.database import Database

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def a_site(session: Session) -> None:
    """A discussion with comments of every state and at every depth, beside posts that are public and not."""
    ines = save_byline(session, None, BylineDraft("Inès"), by=None, language="fr", now=NOW)
    post = write_post(session, now=NOW, tags=["moss", "stone"], byline_ids=[ines.id])
    write_post(session, "A draft", now=NOW, tags=["moss"], byline_ids=[ines.id], publish=False)
    gone = write_post(session, "Gone", now=NOW, tags=["stone"])
    unpublish_post(session, gone, by=None, now=NOW)
    chain = [write_comment(session, post, now=NOW)]
    for n in range(12):
        chain.append(write_comment(session, post, f"Deeper {n}.", now=NOW, parent=chain[-1]))
    for n in (0, 3, 9):
        write_comment(session, post, f"Beside {n}.", now=NOW, parent=chain[n])
    write_comment(session, post, "Held.", now=NOW, parent=chain[2], mode=Mode.PRE)
    rejected = write_comment(session, post, "Rejected.", now=NOW, mode=Mode.PRE)
    alone = write_comment(session, post, "Alone.", now=NOW)
    for comment, decision in (
        (rejected, Decision.REJECT),
        (chain[0], Decision.HIDE),
        (chain[4], Decision.HIDE),
        (chain[10], Decision.HIDE),
        (chain[12], Decision.HIDE),
        (alone, Decision.HIDE),
    ):
        decide(session, comment, decision, party=Party.MODERATOR, version=comment.version, clause=1, now=NOW)


def test_every_deed_keeps_the_counts(database: Database) -> None:
    with database.write() as session:
        a_site(session)
        assert counts.wrong(session) == {}

    with database.read() as session:
        assert counts.wrong(session) == {}
        assert comment_lists.counts_by_state(session) == {
            State.PENDING: 1,
            State.PUBLISHED: 12,
            State.REJECTED: 1,
            State.HIDDEN: 5,
        }
        assert public_lists.count(session) == 1


WRONG = {
    "comments.path": "UPDATE comments SET path = '000000000001' WHERE path IS NOT NULL",
    "comments.shown_in_thread": "UPDATE comments SET shown_in_thread = 7 WHERE parent_id IS NOT NULL",
    "comments.thread_number": "UPDATE comments SET thread_number = NULL",
    "posts.comment_count": "UPDATE posts SET comment_count = 7",
    "posts.thread_count": "UPDATE posts SET thread_count = 0",
    "tags.post_count": "UPDATE tags SET post_count = 7",
    "bylines.post_count": "UPDATE bylines SET post_count = post_count + 1",
    "post_tags.listed_at": "UPDATE post_tags SET listed_at = NULL",
    "post_bylines.listed_at": "UPDATE post_bylines SET listed_at = '2026-01-01 00:00:00'",
    "tallies.count": "UPDATE tallies SET count = count + 1",
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_counts_are_mended(database: Database, name: str) -> None:
    with database.write() as session:
        a_site(session)
    with database.write() as session:
        session.execute(text(WRONG[name]))
        assert name in counts.wrong(session)

        assert counts.mend(session) > 0

        assert counts.wrong(session) == {}


@only_sqlite
def test_no_count_goes_through_another_for_each_row(database: Database) -> None:
    """On a million comments that would never end. Where there is no index, SQLite must be able to make itself one."""
    with database.write() as session:
        a_site(session)
        for kept in counts._kept(session):
            for asked in (kept.wrong, kept.mend):
                plan = [str(row[3]) for row in session.execute(text(f"EXPLAIN QUERY PLAN {asked}"))]
                scans = [step for step in plan if step.startswith("SCAN") and "LEFT-JOIN" in step]
                assert not scans, (kept.name, plan)


def test_mending_gives_no_number_twice(database: Database) -> None:
    """Links lead to pages by the numbers of threads: those that were given stay."""
    with database.write() as session:
        a_site(session)
        before = numbers(session)
        session.execute(text("UPDATE comments SET thread_number = NULL WHERE thread_number = 1"))

        counts.mend(session)

        after = numbers(session)
        changed = {id_: number for id_, number in after.items() if before[id_] != number}
        assert list(changed.values()) == [max(filter(None, before.values())) + 1]


def numbers(session: Session) -> dict[int, int | None]:
    return {id_: number for id_, number in session.execute(text("SELECT id, thread_number FROM comments"))}


def move_to_moss(session: Session, post: posts.Post) -> None:
    draft = PostDraft(post.title, slug=post.slug, body=post.body, tags=["moss", "new"], language="en")
    save_post(session, post, draft, edition=post.edition, by=None, now=NOW)


def take_away(session: Session, post: posts.Post) -> None:
    unpublish_post(session, post, by=None, now=NOW)


@pytest.mark.parametrize(
    ("deed", "expected"), [(move_to_moss, [("moss", "moss"), ("new", "new")]), (take_away, [])], ids=["move", "take"]
)
def test_lists_follow_their_posts(
    database: Database, deed: Callable[[Session, posts.Post], None], expected: list[tuple[str, str]]
) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW, tags=["moss", "stone"])
        deed(session, post)

        assert public_lists.tags_in_use(session, limit=9) == expected
        assert counts.wrong(session) == {}
