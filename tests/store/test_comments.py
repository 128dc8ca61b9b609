"""Discussions page by page, what the public sees of them, and counts that stay right."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from friends import write_comment, write_post
from sqlalchemy.orm import Session

from agora.actions.moderation import decide
from agora.actions.posts import unpublish_post
from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import Mode
from agora.store import commenting, comments, posts
from agora.store.comments import Comment
from agora.store.database import Database
from agora.store.posts import Post

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)


def an_hour_apart(n: int) -> datetime:
    return NOW + timedelta(hours=n)


def all_at_once(n: int) -> datetime:
    return NOW


def write_threads(session: Session, post: Post, count: int, *, mode: Mode = Mode.POST) -> list[Comment]:
    return [write_comment(session, post, f"Thought {n}.", now=an_hour_apart(n), mode=mode) for n in range(count)]


def judge(session: Session, comment: Comment, decision: Decision) -> None:
    party = Party.COMMENTER if decision is Decision.WITHDRAW else Party.MODERATOR
    clause = 1 if decision in {Decision.HIDE, Decision.REJECT} else None
    comment = session.get_one(Comment, comment.id)
    decide(session, comment, decision, party=party, version=comment.version, clause=clause, now=NOW)


def counts(session: Session, post: Post) -> tuple[int, int]:
    session.refresh(post, ["comment_count", "thread_count"])
    return post.comment_count, post.thread_count


def test_threads_come_page_by_page(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        roots = write_threads(session, post, 5)
        late = write_comment(session, post, "A late answer.", now=an_hour_apart(9), parent=roots[0])

    with database.read() as session:
        pages = [[line.id for line in comments.threads_page(session, post.id, page=n, size=2)] for n in (1, 2, 3, 4)]
    ids = [root.id for root in roots]
    assert pages == [[*ids[:2], late.id], ids[2:4], ids[4:], []]


def test_permalinks_find_their_page(database: Database) -> None:
    """Also when threads before them are not shown."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        roots = write_threads(session, post, 5)
        late = write_comment(session, post, "A late answer.", now=an_hour_apart(9), parent=roots[4])
        write_comment(session, post, "Nobody has read this.", now=NOW, mode=Mode.PRE)

        judge(session, roots[1], Decision.HIDE)

        pages = {comment.id: comments.page_of(session, comment, size=2) for comment in (*roots, late)}
        assert [pages[roots[n].id] for n in (0, 2, 3, 4)] == [1, 1, 2, 2]
        assert pages[late.id] == 2
        for comment in (roots[0], *roots[2:], late):
            lines = comments.threads_page(session, post.id, page=pages[comment.id], size=2)
            assert comment.id in [line.id for line in lines]


