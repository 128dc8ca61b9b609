"""The versions of public pages grow with every public change, in its transaction, and with no other."""

import pytest
from friends import write_comment, write_post
from sqlalchemy import text

from agora.actions.moderation import decide
from agora.app import clock
from agora.rules.moderation import Decision, Party
from agora.rules.policy import Mode
from agora.store import versions
from agora.store.database import Database
from agora.store.versions import COMMENTS, LOG, SITE


def seen(database: Database, *scopes: str) -> dict[str, int]:
    with database.read() as session:
        return versions.numbers(session, scopes or (SITE, COMMENTS, LOG, versions.of_post(1)))


def test_published_post_changes_the_site(database: Database) -> None:
    before = seen(database, SITE)
    with database.write() as session:
        write_post(session, now=clock())
    assert seen(database, SITE) == {SITE: before[SITE] + 1}


def test_waiting_comment_changes_nothing(database: Database) -> None:
    with database.write() as session:
        post = write_post(session, now=clock())
    before = seen(database)
    with database.write() as session:
        write_comment(session, post, now=clock(), mode=Mode.PRE)
    assert seen(database) == before


def test_published_comment_changes_its_post(database: Database) -> None:
    with database.write() as session:
        post, other = write_post(session, now=clock()), write_post(session, "Another", now=clock())
    mine, others = versions.of_post(post.id), versions.of_post(other.id)
    before = seen(database, SITE, COMMENTS, mine, others)
    with database.write() as session:
        write_comment(session, post, now=clock(), mode=Mode.POST)
    after = seen(database, SITE, COMMENTS, mine, others)
    assert after == before | {COMMENTS: before[COMMENTS] + 1, mine: before[mine] + 1}


@pytest.mark.parametrize("decision", [Decision.APPROVE, Decision.REJECT])
def test_decision_changes_the_log(database: Database, decision: Decision) -> None:
    with database.write() as session:
        post = write_post(session, now=clock())
        comment = write_comment(session, post, now=clock(), mode=Mode.PRE)
    before = seen(database)
    with database.write() as session:
        session.add(comment)
        decide(session, comment, decision, party=Party.MODERATOR, version=1, clause=1, now=clock())
    after = seen(database)
    assert after[LOG] == before[LOG] + 1
    assert (after[COMMENTS] > before[COMMENTS]) == (decision is Decision.APPROVE)


def test_refused_transaction_changes_nothing(database: Database) -> None:
    before = seen(database)

    def fail() -> None:
        with database.write() as session:
            write_post(session, now=clock())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert seen(database) == before


def test_page_version_is_of_its_moment(database: Database) -> None:
    """A page that is being made does not call itself newer than what it has read."""
    with database.read() as session:
        session.execute(text("SELECT count(*) FROM posts")).scalar()
        before = versions.numbers(session, [SITE])
        with database.write() as other:
            write_post(other, now=clock())
        assert versions.numbers(session, [SITE]) == before
    assert seen(database, SITE) != before
