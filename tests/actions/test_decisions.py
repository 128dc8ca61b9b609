"""Decisions: the first one stands, the others are told; and an address that was confirmed may release a comment."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier

import pytest
from friends import write_comment, write_post
from sqlalchemy import select
from sqlalchemy.orm import Session

from agora.actions.commenters import confirm_address, withdraw_comment
from agora.actions.moderation import decide, undo
from agora.actions.people import add_person
from agora.actions.posts import PostDraft, StaleEdition, save_post
from agora.rules.errors import Conflict
from agora.rules.moderation import Decision, Party, State
from agora.rules.permissions import Role
from agora.rules.policy import Mode, SiteRules
from agora.store import comments, counts, events, posts
from agora.store.comments import Comment
from agora.store.database import Database
from agora.store.events import Event
from agora.store.posts import Post

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def held_comment(database: Database) -> Comment:
    with database.write() as session:
        return write_comment(session, write_post(session, now=NOW), now=NOW, mode=Mode.PRE)


def as_seen_now(database: Database, comment: Comment) -> Comment:
    """The comment in somebody's hands, who will decide later."""
    with database.read() as session:
        seen = comments.comment_in_full(session, comment.id)
        assert seen
        session.expunge_all()
        return seen


def decide_what_was_seen(database: Database, seen: Comment, decision: Decision) -> bool:
    """Whether the decision stood. What was read in the meantime makes no difference: the database compares."""
    try:
        with database.write() as session:
            session.add(seen)
            clause = 1 if decision is Decision.REJECT else None
            decide(session, seen, decision, party=Party.MODERATOR, version=seen.version, clause=clause, now=NOW)
    except Conflict:
        return False
    return True


def decisions_on(database: Database, comment: Comment) -> list[Event]:
    with database.read() as session:
        return [event for event in events.history(session, comment.id) if event.decision]


def test_first_decision_stands(database: Database) -> None:
    comment = held_comment(database)
    by_maud, by_ada = (as_seen_now(database, comment) for _ in range(2))

    assert decide_what_was_seen(database, by_maud, Decision.APPROVE)
    assert not decide_what_was_seen(database, by_ada, Decision.REJECT)

    assert as_seen_now(database, comment).state is State.PUBLISHED
    assert [event.decision for event in decisions_on(database, comment)] == [Decision.APPROVE]


def test_eight_deciding_at_once(database: Database) -> None:
    comment = held_comment(database)
    in_hand = [as_seen_now(database, comment) for _ in range(8)]
    start = Barrier(len(in_hand))

    def decide_together(seen: Comment) -> bool:
        start.wait()
        return decide_what_was_seen(database, seen, Decision.APPROVE)

    with ThreadPoolExecutor(len(in_hand)) as threads:
        stood = list(threads.map(decide_together, in_hand))

    assert stood.count(True) == 1
    assert len(decisions_on(database, comment)) == 1
    with database.read() as session:
        assert session.get_one(Post, comment.post_id).comment_count == 1


def test_withdrawn_comment_is_not_approved(database: Database) -> None:
    comment = held_comment(database)
    by_maud = as_seen_now(database, comment)
    with database.write() as session:
        withdraw_comment(session, session.get_one(Comment, comment.id), version=1, now=NOW)

    assert not decide_what_was_seen(database, by_maud, Decision.APPROVE)
    assert as_seen_now(database, comment).state is State.WITHDRAWN


def test_decision_names_its_revision(database: Database) -> None:
    comment = held_comment(database)
    decide_what_was_seen(database, as_seen_now(database, comment), Decision.REJECT)

    (event,) = decisions_on(database, comment)
    assert (event.revision_id, event.clause) == (comment.revision_id, 1)
    assert (event.before, event.after) == (State.PENDING, State.REJECTED)
    assert event.charter_id is not None


def save_first_edition(database: Database, post: Post, draft: PostDraft) -> None:
    with database.write() as session:
        found = posts.post_for_desk(session, post.id)
        assert found
        save_post(session, found, draft, edition=1, by=None, now=NOW)


