"""Comments as moderators see them: the queue, its counts, and what is known of who wrote."""

from datetime import UTC, datetime, timedelta

from friends import write_comment, write_post
from sqlalchemy.orm import Session

from agora.actions.moderation import decide
from agora.rules.moderation import Decision, Party, State
from agora.rules.policy import Mode
from agora.store import comment_changes, comment_lists, commenting, comments
from agora.store.comments import Comment
from agora.store.database import Database
from agora.store.posts import Post

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)


def an_hour_apart(n: int) -> datetime:
    return NOW + timedelta(hours=n)


def write_threads(session: Session, post: Post, count: int, *, mode: Mode = Mode.POST) -> list[Comment]:
    return [write_comment(session, post, f"Thought {n}.", now=an_hour_apart(n), mode=mode) for n in range(count)]


def judge(session: Session, comment: Comment, decision: Decision) -> None:
    party = Party.COMMENTER if decision is Decision.WITHDRAW else Party.MODERATOR
    clause = 1 if decision in {Decision.HIDE, Decision.REJECT} else None
    comment = session.get_one(Comment, comment.id)
    decide(session, comment, decision, party=party, version=comment.version, clause=clause, now=NOW)


def test_answers_stay_with_their_post(database: Database) -> None:
    with database.write() as session:
        here, there = write_post(session, "Here", now=NOW), write_post(session, "There", now=NOW)
        comment = write_comment(session, here, now=NOW)

        assert comments.public_comment(session, comment.id, here.id)
        assert comments.public_comment(session, comment.id, there.id) is None


def test_pages_of_a_state_join_seamlessly(database: Database) -> None:
    """From the newest on."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        public = [comment.id for comment in write_threads(session, post, 5)]
        held = [write_comment(session, post, f"Held {n}", now=NOW, mode=Mode.PRE).id for n in range(5)]

    with database.read() as session:
        for state, written in ((State.PENDING, held), (State.PUBLISHED, public)):
            read: list[int] = []
            while page := comment_lists.of_state(session, state, before=read[-1] if read else None, size=2):
                read += [comment.id for comment in page]
            assert read == written[::-1]


def test_queue_knows_the_oldest(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        assert comment_lists.oldest_waiting(session) is None
        write_threads(session, post, 3, mode=Mode.PRE)

        assert comment_lists.oldest_waiting(session) == NOW
        assert comment_lists.counts_by_state(session) == {State.PENDING: 3}


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
        assert not comment_changes.change_state(session, seen_by_maud, State.REJECTED, published_at=None)

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
        assert comment_lists.records_of(session, {bob[0].commenter_id, carol.commenter_id}) == {
            bob[0].commenter_id: {State.HIDDEN: 1, State.PUBLISHED: 1, State.PENDING: 1},
            carol.commenter_id: {State.PUBLISHED: 1},
        }
        hers = comment_lists.comments_of(session, carol.commenter_id, size=9)
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
