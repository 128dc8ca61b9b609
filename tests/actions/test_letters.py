"""Who is told of what: which letters each event leaves to be written, and which it does not."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from friends import write_comment, write_post
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from agora.actions import people, subscriptions
from agora.actions.commenters import confirm_address, follow_replies
from agora.actions.editing import edit_comment
from agora.actions.moderation import decide
from agora.rules.limits import RATES
from agora.rules.moderation import TRANSITIONS, Decision, Party, State
from agora.rules.permissions import Role
from agora.rules.policy import Mode, SiteRules
from agora.settings import load
from agora.store import comments
from agora.store import subscriptions as store
from agora.store.comments import Comment, Commenter
from agora.store.database import Database
from agora.store.events import Delivery
from agora.store.people import Person
from agora.store.posts import Post

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)

# What is planned does not depend on who stores it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session


@pytest.fixture
def post(session: Session) -> Post:
    return write_post(session, now=NOW)


@pytest.fixture
def maud(session: Session) -> Person:
    return hire(session, "Maud", Role.MODERATOR)


def hire(session: Session, name: str, role: Role) -> Person:
    email = f"{name.lower()}@example.org"
    return people.add_person(session, name=name, email=email, role=role, language="en", password=None, now=NOW)


def planned(session: Session) -> list[tuple[str, str]]:
    """The letters that wait, with their recipients; forgotten once they were looked at."""
    session.flush()
    rows = session.execute(
        select(Delivery.letter, Person.name, Commenter.email)
        .outerjoin(Person, Person.id == Delivery.person_id)
        .outerjoin(Commenter, Commenter.id == Delivery.commenter_id)
        .order_by(Delivery.id)
    ).all()
    session.execute(delete(Delivery))
    return [(letter, name or email) for letter, name, email in rows]


def in_full(session: Session, comment: Comment) -> Comment:
    session.flush()
    session.expire_all()
    found = comments.comment_in_full(session, comment.id)
    assert found
    return found


def judge(session: Session, comment: Comment, decision: Decision, party: Party = Party.MODERATOR) -> None:
    clause = 1 if party is Party.MODERATOR and decision in {Decision.REJECT, Decision.HIDE} else None
    comment = in_full(session, comment)
    decide(session, comment, decision, party=party, version=comment.version, clause=clause, now=LATER)


WAITS, RECEIVED = ("comment-waits", "Maud"), ("comment-received", "bob@example.org")
NEW_COMMENTS = {
    # mode       wants letters   letters
    (Mode.PRE, False): [WAITS],
    (Mode.PRE, True): [WAITS, RECEIVED],
    (Mode.FIRST_TIME, False): [WAITS],
    (Mode.FIRST_TIME, True): [WAITS, RECEIVED],
    (Mode.POST, False): [],
    (Mode.POST, True): [RECEIVED],
}


@pytest.mark.parametrize(("mode", "letters"), list(NEW_COMMENTS))
def test_new_comment_is_announced(session: Session, post: Post, maud: Person, mode: Mode, letters: bool) -> None:
    write_comment(session, post, now=NOW, mode=mode, letters=letters)

    assert planned(session) == NEW_COMMENTS[mode, letters]


# What the commenter gets who asked for letters; those who did not, and whose address nobody confirmed, get nothing.
DECIDED = {
    (State.PENDING, Decision.APPROVE): ["comment-published"],
    (State.PENDING, Decision.REJECT): ["comment-refused"],
    (State.PENDING, Decision.SPAM): [],
    (State.PUBLISHED, Decision.HIDE): ["comment-refused"],
    (State.PUBLISHED, Decision.SPAM): [],
    (State.HIDDEN, Decision.RESTORE): ["comment-published"],
    (State.REJECTED, Decision.RESTORE): ["comment-published"],
    (State.PENDING, Decision.WITHDRAW): [],
    (State.PUBLISHED, Decision.WITHDRAW): [],
    (State.PUBLISHED, Decision.HOLD): ["comment-held", "comment-waits"],
    **{(state, Decision.ERASE): [] for state in State},
}
# Nothing was reported or contested here, so there is nothing to leave as it is.
JUDGED = [transition for transition in TRANSITIONS if transition[1] is not Decision.KEEP]


@pytest.mark.parametrize("letters", [False, True])
@pytest.mark.parametrize(("state", "decision", "party"), JUDGED)
def test_every_decision_is_announced(
    session: Session, post: Post, maud: Person, state: State, decision: Decision, party: Party, letters: bool
) -> None:
    comment = write_comment(session, post, now=NOW, letters=letters)
    comment.state = state
    comment.shown_in_thread = 1
    planned(session)

    judge(session, comment, decision, party)

    to_commenter = [(letter, "bob@example.org") for letter in DECIDED[state, decision] if letter != "comment-waits"]
    to_moderator = [WAITS] if "comment-waits" in DECIDED[state, decision] else []
    assert sorted(planned(session)) == sorted(to_moderator + (to_commenter if letters else []))


MODERATORS = {
    "Ada": (Role.ADMINISTRATOR, True),
    "Eve": (Role.EDITOR, True),
    "Maud": (Role.MODERATOR, True),
    "Alice": (Role.AUTHOR, False),
}


def test_only_moderators_are_called(session: Session, post: Post) -> None:
    for name, (role, _) in MODERATORS.items():
        hire(session, name, role)
    hire(session, "Tired", Role.MODERATOR).letters = False
    hire(session, "Gone", Role.MODERATOR).closed_at = NOW

    write_comment(session, post, now=NOW, mode=Mode.PRE)

    called = [("comment-waits", name) for name, (_, called) in MODERATORS.items() if called]
    assert planned(session) == called


def test_edited_comment_calls_again(session: Session, post: Post, maud: Person) -> None:
    comment = write_comment(session, post, now=NOW)
    settings = load({"AGORA_DATA_DIR": "/tmp"})

    edit_comment(
        session, in_full(session, comment), "Something else.", SiteRules(Mode.PRE), settings, whence="", now=LATER
    )

    assert in_full(session, comment).state is State.PENDING
    assert planned(session) == [WAITS]


# Not pestering somebody whose address was typed by another


def test_typed_address_is_not_pestered(session: Session, post: Post) -> None:
    most = RATES["letter-address"].count
    for n in range(most + 3):
        write_comment(session, post, f"Thought {n}", now=NOW + timedelta(minutes=n), letters=True)

    letters = session.scalars(select(Delivery.letter)).all()
    assert letters == ["comment-received"] * most

    an_hour_later = NOW + timedelta(seconds=RATES["letter-address"].seconds, minutes=most)
    write_comment(session, post, "Patience.", now=an_hour_later, letters=True)
    assert len(planned(session)) == most + 1


def test_asking_again_is_not_pestering(session: Session, post: Post) -> None:
    comment = write_comment(session, post, now=NOW)
    assert comment.commenter_id
    bob = session.get_one(Commenter, comment.commenter_id)
    for minute in range(9):
        follow_replies(session, comment, bob, whence="elsewhere", now=NOW + timedelta(minutes=minute))

    assert planned(session) == [RECEIVED] * RATES["letter-address"].count


# Letters about answers


@pytest.fixture
def followed(session: Session, post: Post) -> Comment:
    """A comment of Bob, who confirmed his address and waits for answers."""
    comment = in_full(session, write_comment(session, post, now=NOW, letters=True))
    confirm_address(session, comment, SiteRules(Mode.POST), whence="a test", now=NOW)
    planned(session)
    return comment


def answer(session: Session, post: Post, parent: Comment, **stated: object) -> Comment:
    by_carol = {"name": "Carol", "email": "carol@example.org"}
    return write_comment(session, post, "I agree.", **({"now": LATER, "parent": parent} | by_carol | stated))


REPLY = ("reply", "bob@example.org")


def test_answer_is_announced(session: Session, post: Post, followed: Comment) -> None:
    answer(session, post, followed)

    assert planned(session) == [REPLY]


def test_held_answer_is_not_announced(session: Session, post: Post, followed: Comment) -> None:
    held = answer(session, post, followed, mode=Mode.PRE)
    assert planned(session) == []

    judge(session, held, Decision.APPROVE)
    assert planned(session) == [REPLY]


@pytest.mark.parametrize("decision", [Decision.REJECT, Decision.SPAM])
def test_refused_answer_is_never_announced(session: Session, post: Post, followed: Comment, decision: Decision) -> None:
    held = answer(session, post, followed, mode=Mode.PRE)

    judge(session, held, decision)

    assert planned(session) == []


def test_restored_answer_is_announced_once(session: Session, post: Post, followed: Comment) -> None:
    reply = answer(session, post, followed)
    assert planned(session) == [REPLY]

    judge(session, reply, Decision.HIDE)
    judge(session, reply, Decision.RESTORE)

    assert planned(session) == []


def test_late_answer_is_announced_once(session: Session, post: Post, followed: Comment) -> None:
    """Refused first, then published after all."""
    held = answer(session, post, followed, mode=Mode.PRE)
    judge(session, held, Decision.REJECT)
    judge(session, held, Decision.RESTORE)

    assert planned(session) == [REPLY]


def unsubscribe(session: Session, followed: Comment) -> None:
    subscription = store.of_comment(session, followed.id)
    assert subscription
    subscriptions.end(session, subscription, now=NOW)
    session.flush()


def unconfirm(session: Session, followed: Comment) -> None:
    subscription = store.of_comment(session, followed.id)
    assert subscription
    subscription.confirmed_at = None
    session.flush()


@pytest.mark.parametrize("change", [unsubscribe, unconfirm])
def test_letters_need_a_wish(
    session: Session, post: Post, followed: Comment, change: Callable[[Session, Comment], None]
) -> None:
    change(session, followed)

    answer(session, post, followed)

    assert planned(session) == []


def test_nobody_is_told_of_themselves(session: Session, post: Post, followed: Comment) -> None:
    answer(session, post, followed, name="Bob", email="bob@example.org")

    assert planned(session) == []


def test_answers_to_others_are_not_announced(session: Session, post: Post, followed: Comment) -> None:
    other = answer(session, post, followed)
    planned(session)

    write_comment(session, post, "To the other.", now=LATER, parent=other, email="dan@example.org")
    write_comment(session, post, "To the post.", now=LATER, email="dan@example.org")

    assert planned(session) == []


def test_wish_can_be_renewed(session: Session, post: Post, followed: Comment) -> None:
    unsubscribe(session, followed)
    bob = in_full(session, followed).commenter
    assert bob
    assert follow_replies(session, followed, bob, whence="a test", now=LATER)

    answer(session, post, followed)

    assert planned(session) == [REPLY]


def test_nothing_is_sent_unconfirmed(session: Session, post: Post) -> None:
    """Whoever typed Bob's address does not subscribe him to anything."""
    comment = write_comment(session, post, now=NOW, letters=True)
    planned(session)

    for n in range(3):
        answer(session, post, comment, email=f"carol{n}@example.org")

    assert planned(session) == []
