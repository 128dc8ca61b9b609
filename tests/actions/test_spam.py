"""What moderators decide teaches the spam filter; what they take back is unlearned to the last digit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from friends import write_comment, write_post
from sqlalchemy.orm import Session

from agora.actions import people, spam
from agora.actions.moderation import decide, undo
from agora.rules.errors import FieldErrors
from agora.rules.moderation import Decision, Party
from agora.rules.permissions import Role
from agora.rules.policy import Mode
from agora.rules.spam import ANY, NOTHING, Learned
from agora.store import spam as store
from agora.store.comments import Comment
from agora.store.database import Database
from agora.store.people import Person
from agora.store.posts import Post

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
MASTER = "Le grand maître vous attend, retour de l’être aimé"

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def post(database: Database) -> Post:
    with database.write() as session:
        return write_post(session, now=NOW)


@pytest.fixture
def maud(database: Database) -> Person:
    with database.write() as session:
        return people.add_person(
            session, name="Maud", email="maud@example.org", role=Role.MODERATOR, language="en", password=None, now=NOW
        )


def held(session: Session, post: Post, body: str = MASTER) -> Comment:
    return write_comment(session, post, body, now=NOW, mode=Mode.PRE)


def decided(session: Session, comment: Comment, decision: Decision, by: Person, *, minutes: int = 0) -> None:
    decide(
        session,
        comment,
        decision,
        party=Party.MODERATOR,
        version=comment.version,
        person=by,
        clause=1 if decision is Decision.REJECT else None,
        now=NOW + timedelta(minutes=minutes),
    )


def everything(session: Session) -> dict[int, Learned]:
    """All that was learned, but for signs of which nothing is left."""
    return {number: sums for number, sums in store.all_sums(session) if sums != NOTHING}


@pytest.mark.parametrize(
    ("decision", "spam_and_ham"),
    [(Decision.APPROVE, (0, 1)), (Decision.SPAM, (1, 0)), (Decision.REJECT, (0, 0))],
)
def test_decisions_teach_what_they_say(
    database: Database, post: Post, maud: Person, decision: Decision, spam_and_ham: tuple[int, int]
) -> None:
    with database.write() as session:
        decided(session, held(session, post), decision, maud)
    with database.read() as session:
        assert store.taught(session)[:2] == spam_and_ham


def test_others_see_what_was_taught(database: Database, post: Post, maud: Person) -> None:
    with database.write() as session:
        before = spam.scored(session, "retour du grand maître").probability
        decided(session, held(session, post), Decision.SPAM, maud)
    other = Database(database.engine.url.render_as_string(hide_password=False))
    with other.read() as session:
        assert spam.scored(session, "retour du grand maître").probability > before
    other.close()


def test_undo_unlearns_to_the_last_digit(database: Database, post: Post, maud: Person) -> None:
    with database.write() as session:
        decided(session, held(session, post, "Another one, of the grand maître"), Decision.APPROVE, maud)
        before = everything(session)
        comment = held(session, post)
        decided(session, comment, Decision.SPAM, maud)
        assert everything(session) != before
        undo(session, comment, person=maud, version=comment.version, now=NOW)
        assert everything(session) == before


@only_sqlite
def test_undo_brings_back_the_former_lesson(database: Database, post: Post, maud: Person) -> None:
    with database.write() as session:
        comment = held(session, post)
        decided(session, comment, Decision.APPROVE, maud)
        before = everything(session)
        decided(session, comment, Decision.SPAM, maud, minutes=5)
        assert store.taught(session)[:2] == (1, 0)
        undo(session, comment, person=maud, version=comment.version, now=NOW + timedelta(minutes=5))
        assert everything(session) == before
        decided(session, comment, Decision.SPAM, maud, minutes=6)
        assert store.taught(session)[:2] == (1, 0)


@only_sqlite
def test_undo_leaves_what_others_taught(database: Database, post: Post, maud: Person) -> None:
    """A decision that says nothing about spam is taken back; the one before it goes on teaching."""
    with database.write() as session:
        comment = held(session, post)
        decided(session, comment, Decision.SPAM, maud)
        decided(session, comment, Decision.RESTORE, maud, minutes=5)
        before = everything(session)
        decide(
            session,
            comment,
            Decision.HIDE,
            party=Party.MODERATOR,
            version=comment.version,
            person=maud,
            clause=1,
            now=NOW + timedelta(minutes=10),
        )
        undo(session, comment, person=maud, version=comment.version, now=NOW + timedelta(minutes=10))
        assert everything(session) == before
        assert store.taught(session)[:2] == (0, 1)


@only_sqlite
def test_learning_twice_is_learning_once(database: Database, post: Post) -> None:
    with database.write() as session:
        comment = held(session, post)
        spam.learn(session, comment, True)
        once = everything(session)
        spam.learn(session, comment, True)
        assert everything(session) == once
        spam.learn(session, comment, None)
        spam.learn(session, comment, None)
        assert everything(session) == {}


@only_sqlite
def test_erasing_keeps_what_was_learned(database: Database, post: Post) -> None:
    with database.write() as session:
        comment = held(session, post)
        spam.learn(session, comment, True)
        before = everything(session)
        spam.forget_origin(session, comment)
        spam.learn(session, comment, None)
        assert everything(session) == before


def test_two_moderators_teach_at_once(database: Database, post: Post) -> None:
    with database.write() as session:
        comments = [held(session, post, f"{MASTER} {number}") for number in range(8)]
    ready = Barrier(len(comments))

    def teach(comment: Comment) -> None:
        ready.wait()
        with database.write() as session:
            spam.learn(session, session.merge(comment), comment.id % 2 == 0)

    with ThreadPoolExecutor(len(comments)) as moderators:
        list(moderators.map(teach, comments))
    with database.write() as session:
        assert store.taught(session)[:2] == (4, 4)
        for comment in comments:
            spam.learn(session, session.merge(comment), None)
        assert everything(session) == {}


def test_learning_travels(database: Database, post: Post) -> None:
    with database.write() as session:
        spam.learn(session, held(session, post), True)
        before = everything(session)
        file = spam.as_text(spam.exported(session))
        spam.import_learned(session, file, replace=True)
        assert everything(session) == before
        spam.import_learned(session, file, replace=False)
        assert store.learned(session, [])[ANY] == before[store.number_of(ANY)] + before[store.number_of(ANY)]


@only_sqlite
@pytest.mark.parametrize(
    "typed", ["", "[]", "{}", '{"format": "agora-spam-filter-1", "signs_version": 1, "learned": [[1, 2, 3]]}']
)
def test_other_files_are_refused(database: Database, typed: str) -> None:
    with database.write() as session, pytest.raises(FieldErrors):
        spam.import_learned(session, typed, replace=True)
