"""Discussions page by page, what the public sees of them, and counts that stay right."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from friends import write_comment, write_post
from sqlalchemy import text
from sqlalchemy.orm import Session

from agora.actions.moderation import decide
from agora.actions.posts import unpublish_post
from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import Mode
from agora.store import comment_changes, comment_feeds, comments, counts, discussions
from agora.store.comment_feeds import FeedLine
from agora.store.comments import Comment
from agora.store.database import Database
from agora.store.discussions import Part, Thread
from agora.store.posts import Post

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)


def an_hour_apart(n: int) -> datetime:
    return NOW + timedelta(hours=n)


def all_at_once(n: int) -> datetime:
    return NOW


def write_threads(session: Session, post: Post, count: int, *, mode: Mode = Mode.POST) -> list[Comment]:
    return [write_comment(session, post, f"Thought {n}.", now=an_hour_apart(n), mode=mode) for n in range(count)]


def write_chain(session: Session, post: Post, count: int, *, below: Comment) -> list[Comment]:
    """Replies, each to the one before."""
    chain = [below]
    for n in range(count):
        answer = f"Answer {n} below {below.id}."
        chain.append(write_comment(session, post, answer, now=an_hour_apart(n), parent=chain[-1]))
    return chain[1:]


def judge(session: Session, comment: Comment, decision: Decision) -> None:
    party = Party.COMMENTER if decision is Decision.WITHDRAW else Party.MODERATOR
    clause = 1 if decision in {Decision.HIDE, Decision.REJECT} else None
    comment = session.get_one(Comment, comment.id)
    decide(session, comment, decision, party=party, version=comment.version, clause=clause, now=NOW)


def post_counts(session: Session, post: Post) -> tuple[int, int]:
    session.refresh(post, ["comment_count", "thread_count"])
    return post.comment_count, post.thread_count


def page_of(session: Session, post: Post, page: int, *, size: int = 9, replies: int = 9) -> list[Thread]:
    return discussions.threads_page(session, post.id, page=page, size=size, replies=replies)


def ids_of(threads: list[Thread]) -> list[int]:
    return [line.id for thread in threads for line in thread.lines]


# Pages of a discussion


def test_threads_come_page_by_page(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        roots = write_threads(session, post, 5)
        late = write_comment(session, post, "A late answer.", now=an_hour_apart(9), parent=roots[0])

    with database.read() as session:
        pages = [ids_of(page_of(session, post, n, size=2)) for n in (1, 2, 3, 4)]
    ids = [root.id for root in roots]
    assert pages == [[ids[0], late.id, ids[1]], ids[2:4], ids[4:], []]


def test_permalinks_stay_where_they_are(database: Database) -> None:
    """Also when threads before them are no longer shown, and when others become public late."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        held = write_comment(session, post, "Nobody has read this.", now=NOW, mode=Mode.PRE)
        roots = write_threads(session, post, 5)
        late = write_comment(session, post, "A late answer.", now=an_hour_apart(9), parent=roots[4])

        judge(session, roots[1], Decision.HIDE)
        judge(session, held, Decision.APPROVE)

        pages = {root.id: number for root, number in zip([*roots, held], (1, 1, 2, 2, 3, 3), strict=True)}
        for comment in (roots[0], *roots[2:], held, late):
            place = discussions.position_of(session, comment.id, replies=9)
            assert place
            assert 1 + (place.thread_number - 1) // 2 == pages[comment.thread_id]
            assert comment.id in ids_of(page_of(session, post, pages[comment.thread_id], size=2))
        assert discussions.position_of(session, roots[1].id, replies=9) is None