def test_second_editor_loses_nothing(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
    draft = PostDraft("The garden", slug="the-garden", body="By the first.", language="en")

    save_first_edition(database, post, draft)
    with pytest.raises(StaleEdition):
        save_first_edition(database, post, replace(draft, body="By the second.", slug="elsewhere"))

    with database.read() as session:
        kept = session.get_one(Post, post.id)
        assert (kept.body, kept.slug, kept.edition) == ("By the first.", "the-garden", 2)


# Confirming an address


FIRST_TIME = SiteRules(Mode.FIRST_TIME)


def known_bob(session: Session, post: Post) -> None:
    """A moderator approved a comment of this address before; nobody has shown yet that it is theirs."""
    earlier = write_comment(session, post, "An earlier thought.", now=NOW, mode=Mode.FIRST_TIME)
    decide(session, earlier, Decision.APPROVE, party=Party.MODERATOR, version=1, now=NOW)


def confirm(session: Session, comment: Comment, rules: SiteRules = FIRST_TIME) -> State:
    session.flush()
    session.expire_all()
    found = comments.comment_in_full(session, comment.id)
    assert found
    confirm_address(session, found, rules, whence="a test", now=NOW)
    return found.state


def reasons(comment: Comment) -> list[str]:
    return [reason.code for reason in comment.revision.why]


@only_sqlite
def test_confirmed_address_releases_comment(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        known_bob(session, post)
        held = write_comment(session, post, "Held.", now=NOW, mode=Mode.FIRST_TIME)
        assert held.state is State.PENDING

        assert confirm(session, held) is State.PUBLISHED

        assert reasons(held) == ["unverified"]
        session.refresh(post, ["comment_count"])
        assert post.comment_count == 2
        last = session.scalars(select(Event).order_by(Event.id.desc())).first()
        assert last
        assert (last.decision, last.party, last.person_id) == (Decision.APPROVE, Party.POLICY, None)


@only_sqlite
def test_first_comment_waits_on(database: Database) -> None:
    """A confirmed address is no approval."""
    with database.write() as session:
        held = write_comment(session, write_post(session, now=NOW), now=NOW, mode=Mode.FIRST_TIME)

        assert confirm(session, held) is State.PENDING


@only_sqlite
@pytest.mark.parametrize(
    ("rules", "text", "stated"),
    [
        (SiteRules(Mode.PRE), "Held.", {}),
        (FIRST_TIME, "https://a.example https://b.example https://c.example", {}),
        (FIRST_TIME, "Held.", {"trap_filled": True}),
        (FIRST_TIME, "An earlier thought.", {"name": "Robert"}),
    ],
    ids=["premoderated", "links", "trap", "repeat"],
)
def test_other_reasons_hold_on(database: Database, rules: SiteRules, text: str, stated: dict[str, object]) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        known_bob(session, post)
        held = write_comment(session, post, text, now=NOW, mode=rules.mode, **stated)

        assert confirm(session, held, rules) is State.PENDING


@only_sqlite
def test_confirmed_address_is_trusted_here(database: Database) -> None:
    """From the network where it was confirmed, and from nowhere else."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        known_bob(session, post)
        confirm(session, write_comment(session, post, "Held.", now=NOW, mode=Mode.FIRST_TIME))

        here = write_comment(session, post, "From here.", now=NOW, mode=Mode.FIRST_TIME)
        elsewhere = write_comment(session, post, "From afar.", now=NOW, mode=Mode.FIRST_TIME, whence="elsewhere")

        assert (here.state, elsewhere.state) == (State.PUBLISHED, State.PENDING)


@only_sqlite
def test_decided_comments_stay_decided(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=NOW)
        known_bob(session, post)
        held = write_comment(session, post, "Held.", now=NOW, mode=Mode.FIRST_TIME)
        decide(session, held, Decision.REJECT, party=Party.MODERATOR, version=1, clause=1, now=NOW)

        assert confirm(session, held) is State.REJECTED


def test_undone_answer_leaves_no_trace(database: Database) -> None:
    """Neither in the counts of the thread, nor as a place in it."""
    with database.write() as session:
        post = write_post(session, now=NOW)
        maud = add_person(
            session, name="Maud", email="m@example.org", role=Role.MODERATOR, language="en", password=None, now=NOW
        )
        first = write_comment(session, post, now=NOW)
        held = write_comment(session, post, "So do I.", now=NOW, mode=Mode.PRE, parent=first)
        decide(session, held, Decision.APPROVE, party=Party.MODERATOR, person=maud, version=1, now=NOW)

        undo(session, held, person=maud, version=held.version, now=NOW)

        assert (held.state, held.published_at, held.path) == (State.PENDING, None, None)
        assert counts.wrong(session) == {}