def test_held_comments_are_shown_nowhere(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        held = write_comment(session, post, now=NOW, mode=Mode.PRE)

        assert comments.threads_page(session, post.id, page=1, size=9) == []
        assert comments.on_a_public_post(session, held.id) is None
        assert comments.public_comment(session, held.id, post.id) is None
        assert comments.feed_page(session, post_id=None, before=None, size=9) == []
        assert counts(session, post) == (0, 0)


def test_drafts_hide_their_discussion(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        comment = write_comment(session, post, now=NOW)
        assert comments.on_a_public_post(session, comment.id)

        unpublish_post(session, post, by=None, now=NOW)
        session.flush()

        assert comments.on_a_public_post(session, comment.id) is None
        assert comments.public_comment(session, comment.id, post.id) is None
        assert comments.feed_page(session, post_id=None, before=None, size=9) == []


def test_answers_stay_with_their_post(database: Database) -> None:
    with database.write() as session:
        here, there = write_post(session, "Here", now=NOW), write_post(session, "There", now=NOW)
        comment = write_comment(session, here, now=NOW)

        assert comments.public_comment(session, comment.id, here.id)
        assert comments.public_comment(session, comment.id, there.id) is None


@pytest.mark.parametrize("moments", [an_hour_apart, all_at_once])
def test_feed_pages_join_seamlessly(database: Database, moments: Callable[[int], datetime]) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        written = [write_comment(session, post, f"Thought {n}.", now=moments(n)).id for n in range(7)]

    read: list[comments.FeedLine] = []
    with database.read() as session:
        for post_id in (None, post.id):
            read.clear()
            before = None
            while page := comments.feed_page(session, post_id=post_id, before=before, size=3):
                read += page
                assert page[-1].published_at
                before = page[-1].published_at, page[-1].id
            assert [line.id for line in read] == written[::-1]


def test_feed_follows_time_of_publication(database: Database) -> None:
    """What a moderator let through late is new to those who read the feed."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        held = write_comment(session, post, "Read me.", now=NOW - timedelta(days=3), mode=Mode.PRE)
        write_comment(session, post, "At once.", now=NOW - timedelta(days=1))
        judge(session, held, Decision.APPROVE)

        assert comments.feed_page(session, post_id=None, before=None, size=1)[0].id == held.id


def test_queue_pages_join_seamlessly(database: Database) -> None:
    """Waiting ones from the oldest on, decided ones from the newest on."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        public = [comment.id for comment in write_threads(session, post, 5)]
        held = [write_comment(session, post, f"Held {n}", now=NOW, mode=Mode.PRE).id for n in range(5)]

    with database.read() as session:
        for state, expected, key in ((State.PENDING, held, "after"), (State.PUBLISHED, public[::-1], "before")):
            read: list[int] = []
            start = {"after": None, "before": None}
            while page := comments.queue(session, state, size=2, **start):
                read += [comment.id for comment in page]
                start[key] = read[-1]
            assert read == expected


def test_queue_knows_the_oldest(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        assert comments.oldest_waiting(session) is None
        write_threads(session, post, 3, mode=Mode.PRE)

        assert comments.oldest_waiting(session) == NOW
        assert comments.counts_by_state(session) == {State.PENDING: 3}


# A root, its answer and a second thread: what each deed in turn makes of the post's (comments, threads).
DEEDS = [
    ("answer", Decision.HIDE, (2, 2)),
    ("root", Decision.HIDE, (1, 1)),
    ("answer", Decision.RESTORE, (2, 2)),
    ("root", Decision.RESTORE, (3, 2)),
    ("root", Decision.WITHDRAW, (2, 2)),
    ("answer", Decision.SPAM, (1, 1)),
    ("other", Decision.WITHDRAW, (0, 0)),
]


def test_counts_follow_every_decision(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        root, other = write_threads(session, post, 2)
        answer = write_comment(session, post, "I agree.", now=NOW, parent=root)
        by_name = {"root": root, "answer": answer, "other": other}
        assert counts(session, post) == (3, 2)

        for name, decision, expected in DEEDS:
            judge(session, by_name[name], decision)
            assert counts(session, post) == expected, (name, decision)
            shown = {line.id for line in comments.threads_page(session, post.id, page=1, size=9)}
            assert len({root.id, other.id} & shown) == expected[1]
            assert posts.wrong_counts(session) == 0


def test_changed_comments_are_left_alone(database: Database) -> None:
    with database.write() as session:
        comment = write_comment(session, write_post(session, now=NOW), now=NOW, mode=Mode.PRE)
    with database.read() as session:
        seen_by_maud = session.get_one(Comment, comment.id)
        session.expunge(seen_by_maud)
    with database.write() as session:
        judge(session, comment, Decision.APPROVE)

    with database.write() as session:
        session.add(seen_by_maud)
        assert not comments.change_state(session, seen_by_maud, State.REJECTED, published_at=None)

    with database.read() as session:
        assert session.get_one(Comment, comment.id).state is State.PUBLISHED


def test_records_tell_each_address(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        bob = write_threads(session, post, 2)
        write_comment(session, post, "Not yet.", now=NOW, mode=Mode.PRE)
        carol = write_comment(session, post, "Mine.", now=NOW, email="carol@example.org")
        judge(session, bob[0], Decision.SPAM)

        assert bob[0].commenter_id
        assert carol.commenter_id
        assert comments.records_of(session, {bob[0].commenter_id, carol.commenter_id}) == {
            bob[0].commenter_id: {State.HIDDEN: 1, State.PUBLISHED: 1, State.PENDING: 1},
            carol.commenter_id: {State.PUBLISHED: 1},
        }
        hers = comments.comments_of(session, carol.commenter_id, size=9)
        assert [comment.id for comment in hers] == [carol.id]


def test_trust_counts_moderators_approvals(database: Database) -> None:
    """Not what appeared by itself, nor what was taken away again."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        by_itself, *held = (
            write_comment(session, post, text, now=NOW, mode=mode)
            for text, mode in (("One", Mode.POST), ("Two", Mode.PRE), ("Three", Mode.PRE))
        )
        assert by_itself.commenter_id
        approved = [commenting.approved_of(session, by_itself.commenter_id)]
        for comment, decision in ((held[0], Decision.APPROVE), (held[1], Decision.REJECT), (held[0], Decision.HIDE)):
            judge(session, comment, decision)
            approved.append(commenting.approved_of(session, by_itself.commenter_id))
    assert approved == [0, 1, 1, 0]


def test_thread_lines_come_in_order(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        first = write_comment(session, post, "First.", now=NOW)
        chain = [first]
        for n in range(8):
            chain.append(write_comment(session, post, f"Deeper {n}.", now=NOW, parent=chain[-1]))

        lines = comments.threads_page(session, post.id, page=1, size=1)

    assert [line.id for line in lines] == [comment.id for comment in chain]
    assert [line.parent_id for line in lines[1:]] == [parent.id for parent, _ in pairwise(chain)]