def test_threads_never_change_numbers(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        first, second = write_threads(session, post, 2)
        for decision in (Decision.HIDE, Decision.RESTORE):
            judge(session, first, decision)
        third = write_comment(session, post, "Third.", now=NOW)

        places = [discussions.position_of(session, comment.id, replies=9) for comment in (first, second, third)]
        assert [place and place.thread_number for place in places] == [1, 2, 3]
        assert post_counts(session, post) == (3, 3)


def test_replies_stand_below_whom_they_answer(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        root, other = write_threads(session, post, 2)
        first, second = (write_comment(session, post, text, now=NOW, parent=root) for text in ("First.", "Second."))
        below = write_comment(session, post, "To the first.", now=NOW, parent=first)

        lines = ids_of(page_of(session, post, 1))

    assert lines == [root.id, first.id, below.id, second.id, other.id]


def test_chain_comes_in_order(database: Database) -> None:
    """Also below the level at which paths end."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        root = write_comment(session, post, now=NOW)
        chain = write_chain(session, post, 12, below=root)

        (thread,) = page_of(session, post, 1, replies=20)

    assert [line.id for line in thread.lines] == [root.id, *(comment.id for comment in chain)]
    assert {len(line.path or "") for line in thread.lines} == {12 * level for level in range(9)}


# A long thread


def long_thread(session: Session, count: int) -> tuple[Post, list[Comment]]:
    """A thread with as many replies to its first comment, and another thread beside it."""
    post = write_post(session, now=NOW)
    root = write_comment(session, post, "What do you think?", now=NOW)
    replies = [write_comment(session, post, f"Reply {n}.", now=NOW, parent=root) for n in range(count)]
    write_comment(session, post, "Something else.", now=NOW)
    return post, [root, *replies]


def test_long_threads_show_their_beginning(database: Database) -> None:
    with database.write() as session:
        post, (root, *replies) = long_thread(session, 7)

        long, short = page_of(session, post, 1, replies=3)

    assert [line.id for line in long.lines] == [root.id, *(reply.id for reply in replies[:3])]
    assert (long.next, long.left_out) == (replies[3].id, 4)
    assert (len(short.lines), short.next) == (1, None)


@pytest.mark.parametrize("count", [3, 4])
def test_threads_are_cut_where_they_go_on(database: Database, count: int) -> None:
    with database.write() as session:
        post, written = long_thread(session, count)

        thread = page_of(session, post, 1, replies=3)[0]

    assert [line.id for line in thread.lines] == [comment.id for comment in written[:4]]
    assert thread.next == (written[4].id if count == 4 else None)


def test_parts_join_seamlessly(database: Database) -> None:
    """Forwards and backwards, each reply once."""
    with database.write() as session:
        _, (root, *replies) = long_thread(session, 7)
        inner = write_chain(session, session.get_one(Post, root.post_id), 3, below=replies[2])
    expected = [*(r.id for r in replies[:3]), *(r.id for r in inner), *(r.id for r in replies[3:])]

    with database.read() as session:

        def path(comment_id: int | None) -> str:
            return discussions.path_in_thread(session, root.id, comment_id or 0) or ""

        forwards: list[Part] = [discussions.thread_part(session, root.id, start="", size=3)]
        while forwards[-1].next:
            forwards.append(discussions.thread_part(session, root.id, start=path(forwards[-1].next), size=3))
        backwards = [forwards[-1]]
        while backwards[0].before:
            earlier = discussions.thread_part_before(session, root.id, end=path(backwards[0].before), size=3)
            backwards.insert(0, earlier)

    for parts in (forwards, backwards):
        assert [line.id for part in parts for line in part.lines] == expected
    assert [part.before is None for part in forwards] == [True, False, False, False]
    assert [part.next is None for part in backwards] == [False, False, False, True]


def test_parts_bring_who_stands_above(database: Database) -> None:
    """With who is answered, also where replies stand beside each other."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        root = write_comment(session, post, now=NOW)
        chain = write_chain(session, post, 12, below=root)

        part = discussions.thread_part(session, root.id, start=chain[10].path or "", size=5)

    assert [line.id for line in part.lines] == [chain[10].id, chain[11].id]
    assert set(part.above) == {root.id, *(comment.id for comment in chain[:7]), chain[9].id}


def test_far_replies_are_told_apart(database: Database) -> None:
    with database.write() as session:
        _, written = long_thread(session, 5)

        places = [discussions.position_of(session, comment.id, replies=3) for comment in written]

    assert [place and place.is_far for place in places] == [False, False, False, False, True, True]


def test_unread_replies_take_no_room(database: Database) -> None:
    """Neither those that wait, nor those that were hidden and answered by nobody."""
    with database.write() as session:
        post, (root, *replies) = long_thread(session, 3)
        for n in range(5):
            write_comment(session, post, f"Held {n}.", now=NOW, parent=root, mode=Mode.PRE)
        judge(session, replies[0], Decision.HIDE)

        thread = page_of(session, post, 1, replies=3)[0]

    assert [line.id for line in thread.lines] == [root.id, replies[1].id, replies[2].id]
    assert thread.next is None


def test_notes_stand_while_something_hangs_below(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        root = write_comment(session, post, now=NOW)
        chain = write_chain(session, post, 3, below=root)
        shown = []
        for comment, decision in (
            (root, Decision.HIDE),
            (chain[0], Decision.WITHDRAW),
            (chain[1], Decision.HIDE),
            (chain[2], Decision.HIDE),
            (chain[1], Decision.RESTORE),
        ):
            judge(session, comment, decision)
            shown.append(len(ids_of(page_of(session, post, 1))))

    assert shown == [4, 4, 4, 0, 3]


def test_approved_replies_find_their_place(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        root = write_comment(session, post, now=NOW)
        held = write_comment(session, post, "Held.", now=NOW, parent=root, mode=Mode.PRE)
        later = write_comment(session, post, "Later.", now=NOW, parent=root)

        judge(session, held, Decision.APPROVE)

        assert ids_of(page_of(session, post, 1)) == [root.id, held.id, later.id]


def test_answers_bring_back_their_thread(database: Database) -> None:
    """One that waited when all above it was hidden: the thread shows notes, and keeps its number."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        root, other = write_threads(session, post, 2)
        held = write_comment(session, post, "Held.", now=NOW, parent=root, mode=Mode.PRE)
        judge(session, root, Decision.HIDE)
        assert ids_of(page_of(session, post, 1)) == [other.id]

        judge(session, held, Decision.APPROVE)

        assert ids_of(page_of(session, post, 1)) == [root.id, held.id, other.id]


# What the public does not see


def test_held_comments_are_shown_nowhere(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        held = write_comment(session, post, now=NOW, mode=Mode.PRE)

        assert page_of(session, post, 1) == []
        assert comments.on_a_public_post(session, held.id) is None
        assert discussions.position_of(session, held.id, replies=9) is None
        assert comments.public_comment(session, held.id, post.id) is None
        assert comment_feeds.feed_page(session, post_id=None, before=None, size=9) == []
        assert post_counts(session, post) == (0, 0)


def test_drafts_hide_their_discussion(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        comment = write_comment(session, post, now=NOW)
        assert comments.on_a_public_post(session, comment.id)

        unpublish_post(session, post, by=None, now=NOW)
        session.flush()

        assert comments.on_a_public_post(session, comment.id) is None
        assert discussions.position_of(session, comment.id, replies=9) is None
        assert comments.public_comment(session, comment.id, post.id) is None
        assert comment_feeds.feed_page(session, post_id=None, before=None, size=9) == []


# Feeds


@pytest.mark.parametrize("moments", [an_hour_apart, all_at_once])
def test_feed_pages_join_seamlessly(database: Database, moments: Callable[[int], datetime]) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        written = [write_comment(session, post, f"Thought {n}.", now=moments(n)).id for n in range(7)]

    read: list[FeedLine] = []
    with database.read() as session:
        for post_id in (None, post.id):
            read.clear()
            before = None
            while page := comment_feeds.feed_page(session, post_id=post_id, before=before, size=3):
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

        assert comment_feeds.feed_page(session, post_id=None, before=None, size=1)[0].id == held.id


# Counts


# A root, its answer and a second thread: what each deed in turn makes of the post's (comments, shown threads).
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
        assert post_counts(session, post) == (3, 2)

        for name, decision, (public, threads) in DEEDS:
            judge(session, by_name[name], decision)
            assert post_counts(session, post) == (public, 2), (name, decision)
            shown = set(ids_of(page_of(session, post, 1)))
            assert len({root.id, other.id} & shown) == threads
            assert counts.wrong(session) == {}


# Two at once


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer at a time
def test_nobody_waits_in_a_circle(database: Database) -> None:
    """Who hides the first comment of a thread, and who hides an answer to it in the same moment."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        root = write_comment(session, post, now=NOW)
        answer = write_comment(session, post, "An answer.", now=NOW, parent=root)

    def hide_answer() -> None:
        with database.write() as session:
            judge(session, answer, Decision.HIDE)

    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            root = session.get_one(Comment, root.id)
            assert comment_changes.change_state(session, root, State.HIDDEN, published_at=NOW)
            hidden = pool.submit(hide_answer)
            wait_until_somebody_waits(database)
            comment_changes.count_public_change(session, root, by=-1)
        hidden.result(timeout=30)

    with database.read() as session:
        assert counts.wrong(session) == {}
        assert session.get_one(Post, post.id).comment_count == 0


def wait_until_somebody_waits(database: Database) -> None:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(3000):
        with database.engine.connect() as connection:
            if connection.scalar(waiting):
                return
        Event().wait(0.01)
    raise AssertionError("nobody waits")
